"""How good a recipe is out of sample: each label predicted by a model that knows nothing of its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit import Bars, LabelSplit, combinatorial_purged, purged_walk_forward
from tradekit_ml.guards.scores import area_under_curve, rank_correlation
from tradekit_ml.labels.labels import Labels
from tradekit_ml.training.fitted import Fitted, fit, job_on
from tradekit_ml.training.recipe import Recipe

__all__ = ["SplitScore", "predicted", "score", "splits_of", "totals"]

Floats = NDArray[np.float64]
_DAY = 86_400_000_000_000
_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}


@dataclass(frozen=True, slots=True)
class SplitScore:
    """What a model was worth on labels that it didn't know."""

    start: int
    """When the first label of the test begins (UTC nanoseconds)."""
    end: int
    """When the last one begins."""
    trained: int
    """Labels that it learnt from."""
    tested: int
    purged: int
    """Labels that were left out for overlapping the test, or for beginning too soon after it."""
    ic: float
    """Spearman's rank correlation of answer and label."""
    auc: float
    """Chance that a label above the middle has the higher answer: 0.5 by guessing."""
    skill: float
    """Part of the squared loss of answering the mean of the training that the model avoids; below 0 it makes more of it."""


def splits_of(recipe: Recipe, labels: Labels, bars: Bars) -> tuple[LabelSplit, ...]:
    """Return the splits that a recipe is scored by. Raises `DataError` where there are too few labels for them."""
    length = int(np.median(bars.close_time - bars.open_time))
    if recipe.split == "combinatorial":
        return combinatorial_purged(labels.t0, labels.t1, 6, 2, recipe.embargo * length).splits
    begin = int(bars.close_time[min(recipe.first, len(bars)) - 1])
    test = _DAYS[recipe.retrain] * _DAY if recipe.retrain != "never" else max(int(labels.t0.max()) - begin, 0) + 1
    train = recipe.window * length if recipe.window else None
    return purged_walk_forward(labels.t0, labels.t1, test, train, begin, recipe.embargo * length)


def predicted(recipe: Recipe, rows: Floats, values: Floats, weights: Floats, split: LabelSplit) -> tuple[Fitted, Floats]:
    """Train on one part of the labels; return the model, and its answers for the other part."""
    fitted = fit(job_on(recipe, rows[split.train], values[split.train], weights[split.train], 0))
    return fitted, fitted.model.predict(fitted.prepared(rows[split.test]))


def score(recipe: Recipe, features: Floats, labels: Labels, splits: Sequence[LabelSplit]) -> tuple[list[SplitScore], Floats]:
    """Return the score of each split, and the answers of all tests: their mean where several have a label, NaN where none has."""
    rows = features[labels.bar, labels.instrument]
    sums, counts = np.zeros(len(labels)), np.zeros(len(labels))
    found = []
    for split in splits:
        _, answers = predicted(recipe, rows, labels.value, labels.weight, split)
        known = np.isfinite(answers)
        sums[split.test[known]] += answers[known]
        counts[split.test[known]] += 1
        found.append(
            _scored(labels, split, answers, float(np.average(labels.value[split.train], weights=labels.weight[split.train])))
        )
    with np.errstate(invalid="ignore"):
        return found, np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _scored(labels: Labels, split: LabelSplit, answers: Floats, mean: float) -> SplitScore:
    known = np.isfinite(answers)
    values, answers = labels.value[split.test][known], answers[known]
    usual = float(np.sum((values - mean) ** 2))
    begins = labels.t0[split.test]
    return SplitScore(
        start=int(begins.min()),
        end=int(begins.max()),
        trained=len(split.train),
        tested=len(values),
        purged=len(split.purged) + len(split.embargoed),
        ic=rank_correlation(answers, values),
        auc=area_under_curve(
            answers, values > np.median(labels.value) if _is_many(labels.value) else values > values.min(initial=0.0)
        ),
        skill=1.0 - float(np.sum((values - answers) ** 2)) / usual if usual > 0.0 else 0.0,
    )


def _is_many(values: Floats) -> bool:
    """Say whether labels are numbers rather than classes."""
    return len(np.unique(values)) > 3


def totals(scores: Sequence[SplitScore]) -> dict[str, float]:
    """Return the means over all splits, and what chance alone may make of them."""
    ics = np.array([one.ic for one in scores])
    error = float(ics.std(ddof=1) / np.sqrt(len(ics))) if len(ics) > 1 else float("nan")
    found = {
        "ic": float(ics.mean()),
        "ic_error": error,
        "auc": float(np.mean([one.auc for one in scores])),
        "skill": float(np.mean([one.skill for one in scores])),
        "splits": float(len(scores)),
        "positive_splits": float(np.mean(ics > 0.0)),
    }
    return {name: value for name, value in found.items() if np.isfinite(value)}
