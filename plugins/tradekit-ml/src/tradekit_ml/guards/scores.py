"""Guards of scores: what is too good, and what is good on labels that mean nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tradekit import LabelSplit
from tradekit_ml.guards.findings import Finding

__all__ = ["FitPredict", "area_under_curve", "placebo_findings", "rank_correlation", "score_findings"]

Floats = NDArray[np.float64]
FitPredict = Callable[[Floats, Floats, LabelSplit], Floats]
"""A whole training: from all rows, all labels and a split, to what it predicts for the labels of the test."""

MOST_IC, MOST_AUC = 0.3, 0.65
"""Beyond these, a feature of market prices knows the answer rather than guesses it; background in the guide on leakage."""


def rank_correlation(first: Floats, second: Floats) -> float:
    """Return Spearman's rank correlation of the pairs without NaN, the information coefficient; 0 if one of both never changes."""
    known = np.isfinite(first) & np.isfinite(second)
    x, y = _ranks(first[known]), _ranks(second[known])
    if len(x) < 2:
        return 0.0
    x, y = x - x.mean(), y - y.mean()
    size = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / size if size > 0.0 else 0.0


def area_under_curve(score: Floats, is_positive: NDArray[np.bool_]) -> float:
    """Return the chance that a positive scores more than a negative, equal ones by half; 0.5 if there are none of a kind."""
    known = np.isfinite(score)
    score, is_positive = score[known], is_positive[known]
    positives, negatives = int(is_positive.sum()), int((~is_positive).sum())
    if not positives or not negatives:
        return 0.5
    total = float(_ranks(score)[is_positive].sum())
    return (total - positives * (positives + 1) / 2) / (positives * negatives)


def score_findings(names: Sequence[str], x: Floats, y: Floats, unique: float, who: str = "feature") -> list[Finding]:
    """Return a finding for each column of `x` that says more of the labels than prices do: |IC| > 0.3, or for classes AUC > 0.65.

    `unique` is how many labels there are by what they tell (the sum of their uniqueness): what chance gives that few labels is no
    finding, which is four standard errors. For predictions, give those of the test, as one column, and `who` is `model`.
    """
    classes = np.unique(y[np.isfinite(y)])
    error = 1.0 / math.sqrt(max(unique, 1.0))
    found = []
    for k, name in enumerate(names):
        score = rank_correlation(x[:, k], y)
        if abs(score) > max(MOST_IC, 4.0 * error):
            found.append(
                _too_good(who, name, f"has a rank correlation of {score:.2f} with the label, beyond {MOST_IC:g} either way")
            )
            continue
        if len(classes) > 3:
            continue
        known = np.isfinite(x[:, k]) & np.isfinite(y) & ((y != 0.0) | (len(classes) < 3))
        is_positive = y[known] == classes[-1]
        area = area_under_curve(x[known, k], is_positive)
        if abs(area - 0.5) > max(MOST_AUC - 0.5, 4.0 * _area_error(is_positive, unique / len(y))):
            found.append(_too_good(who, name, f"has an AUC of {max(area, 1.0 - area):.2f} with the label, beyond {MOST_AUC:g}"))
    return found


def placebo_findings(
    fit_predict: FitPredict, x: Floats, y: Floats, splits: Sequence[LabelSplit], draws: int = 5, seed: int = 0
) -> list[Finding]:
    """Train on labels that were shuffled, which nothing can predict: a training that does has the test's labels in it.

    The whole training must be in `fit_predict`, with all that it prepares. What is found is the mean rank correlation of the
    predictions with the shuffled labels of the tests, if chance gives it in one of 30,000 cases (four standard errors).
    """
    generator = np.random.default_rng(seed)
    scores, rows = [], 0
    for _ in range(draws):
        shuffled = generator.permutation(y)
        for split in splits:
            predicted = fit_predict(x, shuffled, split)
            scores.append(rank_correlation(predicted, shuffled[split.test]) * len(split.test))
            rows += len(split.test)
    mean, error = sum(scores) / max(rows, 1), 1.0 / math.sqrt(max(rows, 1))
    if mean <= 4.0 * error:
        return []
    what = f"predicts shuffled labels with a rank correlation of {mean:.2f}, {mean / error:.0f} standard errors above chance"
    return [Finding("placebo", "the model", f"{what}; the labels of the test are in what it is trained on or fed with")]


def _area_error(is_positive: NDArray[np.bool_], share: float) -> float:
    """Return the standard error of an area under chance; `share` is how much each label tells. A rare class makes it large."""
    positives, negatives = int(is_positive.sum()) * share, int((~is_positive).sum()) * share
    if positives < 1.0 or negatives < 1.0:
        return math.inf
    return math.sqrt((positives + negatives + 1.0) / (12.0 * positives * negatives))


def _too_good(who: str, name: str, what: str) -> Finding:
    return Finding("score", f"{who} {name!r}", f"{what}; see whether the label is in it, or something that comes later")


def _ranks(values: Floats) -> Floats:
    """Return ranks from 1, equal values sharing the mean of theirs."""
    distinct, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    mean: Floats = (ends - (count - 1) / 2.0)[place] if len(distinct) else np.zeros(0)
    return mean
