"""Why a model says what it says: what each feature adds, and what is lost without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tradekit import DataError
from tradekit_ml.models.contract import Floats, Model
from tradekit_ml.models.lightgbm_model import LightGbm

__all__ = ["Importance", "Score", "contributions", "permutation_importance", "score_of"]

Score = Callable[[Floats, Floats, Floats], float]
"""From labels, predictions and weights to a number that is larger for better predictions."""


@dataclass(frozen=True, slots=True)
class Importance:
    """How much a feature matters, in the unit of the table that it stands in."""

    feature: str
    value: float
    error: float = 0.0
    """The standard error of the value, where it was drawn."""


def contributions(model: Model, rows: Floats, names: Sequence[str]) -> tuple[Importance, ...]:
    """Return the mean size of what each feature adds to the raw score, the largest first, by LightGBM's own contributions.

    They are Shapley values of the trees: in the unit of the label for a regression, in log-odds for a classification. Raises
    `DataError` for a model that isn't LightGBM's; use `permutation_importance` for any model.
    """
    if not isinstance(model, LightGbm):
        raise DataError(
            f"model {model.name!r} doesn't tell what its features add, only 'lightgbm' does; use the permutation importance"
        )
    _check_names(model, names)
    sizes = np.abs(model.contributions(rows)[:, :-1]).mean(axis=0)
    return _ranked([Importance(name, float(size)) for name, size in zip(names, sizes, strict=True)])


def permutation_importance(
    model: Model, samples: tuple[Floats, Floats, Floats | None], names: Sequence[str], seed: int = 0, repeats: int = 5
) -> tuple[Importance, ...]:
    """Return how much worse a model scores on rows in which one feature is shuffled, the most first.

    `samples` are rows, labels and weights that it was not trained on: on its training rows it shows what was learnt by heart. The
    score is the correlation with the label for a regression, and the area under the ROC curve for a classification. Features that
    say the same stand in for each other, so each of them matters little by itself. Raises `DataError` for rows of no use.

    Breiman 2001, Random Forests, Machine Learning 45; Fisher, Rudin and Dominici 2019, JMLR 20(177).
    """
    rows, labels, given = samples
    weights = np.ones(len(labels)) if given is None else given
    _check_names(model, names)
    if repeats < 1:
        raise DataError(f"features can't be shuffled {repeats!r} times; once at least, five times by default")
    known = ~np.isnan(model.predict(rows))
    rows, labels, weights = rows[known], labels[known], weights[known]
    score = score_of(model)
    whole = score(labels, model.predict(rows), weights)
    random = np.random.default_rng(seed)
    orders = [random.permutation(len(rows)) for _ in range(repeats)]
    found = []
    for feature, name in enumerate(names):
        shuffled = rows.copy()
        losses = []
        for order in orders:
            shuffled[:, feature] = rows[order, feature]
            losses.append(whole - score(labels, model.predict(shuffled), weights))
        error = float(np.std(losses, ddof=1) / np.sqrt(repeats)) if repeats > 1 else 0.0
        found.append(Importance(name, float(np.mean(losses)), error))
    return _ranked(found)


def score_of(model: Model) -> Score:
    """Return what a model of this task is judged by: correlation with the label, or the area under the ROC curve."""
    return _area if model.task == "classification" else _correlation


def _correlation(labels: Floats, answers: Floats, weights: Floats) -> float:
    """Return the weighted correlation; 0 where either stands still."""
    if len(labels) < 2 or not weights.sum() > 0:
        raise DataError(f"{len(labels)} rows with labels are too few to score a model on; give two or more that count")
    shares = weights / weights.sum()
    a, b = labels - (labels * shares).sum(), answers - (answers * shares).sum()
    size = float(np.sqrt((a**2 * shares).sum() * (b**2 * shares).sum()))
    return float((a * b * shares).sum()) / size if size > 0 else 0.0


def _area(labels: Floats, answers: Floats, weights: Floats) -> float:
    """Return the weighted chance that a row of label 1 has the higher answer than one of label 0, ties counting half."""
    ones, zeros = labels == 1, labels == 0
    if not weights[ones].sum() > 0 or not weights[zeros].sum() > 0:
        raise DataError("the rows to score a classification on have labels of one kind only; give rows that have both 0 and 1")
    order = np.argsort(answers[zeros], kind="stable")
    sorted_answers = answers[zeros][order]
    below = np.concatenate(([0.0], np.cumsum(weights[zeros][order])))
    under = below[np.searchsorted(sorted_answers, answers[ones], side="left")]
    upto = below[np.searchsorted(sorted_answers, answers[ones], side="right")]
    return float(((under + upto) / 2 * weights[ones]).sum() / (weights[ones].sum() * weights[zeros].sum()))


def _check_names(model: Model, names: Sequence[str]) -> None:
    if len(names) != model.feature_count:
        raise DataError(f"{len(names)} names were given for the {model.feature_count} features of model {model.name!r}")


def _ranked(found: Sequence[Importance]) -> tuple[Importance, ...]:
    return tuple(sorted(found, key=lambda one: (-one.value, one.feature)))
