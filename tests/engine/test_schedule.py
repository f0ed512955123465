"""What happens when, on the rows of a run."""

import numpy as np
import pytest

from tradekit import ActionKind, Actions, Bars, FundingRates
from tradekit.engine.schedule import scheduled
from tradekit.model.reference import ScheduledKind, SessionTimes

HOUR = 3_600_000_000_000
DAY = 24 * HOUR
NAN = float("nan")


def bars_of(opened, *closes, length=DAY):
    """Return bars that open at such times, one instrument for each list of closes."""
    opened = np.array(opened, dtype=np.int64)
    close = np.array(closes, dtype=np.float64).T.copy()
    return Bars(tuple("XYZ"[: len(closes)]), opened, opened + length, close, close, close, close, close)


def actions(*rows):
    time, kind, value = zip(*rows, strict=True)
    return Actions(np.array(time, np.int64), np.array(kind, np.int32), np.array(value, np.float64))


def funding(*rows):
    time, rate, mark = zip(*rows, strict=True)
    return FundingRates(np.array(time, np.int64), np.array(rate), np.array(mark))


def put(bars, calendars=(), **found):
    """Return the entries and the notes for data of instrument X."""
    schedule, notes = scheduled(bars, {"X": found["funding"]} if "funding" in found else {}, *rest(found, calendars))
    columns = (schedule.row, schedule.instrument, schedule.kind, schedule.value, schedule.price)
    return [tuple(entry) for entry in zip(*(column.tolist() for column in columns), strict=True)], notes


def rest(found, calendars):
    return {"X": found["actions"]} if "actions" in found else {}, dict(calendars)


def test_scheduled_action_belongs_to_the_first_bar_at_its_time_or_later():
    days = bars_of(np.arange(5) * DAY, [1.0, 1, 1, 1, 1])
    entries, notes = put(days, actions=actions((1 * DAY, 0, 7.0), (2 * DAY + 1, 1, 0.5)))
    assert [entry[:4] for entry in entries] == [(1, 0, ScheduledKind.SPLIT, 7.0), (3, 0, ScheduledKind.DIVIDEND, 0.5)]
    assert all(np.isnan(entry[4]) for entry in entries)
    assert notes == ()


def test_scheduled_action_in_a_hole_waits_for_the_instruments_own_bar():
    bars = bars_of(np.arange(5) * DAY, [1, NAN, NAN, 1, 1], [1.0, 1, 1, 1, 1])
    entries, _ = put(bars, actions=actions((1 * DAY, 1, 0.5)))
    assert [entry[:2] for entry in entries] == [(3, 0)]


def test_scheduled_action_outside_of_the_run_is_left_out_in_silence():
    days = bars_of((np.arange(3) + 10) * DAY, [1.0, 1, 1])
    assert put(days, actions=actions((9 * DAY, 0, 2.0), (10 * DAY, 0, 2.0), (13 * DAY, 0, 2.0))) == ([], ())


def test_scheduled_action_that_an_instrument_has_no_bar_for_is_counted():
    bars = bars_of(np.arange(6) * DAY, [NAN, NAN, 1, 1, NAN, NAN], [1.0] * 6)
    found = actions((1 * DAY, 1, 0.5), (2 * DAY, 1, 0.5), (4 * DAY, 1, 0.5))
    assert put(bars, actions=found) == (
        [],
        ("X: 2 corporate actions are before its first bar or after its last, and left out.",),
    )
    assert put(bars, actions=actions((4 * DAY, 1, 0.5)))[1] == (
        "X: 1 corporate action is before its first bar or after its last, and left out.",
    )


def test_scheduled_delisting_comes_after_the_last_bar():
    bars = bars_of(np.arange(6) * DAY, [1, 1, 1, NAN, NAN, NAN], [1.0] * 6)
    entries, notes = put(bars, actions=actions((4 * DAY, 2, 9.5)))
    assert ([entry[:4] for entry in entries], notes) == ([(4, 0, ScheduledKind.DELISTING, 9.5)], ())
    entries, notes = put(bars, actions=actions((3 * DAY, 2, 9.5)))
    assert ([entry[0] for entry in entries], notes) == ([3], ())


def test_scheduled_delisting_with_bars_after_it_waits_and_is_told():
    bars = bars_of(np.arange(6) * DAY, [1, 1, 1, NAN, NAN, NAN], [1.0] * 6)
    entries, notes = put(bars, actions=actions((2 * DAY, 2, 9.5)))
    assert [entry[0] for entry in entries] == [3]
    assert notes == ("X: it has bars after its delisting, which takes effect after the last of them.",)


def test_scheduled_delisting_that_finds_no_row_is_told():
    days = bars_of(np.arange(3) * DAY, [1.0, 1, 1])
    assert put(days, actions=actions((3 * DAY, 2, 0.0))) == (
        [],
        ("X: it was delisted after the last bar of the run; a position in it keeps its last close.",),
    )
    assert put(days, actions=actions((4 * DAY, 2, 0.0))) == ([], ())


def test_scheduled_date_belongs_to_its_session_wherever_the_exchange_is():
    # Sessions of three dates, each of which opens the evening before: at 22:00 UTC, until 21:00.
    dates = np.arange(3, dtype=np.int64) * DAY
    calendar = SessionTimes("XTST", dates, dates - 2 * HOUR, dates + 21 * HOUR, dates + 21 * HOUR, dates + 21 * HOUR)
    daily = bars_of(dates - 2 * HOUR, [1.0, 1, 1], length=23 * HOUR)
    split = actions((2 * DAY, 0, 2.0))
    assert [entry[0] for entry in put(daily, {"X": calendar}, actions=split)[0]] == [2]
    assert [entry[0] for entry in put(daily, actions=split)[0]] == []
    hours = bars_of(np.arange(40, 60) * HOUR, [1.0] * 20, length=HOUR)
    (entry,) = put(hours, {"X": calendar}, actions=split)[0]
    assert hours.open_time[entry[0]] == 45 * HOUR  # the first bar after 21:00 of the day before
    with_time = actions((47 * HOUR + 1, 0, 2.0))
    (entry,) = put(hours, {"X": calendar}, actions=with_time)[0]
    assert hours.open_time[entry[0]] == 48 * HOUR


def test_scheduled_funding_belongs_to_the_bar_that_it_ends_or_falls_into():
    hours = bars_of(np.arange(5) * HOUR, [1.0] * 5, length=HOUR)
    entries, notes = put(
        hours, funding=funding((0, 0.1, NAN), (HOUR, 0.2, 9.0), (2 * HOUR + HOUR // 2, 0.3, 8.0), (6 * HOUR, 0.4, NAN))
    )
    assert entries == [(0, 0, ScheduledKind.FUNDING, 0.2, 9.0), (2, 0, ScheduledKind.FUNDING, 0.3, 8.0)]
    assert notes == ()


def test_scheduled_funding_between_two_bars_is_made_at_the_second_and_counted():
    hours = bars_of(np.array([0, 1, 5, 6]) * HOUR, [1.0] * 4, length=HOUR)
    entries, notes = put(hours, funding=funding((3 * HOUR, 0.1, NAN), (5 * HOUR, 0.1, NAN)))
    assert [entry[0] for entry in entries] == [2, 2]
    assert notes == ("X: 2 funding payments are due between two bars, and made at the close of the second.",)


def test_scheduled_funding_before_the_first_bar_of_an_instrument_costs_nothing():
    bars = bars_of(np.arange(4) * HOUR, [NAN, NAN, 1, 1], [1.0] * 4, length=HOUR)
    entries, _ = put(bars, funding=funding((HOUR, 0.1, NAN), (2 * HOUR, 0.1, NAN), (3 * HOUR, 0.2, NAN)))
    assert [(entry[0], entry[3]) for entry in entries] == [(2, 0.2)]


@pytest.mark.parametrize("kind", list(ActionKind))
def test_action_kinds_are_scheduled_kinds(kind):
    assert ScheduledKind[kind.name] == kind
