"""Coarser bars out of finer ones, and which of them have ended when."""

from __future__ import annotations

import numpy as np

from tradekit.data.interval import DAY
from tradekit.model.bars import Series, Times

__all__ = ["count_ended", "resample", "window_starts"]

_WEEK = 7 * DAY
_MONDAY = 4 * DAY  # 1970-01-05; 1970 itself began on a Thursday


def window_starts(times: Times, interval: int) -> Times:
    """Return, for each time, when the window of `interval` nanoseconds that it lies in began.

    Windows follow each other from 1970-01-01T00:00Z on, and back from there; those of whole weeks begin on Mondays.
    """
    anchor = _MONDAY if interval % _WEEK == 0 else 0
    starts: Times = (times - anchor) // interval * interval + anchor
    return starts


def resample(series: Series, interval: int) -> Series:
    """Return one bar for each window of `interval` nanoseconds in which the series has a bar; see `window_starts`.

    It has the first open, the highest high, the lowest low, the last close and the sum of the volumes, and spans its window whole,
    even where bars are missing. A bar belongs to the window in which it opens. The last window may not have ended with the
    series: its `close_time` tells. The series must be in order of time. What is a whole multiple of what, the caller sees to.
    """
    starts = window_starts(series.open_time, interval)
    is_first = np.ones(len(series), dtype=np.bool_)
    np.not_equal(starts[1:], starts[:-1], out=is_first[1:])
    first = np.flatnonzero(is_first)
    last = np.concatenate((first[1:], [len(series)])) - 1 if len(first) else first
    return Series(
        open_time=starts[first],
        close_time=starts[first] + interval,
        open=series.open[first],
        high=np.maximum.reduceat(series.high, first),
        low=np.minimum.reduceat(series.low, first),
        close=series.close[last],
        # Added up one after the other, unlike by `add.reduceat`, so that bars that come one by one have the same sum.
        volume=np.bincount(np.cumsum(is_first) - 1, series.volume, len(first)).astype(np.float64, copy=False),
        origin=series.origin,
    )


def count_ended(coarse: Series, close_time: Times) -> Times:
    """Return how many bars of `coarse` have ended at each of the times at which finer bars close, int64.

    Nothing that closes later is in these: bars of one series don't overlap, so the next one opens in a later window.
    """
    seen_at = np.searchsorted(close_time, coarse.close_time)
    return np.repeat(np.arange(len(coarse) + 1), np.diff(seen_at, prepend=0, append=len(close_time)))
