"""Crossings and targets as columns, compiled or not, against NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradekit.simulator.signals import crossings, decisions

few = st.sampled_from([-1.0, 0.0, 0.0, 1.0, 2.0, float("nan"), float("inf")])


@given(
    pairs=st.lists(st.tuples(few, few), max_size=30),
    size=st.sampled_from([1, 2]),
    start=st.integers(0, 40),
    is_turned=st.booleans(),
)
def test_crossings_of_any_columns_are_what_comparing_rows_finds(pairs, size, start, is_turned):
    rows = len(pairs) // size
    upper, lower = (np.array([pair[side] for pair in pairs[: rows * size]]).reshape(rows, size) for side in (0, 1))
    if is_turned:  # as a column of an indicator lies in memory
        upper = np.asfortranarray(upper)
    for found, one, other in zip(crossings(upper, lower, start), (upper, lower), (lower, upper), strict=True):
        expected = np.zeros((rows, size), dtype=np.bool_)
        expected[1:] = (one[:-1] <= other[:-1]) & (one[1:] > other[1:])
        expected[:start] = False
        assert found.dtype == np.bool_
        assert found.tolist() == expected.tolist()


def test_crossings_of_columns_that_differ_in_length_are_refused():
    with pytest.raises(ValueError, match=r"columns of shape \(3, 1\) and \(2, 1\) can't cross"):
        crossings(np.zeros((3, 1)), np.zeros((2, 1)), 0)


@given(
    values=st.lists(st.one_of(few, st.just(float("nan"))), max_size=60),
    gap=st.integers(0, 40),
    size=st.sampled_from([1, 3]),
    start=st.integers(0, 70),
)
def test_decisions_are_the_rows_that_have_a_number(values, gap, size, start):
    values = [*values, *[float("nan")] * gap, *values]
    rows = len(values) // size
    weights = np.array(values[: rows * size], dtype=np.float64).reshape(rows, size)
    weights.flags.writeable = False
    found, is_infinite = decisions(weights, start)
    assert is_infinite == bool(np.isinf(weights).any())
    expected = np.flatnonzero(~np.isnan(weights).all(axis=1))
    assert found.tolist() == ([] if is_infinite else expected[expected >= start].tolist())
