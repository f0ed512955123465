"""How far the distribution of each feature has moved from that of the training."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tradekit import DataError
from tradekit_ml.registry.reference import Reference

__all__ = ["excess_missing", "ks_distance", "ks_probability", "stability", "stability_index"]

Floats = NDArray[np.float64]

_LEAST_SHARE = 1e-4
"""An empty bin counts as this much, so that its logarithm is a number."""


def stability(reference: Reference, rows: Floats) -> Floats:
    """Return the population stability index of each feature of rows [row, feature] against those of the training: [feature].

    What is missing counts on its own, in `excess_missing`. It is infinite where a feature has values now or had some then, and
    not both.
    """
    found = np.zeros(len(reference.edges))
    for feature, edges in enumerate(reference.edges):
        known = rows[np.isfinite(rows[:, feature]), feature]
        held = float(reference.shares[feature].sum())
        if len(known) and held > 0.0:
            counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
            found[feature] = stability_index(reference.shares[feature] / held, counts / len(known))
        elif len(known) or held > 0.0:
            found[feature] = np.inf
    return found


def excess_missing(reference: Reference, rows: Floats) -> Floats:
    """Return how much larger the part of rows without a value is than in the training: float64 [feature], 0 or more."""
    excess: Floats = np.maximum((~np.isfinite(rows)).mean(axis=0) - reference.missing, 0.0)
    return excess


def stability_index(expected: Floats, actual: Floats) -> float:
    """Return the population stability index of shares that each add up to 1: the sum of (a - e) ln(a / e).

    Below 0.1 little has moved, above 0.25 much has, by the custom of credit scoring. Where nothing has, it still is about
    (bins - 1) / rows, and more where rows that follow each other are alike.

    >>> import numpy as np
    >>> round(stability_index(np.array([0.5, 0.5]), np.array([0.75, 0.25])), 4)
    0.2747
    """
    before, after = np.maximum(expected, _LEAST_SHARE), np.maximum(actual, _LEAST_SHARE)
    return float(np.sum((after - before) * np.log(after / before)))


def ks_distance(first: Floats, second: Floats) -> float:
    """Return the distance of Kolmogorov and Smirnov: the largest difference of two empirical distributions, 0 to 1.

    NaN is left out. Raises `DataError` if one of them has no value.
    """
    ordered = [np.sort(sample[np.isfinite(sample)]) for sample in (first, second)]
    if not len(ordered[0]) or not len(ordered[1]):
        raise DataError(f"samples of {len(ordered[0])} and {len(ordered[1])} values can't be compared; give both some")
    at = np.concatenate(ordered)
    below = [np.searchsorted(sample, at, side="right") / len(sample) for sample in ordered]
    return float(np.max(np.abs(below[0] - below[1])))


def ks_probability(distance: float, first: int, second: int) -> float:
    """Return how likely so large a distance is, of samples of so many independent values from one distribution, by its limit.

    A. Kolmogorov (1933); N. Smirnov, Table for Estimating the Goodness of Fit of Empirical Distributions, Annals of Mathematical
    Statistics 19 (1948). Where values that follow each other are alike, it is less likely in these figures than in truth.
    """
    scaled = distance * math.sqrt(first * second / (first + second))
    if scaled < 0.2:
        return 1.0
    terms = (2.0 * (-1) ** (k - 1) * math.exp(-2.0 * (k * scaled) ** 2) for k in range(1, 101))
    return min(max(math.fsum(terms), 0.0), 1.0)
