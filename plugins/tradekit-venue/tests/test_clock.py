import pytest
from tradekit_venue.clock import Clock


def test_clock_stands_still_until_it_is_moved() -> None:
    clock = Clock(1_000)
    clock.advance(250)
    assert (clock.now(), clock.told()) == (1_250, 1_250)
    clock.skew = -100
    assert (clock.now(), clock.told()) == (1_250, 1_150)


def test_clock_runs_at_its_speed_beside_real_time() -> None:
    real = [10.0]
    clock = Clock(1_000, 60, lambda: real[0])
    real[0] += 2
    assert clock.now() == 121_000
    clock.run(1)
    real[0] += 2
    clock.advance(5)
    assert clock.now() == 123_005
    clock.run(0)
    real[0] += 2
    assert clock.now() == 123_005


def test_clock_shows_the_time_at_which_something_was_due_while_it_is_done() -> None:
    clock = Clock(1_000)
    with clock.held_at(700):
        assert clock.now() == 700
    assert clock.now() == 1_000


def test_clock_that_should_go_back_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the clock can't go back by 5 ms; to tell a wrong time, set its skew"):
        Clock(0).advance(-5)
    with pytest.raises(ValueError, match=r"the clock can't run at a speed of -1; it takes 0 or more"):
        Clock(0).run(-1)
