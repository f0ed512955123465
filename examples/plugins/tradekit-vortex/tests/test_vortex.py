"""The indicator and the strategy keep their contracts, and the values are those of the definition."""

import numpy as np
from tradekit.testing import IndicatorContract, StrategyContract

from tradekit_vortex.indicator import Vortex
from tradekit_vortex.strategy import VortexTrend


class TestVortex(IndicatorContract):
    component = Vortex
    options = ({}, {"length": 1}, {"length": 40})


class TestVortexTrend(StrategyContract):
    component = VortexTrend


def test_values_are_sums_of_moves_over_the_sum_of_true_ranges():
    high, low, close = np.array([10.0, 12.0, 11.0]), np.array([8.0, 9.0, 7.0]), np.array([9.0, 11.0, 8.0])
    plus, minus = Vortex(Vortex.Options(length=2)).compute(high, low, close)[:, 2]
    # Up: 12 - 8 and 11 - 9; down: 9 - 10 and 7 - 12; ranges: 12 - 9 and 11 - 7.
    assert (plus, minus) == (6.0 / 7.0, 6.0 / 7.0)
