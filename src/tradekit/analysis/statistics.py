"""Statistics of periodic returns: each takes simple returns, float64 [period], and gives None where it is undefined."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tradekit.model.bars import Floats

if TYPE_CHECKING:
    from statistics import NormalDist

__all__ = [
    "alpha_beta",
    "annual_return",
    "annual_volatility",
    "cornish_fisher",
    "cornish_fisher_var",
    "cvar",
    "deviation",
    "excess_kurtosis",
    "information_ratio",
    "mean",
    "normal_var",
    "probabilistic_sharpe",
    "rolling_beta",
    "rolling_sharpe",
    "rolling_volatility",
    "sharpe",
    "skewness",
    "sortino",
    "tracking_error",
    "var",
]

# A return is a ratio near 1 minus 1, so below this a spread is rounding.
_ROUNDING = 1e-14


def mean(values: Floats) -> float:
    """Return the mean of some values, of which there is one at least, to the bit of `np.mean`; that takes three times as long."""
    return float(np.add.reduce(values)) / len(values)


def deviation(values: Floats) -> float:
    """Return the sample standard deviation (ddof 1) of two values at least, to the bit of `np.std`."""
    centred = values - mean(values)
    return math.sqrt(float(np.add.reduce(centred * centred)) / (len(values) - 1))


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
    return deviation(returns) * math.sqrt(per_year) if len(returns) > 1 else None


def sharpe(returns: Floats, per_year: float) -> float | None:
    """Return mean over sample standard deviation (ddof 1), times `sqrt(per_year)`, for a risk-free rate of 0.

    Sharpe (1994), The Sharpe Ratio, Journal of Portfolio Management 21(1). None when the returns don't vary.
    """
    spread = deviation(returns) if len(returns) > 1 else 0.0
    return mean(returns) / spread * math.sqrt(per_year) if spread > _ROUNDING else None


def sortino(returns: Floats, per_year: float) -> float | None:
    """Return mean over downside deviation, times `sqrt(per_year)`, for a target return of 0.

    The downside deviation is the root of the mean over *all* periods of `min(return, 0) ** 2`. Sortino and Price (1994),
    Performance Measurement in a Downside Risk Framework, Journal of Investing 3(3). None when no period lost.
    """
    if len(returns) < 2:
        return None
    downside = math.sqrt(mean(np.minimum(returns, 0.0) ** 2))
    return mean(returns) / downside * math.sqrt(per_year) if downside > _ROUNDING else None


def var(returns: Floats, tail: float = 0.05) -> float | None:
    """Return the loss that all but a part `tail` of the periods stayed within: positive for a loss (historical value at risk).

    It is minus the quantile of the returns at `tail`, interpolated linearly (type 7 of Hyndman and Fan (1996), Sample Quantiles in
    Statistical Packages, The American Statistician 50(4)). None where the tail is less than one return: below 20 of them for 0.05.
    """
    if not _has_tail(returns, tail):
        return None
    # Not `np.quantile`: its first call imports NumPy's masked arrays, which takes longer than all statistics of a run.
    at = tail * (len(returns) - 1)
    below, above = np.sort(returns)[int(at) : int(at) + 2].tolist()
    return -_between(below, above, at - int(at))


def _has_tail(returns: Floats, tail: float) -> bool:
    return len(returns) > 1 and len(returns) * tail >= 1.0 - _ROUNDING


def _between(below: float, above: float, part: float) -> float:
    """Return what lies a part of the way between two numbers, reckoned from the nearer one."""
    return below + (above - below) * part if part < 0.5 else above - (above - below) * (1.0 - part)


def cvar(returns: Floats, tail: float = 0.05) -> float | None:
    """Return the mean loss of the worst part `tail` of the periods: positive for a loss (expected shortfall).

    The worst are the returns that are not above the quantile at `tail`: `floor(tail (n - 1)) + 1` of `n`. Acerbi and Tasche (2002),
    On the Coherence of Expected Shortfall, Journal of Banking and Finance 26(7). None where the tail is less than one return.
    """
    if not _has_tail(returns, tail):
        return None
    last = int(tail * (len(returns) - 1))
    return -mean(np.sort(returns)[: last + 1])


def normal_var(returns: Floats, tail: float = 0.05) -> float | None:
    """Return the value at risk of a normal distribution with the mean and the sample standard deviation of the returns.

    None below two returns.
    """
    if len(returns) < 2:
        return None
    return -(float(np.mean(returns)) + _normal().inv_cdf(tail) * float(np.std(returns, ddof=1)))


def cornish_fisher_var(returns: Floats, tail: float = 0.05) -> float | None:
    """Return the value at risk of a normal distribution that is corrected for the skewness and the kurtosis of the returns.

    The quantile is that of `cornish_fisher`. Zangari (1996), A VaR Methodology for Portfolios That Include Options, RiskMetrics
    Monitor, first quarter. None where skewness or kurtosis is undefined, or where they are too large for the correction to be one.
    """
    s, k = skewness(returns), excess_kurtosis(returns)
    quantile = None if s is None or k is None else cornish_fisher(tail, s, k)
    return None if quantile is None else -(float(np.mean(returns)) + quantile * float(np.std(returns, ddof=1)))


def cornish_fisher(tail: float, s: float, k: float) -> float | None:
    """Return the quantile at `tail` of a standard distribution with skewness `s` and excess kurtosis `k`, by its expansion.

    `z + (z^2 - 1) s / 6 + (z^3 - 3 z) k / 24 - (2 z^3 - 5 z) s^2 / 36`. Cornish and Fisher (1938), Moments and Cumulants in the
    Specification of Distributions, Revue de l'Institut International de Statistique 5(4). None where that does not rise with z
    everywhere, so that it is no quantile.
    """
    # Its slope is a parabola in z: a z^2 + b z + c.
    a, b, c = k / 8.0 - s * s / 6.0, s / 3.0, 1.0 - k / 8.0 + 5.0 * s * s / 36.0
    is_rising = c > 0.0 and (b * b < 4.0 * a * c if a > 0.0 else a == 0.0 and b == 0.0)
    if not is_rising:
        return None
    z = _normal().inv_cdf(tail)
    return z + (z**2 - 1.0) * s / 6.0 + (z**3 - 3.0 * z) * k / 24.0 - (2.0 * z**3 - 5.0 * z) * s * s / 36.0


def skewness(returns: Floats) -> float | None:
    """Return the third central moment over the second to the power of 3/2, both of the population; None where none vary."""
    return _moment(returns, 3)


def excess_kurtosis(returns: Floats) -> float | None:
    """Return the fourth central moment over the square of the second, less the 3 of a normal one; None where none vary."""
    found = _moment(returns, 4)
    return None if found is None else found - 3.0


def _moment(returns: Floats, power: int) -> float | None:
    if len(returns) < 2 or float(np.std(returns)) <= _ROUNDING:
        return None
    centred = returns - np.mean(returns)
    spread = float(np.std(returns))
    return float(np.mean((centred / spread) ** power))


def probabilistic_sharpe(ratio: float, n: int, g3: float, g4: float) -> float | None:
    """Return how likely the true Sharpe ratio is above 0, given one that was observed over `n` periods.

    `Phi(SR sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR^2))`, with the ratio of one period (not annualised), the skewness `g3` of
    the returns and their kurtosis `g4`, which is 3 for a normal distribution. Bailey and López de Prado (2012), The Sharpe Ratio
    Efficient Frontier, Journal of Risk 15(2). None where the root is of a negative number.
    """
    spread = 1.0 - g3 * ratio + (g4 - 1.0) / 4.0 * ratio * ratio
    return _normal().cdf(ratio * math.sqrt(n - 1) / math.sqrt(spread)) if spread > 0.0 and n > 1 else None


def _normal() -> NormalDist:
    # Imported here: no run needs it, and it takes longer to import than a small run takes.
    from statistics import NormalDist

    return NormalDist()


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


def tracking_error(returns: Floats, benchmark: Floats, per_year: float) -> float | None:
    """Return the sample standard deviation of the returns less the benchmark's, times `sqrt(per_year)`; None below two."""
    return annual_volatility(returns - benchmark, per_year)


def information_ratio(returns: Floats, benchmark: Floats, per_year: float) -> float | None:
    """Return mean over sample standard deviation of the returns less the benchmark's, times `sqrt(per_year)`.

    Goodwin (1998), The Information Ratio, Financial Analysts Journal 54(4). None where that difference doesn't vary.
    """
    return sharpe(returns - benchmark, per_year)


def rolling_volatility(returns: Floats, window: int, per_year: float) -> Floats:
    """Return `annual_volatility` of the last `window` returns, from the `window`-th on: float64 [period - window + 1]."""
    found: Floats = np.sqrt(_squares(returns, returns, window) / (window - 1) * per_year)
    return found


def rolling_sharpe(returns: Floats, window: int, per_year: float) -> Floats:
    """Return `sharpe` of the last `window` returns, from the `window`-th on; NaN where it is None."""
    deviation = np.sqrt(_squares(returns, returns, window) / (window - 1))
    mean = _windows(returns, window).mean(axis=-1)
    return _quotients(mean * math.sqrt(per_year), deviation, deviation > _ROUNDING)


def rolling_beta(returns: Floats, benchmark: Floats, window: int) -> Floats:
    """Return the beta of `alpha_beta` of the last `window` periods, from the `window`-th on; NaN where it is None."""
    spread = _squares(benchmark, benchmark, window)
    return _quotients(_squares(benchmark, returns, window), spread, np.sqrt(spread / window) > _ROUNDING)


def _quotients(first: Floats, second: Floats, is_defined: NDArray[np.bool_]) -> Floats:
    found = np.full(len(first), np.nan)
    np.divide(first, second, out=found, where=is_defined)
    return found


def _squares(first: Floats, second: Floats, window: int) -> Floats:
    """Return the sums of the products of two series, each less its mean, over each window."""
    one, other = _windows(first, window), _windows(second, window)
    # Both less their mean, so that rounding makes no square negative.
    found: Floats = np.einsum("ij,ij->i", one - one.mean(axis=-1, keepdims=True), other - other.mean(axis=-1, keepdims=True))
    return found


def _windows(values: Floats, window: int) -> Floats:
    return sliding_window_view(values, window) if len(values) >= window else np.zeros((0, window))
