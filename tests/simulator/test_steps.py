"""Indicator steps: the two forms agree, nothing drifts, nothing looks ahead, and no input does lasting harm."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradekit import ConfigError, DataError, steps
from tradekit.simulator.build import is_compiled

CASES: dict[str, tuple[Callable[[int], Any], int]] = {
    "sma": (steps.Sma, 1),
    "ema": (steps.Ema, 1),
    "wma": (steps.Wma, 1),
    "rma": (steps.Rma, 1),
    "stdev": (steps.Stdev, 1),
    "rsi": (steps.Rsi, 1),
    "roc": (steps.Roc, 1),
    "highest": (steps.Highest, 1),
    "lowest": (steps.Lowest, 1),
    "macd": (lambda length: steps.Macd(length, length + 2, 3), 1),
    "bollinger": (lambda length: steps.Bollinger(length, 2.0), 1),
    "donchian": (steps.Donchian, 2),
    "atr": (steps.Atr, 3),
    "vwap": (steps.RollingVwap, 4),
    "obv": (lambda _: steps.Obv(), 2),
}
every_step = pytest.mark.parametrize("name", CASES)
repeatable = settings(derandomize=True, deadline=None, max_examples=40)
BARS = 1_000_000 if is_compiled() else 20_000

values = st.one_of(
    st.floats(1e-6, 1e6), st.sampled_from([0.0, -0.0, 1.0, 1e9, 1e9 + 1e-3, -5.0, 1e-300, math.nan, math.inf, -math.inf])
)
tables = st.lists(st.tuples(values, values, values, values), max_size=60).map(lambda rows: np.array(rows).reshape(-1, 4).T.copy())


def pushed(step: Any, columns: np.ndarray) -> np.ndarray:
    rows = [step.push(*row) for row in columns.T.tolist()]
    return np.array(rows, dtype=np.float64).T


def bits(array: np.ndarray) -> list[int]:
    return np.ascontiguousarray(array).reshape(-1).view(np.int64).tolist()


def walk(length: int, seed: int = 1) -> np.ndarray:
    return 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 1e-3, length)))


@every_step
@repeatable
@given(table=tables, length=st.integers(1, 12))
def test_step_pushed_and_run_gives_the_same_bits(name, table, length):
    make, width = CASES[name]
    columns = table[:width]
    if columns.shape[1]:
        assert bits(make(length).run(*columns)) == bits(pushed(make(length), columns))


@every_step
@repeatable
@given(table=tables, length=st.integers(1, 12), cut=st.integers(0, 60))
def test_step_run_on_a_prefix_gives_the_prefix_of_the_run(name, table, length, cut):
    make, width = CASES[name]
    columns = table[:width]
    whole = make(length).run(*columns)
    assert bits(make(length).run(*columns[:, :cut])) == bits(whole[..., :cut])


@every_step
@repeatable
@given(table=tables, length=st.integers(1, 12), cut=st.integers(0, 60))
def test_step_run_in_two_parts_goes_on_where_it_stopped(name, table, length, cut):
    make, width = CASES[name]
    columns = table[:width]
    step = make(length)
    parts = [step.run(*columns[:, :cut]), step.run(*columns[:, cut:])]
    assert bits(np.concatenate(parts, axis=-1)) == bits(make(length).run(*columns))


@every_step
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_step_input_not_finite_is_a_bar_that_does_not_exist(name, bad):
    make, width = CASES[name]
    good = np.array([walk(60, seed) for seed in range(width)])
    for column in range(width):
        for row in (0, 1, 7, 30):
            holed = np.insert(good, row, good[:, 0], axis=1)
            holed[column, row] = bad
            found = make(5).run(*holed)
            assert np.isnan(found[..., row]).all()
            assert bits(np.delete(found, row, axis=-1)) == bits(make(5).run(*good))


@every_step
def test_step_with_few_bars_has_no_value_yet(name):
    make, width = CASES[name]
    columns = np.array([walk(1, seed) for seed in range(width)])
    assert make(5).run(*columns[:, :0]).shape[-1] == 0
    if name != "obv":
        assert np.isnan(make(5).run(*columns)).all()
        assert np.isnan(make(5).push(*columns[:, 0])).all()


@every_step
def test_step_column_of_other_layout_or_type_is_read_alike(name):
    make, width = CASES[name]
    columns = np.round(np.array([walk(40, seed) for seed in range(width)]))
    expected = bits(make(5).run(*columns))
    strided = np.repeat(columns, 2, axis=1)[:, ::2]
    strided.flags.writeable = False
    assert bits(make(5).run(*strided)) == expected
    assert bits(make(5).run(*columns.astype(np.int64))) == expected
    assert bits(pushed(make(5), columns.astype(np.int64))) == expected
    step = make(5)
    assert bits(np.array([step.push(*map(np.float64, row)) for row in columns.T]).T) == expected


@every_step
def test_step_columns_that_do_not_match_are_refused(name):
    make, width = CASES[name]
    with pytest.raises(DataError, match=r"^an indicator step can't read columns of shapes \(2, 2\)"):
        make(5).run(*[np.ones((2, 2))] * width)
    if width > 1:
        with pytest.raises(DataError, match=r"shapes \(3,\).*, \(4,\); it takes one dimension and equal lengths$"):
            make(5).run(*[np.ones(3)] * (width - 1), np.ones(4))


@pytest.mark.parametrize("name", [name for name in CASES if name != "obv"])
def test_step_length_out_of_bounds_is_refused(name):
    make, _ = CASES[name]
    for length in (0, -3, 10**30):
        with pytest.raises(
            ConfigError, match=rf"^an indicator step can't have the length {length}; it takes 1 to 100,000,000 bars$"
        ):
            make(length)
    with pytest.raises(TypeError):
        make(2.5)


def test_macd_fast_not_shorter_than_slow_is_refused():
    message = r"^macd can't have the fast length 26 with the slow length 26; the fast one must be shorter$"
    with pytest.raises(ConfigError, match=message):
        steps.Macd(26, 26, 9)


@pytest.mark.parametrize("constant", [0.1, 1.1e-7, 61_234.57, 1e9 + 0.1])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 10, 100])
def test_averages_of_a_constant_are_that_constant_exactly(constant, length):
    column = np.full(350, constant)
    for step in (steps.Sma(length), steps.Wma(length), steps.Ema(length), steps.Rma(length)):
        assert set(step.run(column)[length - 1 :].tolist()) == {constant}
    assert set(steps.Stdev(length).run(column)[length - 1 :].tolist()) == {0.0}
    bands = steps.Bollinger(length, 2.0).run(column)[:, length - 1 :]
    assert set(bands.reshape(-1).tolist()) == {constant}
    assert set(steps.Macd(length, length + 1, 1).run(column)[:, length:].reshape(-1).tolist()) == {0.0}


def test_vwap_of_one_price_is_that_price_whatever_the_volume():
    price = np.full(300, 64.25)
    volume = np.random.default_rng(1).lognormal(3.0, 3.0, 300)
    assert set(steps.RollingVwap(20).run(price, price, price, volume)[19:].tolist()) == {64.25}


@pytest.mark.parametrize("length", [2, 20, 250])
def test_window_after_many_bars_has_not_drifted(length):
    prices = walk(BARS)
    volumes = np.random.default_rng(2).lognormal(5.0, 2.0, BARS)
    weights = np.arange(1.0, length + 1.0)
    sma, wma = steps.Sma(length).run(prices), steps.Wma(length).run(prices)
    sma_volume, vwap = steps.Sma(length).run(volumes), steps.RollingVwap(length).run(prices, prices, prices, volumes)
    for row in range(BARS - 500, BARS):
        window = slice(row + 1 - length, row + 1)
        turnover = math.fsum(prices[window] * volumes[window])
        assert sma[row] == pytest.approx(math.fsum(prices[window]) / length, rel=1e-14)
        assert wma[row] == pytest.approx(math.fsum(prices[window] * weights) / math.fsum(weights), rel=1e-14)
        assert sma_volume[row] == pytest.approx(math.fsum(volumes[window]) / length, rel=1e-12)
        assert vwap[row] == pytest.approx(turnover / math.fsum(volumes[window]), rel=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e9, -1e9])
@pytest.mark.parametrize("length", [2, 20, 250])
def test_stdev_far_from_zero_keeps_its_digits(length, offset):
    column = offset + np.random.default_rng(3).normal(0.0, 1.0, 3000)
    found = steps.Stdev(length).run(column)
    for row in range(length - 1, 3000):
        window = column[row + 1 - length : row + 1] - offset  # exact, so NumPy's two passes lose nothing
        assert found[row] == pytest.approx(np.std(window), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("huge", [1e15, -1e15, 1e200])
def test_window_that_a_huge_value_has_left_shows_no_trace_of_it(huge):
    column = np.random.default_rng(4).uniform(1.0, 2.0, 400)
    spoilt = column.copy()
    spoilt[100] = huge
    for step, fresh in ((steps.Sma(20), steps.Sma(20)), (steps.Wma(20), steps.Wma(20))):
        np.testing.assert_allclose(step.run(spoilt)[120:], fresh.run(column)[120:], rtol=1e-14)
    if abs(huge) < 1e150:  # its square must be a number
        np.testing.assert_allclose(steps.Stdev(20).run(spoilt)[120:], steps.Stdev(20).run(column)[120:], rtol=1e-12)


@repeatable
@given(column=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=80).map(np.array), length=st.integers(1, 15))
def test_highest_and_lowest_are_the_extremes_of_the_window(column, length):
    highest, lowest = steps.Highest(length).run(column), steps.Lowest(length).run(column)
    channel = steps.Donchian(length).run(column, column)
    for row in range(len(column)):
        window = column[max(0, row + 1 - length) : row + 1]
        if len(window) < length:
            assert np.isnan([highest[row], lowest[row], *channel[:, row]]).all()
        else:
            assert (highest[row], lowest[row]) == (window.max(), window.min())
            assert channel[:, row].tolist() == [window.max(), 0.5 * (window.max() + window.min()), window.min()]


def test_rsi_of_a_steady_rise_a_steady_fall_and_no_change():
    rise = np.arange(1.0, 41.0)
    assert set(steps.Rsi(14).run(rise)[14:].tolist()) == {100.0}
    assert set(steps.Rsi(14).run(-rise)[14:].tolist()) == {0.0}
    assert set(steps.Rsi(14).run(np.full(40, 7.0))[14:].tolist()) == {50.0}


def test_roc_from_zero_is_nan():
    found = steps.Roc(1).run(np.array([0.0, 1.0, 2.0, -0.0, 3.0]))
    np.testing.assert_array_equal(found, [math.nan, math.nan, 100.0, -100.0, math.nan])


def test_vwap_without_volume_is_nan_until_there_is_some():
    price = np.array([10.0, 11.0, 12.0, 13.0, 14.0, 15.0])
    found = steps.RollingVwap(2).run(price, price, price, np.array([1.0, 0.0, 0.0, 0.0, 2.0, 0.0]))
    np.testing.assert_array_equal(found, [math.nan, 10.0, math.nan, math.nan, 14.0, 14.0])


def test_atr_counts_the_gap_from_the_close_before():
    high, low, close = np.array([[10.0, 20.0, 12.0], [9.0, 19.0, 11.0], [9.5, 19.5, 11.5]])
    np.testing.assert_array_equal(steps.Atr(1).run(high, low, close), [math.nan, 10.5, 8.5])


def test_obv_adds_on_a_rise_takes_on_a_fall_and_keeps_on_neither():
    found = steps.Obv().run(np.array([5.0, 6.0, 6.0, 4.0]), np.array([10.0, 20.0, 40.0, 80.0]))
    assert found.tolist() == [10.0, 30.0, 30.0, -50.0]
