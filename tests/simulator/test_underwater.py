"""Drawdown rows, compiled or not, against a plain search through the curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradekit.simulator.underwater import deepest, extremes, underwater


def plain(equity, capital):
    """Return the same by NumPy: one stretch is a run of rows whose fall is more than rounding."""
    fall = 1.0 - equity / np.maximum(np.maximum.accumulate(equity), capital)
    below = np.concatenate(([False], fall > 1e-12, [False]))
    first, end = np.flatnonzero(~below[:-1] & below[1:]), np.flatnonzero(below[:-1] & ~below[1:])
    trough = [int(start + np.argmax(fall[start:stop])) for start, stop in zip(first, end, strict=True)]
    back = [int(stop) if stop < len(equity) else -1 for stop in end]
    return first.tolist(), trough, back, [float(fall[row]) for row in trough]


close_by = st.sampled_from([0.5, 0.9, 1.0 - 3e-12, 1.0 - 1.5e-12, 1.0 - 1e-12, 1.0 - 5e-13, 1.0, 1.0 + 1e-13, 1.1, 2.0])


@given(values=st.lists(st.one_of(close_by, st.floats(1e-3, 1e6)), max_size=60), capital=st.sampled_from([0.7, 1.0, 1e5]))
def test_underwater_of_any_curve_is_what_a_plain_search_finds(values, capital):
    equity = np.array(values, dtype=np.float64)
    first, trough, back, depth = underwater(equity, capital)
    assert (first.tolist(), trough.tolist(), back.tolist(), depth.tolist()) == plain(equity, capital)


def test_underwater_of_a_curve_that_may_not_be_written_reads_it():
    equity = np.array([1.0, 0.5, 2.0])
    equity.flags.writeable = False
    first, trough, back, depth = underwater(equity, 1.0)
    assert [first.tolist(), trough.tolist(), back.tolist(), depth.tolist()] == [[1], [1], [2], [0.5]]


@pytest.mark.parametrize("equity", [[], [1.0], [1.0, 1.0, 3.0]])
def test_underwater_without_a_fall_finds_nothing(equity):
    assert all(len(found) == 0 for found in underwater(np.array(equity), 1.0))


@given(values=st.lists(st.one_of(close_by, st.floats(1e-3, 1e6)), max_size=60), capital=st.sampled_from([0.7, 1.0, 1e5]))
def test_deepest_stretch_is_the_deepest_of_all_that_there_are(values, capital):
    equity, times = np.array(values, dtype=np.float64), np.arange(len(values), dtype=np.int64) ** 2 + 7
    first, _, back, depth = underwater(equity, capital)
    begun = [int(times[row - 1]) if row else 3 for row in first]
    lasted = [int(times[end if end >= 0 else -1]) - start for start, end in zip(begun, back, strict=True)]
    worst = int(np.argmax(depth)) if len(depth) else None
    expected = (0.0, 0, 0) if worst is None else (float(depth[worst]), lasted[worst], max(lasted))
    lowest, *found = deepest(equity, capital, times, 3)
    assert tuple(found) == expected
    assert lowest == pytest.approx(min([capital, *values]), rel=2e-12)


@given(
    values=st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, float("nan"), float("inf"), float("-inf")]), max_size=8),
)
def test_deepest_stretch_of_values_that_are_not_finite_has_no_lowest_one(values):
    with np.errstate(invalid="ignore"):  # as `measure` does
        lowest, *_ = deepest(np.array(values, dtype=np.float64), 1.0, np.arange(len(values), dtype=np.int64), -1)
    assert lowest == min([1.0, *values]) if np.isfinite(values).all() else np.isnan(lowest)


@given(values=st.lists(st.sampled_from([-1.0, 0.0, 2.0, float("nan"), float("inf"), float("-inf")]), max_size=8))
def test_extremes_are_the_least_and_the_greatest_value(values):
    found = extremes(np.array(values, dtype=np.float64))
    if values and not np.isnan(values).any():
        assert found == (min(values), max(values))
    else:
        assert np.isnan(found).all()
