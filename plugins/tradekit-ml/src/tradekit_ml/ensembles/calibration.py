"""Calibration: from a score to a probability that is as often right as it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from tradekit import DataError
from tradekit_ml.ensembles.out_of_fold import OutOfFold, checked_scores
from tradekit_ml.models.contract import Floats
from tradekit_ml.models.likelihood import climb
from tradekit_ml.models.sums import sigmoids

__all__ = ["Calibration", "Isotonic", "Platt"]


@dataclass(frozen=True, slots=True)
class Platt:
    """Platt's calibration: the probability is a logistic function of the score. For few rows, and for scores that bend like an S.

    Platt 1999, Probabilistic Outputs for Support Vector Machines; Newton's method as in Lin, Lin and Weng 2007 (Machine Learning
    68). Targets are a little off 0 and 1, as Platt has them, so that scores that separate the labels wholly give no certainty.
    """

    slope: float
    intercept: float

    @classmethod
    def fit(cls, scores: OutOfFold) -> Self:
        """Learn from out-of-fold scores of a model whose labels are 0 and 1. Raises `DataError` for any others."""
        values, labels, weights = _binary(checked_scores(scores, "Platt's calibration"))
        centre, spread = float(np.average(values, weights=weights)), float(values.std()) or 1.0
        design = np.column_stack(((values - centre) / spread, np.ones(len(values))))
        ones, zeros = float(weights[labels == 1].sum()), float(weights[labels == 0].sum())
        targets = np.where(labels == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))
        found = climb(design, targets, weights, np.zeros(2), np.array([0.0, np.log((ones + 1) / (zeros + 1))]))
        own = float(found[0]) / spread
        return cls(own, float(found[1]) - own * centre)

    def apply(self, scores: Floats) -> Floats:
        """Return the probability of label 1 for each score; NaN stays NaN."""
        return sigmoids(self.intercept + self.slope * scores)

    def arrays(self) -> Mapping[str, Floats]:
        """Return it as arrays to keep."""
        return {"platt": np.array([self.slope, self.intercept])}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Floats]) -> Self:
        """Return it from the arrays that were kept."""
        slope, intercept = arrays["platt"].tolist()
        return cls(slope, intercept)


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Isotonic calibration: any rising relation between score and probability. For many rows; it needs a thousand or so.

    Pool adjacent violators (Ayer et al. 1955; Zadrozny and Elkan 2002), with straight lines between the middles of the pools.
    """

    scores: Floats
    """The mean score of each pool, rising."""
    chances: Floats
    """The share of label 1 in it, rising."""

    @classmethod
    def fit(cls, scores: OutOfFold) -> Self:
        """Learn from out-of-fold scores of a model whose labels are 0 and 1. Raises `DataError` for any others."""
        values, labels, weights = _binary(checked_scores(scores, "isotonic calibration"))
        pools: list[tuple[float, float, float]] = []  # of equal scores at first: weight, weighted scores, weighted labels
        for value in np.unique(values).tolist():
            some = values == value
            pools.append((float(weights[some].sum()), value * float(weights[some].sum()), float((weights * labels)[some].sum())))
            while len(pools) > 1 and pools[-2][2] * pools[-1][0] >= pools[-1][2] * pools[-2][0]:
                above, below = pools.pop(), pools.pop()
                pools.append((below[0] + above[0], below[1] + above[1], below[2] + above[2]))
        table = np.array(pools)
        return cls(table[:, 1] / table[:, 0], table[:, 2] / table[:, 0])

    def apply(self, scores: Floats) -> Floats:
        """Return the probability of label 1 for each score, that of the nearest pool beyond the ends; NaN stays NaN."""
        return np.interp(scores, self.scores, self.chances)

    def arrays(self) -> Mapping[str, Floats]:
        """Return it as arrays to keep."""
        return {"scores": self.scores, "chances": self.chances}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Floats]) -> Self:
        """Return it from the arrays that were kept."""
        return cls(arrays["scores"], arrays["chances"])


Calibration = Platt | Isotonic


def _binary(scores: OutOfFold) -> tuple[Floats, Floats, Floats]:
    known = scores.known & (scores.weights > 0)
    values, labels, weights = scores.scores[known], scores.labels[known], scores.weights[known]
    if set(np.unique(labels).tolist()) != {0.0, 1.0}:
        told = ", ".join(f"{label:g}" for label in np.unique(labels)[:3].tolist())
        raise DataError(f"calibration needs labels that are 0 and 1, both of them, and these are {told}; it is for classifications")
    return values, labels, weights
