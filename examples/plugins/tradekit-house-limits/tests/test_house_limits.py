"""The rule keeps its contract, and the simulator keeps its limits."""

import pytest
from tradekit.testing import Lab, RiskRuleContract, markets

from tradekit_house_limits.risk_rule import HouseLimits


class TestHouseLimits(RiskRuleContract):
    component = HouseLimits
    options = ({}, {"book": "usual", "flatten": True})


def ran(folder, book, **options):
    lab = Lab(folder, {"AAA": markets.trend(200, drift=-0.004)})
    lab.bring(HouseLimits)
    tables = {"risk": [{"rule": "house-limits", "book": book, **options}]}
    return lab.run("buy-and-hold", "account.capital=1e5", "execution.participation='none'", tables=tables).result


@pytest.mark.parametrize(("book", "weight"), [("careful", 0.2), ("usual", 0.5)])
def test_position_takes_no_more_than_its_part(tmp_path, book, weight):
    first = ran(tmp_path, book).fills.to_pylist()[0]
    assert first["quantity"] * first["price"] / 1e5 == pytest.approx(weight, rel=0.02)


def test_loss_ends_trading_and_closes_what_is_held(tmp_path):
    result = ran(tmp_path, "usual", flatten=True)
    assert "halt" in result.journal["event"].to_pylist()
    assert result.positions["quantity"].to_pylist()[-1] == 0.0
