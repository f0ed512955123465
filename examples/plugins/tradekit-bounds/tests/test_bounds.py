"""The executor keeps its contract, and the optimist gets what the pessimist doesn't."""

from tradekit import Strategy
from tradekit.testing import ExecutorContract, Lab, markets

from tradekit_bounds.executor import Bounds


class TestBounds(ExecutorContract):
    component = Bounds
    options = ({}, {"view": "optimist"})


class Bidder(Strategy):
    """Bid at the last low, again and again."""

    name = "bidder"

    def on_bar(self, ctx):
        for view in ctx.instruments:
            view.cancel()
            view.buy(20.0, limit=view.low)


def bought(folder, view):
    lab = Lab(folder, {"AAA": markets.walk(200)})
    lab.bring(Bounds)
    tables = {"execution": {"executor": "bounds", "view": view}}
    fills = lab.run(Bidder, "account.capital=1e6", tables=tables).result.fills
    return sum(fills["quantity"].to_pylist())


def test_optimist_gets_more_than_the_pessimist(tmp_path):
    assert 0.0 < bought(tmp_path / "a", "pessimist") < bought(tmp_path / "b", "optimist")
