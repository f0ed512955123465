"""The arrays that costs are charged by."""

from dataclasses import replace

import numpy as np
import pytest

from stage import bars_of, setup_of
from tradekit.simulator.costs import Costs, Impact, Tiers, days_of

BARS = bars_of({"X": [1.0] * 3, "Y": [1.0] * 3})
PRICES = ("open", "high", "low", "close", "volume")
DAY = 86_400_000_000_000


def tiers(**changes):
    plain = {
        "from_volume": np.zeros(2),
        "fees": np.zeros((2, 3, 2)),
        "is_counted": np.ones(2, bool),
        "is_floored": np.ones(2, bool),
    }
    return Tiers(**plain | changes)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("fees", np.zeros((2, 2)), r"fees has shape \(2, 2\), expected \(3, 2\)"),
        ("floored", np.zeros((3, 1)), r"floored has shape \(3, 1\), expected \(3, 2\)"),
        ("minimum", np.zeros(1), r"minimum has shape \(1,\), expected \(2,\)"),
        ("fee_asset", np.zeros(3, dtype=np.int64), r"fee_asset has shape \(3,\), expected \(2,\)"),
        ("slippage_rate", np.zeros((1, 2)), r"slippage_rate has shape \(1, 2\), expected \(2,\)"),
        ("half_spread", np.zeros(0), r"half_spread has shape \(0,\), expected \(2,\)"),
        ("row_slippage_rate", np.zeros((2, 2)), r"row_slippage_rate has shape \(2, 2\), expected \(3, 2\)"),
        ("row_half_spread", np.zeros((3, 1)), r"row_half_spread has shape \(3, 1\), expected \(3, 2\)"),
        ("tiers", [tiers(fees=np.zeros((1, 3, 2)))], r"fees of tiers has shape \(1, 3, 2\), expected \(2, 3, 2\)"),
        ("tiers", [tiers(is_counted=np.ones(1, bool))], r"is_counted has shape \(1,\), expected \(2,\)"),
        ("tiers", [tiers(is_floored=np.ones(1, bool))], r"is_floored has shape \(1,\), expected \(2,\)"),
        ("impacts", [Impact(np.zeros((1, 1)), 1.0)], r"coefficient has shape \(1, 1\), expected \(1, 2\)"),
        ("impacts", [Impact(np.zeros((0, 2)), 1.0)], r"coefficient has shape \(0, 2\), expected \(1, 2\)"),
        ("impacts", [Impact(np.zeros((1, 2)), 1.0, np.zeros((1, 3)))], r"day_volume has shape \(1, 3\), expected \(1, 2\)"),
    ],
)
def test_costs_of_another_shape_are_refused(name, value, said):
    with pytest.raises(ValueError, match=said):
        setup_of(BARS, costs=replace(Costs.none(2), **{name: value}))


def test_costs_of_more_bars_fit_a_shorter_run():
    rows = np.zeros((9, 2))
    setup_of(BARS, costs=replace(Costs.none(2), row_slippage_rate=rows, row_half_spread=rows, impacts=[Impact(rows, 1.0, rows)]))


def test_days_are_those_on_which_bars_open():
    times = np.array([-DAY - 1, -1, 0, DAY - 1, DAY, 9 * DAY])
    prices = np.ones((6, 1))
    bars = replace(BARS, symbols=("X",), open_time=times, close_time=times + 1, **dict.fromkeys(PRICES, prices))
    assert days_of(bars).tolist() == [-2, -1, 0, 1, 9]
