"""Bars that should be there and are not, by the trading calendar, and what the policy puts in their place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.data.calendars import are_dates
from tradekit.data.interval import DAY, interval_text, time_text
from tradekit.data.quality.finding import Finding, counted
from tradekit.errors import DataError
from tradekit.model.bars import PRICE_COLUMNS, Series, Times
from tradekit.model.reference import SessionTimes

__all__ = ["Filled", "fill", "find_gaps", "missing_times", "nothing_filled"]

_WEEK = 7 * DAY
_WEEKEND = (2, 3)
"""Saturday and Sunday, in days of the epoch modulo 7 (it began on a Thursday)."""
_ROUND_THE_CLOCK = 0.5
_USUAL = 0.9
_FEW_DAYS = 5
_MOST = 50_000_000


@dataclass(frozen=True, slots=True)
class Filled:
    """A series in which bars were made up."""

    series: Series
    is_made: NDArray[np.bool_]
    """Bool [bar]: was it made up?"""

    def runs(self, times: Times) -> tuple[tuple[str, str, int], ...]:
        """Return the runs of bars that were made up: the first and the last of `times` (UTC, as text), and how many."""
        edges = np.flatnonzero(np.diff(np.concatenate(([False], self.is_made, [False])))).tolist()
        return tuple(
            (time_text(times[first]), time_text(times[after - 1]), after - first)
            for first, after in zip(edges[::2], edges[1::2], strict=True)
        )


def nothing_filled(series: Series) -> Filled:
    """Return a series of which no bar was made up."""
    return Filled(series, np.zeros(len(series), dtype=np.bool_))


def missing_times(series: Series, interval: int, calendar: SessionTimes | None = None) -> Times:
    """Return the open times of the bars that are missing between the first and the last, int64 [missing].

    With a calendar, each session, or each part of one that is an interval long, should have its bar. Without one, a market that
    trades on half of all Saturdays and Sundays or more never closes. Of another, only what is missing within a day counts: times of
    day that have a bar on nine of ten days, or all times if there are less than five days. Weeks are never left out.
    """
    if len(series) < 2:
        return np.zeros(0, np.int64)
    if calendar is not None and interval < _WEEK:
        is_whole = interval >= DAY or are_dates(series)
        expected = _sessions(series, calendar) if is_whole else _within_sessions(series, interval, calendar)
    elif interval >= _WEEK or _never_closes(series.open_time):
        return _between(series.open_time, interval)
    elif interval >= DAY:
        return np.zeros(0, np.int64)
    else:
        expected = _within_days(series.open_time, interval)
    missing: Times = expected[~_has_bar(series, expected)]
    return missing


def find_gaps(series: Series, interval: int, missing: Times) -> Finding | None:
    """Return what is to be said about missing bars, if there are any."""
    if not len(missing):
        return None
    # Two missing bars belong to one gap if no bar lies between them.
    after = np.searchsorted(series.open_time, missing)
    gap, size = np.unique(after, return_counts=True)
    longest = int(size.argmax())
    until = series.open_time[gap[longest]] if gap[longest] < len(series) else missing[-1]
    what = f"{counted(len(missing))} of {interval_text(interval)} missing in {counted(len(gap), 'gap')}"
    what += f", the longest of {counted(int(size[longest]))} before {time_text(until)}"
    return Finding("gaps", len(missing), what, missing)


def fill(series: Series, interval: int, missing: Times, how: str) -> Filled:
    """Return the series with a bar of volume 0 in each missing place.

    `fill` repeats the close before it. `interpolate` goes in a straight line of time from the close before to the open after, which
    is not known before that bar opens: such bars look ahead.
    """
    before = np.searchsorted(series.open_time, missing) - 1
    last = series.close[before]
    opens = closes = last
    if how == "interpolate":
        start, end = series.close_time[before], series.open_time[before + 1]
        step = (series.open[before + 1] - last) / np.maximum(end - start, 1)
        opens = last + step * np.maximum(missing - start, 0)
        closes = last + step * np.minimum(missing + interval - start, end - start)
    ends = np.minimum(missing + interval, series.open_time[before + 1])
    made = Series(
        missing, ends, opens, np.maximum(opens, closes), np.minimum(opens, closes), closes, np.zeros(len(missing)), series.origin
    )
    order = np.argsort(np.concatenate((series.open_time, missing)), kind="stable")
    columns: dict[str, Any] = {
        name: np.concatenate((getattr(series, name), getattr(made, name)))[order]
        for name in ("open_time", "close_time", *PRICE_COLUMNS)
    }
    return Filled(replace(series, **columns), order >= len(series))


def _between(times: Times, interval: int) -> Times:
    """Return all multiples of the interval after each time and before the next."""
    steps = np.diff(times)
    holes = np.flatnonzero(steps > interval)
    count = (steps[holes] - 1) // interval
    total = int(count.sum())
    if total > _MOST:
        raise DataError(f"{total:,} bars of {interval_text(interval)} are missing; set interval to what the bars are")
    which = np.repeat(holes, count)
    place = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
    between: Times = times[which] + (place + 1) * interval
    return between


def _never_closes(times: Times) -> bool:
    """Say whether half of all days of the weekends between the first and the last time, and two at least, have a bar."""
    span = np.arange(times[0] // DAY, times[-1] // DAY + 1)
    days = span[np.diff(np.searchsorted(times, np.append(span, span[-1] + 1) * DAY)) > 0]
    weekend = np.isin(span % 7, _WEEKEND)
    saturdays = span[span % 7 == _WEEKEND[0]]
    if len(saturdays) < 1 or np.count_nonzero(weekend) < 2:
        return False
    return all(np.isin(span[span % 7 == day], days).mean() >= _ROUND_THE_CLOCK for day in _WEEKEND if (span % 7 == day).any())


def _within_days(times: Times, interval: int) -> Times:
    """Return the usual times of each day that has bars, from its first bar to its last."""
    day = times // DAY
    first = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    last = np.append(first[1:], len(times)) - 1
    slots = DAY // interval if DAY % interval == 0 else 0
    if not slots:
        return np.zeros(0, np.int64)
    phase = int(times[0] % interval)
    slot = (times - phase) % DAY // interval
    is_usual = np.ones(slots, dtype=np.bool_)
    if len(first) >= _FEW_DAYS:
        is_usual = np.bincount(slot, minlength=slots) >= _USUAL * len(first)
    bounds = np.stack((times[first], times[last] + 1), axis=1)
    expected = _grid(bounds, interval, phase)
    usual: Times = expected[is_usual[(expected - phase) % DAY // interval]]
    return usual


def _grid(bounds: Times, interval: int, phase: int) -> Times:
    """Return all times of the grid within each span of [start, end)."""
    start = -((phase - bounds[:, 0]) // interval) * interval + phase
    count = np.maximum(-((start - bounds[:, 1]) // interval), 0)
    which = np.repeat(np.arange(len(bounds)), count)
    place = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    times: Times = start[which] + place * interval
    return times


def _sessions(series: Series, calendar: SessionTimes) -> Times:
    """Return the dates of all sessions from the first bar to the last, or when they open, if bars have a time of day."""
    starts = calendar.date if are_dates(series) else calendar.open
    inside: Times = starts[(starts >= series.open_time[0]) & (starts < series.close_time[-1])]
    return inside


def _within_sessions(series: Series, interval: int, calendar: SessionTimes) -> Times:
    """Return the opens of all bars that sessions, breaks left out, are made of, from the first bar to the last."""
    spans = np.concatenate(
        [np.stack((calendar.open, calendar.break_start), axis=1), np.stack((calendar.break_end, calendar.close), axis=1)]
    )
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    spans = spans[spans[:, 1] > spans[:, 0]]
    spans = spans[(spans[:, 1] > series.open_time[0]) & (spans[:, 0] < series.close_time[-1])]
    phase = int(series.open_time[0] % interval)
    # A bar that begins before the session and reaches into it is that session's first.
    early = np.stack((-((phase - spans[:, 0] + interval - 1) // interval) * interval + phase, spans[:, 1]), axis=1)
    expected = np.unique(_grid(early, interval, phase))
    inside: Times = expected[(expected >= series.open_time[0]) & (expected <= series.open_time[-1])]
    return inside


def _has_bar(series: Series, expected: Times) -> NDArray[np.bool_]:
    """Return bool [expected]: whether a bar spans that time."""
    place = np.searchsorted(series.open_time, expected, side="right") - 1
    spanned: NDArray[np.bool_] = (place >= 0) & (expected < series.close_time[place])
    return spanned
