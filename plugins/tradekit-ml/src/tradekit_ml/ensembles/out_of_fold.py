"""Out-of-fold predictions: each row answered by a model that has not seen it, nor any label that overlaps its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tradekit import DataError
from tradekit_ml.models.contract import Floats, Model

__all__ = ["OutOfFold", "Samples", "Split", "out_of_fold"]

Times = npt.NDArray[np.int64]


class Split(Protocol):
    """What a split says, such as those of `tradekit.purged_k_fold`: places of the rows to train on and to test."""

    @property
    def train(self) -> Times: ...

    @property
    def test(self) -> Times: ...


@dataclass(frozen=True, slots=True)
class Samples:
    """Rows with their labels, and the time from `t0` to `t1` that each label is about (both belong to it)."""

    rows: Floats
    labels: Floats
    weights: Floats
    t0: Times
    t1: Times


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """The out-of-fold answers of one model. Only `out_of_fold` makes them: what learns from scores takes no others.

    Scores of rows that a model was trained on are better than it is, and whatever learns from them trusts it too much.
    """

    scores: Floats
    """One a row; NaN where no split tested it, or the model has no answer. A row that several splits tested has the mean."""
    labels: Floats
    weights: Floats

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Return which rows have a score."""
        return ~np.isnan(self.scores)


def out_of_fold(new: Callable[[], Model], samples: Samples, splits: Sequence[Split], seed: int = 0) -> OutOfFold:
    """Train an unfitted model from `new` for each split, and have it answer the rows that the split tests.

    Raises `DataError` for a split whose training meets its test: in a row, or in the time that their labels are about.
    """
    if not splits:
        raise DataError("there is no split to make out-of-fold predictions by; split the labels first, such as by purged_k_fold()")
    total, count = np.zeros(len(samples.rows)), np.zeros(len(samples.rows))
    for number, split in enumerate(splits):
        _check_apart(samples, split, number)
        model = new()
        train, test = split.train, split.test
        model.fit(samples.rows[train], samples.labels[train], samples.weights[train], seed)
        total[test] += model.predict(samples.rows[test])
        count[test] += 1
    scores = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return OutOfFold(scores, samples.labels, samples.weights)


def checked_scores(given: object, what: str) -> OutOfFold:
    """Return out-of-fold scores, of which at least two rows are known. Raises `DataError` for anything else."""
    if not isinstance(given, OutOfFold):
        kind = type(given).__name__
        raise DataError(f"{what} learns from out-of-fold predictions only, not from {kind!r}; make them by out_of_fold()")
    if given.known.sum() < 2:
        raise DataError(f"{what} has {int(given.known.sum())} out-of-fold predictions to learn from; it needs two at least")
    return given


def _check_apart(samples: Samples, split: Any, number: int) -> None:
    both = np.intersect1d(split.train, split.test)
    if len(both):
        raise DataError(f"split {number} trains on {len(both)} rows that it tests, such as row {int(both[0])}")
    order = np.argsort(samples.t0[split.test], kind="stable")
    starts = samples.t0[split.test][order]
    ends = np.maximum.accumulate(samples.t1[split.test][order])  # of all test labels that begin no later
    last = np.searchsorted(starts, samples.t1[split.train], side="right") - 1
    met = (last >= 0) & (ends[np.maximum(last, 0)] >= samples.t0[split.train])
    if met.any():
        row = int(split.train[np.flatnonzero(met)[0]])
        raise DataError(
            f"split {number} trains on {int(met.sum())} labels that overlap its test, such as that of row {row}, "
            f"from {int(samples.t0[row])} to {int(samples.t1[row])}; purge the split by the labels' t0 and t1"
        )
