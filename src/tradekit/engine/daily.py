"""What an instrument's last days were like, as costs need it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tradekit.model.bars import Bars, Floats
from tradekit.simulator.costs import DAY, days_of

__all__ = ["Daily", "daily"]

_UNKNOWN = 0.05
"""The volatility of a day that is assumed while it can't be estimated: that of a wild instrument."""


@dataclass(frozen=True)
class Daily:
    """Estimates from the days before each day: float64 [day, instrument], for each of `days_of` the bars."""

    volatility: Floats
    """Standard deviation (n - 1) of the log returns from close to close; 0.05 where there are fewer than two of them."""
    volume: Floats
    """Mean volume; NaN on the first day."""


def daily(bars: Bars, adjusted: Bars, window: int) -> Daily:
    """Estimate from the last `window` UTC days on which an instrument had bars, or from those that there are.

    `adjusted` are the bars without the effect of splits, which would look like moves of the price. The volume is in units of the
    day that it is for, as `bars` have them.
    """
    days = days_of(bars)
    volatility, volume = np.empty((2, len(days), len(bars.symbols)))
    for i in range(len(bars.symbols)):
        own, number = np.unique(bars.open_time[bars.exists[:, i]] // DAY, return_inverse=True)
        before = np.searchsorted(own, days)
        last = np.searchsorted(number, np.arange(len(own)), side="right") - 1
        returns = np.diff(np.log(adjusted.own(i, adjusted.close)[last]))
        volatility[:, i] = _trailing(returns, window, lambda found: found.std(axis=-1, ddof=1), 2)[np.maximum(before - 1, 0)]
        traded, comparable = (_sums(one.own(i, one.volume), number, len(own)) for one in (bars, adjusted))
        units = np.append(_units(traded, comparable), np.nan)[np.searchsorted(own, days, side="right") - 1]
        volume[:, i] = _trailing(comparable, window, lambda found: found.mean(axis=-1), 1)[before] * units
    return Daily(np.where(np.isnan(volatility), _UNKNOWN, volatility), volume)


def _sums(values: Floats, number: NDArray[np.intp], count: int) -> Floats:
    """Return the sum of the values of each number, where NaN counts nothing."""
    return np.bincount(number, np.nan_to_num(values), count).astype(np.float64)


def _units(traded: Floats, comparable: Floats) -> Floats:
    """Return, for each day, how many units make one that is comparable over all days: that of the last day with a volume."""
    known = np.flatnonzero(comparable > 0)
    ratio = np.append(traded[known] / comparable[known], 1.0)
    return ratio[np.searchsorted(known, np.arange(len(traded)), side="right") - 1]


def _trailing(values: Floats, window: int, statistic: Callable[[Floats], Floats], least: int) -> Floats:
    """Return a statistic of the last `window` values before each, and after the last; of fewer at first, NaN below `least`."""
    found = np.full(len(values) + 1, np.nan)
    for count in range(least, min(window, len(values) + 1)):
        found[count] = statistic(values[:count])
    if len(values) >= window:
        found[window:] = statistic(sliding_window_view(values, window))
    return found
