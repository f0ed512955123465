"""Averages of several models' scores, and of a technical score and one of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from tradekit import ConfigError, DataError
from tradekit_ml.ensembles.out_of_fold import OutOfFold, checked_scores
from tradekit_ml.models.contract import Floats
from tradekit_ml.models.sums import logits, sigmoids, sums

__all__ = ["RankAverage", "hybrid", "logit_average", "mean"]

_CERTAIN = 1e-6
"""No probability counts as nearer to 0 or 1 than this: one model that is certain would outweigh all others."""


def mean(scores: Floats, weights: Floats | None = None) -> Floats:
    """Return the weighted mean of each row of scores [row, model]; NaN where any of them is. Weights are equal by default."""
    return sums(scores, _shares(scores, weights)[:, None], np.zeros(1))[:, 0]


def logit_average(chances: Floats, weights: Floats | None = None) -> Floats:
    """Return the probability whose log-odds are the weighted mean of those of each row of probabilities [row, model].

    It is more decided than the mean of probabilities where models agree. Raises `DataError` for what is no probability.
    """
    if ((chances < 0) | (chances > 1)).any():
        wrong = float(chances[(chances < 0) | (chances > 1)][0])
        raise DataError(f"{wrong!r} is no probability, so it has no log-odds; average scores of regressions by their ranks")
    return sigmoids(mean(np.column_stack([logits(np.clip(column, _CERTAIN, 1 - _CERTAIN)) for column in chances.T]), weights))


@dataclass(frozen=True, slots=True)
class RankAverage:
    """The mean of each model's rank, as a share from 0 to 1: for models whose scores have different scales.

    A score's rank is among the model's own out-of-fold scores, never among those of the same test, which are not known yet.
    """

    known: tuple[Floats, ...]
    """The out-of-fold scores of each model, sorted."""
    weights: Floats

    @classmethod
    def of(cls, scores: Sequence[OutOfFold], weights: Floats | None = None) -> RankAverage:
        """Learn the ranks from the out-of-fold scores of each model. Raises `DataError` for any others."""
        found = tuple(np.sort(one.scores[checked_scores(one, "a rank average").known]) for one in scores)
        return cls(found, _shares(np.empty((0, len(found))), weights))

    def apply(self, scores: Floats) -> Floats:
        """Return the mean rank of each row of scores [row, model]; NaN where any of them is."""
        ranks = np.empty_like(scores)
        for model, known in enumerate(self.known):
            column = scores[:, model]
            below, upto = np.searchsorted(known, column, side="left"), np.searchsorted(known, column, side="right")
            ranks[:, model] = np.where(np.isnan(column), np.nan, (below + upto) / (2 * len(known)))
        return mean(ranks, self.weights)


@overload
def hybrid(technical: float, learnt: float, share: float = 0.5) -> float: ...


@overload
def hybrid(technical: Floats, learnt: Floats, share: float = 0.5) -> Floats: ...


def hybrid(technical: float | Floats, learnt: float | Floats, share: float = 0.5) -> float | Floats:
    """Return the mean of a technical score and one of a model, both from -1 to 1, of which the latter counts for `share`.

    It is NaN where either is: a half that abstains must not make the other one twice as large. For a probability `p` give
    `2 * p - 1`. Raises `ConfigError` for a share, and `DataError` for a score, that is out of bounds.

    >>> hybrid(1.0, 0.0), hybrid(1.0, -0.5, share=0.2)
    (0.5, 0.7)
    """
    if not 0 <= share <= 1:
        raise ConfigError(f"the share of a model's score is {share!r}; it must be from 0 to 1")
    for name, score in (("technical score", technical), ("model's score", learnt)):
        if np.any(np.abs(score) > 1):
            raise DataError(f"a {name} is {float(np.nanmax(np.abs(score)))!r} in size; both scores must be from -1 to 1")
    found: float | Floats = (1 - share) * technical + share * learnt
    return found


def _shares(scores: Floats, weights: Floats | None) -> Floats:
    """Return weights that add up to 1. Raises `DataError` for others than one a model, all of them 0 or more."""
    models = scores.shape[1]
    given = np.ones(models) if weights is None else np.asarray(weights, dtype=np.float64)
    if given.shape != (models,) or not (given >= 0).all() or not given.sum() > 0 or not np.isfinite(given).all():
        raise DataError(f"weights of {models} models can't be {given.tolist()!r}; give one a model, 0 or more, not all of them 0")
    shares: Floats = given / given.sum()
    return shares
