"""Returns by calendar, how they are distributed, and as they change over time."""

from __future__ import annotations

import math

import numpy as np

from tradekit import Periods, statistics
from tradekit_report.figures.clock import DAY, months_of
from tradekit_report.figures.tables import CalendarReturns, Distribution, Floats, Rolling, Tail, Times

__all__ = ["calendar_returns", "distribution", "rolling"]

_SLACK = 7 * DAY
"""How much of a year may be missing at either end before it counts as a part of one: holidays, and the first bar."""
_LEVELS = (0.95, 0.99)
_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_FEWEST_BINS, _MOST_BINS = 8, 60


def calendar_returns(periods: Periods) -> CalendarReturns | None:
    """Return the returns of months and years; `None` where there are no periods."""
    if not len(periods):
        return None
    # A period that ends at midnight belongs to the day, and the month, that ends then.
    month = months_of(periods.end - 1)
    years = tuple(range(1970 + int(month[0]) // 12, 1970 + int(month[-1]) // 12 + 1))
    row = month // 12 - (years[0] - 1970)
    months = np.full((len(years), 12), np.nan)
    found, starts = np.unique(month, return_index=True)
    months[found // 12 - (years[0] - 1970), found % 12] = np.multiply.reduceat(1.0 + periods.returns, starts) - 1.0
    return CalendarReturns(
        years=years,
        months=months,
        totals=_by_year(periods.returns, row, len(years)),
        benchmark_totals=None if periods.benchmark is None else _by_year(periods.benchmark, row, len(years)),
        is_part=tuple(_is_part(year, periods.end) for year in years),
    )


def _by_year(returns: Floats, row: Times, count: int) -> Floats:
    totals = np.full(count, np.nan)
    found, starts = np.unique(row, return_index=True)
    totals[found] = np.multiply.reduceat(1.0 + returns, starts) - 1.0
    return totals


def _is_part(year: int, end: Times) -> bool:
    first, last = (int(np.datetime64(f"{number}-01-01", "ns").astype(np.int64)) for number in (year, year + 1))
    return bool(end[0] > first + _SLACK) or bool(end[-1] < last - _SLACK)


def distribution(returns: Floats) -> Distribution | None:
    """Return how the returns are distributed; `None` where there are fewer than two, or where they don't vary."""
    if len(returns) < 2 or statistics.skewness(returns) is None:
        return None
    edges = _edges(returns)
    mean, deviation = float(np.mean(returns)), float(np.std(returns, ddof=1))
    below = np.array([0.5 * math.erfc((mean - edge) / (deviation * math.sqrt(2.0))) for edge in edges])
    return Distribution(
        edges=edges,
        counts=np.histogram(returns, edges)[0],
        normal=np.diff(below) * len(returns),
        zeros=int(np.count_nonzero(returns == 0.0)),
        mean=mean,
        deviation=deviation,
        skewness=statistics.skewness(returns),
        excess_kurtosis=statistics.excess_kurtosis(returns),
        best=float(np.max(returns)),
        worst=float(np.min(returns)),
        positive=float(np.mean(returns > 0.0)),
        quantiles={probability: float(np.quantile(returns, probability)) for probability in _QUANTILES},
        tails=tuple(_tail(returns, level) for level in _LEVELS),
    )


def _edges(returns: Floats) -> Floats:
    """Return the edges of bins, one of which is 0; as wide as Freedman and Diaconis (1981) have them where that isn't too many."""
    low, high = float(np.min(returns)), float(np.max(returns))
    quartiles = np.quantile(returns, (0.25, 0.75))
    width = 2.0 * float(quartiles[1] - quartiles[0]) / len(returns) ** (1 / 3)
    width = min(max(width, (high - low) / _MOST_BINS), (high - low) / _FEWEST_BINS)
    steps = np.arange(math.floor(low / width), math.ceil(high / width) + 1)
    edges: Floats = steps * width
    # Rounding must not leave out the smallest or the largest.
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    return edges


def _tail(returns: Floats, level: float) -> Tail:
    part = round(1.0 - level, 12)
    return Tail(
        level=level,
        historical=statistics.var(returns, part),
        shortfall=statistics.cvar(returns, part),
        normal=statistics.normal_var(returns, part),
        cornish_fisher=statistics.cornish_fisher_var(returns, part),
    )


def rolling(periods: Periods, window: int) -> Rolling | None:
    """Return the statistics of each window; `None` where there are fewer periods than one holds."""
    if len(periods) < window:
        return None
    returns, other, per_year = periods.returns, periods.benchmark, periods.per_year
    return Rolling(
        window=window,
        time=periods.end[window - 1 :],
        sharpe=statistics.rolling_sharpe(returns, window, per_year),
        volatility=statistics.rolling_volatility(returns, window, per_year),
        beta=None if other is None else statistics.rolling_beta(returns, other, window),
        benchmark_sharpe=None if other is None else statistics.rolling_sharpe(other, window, per_year),
        benchmark_volatility=None if other is None else statistics.rolling_volatility(other, window, per_year),
    )
