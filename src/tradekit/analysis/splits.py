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

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tradekit.errors import DataError
from tradekit.model.bars import Times

__all__ = ["CombinatorialSplits", "LabelSplit", "combinatorial_purged", "purged_k_fold", "purged_walk_forward"]


@dataclass(frozen=True, slots=True)
class LabelSplit:
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

    splits: tuple[LabelSplit, ...]
    paths: Times


def purged_k_fold(t0: Times, t1: Times, folds: int = 5, embargo: int = 0) -> tuple[LabelSplit, ...]:
    """Split into as many blocks of successive times, and test each on a model of all others, earlier and later.

    `embargo` is in the unit of the times. Blocks hold equally many distinct `t0`, the first ones one more where that isn't whole.
    Raises `DataError` for times that are none, fewer than `folds` distinct ones, or a split without training.

    >>> import numpy as np
    >>> first = np.arange(6)
    >>> [split.train.tolist() for split in purged_k_fold(first, first + 1, folds=3)]
    [[3, 4, 5], [0, 5], [0, 1, 2]]
    """
    return combinatorial_purged(t0, t1, folds, 1, embargo).splits


def combinatorial_purged(t0: Times, t1: Times, groups: int = 6, test_groups: int = 2, embargo: int = 0) -> CombinatorialSplits:
    """Split into blocks of successive times and test each choice of `test_groups` of them on a model of all others.

    These are C(groups, test_groups) splits, from which groups choose test_groups * test_groups / groups paths are made, each of
    which tests every block once. Raises `DataError` as `purged_k_fold` does.
    """
    starts, ends = _checked(t0, t1, embargo)
    if not 1 <= test_groups < groups:
        what = f"can't test {test_groups!r} of {groups!r} blocks at a time"
        raise DataError(f"{what}; test at least one, and leave at least one for the training")
    block = _blocks(starts, groups)
    chosen = list(combinations(range(groups), test_groups))
    splits = tuple(_split(starts, ends, block, test, embargo) for test in chosen)
    for split in splits:
        if not len(split.train):
            what = f"the split that tests the blocks {', '.join(map(str, split.folds))} of {groups} has no label left to train on"
            raise DataError(f"{what}: {len(split.purged)} were purged and {len(split.embargoed)} embargoed; use fewer blocks")
    return CombinatorialSplits(splits, _paths(chosen, groups))


def purged_walk_forward(
    t0: Times, t1: Times, test: int, train: int | None = None, first: int | None = None, embargo: int = 0
) -> tuple[LabelSplit, ...]:
    """Test one period after the other, each on a model of what was known before it.

    `test` is how long a period is. The training is all that came before it (expanding), or with `train` the labels that begin
    within so long before it (rolling). `first` is when the first test begins; by default so long after the first label as `train`,
    or without it `test`, says. `embargo` is the least time between the end of the last label of the training and the test. All
    are in the unit of the times. Periods in which no label begins are passed over, and so are those without training. Raises
    `DataError` if none is left.
    """
    starts, ends = _checked(t0, t1, embargo)
    if test < 1 or (train is not None and train < 1):
        what = f"a walk-forward split can't have periods of {test!r} to test and {train!r} to train"
        raise DataError(f"{what}; both must be positive")
    begin = int(starts.min()) + (test if train is None else train) if first is None else first
    last = int(starts.max())
    splits = []
    for number, opens in enumerate(range(begin, last + 1, test)):
        tested = np.flatnonzero((starts >= opens) & (starts < opens + test))
        since = np.iinfo(np.int64).min if train is None else opens - train
        before = (starts >= since) & (starts < opens)
        # A label that ends at the very moment at which the test begins meets it; the test's first label may begin later.
        is_purged = before & (ends >= opens)
        is_near = before & ~is_purged & (ends > opens - embargo)
        trained = np.flatnonzero(before & ~is_purged & ~is_near)
        if len(tested) and len(trained):
            splits.append(LabelSplit(trained, tested, np.flatnonzero(is_purged), np.flatnonzero(is_near), (number,)))
    if not splits:
        what = f"no period of {test} from {begin} on, up to {last}, has labels to test and labels before it to train on"
        raise DataError(f"{what}; use shorter periods or more data")
    return tuple(splits)


def _checked(t0: Times, t1: Times, embargo: int) -> tuple[Times, Times]:
    """Return the times as int64; raise `DataError` for what is no list of labels."""
    found = [np.asarray(times) for times in (t0, t1)]
    shapes = [times.shape for times in found]
    if shapes[0] != shapes[1] or len(shapes[0]) != 1 or not len(found[0]):
        raise DataError(f"labels can't be split whose t0 and t1 have the shapes {shapes[0]} and {shapes[1]}; give each one of both")
    if any(times.dtype.kind not in "iu" for times in found):
        kinds = " and ".join(str(times.dtype) for times in found)
        raise DataError(f"labels can't be split by times of {kinds}; give int64, such as UTC nanoseconds")
    starts, ends = (times.astype(np.int64) for times in found)
    wrong = np.flatnonzero(ends < starts)
    if len(wrong):
        at = int(wrong[0])
        raise DataError(f"label {at} ends at {int(ends[at])}, before it begins at {int(starts[at])}; t1 must be t0 or later")
    if embargo < 0:
        raise DataError(f"embargo is {embargo!r}; it must be 0 or more, in the unit of the times")
    return starts, ends


def _blocks(starts: Times, groups: int) -> Times:
    """Return the number of the block of successive times that each label begins in."""
    distinct, place = np.unique(starts, return_inverse=True)
    if len(distinct) < groups:
        what = f"labels that begin at {len(distinct)} distinct times can't be split into {groups} blocks"
        raise DataError(f"{what}; use fewer blocks")
    sizes = np.full(groups, len(distinct) // groups)
    sizes[: len(distinct) % groups] += 1
    number: Times = np.repeat(np.arange(groups), sizes)[place]
    return number


def _split(starts: Times, ends: Times, block: Times, folds: Sequence[int], embargo: int) -> LabelSplit:
    """Return the split that tests some blocks.

    Within a block labels follow each other in `t0`, so a label from outside overlaps one of it exactly if it begins before the
    block and ends in or after it, or begins after it and no later than the last of its labels ends.
    """
    is_test = np.isin(block, folds)
    is_purged = np.zeros(len(starts), dtype=np.bool_)
    is_near = np.zeros(len(starts), dtype=np.bool_)
    for fold in folds:
        mine = block == fold
        opens, closes = int(starts[mine].min()), int(ends[mine].max())
        is_purged |= (starts <= closes) & (ends >= opens)
        is_near |= (starts > closes) & (starts <= closes + embargo)
    is_purged &= ~is_test
    is_near &= ~is_test & ~is_purged
    kept = ~(is_test | is_purged | is_near)
    train, test, purged, embargoed = (np.flatnonzero(rows) for rows in (kept, is_test, is_purged, is_near))
    return LabelSplit(train, test, purged, embargoed, tuple(folds))


def _paths(chosen: Sequence[Sequence[int]], groups: int) -> Times:
    """Return, for each path and block, the split whose test of it belongs to the path: the first that no path has used."""
    by_block = [[number for number, folds in enumerate(chosen) if block in folds] for block in range(groups)]
    return np.array(by_block, dtype=np.int64).T.copy()
