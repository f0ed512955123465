"""Splits into training and test that know what each label knows: no label of the training reaches into the test.

A label is known only after it was asked for: it spans from `t0`, when what it measures begins, to `t1`, when its value is known.
Both ends belong to it. Times are int64 of any unit, UTC nanoseconds or the numbers of bars. The labels may be of one instrument or
of many and in any order: whatever begins at one time goes into one fold. What comes back are places in the arrays that were given.

- Purging leaves out of the training what overlaps a label of the test, in whole or in part, be it at one end.
- The embargo leaves out what begins within some time after the last label of a test block is known, because its features look back
  on the test.

M. López de Prado, Advances in Financial Machine Learning (2018), chapters 7 and 12.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tradekit.errors import DataError
from tradekit.model.bars import Times

__all__ = ["CombinatorialSplits", "Split", "combinatorial_purged", "purged_k_fold", "purged_walk_forward"]


@dataclass(frozen=True, slots=True)
class Split:
    """Which labels train and which test, as places in the arrays that were split: int64, in rising order.

    `purged` and `embargoed` are left out of both: for overlapping the test, and for beginning too soon after it. What is in none
    of the four is outside of the window of a walk-forward split.
    """

    train: Times
    test: Times
    purged: Times
    embargoed: Times
    folds: tuple[int, ...]
    """Numbers of the blocks that are tested, from 0, in order of time."""


@dataclass(frozen=True, slots=True)
class CombinatorialSplits:
    """All splits, and the whole paths that their tests make up.

    Each block is tested in several splits. Path `p` takes block `g` from the test of split `paths[p, g]`: int64 [path, block].
    """

    splits: tuple[Split, ...]
    paths: Times


def purged_k_fold(t0: Times, t1: Times, folds: int = 5, embargo: int = 0) -> tuple[Split, ...]:
    """Split into as many blocks of successive times, and test each on a model of all others, earlier and later.

    `embargo` is in the unit of the times. Blocks hold equally many distinct `t0`, the first ones one more where that isn't whole.
    Raises `DataError` for times that are none, fewer than `folds` distinct ones, or a split without training.

    >>> first = np.arange(6)
    >>> [split.train.tolist() for split in purged_k_fold(first, first + 1, folds=3)]
    [[3, 4, 5], [0, 5], [0, 1, 2]]
    """
    raise NotImplementedError


def combinatorial_purged(t0: Times, t1: Times, groups: int = 6, test_groups: int = 2, embargo: int = 0) -> CombinatorialSplits:
    """Split into blocks of successive times and test each choice of `test_groups` of them on a model of all others.

    These are C(groups, test_groups) splits, from which groups choose test_groups * test_groups / groups paths are made, each of
    which tests every block once. Raises `DataError` as `purged_k_fold` does.
    """
    raise NotImplementedError


def purged_walk_forward(
    t0: Times, t1: Times, test: int, train: int | None = None, first: int | None = None, embargo: int = 0
) -> tuple[Split, ...]:
    """Test one period after the other, each on a model of what was known before it.

    `test` is how long a period is. The training is all that came before it (expanding), or with `train` the labels that begin
    within so long before it (rolling). `first` is when the first test begins; by default after `train`, or without it after
    `test`. `embargo` is the least time between the last label of the training and the test. All are in the unit of the times.
    Periods in which no label begins are passed over, and so are those without training. Raises `DataError` if none is left.
    """
    raise NotImplementedError
