"""How far the distribution of each feature has moved from that of the training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tradekit import DataError

__all__ = ["Reference", "ks_distance", "ks_probability", "stability_index"]

Floats = NDArray[np.float64]

_LEAST_SHARE = 1e-4
"""An empty bin counts as this much, so that its logarithm is a number."""


@dataclass(frozen=True)
class Reference:
    """The distribution of each feature in the training: the edges of bins that held equally much, and what they held.

    `edges` [feature, bins - 1] rise, with infinity where a feature has fewer distinct values than bins; `shares` [feature, bins]
    add up to 1; `missing` [feature] is the part of rows without a value.
    """

    edges: Floats
    shares: Floats
    missing: Floats

    @classmethod
    def of(cls, rows: Floats, bins: int = 10) -> Self:
        """Return that of rows [row, feature]. Raises `DataError` for no rows, and for a feature that has no value in any."""
        if rows.ndim != 2 or not len(rows):
            raise DataError(f"a reference needs rows of features, and these have the shape {rows.shape}; give it the training's")
        edges, shares = np.full((rows.shape[1], bins - 1), np.inf), np.zeros((rows.shape[1], bins))
        is_missing = ~np.isfinite(rows)
        for feature in range(rows.shape[1]):
            known = rows[~is_missing[:, feature], feature]
            if not len(known):
                raise DataError(f"feature {feature} has no value in any of {len(rows)} rows; leave it out")
            distinct = np.unique(np.quantile(known, np.linspace(0.0, 1.0, bins + 1)[1:-1]))
            edges[feature, : len(distinct)] = distinct
            shares[feature] = _shares(known, edges[feature])
        return cls(edges, shares, is_missing.mean(axis=0))

    def arrays(self) -> dict[str, Floats]:
        """Return what a file keeps of it."""
        return {"edges": self.edges, "shares": self.shares, "missing": self.missing}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats]) -> Self:
        """Return what `arrays` gave. Raises `DataError` for arrays that don't belong together."""
        shapes = {name: arrays[name].shape if name in arrays else None for name in ("edges", "shares", "missing")}
        edges = shapes["edges"]
        if edges is None or len(edges) != 2 or shapes["shares"] != (edges[0], edges[1] + 1) or shapes["missing"] != edges[:1]:
            raise DataError(f"these are no reference of features: their shapes are {shapes}; train the model again")
        return cls(*(np.asarray(arrays[name], dtype=np.float64) for name in ("edges", "shares", "missing")))

    def stability(self, rows: Floats) -> Floats:
        """Return the population stability index of each feature: float64 [feature]; infinite where rows have no value at all."""
        found = np.empty(len(self.edges))
        for feature, edges in enumerate(self.edges):
            known = rows[np.isfinite(rows[:, feature]), feature]
            found[feature] = stability_index(self.shares[feature], _shares(known, edges)) if len(known) else np.inf
        return found

    def excess_missing(self, rows: Floats) -> Floats:
        """Return how much larger the part of rows without a value is than in the training: float64 [feature], 0 or more."""
        excess: Floats = np.maximum((~np.isfinite(rows)).mean(axis=0) - self.missing, 0.0)
        return excess


def _shares(known: Floats, edges: Floats) -> Floats:
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    found: Floats = counts / len(known)
    return found


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
