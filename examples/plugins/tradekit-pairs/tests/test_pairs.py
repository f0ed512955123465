"""The strategy keeps its contract, and trades two instruments against each other."""

import pytest
import tradekit
from tradekit.testing import Lab, StrategyContract, markets

from tradekit_pairs.strategy import Pairs


class TestPairs(StrategyContract):
    component = Pairs
    options = ({"window": 20}, {"window": 40, "enter": 1.5, "leave": 0.0})


def test_dearer_one_is_sold_and_the_cheaper_one_bought(tmp_path):
    market = {"DEAR": markets.scaled(markets.flat(60), slice(40, 45), 1.1), "CHEAP": markets.walk(60, volatility=0.001)}
    lab = Lab(tmp_path, market)
    lab.bring(Pairs)
    options = {"strategy": {"window": 20}}
    result = lab.run(Pairs, "account.kind='margin'", "account.capital=1e5", tables=options).result
    first = {fill["symbol"]: fill["quantity"] for fill in reversed(result.fills.to_pylist())}
    assert first["DEAR"] < 0 < first["CHEAP"]


def test_three_instruments_are_refused(tmp_path):
    lab = Lab(tmp_path, {name: markets.walk(60) for name in "ABC"})
    with pytest.raises(tradekit.StrategyError, match="is for two instruments, and the run has 3"):
        lab.run(Pairs, "account.kind='margin'", tables={"strategy": {"window": 20}})


def test_leave_beyond_enter_is_refused():
    with pytest.raises(ValueError, match="leave must be less than enter, and 3 is not less than 2"):
        Pairs.Options(leave=3.0)
