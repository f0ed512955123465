"""A hidden Markov model of returns: fitted by expectation maximisation, read by the forward filter alone.

There is no smoother here, and no Viterbi path: both revise what was said of a bar when later bars are known, so that a strategy
that reads them trades on the future.

L. E. Baum, T. Petrie, G. Soules, N. Weiss, A Maximization Technique Occurring in the Statistical Analysis of Probabilistic
Functions of Markov Chains, Annals of Mathematical Statistics 41 (1970); J. D. Hamilton, A New Approach to the Economic Analysis of
Nonstationary Time Series and the Business Cycle, Econometrica 57 (1989).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit import DataError

__all__ = ["GaussianHmm", "HmmFilter", "fit_hmm"]

Floats = NDArray[np.float64]

_LEAST_OBSERVATIONS = 50
_FLOOR = 1e-4  # of the variance of all observations: no state may shrink onto a few of them


@dataclass(frozen=True)
class GaussianHmm:
    """A fitted model: states are ordered by their variance, the calmest first.

    `start` [state] is the distribution before the first observation, `transition` [from, to], `mean` and `variance` [state].
    """

    start: Floats
    transition: Floats
    mean: Floats
    variance: Floats
    log_likelihood: float
    """Of the observations that it was fitted on."""

    def filter(self, values: Floats) -> Floats:
        """Return the probability of each state given the observations up to each one, float64 [time, state]. NaN adds nothing."""
        state = HmmFilter(self)
        return np.array([state.push(value) for value in values.tolist()]).reshape(-1, len(self.mean))

    def likelihood(self, values: Floats) -> float:
        """Return the log-likelihood of observations."""
        return _forward(self, values)[1]


class HmmFilter:
    """The forward filter: feed it one observation, and it gives the probability of each state now."""

    def __init__(self, model: GaussianHmm) -> None:
        self._model = model
        self._transition = model.transition.tolist()
        self._shape = [(m, v, 0.5 * math.log(v)) for m, v in zip(model.mean.tolist(), model.variance.tolist(), strict=True)]
        self._now: list[float] | None = None

    def push(self, value: float) -> list[float]:
        """Return the probabilities after an observation. NaN is none: they move on as the chain does."""
        before = self.ahead()
        if not math.isnan(value):
            logs = [-0.5 * (value - m) ** 2 / v - half for m, v, half in self._shape]
            top = max(logs)
            before = [p * math.exp(log - top) for p, log in zip(before, logs, strict=True)]
            total = math.fsum(before)
            # An observation that no state explains (all densities underflow) says that the widest one is nearest.
            before = [p / total for p in before] if total > 0.0 else [float(log == top) for log in logs]
        self._now = before
        return before

    def ahead(self) -> list[float]:
        """Return the probabilities of the states at the next observation, before it is known."""
        if self._now is None:
            return list(self._model.start.tolist())
        states = range(len(self._now))
        return [math.fsum(self._now[i] * self._transition[i][j] for i in states) for j in states]


def fit_hmm(values: Floats, states: int = 2, iterations: int = 100, tolerance: float = 1e-6) -> GaussianHmm:
    """Fit a model to observations by expectation maximisation, from a start that depends on them alone.

    It begins with states of which each holds a part of the observations by their distance from the median. `tolerance` is the gain
    in log-likelihood an observation below which it ends. Raises `DataError` for too few observations, or none that differ.
    """
    values = np.ascontiguousarray(values[np.isfinite(values)], dtype=np.float64)
    spread = float(np.var(values)) if len(values) else 0.0
    if len(values) < _LEAST_OBSERVATIONS or spread <= 0.0:
        raise DataError(
            f"a hidden Markov model needs {_LEAST_OBSERVATIONS} observations or more that are not all alike, and there are "
            f"{len(values)} with a variance of {spread!r}; give it more bars, or leave it out"
        )
    model, last = _beginning(values, states), -math.inf
    for _ in range(iterations):
        model = _improved(model, values, _FLOOR * spread)
        if model.log_likelihood - last < tolerance * len(values):
            break
        last = model.log_likelihood
    order = np.argsort(model.variance, kind="stable")
    ordered = GaussianHmm(model.start[order], model.transition[np.ix_(order, order)], model.mean[order], model.variance[order], 0.0)
    return GaussianHmm(ordered.start, ordered.transition, ordered.mean, ordered.variance, ordered.likelihood(values))


def _beginning(values: Floats, states: int) -> GaussianHmm:
    distance = np.abs(values - np.median(values))
    # Unequal parts, so that the states of returns alike in size don't begin alike.
    edges = np.quantile(distance, np.linspace(0.0, 1.0, states + 1)[1:-1])
    part = np.searchsorted(edges, distance, side="right")
    total = float(np.var(values))
    variance = np.array(
        [max(float(np.mean(distance[part == k] ** 2)), 0.01 * total) if (part == k).any() else total for k in range(states)]
    )
    transition = np.full((states, states), 0.1 / max(states - 1, 1))
    np.fill_diagonal(transition, 0.9 if states > 1 else 1.0)
    return GaussianHmm(np.full(states, 1.0 / states), transition, np.full(states, float(np.mean(values))), variance, -math.inf)


def _densities(model: GaussianHmm, values: Floats) -> tuple[Floats, Floats]:
    """Return the density of each observation in each state, [time, state], by the largest of them, and the log of that."""
    logs = -0.5 * ((values[:, None] - model.mean) ** 2 / model.variance + np.log(2.0 * np.pi * model.variance))
    top = logs.max(axis=1)
    return np.exp(logs - top[:, None]), top


def _prefix_products(matrices: Floats) -> tuple[Floats, Floats]:
    """Return the product of the first matrix up to each one, [time, state, state], scaled, and the logs of the scales.

    Products are associative, so that all prefixes come in log2(time) steps over whole arrays.
    """
    products, scales, reach = matrices, np.zeros(len(matrices)), 1
    while reach < len(matrices):
        joined = products[:-reach] @ products[reach:]
        size = joined.max(axis=(1, 2))
        products = np.concatenate((products[:reach], joined / size[:, None, None]))
        scales = np.concatenate((scales[:reach], scales[:-reach] + scales[reach:] + np.log(size)))
        reach *= 2
    return products, scales


def _forward(model: GaussianHmm, values: Floats) -> tuple[Floats, float]:
    """Return the filtered probabilities, [time, state], and the log-likelihood."""
    density, top = _densities(model, values)
    steps = model.transition[None] * density[:, None, :]
    # The first observation has no step before it: every row of its matrix is what the start gives.
    steps[0] = model.start * density[0]
    products, scales = _prefix_products(steps)
    filtered = products[:, 0, :]
    total = filtered.sum(axis=1)
    return filtered / total[:, None], float(np.log(total[-1]) + scales[-1] + top.sum())


def _improved(model: GaussianHmm, values: Floats, floor: float) -> GaussianHmm:
    """Return the model after one step of expectation maximisation, with the likelihood of the one before."""
    filtered, likelihood = _forward(model, values)
    density, _ = _densities(model, values)
    steps = model.transition[None] * density[:, None, :]
    # Backwards, each product is that of all later steps: of transposed matrices, from the end.
    later, _ = _prefix_products(np.ascontiguousarray(steps[:0:-1].transpose(0, 2, 1)))
    after = np.ones((len(values), len(model.mean)))
    after[:-1] = later.sum(axis=1)[::-1]
    weight = filtered * after
    weight /= weight.sum(axis=1, keepdims=True)
    pairs = filtered[:-1, :, None] * steps[1:] * after[1:, None, :]
    moves = (pairs / pairs.sum(axis=(1, 2), keepdims=True)).sum(axis=0)
    held = weight.sum(axis=0)
    mean = weight.T @ values / held
    variance = np.maximum((weight * (values[:, None] - mean) ** 2).sum(axis=0) / held, floor)
    return GaussianHmm(weight[0], moves / moves.sum(axis=1, keepdims=True), mean, variance, likelihood)
