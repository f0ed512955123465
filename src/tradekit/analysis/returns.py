"""Statistics of periodic returns: each takes simple returns, float64 [period], and gives None where it is undefined."""

from __future__ import annotations

import math

import numpy as np

from tradekit.model.bars import Floats

__all__ = [
    "alpha_beta",
    "annual_return",
    "annual_volatility",
    "cvar_95",
    "sharpe",
    "sortino",
    "var_95",
]

# A return is a ratio near 1 minus 1, so below this a spread is rounding.
_ROUNDING = 1e-14
# With fewer returns the worst 5 % are less than one of them.
_TAIL_MINIMUM = 20


def annual_return(growth: float, years: float) -> float | None:
    """Return the constant yearly return that turns 1 into `growth` in `years` (compound annual growth rate).

    `growth ** (1 / years) - 1`, by calendar time and so independent of how many periods a year is said to have. None when
    nothing is left (`growth <= 0`), or when the answer is too large for a float.
    """
    if growth <= 0.0 or years <= 0.0:
        return None
    exponent = math.log(growth) / years
    return math.expm1(exponent) if exponent < 700.0 else None


def annual_volatility(returns: Floats, per_year: float) -> float | None:
    """Return the sample standard deviation (ddof 1) of the returns times `sqrt(per_year)`; None below two returns."""
    return float(np.std(returns, ddof=1)) * math.sqrt(per_year) if len(returns) > 1 else None


def sharpe(returns: Floats, per_year: float) -> float | None:
    """Return mean over sample standard deviation (ddof 1), times `sqrt(per_year)`, for a risk-free rate of 0.

    Sharpe (1994), The Sharpe Ratio, Journal of Portfolio Management 21(1). None when the returns don't vary.
    """
    deviation = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    return float(np.mean(returns)) / deviation * math.sqrt(per_year) if deviation > _ROUNDING else None


def sortino(returns: Floats, per_year: float) -> float | None:
    """Return mean over downside deviation, times `sqrt(per_year)`, for a target return of 0.

    The downside deviation is the root of the mean over *all* periods of `min(return, 0) ** 2`. Sortino and Price (1994),
    Performance Measurement in a Downside Risk Framework, Journal of Investing 3(3). None when no period lost.
    """
    if len(returns) < 2:
        return None
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    return float(np.mean(returns)) / downside * math.sqrt(per_year) if downside > _ROUNDING else None


def var_95(returns: Floats) -> float | None:
    """Return the loss that 95 % of the periods stayed within, as a fraction: positive for a loss (historical value at risk).

    It is minus the 5 % quantile of the returns, interpolated linearly (type 7 of Hyndman and Fan (1996), Sample Quantiles in
    Statistical Packages, The American Statistician 50(4)). None below 20 returns.
    """
    if len(returns) < _TAIL_MINIMUM:
        return None
    # Not `np.quantile`: its first call imports NumPy's masked arrays, which takes longer than all statistics of a run.
    at = 0.05 * (len(returns) - 1)
    below, above = np.sort(returns)[int(at) : int(at) + 2].tolist()
    return -_between(below, above, at - int(at))


def _between(below: float, above: float, part: float) -> float:
    """Return what lies a part of the way between two numbers, reckoned from the nearer one."""
    return below + (above - below) * part if part < 0.5 else above - (above - below) * (1.0 - part)


def cvar_95(returns: Floats) -> float | None:
    """Return the mean loss of the worst 5 % of the periods, as a fraction: positive for a loss (expected shortfall).

    The worst are the returns that are not above the 5 % quantile: `floor(0.05 (n - 1)) + 1` of `n`. Acerbi and Tasche (2002),
    On the Coherence of Expected Shortfall, Journal of Banking and Finance 26(7). None below 20 returns.
    """
    if len(returns) < _TAIL_MINIMUM:
        return None
    last = int(0.05 * (len(returns) - 1))
    return -float(np.mean(np.sort(returns)[: last + 1]))


def alpha_beta(returns: Floats, benchmark: Floats, per_year: float) -> tuple[float, float] | None:
    """Return Jensen's alpha, a year, and beta: intercept and slope of the returns on the benchmark's, risk-free rate 0.

    Alpha is the intercept of one period times `per_year` (not compounded), as the mean in the Sharpe ratio is. Jensen (1968),
    The Performance of Mutual Funds in the Period 1945-1964, Journal of Finance 23(2). None below two returns, or when the
    benchmark doesn't vary.
    """
    if len(returns) < 2 or float(np.std(benchmark)) <= _ROUNDING:
        return None
    centred = benchmark - np.mean(benchmark)
    # Not `np.dot`: its result may depend on how many threads the linear-algebra library uses.
    beta = float(np.sum(centred * returns) / np.sum(centred * centred))
    return (float(np.mean(returns)) - beta * float(np.mean(benchmark))) * per_year, beta
