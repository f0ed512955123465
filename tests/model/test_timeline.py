import numpy as np
import pytest

from stage import bars_of
from tradekit.model.bars import Bars
from tradekit.model.reference import ScheduledKind, SessionTimes
from tradekit.model.timeline import Finer, Schedule, Sessions

HOUR = 3_600_000_000_000
DAY = 24 * HOUR


def clock(*hours):
    """Return bars of an hour that open at such hours."""
    opened = np.array(hours, dtype=np.int64) * HOUR
    ones = np.ones((len(opened), 2))
    return Bars(("X", "Y"), opened, opened + HOUR, ones, ones, ones, ones, ones)


def calendar(*sessions):
    """Return a calendar of sessions that open and close at such hours, one a day."""
    opened, closed = (np.array(times, np.int64) * HOUR for times in zip(*sessions, strict=True))
    return SessionTimes("XTST", np.arange(len(opened), dtype=np.int64) * DAY, opened, closed, closed, closed)


def test_schedule_is_in_order_of_row_instrument_and_kind():
    funding, split, dividend = ScheduledKind.FUNDING, ScheduledKind.SPLIT, ScheduledKind.DIVIDEND
    nan = float("nan")
    found = Schedule.of([(5, 0, funding, 0.1, 9.0), (2, 1, dividend, 0.5, nan), (2, 1, split, 7.0, nan), (2, 0, split, 2.0, nan)])
    assert found.row.tolist() == [2, 2, 2, 5]
    assert found.instrument.tolist() == [0, 1, 1, 0]
    assert found.kind.tolist() == [split, split, dividend, funding]
    assert found.value.tolist() == [2.0, 7.0, 0.5, 0.1]
    assert (found.row.dtype, found.instrument.dtype, found.kind.dtype) == (np.int64, np.int32, np.int32)
    assert len(found.cut(5)) == 3
    assert len(Schedule.of()) == 0


def test_finer_bars_are_cut_where_the_rows_are():
    bars = bars_of({"X": [1.0, 2.0, 3.0, 4.0, 5.0]})
    cut = Finer(bars, np.array([0, 2, 2, 5])).cut(2)
    assert cut.bars.close[:, 0].tolist() == [1.0, 2.0]
    assert cut.first.tolist() == [0, 2, 2]


def test_sessions_without_a_calendar_are_days():
    sessions = Sessions.of_days(clock(22, 23, 24, 25))
    assert sessions.number.tolist() == [[0, 0, 1, 1]]
    assert sessions.is_last.tolist() == [[0, 1, 0, 0]]
    assert sessions.calendar_of.tolist() == [0, 0]
    assert (sessions.number.dtype, sessions.is_last.dtype) == (np.int32, np.int8)


def test_sessions_last_row_of_all_ends_one_only_if_it_ends_with_it():
    assert Sessions.of_days(clock(46, 47)).is_last.tolist() == [[0, 1]]
    assert Sessions.of_days(clock(46, 47)).cut(1).is_last.tolist() == [[0]]
    with_calendar = Sessions(*(clock(9, 10).open_time, clock(9, 10).close_time), (calendar((9, 11)),), np.zeros(2, np.int32))
    assert with_calendar.is_last.tolist() == [[0, 1]]
    assert with_calendar.cut(1).is_last.tolist() == [[0]]


def test_sessions_of_several_calendars_are_apart():
    bars = clock(8, 9, 10, 11, 12, 33, 34)
    early, late = calendar((9, 11), (33, 35)), calendar((10, 13), (34, 37))
    sessions = Sessions(bars.open_time, bars.close_time, (early, late, None), np.array([1, 0], np.int32))
    assert sessions.number.tolist() == [[0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 1, 1]]
    assert sessions.is_last.tolist() == [[0, 0, 1, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0, 0]]


def test_sessions_after_the_last_that_is_known_never_end():
    bars = clock(9, 40)
    sessions = Sessions(bars.open_time, bars.close_time, (calendar((9, 11)),), np.zeros(2, np.int32))
    assert sessions.is_last.tolist() == [[1, 0]]


@pytest.mark.parametrize("of", [clock(), clock(1)])
def test_sessions_are_there_for_few_rows(of):
    assert Sessions.of_days(of).is_last.shape == (1, len(of))
