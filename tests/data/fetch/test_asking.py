import pytest

from pretend import Venue, asker_of, passing
from tradekit import DataError, VenueError
from tradekit.testing import FixedClock

NOW = 1_700_000_000_000_000_000


def ask_with(failures, tries=8, per_second=1000.0):
    """Ask for something that fails some times first; return the answer, the waits and what was told."""
    clock, told = FixedClock(NOW), []
    asker = asker_of(Venue(per_second=per_second), clock, told.append, tries)
    rest = list(failures)

    def question():
        if rest:
            raise rest.pop(0)
        return "answer"

    return asker.ask(question), clock.waits, told, asker


def test_an_answer_comes_with_the_time_it_was_asked_for():
    assert ask_with([])[0] == ("answer", NOW)


def test_requests_keep_to_the_pace_of_the_source():
    clock = FixedClock(NOW)
    asker = asker_of(Venue(per_second=4), clock)
    for _ in range(3):
        asker.ask(lambda: 0)
    clock.ns += 10**9
    asker.ask(lambda: 0)
    assert clock.waits == pytest.approx([0.25, 0.25])
    assert asker.requests == 4


def test_a_source_without_paging_is_not_slowed_down():
    clock = FixedClock(NOW)
    asker = asker_of(Venue(rows=0), clock)
    for _ in range(3):
        asker.ask(lambda: 0)
    assert clock.waits == []


def test_what_fails_in_passing_is_asked_again_after_longer_and_longer():
    (answer, _), waits, told, asker = ask_with([passing()] * 7)
    assert answer == "answer"
    assert waits == [1, 2, 4, 8, 16, 32, 60]
    assert told[0] == "busy; asking again in 1 s (try 2 of 8)"
    assert asker.requests == 8


def test_a_venue_that_says_how_long_to_wait_is_obeyed():
    _, waits, _, _ = ask_with([passing(retry_after_s=30), passing(retry_after_s=0.1), passing(retry_after_s=120)])
    assert waits == [30, 2, 120]


def test_retries_keep_to_the_pace_too():
    _, waits, _, _ = ask_with([passing()], per_second=0.1)
    assert waits == [1, 9]


def test_what_does_not_pass_in_all_tries_is_given_up():
    with pytest.raises(VenueError, match="busy; given up after 3 tries") as error:
        ask_with([passing()] * 3, tries=3)
    assert error.value.is_passing


@pytest.mark.parametrize("error", [VenueError("no such symbol"), DataError("no such file"), KeyboardInterrupt()])
def test_what_can_not_pass_is_raised_at_once(error):
    with pytest.raises(type(error)) as raised:
        ask_with([error])
    assert raised.value is error


def test_a_venue_that_wants_to_be_left_alone_for_long_is_not_waited_for():
    with pytest.raises(VenueError, match="banned; it wants to be left alone until 2023-11-15T22:13:21Z") as error:
        ask_with([passing("banned", 86_400)])
    assert error.value.retry_after_s == 86_400


def test_the_earlier_of_two_clocks_says_what_is_finished():
    clock = FixedClock(NOW)
    assert asker_of(Venue(clock=lambda: NOW - 5), clock).ask(lambda: 0)[1] == NOW - 5
    assert asker_of(Venue(clock=lambda: NOW + 5), clock).ask(lambda: 0)[1] == NOW
