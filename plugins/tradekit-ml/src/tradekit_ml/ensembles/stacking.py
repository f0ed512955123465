"""Stacking: a model that learns from out-of-fold predictions how far to trust each of several others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tradekit import DataError
from tradekit_ml.ensembles.out_of_fold import OutOfFold, checked_scores
from tradekit_ml.models.contract import Model

__all__ = ["stack"]


def stack(meta: Model, scores: Sequence[OutOfFold], seed: int = 0) -> Model:
    """Return `meta`, fitted on the out-of-fold scores of several models, each of which is one of its features.

    A ridge or logistic regression is enough. Give it to `Combined.of` together with the models, each trained on all rows. Raises
    `DataError` for scores that are not out of fold, or not of the same rows.

    Wolpert 1992, Stacked generalization, Neural Networks 5(2).
    """
    checked = [checked_scores(one, "stacking") for one in scores]
    if not checked:
        raise DataError("stacking was given no scores; make those of each model by out_of_fold()")
    first = checked[0]
    if any(len(one.labels) != len(first.labels) or not np.array_equal(one.labels, first.labels) for one in checked):
        raise DataError("stacking was given out-of-fold scores of different rows; make them all from the same samples")
    known = np.logical_and.reduce([one.known for one in checked])
    if known.sum() < 2:
        raise DataError(
            f"only {int(known.sum())} rows have an out-of-fold score of every model; use splits that test the same rows"
        )
    table = np.column_stack([one.scores[known] for one in checked])
    meta.fit(table, first.labels[known], first.weights[known], seed)
    return meta
