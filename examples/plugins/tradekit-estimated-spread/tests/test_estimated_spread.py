"""The model keeps its contract, and finds a spread that was put into prices."""

import numpy as np
import pytest
from tradekit.testing import CostModelContract

from tradekit_estimated_spread.cost_model import EstimatedSpread, estimates


class TestEstimatedSpread(CostModelContract):
    component = EstimatedSpread
    options = ({}, {"window": 1, "least_bps": 0.0})


@pytest.mark.parametrize("spread", [0.01, 0.03])
def test_spread_that_was_put_into_prices_is_found(spread):
    generator = np.random.default_rng(3)
    # Days of 390 trades, each at the bid or the ask around a price that walks.
    price = np.exp(np.cumsum(generator.normal(0.0, 0.0005, (3000, 390)).ravel())).reshape(3000, 390)
    traded = price * (1 + spread / 2 * generator.choice((-1.0, 1.0), price.shape))
    found = estimates(traded.max(axis=1), traded.min(axis=1))
    assert np.mean(found) == pytest.approx(spread, rel=0.15)


def test_bars_that_stand_still_have_no_spread():
    assert estimates(np.full(5, 10.0), np.full(5, 10.0)).tolist() == [0.0] * 5
