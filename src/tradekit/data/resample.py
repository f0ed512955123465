"""Bars out of trades, and coarser bars out of finer ones: where each begins and ends, and which have ended when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tradekit.data.calendars import on_sessions
from tradekit.data.interval import DAY
from tradekit.model.bars import BAR_COLUMNS, BarSize, Series, Threshold, Times
from tradekit.model.reference import SessionTimes
from tradekit.simulator.bar_builder import COUNTS, BarBuilder

__all__ = [
    "bar_builder",
    "count_ended",
    "is_in_session",
    "resample",
    "resample_sessions",
    "spans_of",
    "whole_windows",
    "window_starts",
]

_WEEK = 7 * DAY
_MONDAY = 4 * DAY  # 1970-01-05; 1970 itself began on a Thursday
_EVER = np.iinfo(np.int64).max
_WHOLE = 2**62
"""Longer than any session or row of sessions."""


def window_starts(times: Times, interval: int) -> Times:
    """Return, for each time, when the window of `interval` nanoseconds that it lies in began.

    Windows follow each other from 1970-01-01T00:00Z on, and back from there; those of whole weeks begin on Mondays.
    """
    anchor = _anchor(interval)
    starts: Times = (times - anchor) // interval * interval + anchor
    return starts


def spans_of(size: BarSize, calendar: SessionTimes | None) -> Times:
    """Return the times at which there is trading, as `BarBuilder` takes them: int64 [4, span].

    Without a calendar, that is always, and windows are those of `window_starts`. With one, a session's windows begin at its open,
    and the last one ends at its close; those of whole days hold the sessions of their dates whole, from the first open to the last
    close. A break is in the session's windows, but no trading.
    """
    if calendar is None:
        return np.array([[-_EVER], [_EVER], [0 if isinstance(size, Threshold) else _anchor(size)], [_EVER]])
    anchor, last = calendar.open, calendar.close
    if not isinstance(size, Threshold) and size % DAY == 0:
        starts = window_starts(calendar.date, size)
        anchor = anchor[np.searchsorted(starts, starts)]
        last = last[np.searchsorted(starts, starts, side="right") - 1]
    has_break = calendar.break_start < calendar.break_end
    first = np.stack([calendar.open, np.where(has_break, calendar.break_start, calendar.close), anchor, last])
    second = np.stack([calendar.break_end, calendar.close, anchor, last])[:, has_break]
    spans = np.concatenate([first, second], axis=1)
    return spans[:, np.argsort(spans[0])]


def bar_builder(size: BarSize, calendar: SessionTimes | None = None) -> BarBuilder:
    """Return a builder of bars of a size; with a calendar, none holds trades of two sessions, unless they are of whole days."""
    spans = spans_of(size, calendar)
    if isinstance(size, Threshold):
        return BarBuilder(spans, 1, COUNTS.index(size.of), size.amount)
    return BarBuilder(spans, _WHOLE if calendar is not None and size % DAY == 0 else size)


def is_in_session(times: Times, spans: Times) -> NDArray[np.bool_]:
    """Say of each time whether there is trading at it, within `spans_of` a calendar."""
    place = np.searchsorted(spans[1], times, side="right")
    is_known = place < spans.shape[1]
    found: NDArray[np.bool_] = is_known & (spans[0, np.where(is_known, place, 0)] <= times)
    return found


def resample(series: Series, interval: int) -> Series:
    """Return one bar for each window of `interval` nanoseconds in which the series has a bar; see `window_starts`.

    It has the first open, the highest high, the lowest low, the last close and the sum of the volumes, added one after the other,
    and spans its window whole, even where bars are missing. A bar belongs to the window in which it opens. The last window may not
    have ended with the series: its `close_time` tells. The series must be in order of time. What is a whole multiple of what, the
    caller sees to.
    """
    return _built(series, series.open_time, bar_builder(interval))


def resample_sessions(series: Series, interval: int, calendar: SessionTimes) -> tuple[Series, Times, Times]:
    """Return the same within the sessions of a calendar, see `spans_of`, and from when to when each of the finer bars counts there.

    Bars of dates stand for their sessions. A bar that opens before its session counts from the session's open. None may be off
    session.
    """
    spans = spans_of(interval, calendar)
    placed = on_sessions(series, calendar)
    place = np.searchsorted(spans[1], placed.open_time, side="right")
    opened = np.maximum(placed.open_time, spans[0, place])
    return _built(placed, opened, bar_builder(interval, calendar)), opened, placed.close_time


def whole_windows(series: Series, interval: int, calendar: SessionTimes | None, began: int | None = None) -> tuple[Series, Times]:
    """Return `resample`, or with a calendar `resample_sessions`, and from when on each of the finer bars counts.

    The window in which the data began is left out, because nobody knows what it lacks; `began` is when that was, if it was before
    the series. The last window may not have ended: its `close_time` tells.
    """
    if not len(series):
        return series, series.open_time
    if calendar is None:
        coarse, opened = resample(series, interval), series.open_time
    else:
        coarse, opened, _ = resample_sessions(series, interval, calendar)
    kept = coarse.open_time >= (opened[0] if began is None else began)
    return replace(coarse, **{name: getattr(coarse, name)[kept] for name in BAR_COLUMNS}), opened


def _built(series: Series, times: Times, builder: BarBuilder) -> Series:
    builder.run(times, (series.open, series.high, series.low, series.close), series.volume)
    builder.finish()
    return builder.take(series.origin)


def count_ended(coarse: Series, close_time: Times) -> Times:
    """Return how many bars of `coarse` have ended at each of the times at which finer bars close, int64.

    Nothing that closes later is in these: bars of one series don't overlap, so the next one opens in a later window.
    """
    seen_at = np.searchsorted(close_time, coarse.close_time)
    return np.repeat(np.arange(len(coarse) + 1), np.diff(seen_at, prepend=0, append=len(close_time)))


def _anchor(interval: int) -> int:
    return _MONDAY if interval % _WEEK == 0 else 0
