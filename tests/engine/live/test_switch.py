"""The states of a live account."""

import pytest

from tradekit.engine.live.switch import CLOCK, STALE, Hold, Level, Switch


def a_hold(level, cause="operator", since=1):
    return Hold(level, cause, "why", since)


def test_switch_is_at_the_level_of_its_strongest_reason():
    switch = Switch()
    assert switch.level is Level.RUN
    switch.hold(a_hold(Level.HALT))
    switch.hold(a_hold(Level.REDUCE_ONLY, STALE))
    assert switch.level is Level.HALT
    assert [hold["level"] for hold in switch.told()] == ["halt", "reduce-only"]


def test_switch_never_goes_down_for_the_same_cause():
    switch = Switch()
    switch.hold(a_hold(Level.FLATTEN))
    switch.hold(a_hold(Level.REDUCE_ONLY))
    assert switch.level is Level.FLATTEN


def test_switch_resume_lets_go_of_what_is_latched_and_not_of_what_passes():
    switch = Switch()
    switch.hold(a_hold(Level.HALT))
    switch.hold(a_hold(Level.HALT, "watchdog"))
    switch.hold(a_hold(Level.REDUCE_ONLY, CLOCK))
    switch.resume()
    assert list(switch.holds) == [CLOCK]
    switch.clear(CLOCK)
    assert switch.level is Level.RUN


def test_switch_takes_over_what_is_latched_and_not_what_passes():
    before = Switch()
    before.hold(a_hold(Level.HALT))
    before.hold(a_hold(Level.REDUCE_ONLY, STALE))
    switch = Switch()
    switch.take_over(before.told())
    assert list(switch.holds.values()) == [a_hold(Level.HALT)]


@pytest.mark.parametrize("level", list(Level))
def test_level_is_read_back_from_its_word(level):
    assert Level.of(level.text) is level
