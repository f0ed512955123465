"""Coarser bars and lines: no extreme is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tradekit_report.page.levels import candles, envelope, step_for


def test_candles_have_first_highest_lowest_and_last_of_their_rows():
    one = np.arange(7.0)
    made = candles(one, one + 10, one - 10, one + 0.5, 4)
    assert (made.open.tolist(), made.high.tolist()) == ([0.0, 4.0], [13.0, 16.0])
    assert (made.low.tolist(), made.close.tolist()) == ([-10.0, -6.0], [3.5, 6.5])


def test_candles_pass_over_holes_and_are_holes_where_all_rows_are():
    row = np.array([np.nan, 2.0, 3.0, np.nan, np.nan, np.nan])
    made = candles(row, row, row, row, 2)
    assert np.array_equal(made.open, [2.0, 3.0, np.nan], equal_nan=True)
    assert np.array_equal(made.close, [2.0, 3.0, np.nan], equal_nan=True)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=200), st.sampled_from([1, 2, 4, 8, 64]))
def test_envelope_keeps_every_extreme(values, step):
    line = np.array(values)
    made = envelope(line, step)
    assert len(made) == -(-len(line) // step)
    if np.isfinite(line).any():
        assert np.nanmin(made.low) == np.nanmin(line)
        assert np.nanmax(made.high) == np.nanmax(line)
        assert made.last[np.isfinite(made.last)][-1] == line[np.isfinite(line)][-1]


@pytest.mark.parametrize(("rows", "most", "step"), [(0, 10, 1), (10, 10, 1), (11, 10, 2), (1_000_000, 16_384, 64)])
def test_step_is_the_smallest_power_of_two_that_fits(rows, most, step):
    assert step_for(rows, most) == step
