"""GARCH(1,1): the variance of the next return, from this one and what was expected of it.

T. Bollerslev, Generalized Autoregressive Conditional Heteroskedasticity, Journal of Econometrics 31 (1986). Before the first
return, variance and squared residual are the mean squared residual, as in B. D. McCullough, C. G. Renfro, Benchmarks and Software
Standards: A Case Study of GARCH Procedures, Journal of Economic and Social Measurement 25 (1999).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit import DataError

__all__ = ["Garch", "GarchFilter", "fit_garch"]

Floats = NDArray[np.float64]

_LEAST_OBSERVATIONS = 100
_STARTS = [(alpha, total - alpha) for alpha in (0.03, 0.1, 0.2) for total in (0.5, 0.8, 0.95, 0.99)]
"""Where the search may begin, in alpha and beta; it does at the most likely of them."""
_BOUNDS = ((-10.0, 10.0), (-16.0, 3.0), (-12.0, 12.0), (-12.0, 12.0))
"""Of what is searched over, for returns with a standard deviation of 1: a market that mostly stands still has no optimum inside."""
_MOST = 0.9999  # of alpha + beta: at 1 the variance has no mean to return to


@dataclass(frozen=True, slots=True)
class Garch:
    """A fitted model: `h[t+1] = omega + alpha e[t]^2 + beta h[t]`, with `e[t] = r[t] - mu`, in the units of the returns."""

    mu: float
    omega: float
    alpha: float
    beta: float
    first: float
    """The variance that is expected of the first return."""
    log_likelihood: float
    """Of the returns that it was fitted on."""

    def filter(self, returns: Floats) -> Floats:
        """Return the standard deviation expected of the return after each one, float64 [time]. A NaN is passed over."""
        state = GarchFilter(self)
        return np.array([state.push(value) for value in returns.tolist()])


class GarchFilter:
    """The recursion: feed it one return, and it gives the standard deviation expected of the next."""

    def __init__(self, model: Garch) -> None:
        self._model = model
        self._variance = model.first

    def push(self, value: float) -> float:
        """Return the standard deviation that is expected of the next return."""
        model = self._model
        if not math.isnan(value):
            self._variance = model.omega + model.alpha * (value - model.mu) ** 2 + model.beta * self._variance
        return math.sqrt(self._variance)


def fit_garch(returns: Floats) -> Garch:
    """Fit a model with normal innovations by maximum likelihood, over returns in any unit.

    Raises `DataError` for too few returns, and for returns that are all alike.
    """
    values = np.ascontiguousarray(returns[np.isfinite(returns)], dtype=np.float64)
    scale = float(np.std(values)) if len(values) else 0.0
    if len(values) < _LEAST_OBSERVATIONS or scale <= 0.0:
        raise DataError(
            f"GARCH needs {_LEAST_OBSERVATIONS} returns or more that are not all alike, and there are {len(values)} "
            f"with a standard deviation of {scale!r}; give it more bars, or leave it out"
        )
    scaled = values / scale
    mu, omega, alpha, beta, loss = _optimum(scaled)
    residuals = values - mu * scale
    likelihood = -loss - len(values) * math.log(scale)
    first = omega * scale**2 + (alpha + beta) * float(np.mean(residuals**2))
    return Garch(mu * scale, omega * scale**2, alpha, beta, first, likelihood)


def _optimum(values: Floats) -> tuple[float, float, float, float, float]:
    """Return mu, omega, alpha, beta and the negative log-likelihood of the most likely model."""
    from scipy.optimize import minimize

    mean = float(np.mean(values))
    starts = [np.array([mean, math.log(1.0 - alpha - beta), *_free(alpha, beta)]) for alpha, beta in _STARTS]
    first = min(starts, key=lambda start: _loss(start, values)[0])
    options = {"gtol": 1e-6, "ftol": 1e-13, "maxiter": 100}
    found = minimize(_loss, first, args=(values,), jac=True, method="L-BFGS-B", bounds=_BOUNDS, options=options)
    omega, alpha, beta = _bound(found.x)
    return float(found.x[0]), omega, alpha, beta, float(found.fun)


def _free(alpha: float, beta: float) -> tuple[float, float]:
    """Return unbounded numbers for alpha and beta: the logit of their sum, and of the part of it that is alpha."""
    total = (alpha + beta) / _MOST
    part = alpha / (alpha + beta)
    return math.log(total / (1.0 - total)), math.log(part / (1.0 - part))


def _bound(free: Floats) -> tuple[float, float, float]:
    omega = math.exp(float(free[1]))
    total = _MOST * _logistic(float(free[2]))
    part = _logistic(float(free[3]))
    return omega, total * part, total * (1.0 - part)


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


def _loss(free: Floats, values: Floats) -> tuple[float, Floats]:
    """Return the negative log-likelihood, and its gradient by the unbounded numbers."""
    from scipy.signal import lfilter

    omega, alpha, beta = _bound(free)
    residuals = values - free[0]
    squares = residuals**2
    start = float(np.mean(squares))

    def recursion(drive: Floats, begin: float) -> Floats:
        found: Floats = np.concatenate(([begin], lfilter([1.0], [1.0, -beta], drive, zi=[beta * begin])[0]))
        return found

    # The variance and the squared residual before the first return are both the mean squared residual.
    variance = recursion(omega + alpha * squares[:-1], omega + (alpha + beta) * start)
    loss = 0.5 * float(np.sum(math.log(2.0 * math.pi) + np.log(variance) + squares / variance))
    slope = 0.5 * (1.0 - squares / variance) / variance
    begin_by_mu = -2.0 * (alpha + beta) * float(np.mean(residuals))
    by_mu = float(slope @ recursion(-2.0 * alpha * residuals[:-1], begin_by_mu)) - float(np.sum(residuals / variance))
    by_omega = float(slope @ recursion(np.ones(len(values) - 1), 1.0))
    by_alpha = float(slope @ recursion(squares[:-1], start))
    by_beta = float(slope @ recursion(variance[:-1], start))
    total, part = alpha + beta, alpha / (alpha + beta)
    by_total = (by_alpha * part + by_beta * (1.0 - part)) * total * (1.0 - total / _MOST)
    by_part = (by_alpha - by_beta) * total * part * (1.0 - part)
    return loss, np.array([by_mu, by_omega * omega, by_total, by_part])
