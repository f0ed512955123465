"""Splits by label intervals, held against the definition with two loops, and against published figures."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradekit.analysis.splits import combinatorial_purged, purged_k_fold, purged_walk_forward
from tradekit.errors import DataError

repeatable = settings(derandomize=True, deadline=None, max_examples=60)
LABELS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), min_size=1, max_size=60)
"""When each label begins, many at one time as in a panel, and how long it lasts."""


def intervals(found):
    """Return the labels as arrays; a panel has them in any order."""
    begins, lengths = (np.array(column, dtype=np.int64) for column in zip(*found, strict=True))
    return begins, begins + lengths


def meet(t0, t1, i, j):
    return t0[i] <= t1[j] and t0[j] <= t1[i]


def split_or_none(function, *arguments):
    """Return the splits, or none where there are too few labels for any."""
    try:
        return function(*arguments)
    except DataError:
        return None


def check(t0, t1, split):
    """Hold a split to what all of them promise: its parts are apart, and no training label meets a test label."""
    parts = np.concatenate((split.train, split.test, split.purged, split.embargoed))
    assert len(parts) == len(set(parts.tolist()))
    assert not [(i, j) for i in split.train for j in split.test if meet(t0, t1, i, j)]
    assert all(any(meet(t0, t1, i, j) for j in split.test) for i in split.purged)


@repeatable
@given(LABELS, st.integers(2, 6), st.integers(0, 8))
def test_k_fold_no_training_label_meets_a_test_label_and_none_is_left_out_without_cause(found, folds, embargo):
    t0, t1 = intervals(found)
    splits = split_or_none(purged_k_fold, t0, t1, folds, embargo)
    if splits is None:
        return
    tested = np.concatenate([split.test for split in splits])
    assert sorted(tested.tolist()) == list(range(len(t0)))
    for split in splits:
        check(t0, t1, split)
        begin, end = t0[split.test].min(), t1[split.test].max()
        outside = [i for i in range(len(t0)) if i not in set(split.test.tolist())]
        for i in outside:
            overlaps = any(meet(t0, t1, i, j) for j in split.test)
            assert (i in split.purged) == overlaps
            assert (i in split.embargoed) == (not overlaps and end < t0[i] <= end + embargo)
        assert {int(time) for time in t0[split.test]}.isdisjoint(t0[outside].tolist())
        assert begin <= end


@repeatable
@given(LABELS, st.integers(2, 6), st.integers(1, 5), st.integers(0, 8))
def test_combinatorial_no_training_label_meets_a_test_label_in_any_block(found, groups, tested, embargo):
    t0, t1 = intervals(found)
    splits = split_or_none(combinatorial_purged, t0, t1, groups, tested, embargo)
    if splits is None:
        return
    assert len(splits.splits) == math.comb(groups, tested)
    for split in splits.splits:
        check(t0, t1, split)
        assert len(split.train) + len(split.test) + len(split.purged) + len(split.embargoed) == len(t0)


@repeatable
@given(LABELS, st.integers(1, 20), st.one_of(st.none(), st.integers(1, 30)), st.integers(0, 8))
def test_walk_forward_trains_only_on_what_was_known_before_the_test(found, test, train, embargo):
    t0, t1 = intervals(found)
    splits = split_or_none(purged_walk_forward, t0, t1, test, train, None, embargo)
    if splits is None:
        return
    begin = t0.min() + (test if train is None else train)
    for split in splits:
        check_begin = begin + split.folds[0] * test
        assert not [(i, j) for i in split.train for j in split.test if meet(t0, t1, i, j)]
        expected = [i for i in range(len(t0)) if check_begin <= t0[i] < check_begin + test]
        assert split.test.tolist() == expected
        since = -1 if train is None else check_begin - train
        known = [i for i in range(len(t0)) if since <= t0[i] and t1[i] < check_begin and t1[i] <= check_begin - embargo]
        assert split.train.tolist() == known


@pytest.mark.parametrize(("groups", "tested", "splits", "paths"), [(6, 2, 15, 5), (10, 8, 45, 36), (10, 2, 45, 9)])
def test_combinatorial_counts_of_splits_and_paths_are_those_published(groups, tested, splits, paths):
    # López de Prado (2018), chapter 12.
    times = np.arange(200)
    found = combinatorial_purged(times, times, groups, tested)
    assert len(found.splits) == splits
    assert found.paths.shape == (paths, groups)


@pytest.mark.parametrize(("groups", "tested"), [(6, 2), (5, 3), (10, 8), (4, 1)])
def test_combinatorial_paths_use_each_test_of_each_block_once(groups, tested):
    times = np.arange(50)
    found = combinatorial_purged(times, times, groups, tested)
    used = [(int(split), block) for path in found.paths for block, split in enumerate(path)]
    assert sorted(used) == sorted((number, block) for number, split in enumerate(found.splits) for block in split.folds)


def test_combinatorial_twelve_rows_train_on_the_rows_that_skfolio_documents():
    # skfolio's CombinatorialPurgedCV: 3 folds, 2 of them tested, one row purged; here a label reaches one row on.
    rows = np.arange(12)
    found = combinatorial_purged(rows, rows + 1, 3, 2)
    assert [split.train.tolist() for split in found.splits] == [[9, 10, 11], [5, 6], [0, 1, 2]]


def test_k_fold_twelve_rows_with_embargo_by_hand():
    rows = np.arange(12)
    splits = purged_k_fold(rows, rows + 1, 3, 2)
    # The labels of rows 0 to 3 end at 4: row 4 is purged, rows 5 and 6 begin within 2 after that.
    assert (splits[0].purged.tolist(), splits[0].embargoed.tolist(), splits[0].train.tolist()) == ([4], [5, 6], [7, 8, 9, 10, 11])
    assert splits[2].embargoed.tolist() == []


def test_k_fold_one_long_label_is_purged_though_it_begins_far_off():
    t0, t1 = np.arange(12), np.arange(12)
    t1[0] = 9
    splits = purged_k_fold(t0, t1, 3)
    assert 0 in splits[1].purged
    assert 0 in splits[2].purged
    # Where it is tested itself, it reaches over all of the middle block.
    assert splits[0].train.tolist() == [10, 11]


def test_k_fold_panel_keeps_what_begins_together_in_one_block():
    t0 = np.tile(np.arange(9), 4)
    splits = purged_k_fold(t0, t0, 3)
    assert [np.unique(t0[split.test]).tolist() for split in splits] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_walk_forward_expanding_and_rolling_by_hand():
    t0 = np.arange(10)
    expanding = purged_walk_forward(t0, t0 + 1, 3)
    assert [(s.train.tolist(), s.test.tolist(), s.purged.tolist()) for s in expanding] == [
        ([0, 1], [3, 4, 5], [2]),
        ([0, 1, 2, 3, 4], [6, 7, 8], [5]),
        ([0, 1, 2, 3, 4, 5, 6, 7], [9], [8]),
    ]
    rolling = purged_walk_forward(t0, t0 + 1, 3, 4, embargo=2)
    assert [(s.train.tolist(), s.test.tolist(), s.embargoed.tolist()) for s in rolling] == [
        ([0, 1], [4, 5, 6], [2]),
        ([3, 4], [7, 8, 9], [5]),
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: purged_k_fold(np.arange(3), np.arange(4)), r"shapes \(3,\) and \(4,\); give each one of both"),
        (lambda: purged_k_fold(np.arange(0), np.arange(0)), r"shapes \(0,\) and \(0,\)"),
        (lambda: purged_k_fold(np.arange(3.0), np.arange(3.0)), "by times of float64 and float64; give int64"),
        (lambda: purged_k_fold(np.arange(3), np.array([0, 0, 2])), "label 1 ends at 0, before it begins at 1"),
        (lambda: purged_k_fold(np.arange(9), np.arange(9), 3, -1), "embargo is -1; it must be 0 or more"),
        (lambda: purged_k_fold(np.arange(3), np.arange(3), 5), "at 3 distinct times can't be split into 5 blocks; use fewer"),
        (lambda: purged_k_fold(np.arange(4), np.arange(4) + 9, 2), "tests the blocks 0 of 2 has no label left to train on: 2 were"),
        (lambda: purged_k_fold(np.arange(4), np.arange(4), 1), "can't test 1 of 1 blocks at a time; test at least one"),
        (lambda: combinatorial_purged(np.arange(9), np.arange(9), 3, 3), "can't test 3 of 3 blocks"),
        (lambda: purged_walk_forward(np.arange(9), np.arange(9), 0), "periods of 0 to test and None to train"),
        (lambda: purged_walk_forward(np.arange(3), np.arange(3), 5), "no period of 5 from 5 on, up to 2, has labels to test"),
    ],
)
def test_splits_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()
