"""Splits and dividends held against prices."""

from dataclasses import replace

import numpy as np
import pytest

from tradekit import Actions
from tradekit.data.quality.actions import against_actions
from tradekit.data.quality.report import doubts
from tradekit.testing.markets import scaled, walk

SPLIT, DIVIDEND = 0, 1


def actions(series, *entries):
    """Actions of (row, kind, value)."""
    rows, kinds, values = zip(*entries, strict=True)
    return Actions(series.open_time[list(rows)], np.array(kinds, np.int32), np.array(values, float))


def found(series, *entries):
    return {one.check: one.count for one in doubts(series, actions(series, *entries))}


def paid(series, row, share):
    """Prices that fall by a share of the close before."""
    return scaled(series, slice(row, None), 1 - share)


@pytest.mark.parametrize("ratio", [2.0, 7.0, 0.1, 1.5])
def test_split_that_prices_show_explains_its_jump(ratio):
    series = scaled(walk(), slice(200, None), 1 / ratio)
    assert found(series, (200, SPLIT, ratio)) == {}
    rows, _ = against_actions(series, actions(series, (200, SPLIT, ratio)))
    assert rows.tolist() == [200]


@pytest.mark.parametrize("ratio", [2.0, 7.0, 0.1, 1.5])
def test_split_that_prices_do_not_show_is_found(ratio):
    assert found(walk(), (200, SPLIT, ratio)) == {"split-not-in-prices": 1}


def test_split_of_another_day_explains_nothing():
    series = scaled(walk(), slice(200, None), 0.5)
    assert found(series, (205, SPLIT, 2.0)) == {"split-like-jump": 1, "split-not-in-prices": 1}


def test_small_split_that_could_be_the_change_of_a_day_is_left_alone():
    assert found(walk(), (200, SPLIT, 1.05)) == {}


def test_dividend_that_prices_show_is_right_and_explains_a_jump():
    series = walk()
    assert found(paid(series, 200, 0.10), (200, DIVIDEND, series.close[199] * 0.10)) == {}
    assert found(paid(series, 200, 0.5), (200, DIVIDEND, series.close[199] * 0.5)) == {}
    assert found(paid(series, 200, 0.5), (201, DIVIDEND, 0.1)) == {"split-like-jump": 1}


@pytest.mark.parametrize("share", [0.08, 0.3, 1.5, 100.0])
def test_dividend_that_prices_do_not_show_is_found(share):
    series = walk()
    assert found(series, (200, DIVIDEND, series.close[199] * share)) == {"dividend-not-in-prices": 1}


def test_usual_dividend_is_never_doubted():
    series = walk()
    assert found(series, *((row, DIVIDEND, series.close[row - 1] * 0.02) for row in (50, 150, 250))) == {}


def test_dividend_beside_a_split_counts_new_units():
    series = scaled(walk(), slice(200, None), 0.5 * 0.9)
    assert found(series, (200, SPLIT, 2.0), (200, DIVIDEND, series.close[199] / 2 * 0.1)) == {}


def test_actions_before_the_first_bar_and_after_the_last_are_left_out():
    series = walk(100)
    early = Actions(series.open_time[[0]] - 1, np.array([SPLIT], np.int32), np.array([2.0]))
    late = Actions(series.close_time[[-1]], np.array([SPLIT], np.int32), np.array([2.0]))
    assert [list(doubts(series, one)) for one in (early, late, None)] == [[], [], []]


def test_few_bars_are_not_held_against_actions():
    series = walk(7)
    assert list(doubts(replace(series), actions(series, (3, SPLIT, 2.0)))) == []
