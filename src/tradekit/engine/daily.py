"""What an instrument's last days were like, as costs need it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tradekit.model.bars import Bars, Floats, Times
from tradekit.simulator.costs import DAY, days_of

__all__ = ["Daily", "daily"]

_UNKNOWN = 0.05
"""The volatility of a day that is assumed while it can't be estimated: that of a wild instrument."""
_RETURNS = 2
"""A deviation needs two numbers."""


@dataclass(frozen=True)
class Daily:
    """Estimates from the days before each day: float64 [day, instrument], for each of `days_of` the bars."""

    volatility: Floats
    """Standard deviation (n - 1) of the log returns from close to close; 0.05 where there are fewer than two of them."""
    volume: Floats
    """Mean volume; NaN on the first day."""


def daily(bars: Bars, window: int) -> Daily:
    """Estimate from the last `window` UTC days on which an instrument had bars, or from those that there are."""
    days = days_of(bars)
    volatility, volume = np.empty((2, len(days), len(bars.symbols)))
    for i in range(len(bars.symbols)):
        own, last, sums = _own_days(bars, i)
        before = np.searchsorted(own, days)
        volume[:, i] = _trailing(sums, window, lambda found: found.mean(axis=-1), 1)[before]
        deviations = _trailing(np.diff(np.log(last)), window, lambda found: found.std(axis=-1, ddof=1), _RETURNS)
        volatility[:, i] = deviations[np.maximum(before - 1, 0)]
    return Daily(np.where(np.isnan(volatility), _UNKNOWN, volatility), volume)


def _own_days(bars: Bars, i: int) -> tuple[Times, Floats, Floats]:
    """Return the days on which an instrument has bars, its last close on each, and its volume on each."""
    exists = bars.exists[:, i]
    own, first, number = np.unique(bars.open_time[exists] // DAY, return_index=True, return_inverse=True)
    closes = bars.own(i, bars.close)
    last = np.append(first, len(closes))[1:] - 1
    volume: Floats = np.bincount(number, np.nan_to_num(bars.own(i, bars.volume)), len(own)).astype(np.float64)
    return own, closes[last], volume


def _trailing(values: Floats, window: int, statistic: Callable[[Floats], Floats], least: int) -> Floats:
    """Return a statistic of the last `window` values before each, and after the last; of fewer at first, NaN below `least`."""
    found = np.full(len(values) + 1, np.nan)
    for count in range(least, min(window, len(values) + 1)):
        found[count] = statistic(values[:count])
    if len(values) >= window:
        found[window:] = statistic(sliding_window_view(values, window))
    return found
