"""How much of a result is assumption."""

import json

import numpy as np
import pytest

from tradekit import Bracket, Strategy, read_result
from tradekit.analysis.definitions import decimals_between
from tradekit.engine.bands import bands_of
from tradekit.engine.run import execute
from tradekit.testing import markets


class Bracketed(Strategy):
    """Buy now and then, with a stop and a target that one bar may both reach."""

    name = "bracketed"

    def on_bar(self, ctx):
        for view in ctx.instruments:
            if view.position == 0 and ctx.index % 5 == 0:
                view.buy(1.0, bracket=Bracket(stop_loss=view.close * 0.99, take_profit=view.close * 1.01))


class Bidding(Strategy):
    """Bid just at the low of the bar to come, where it is told to; sell later."""

    name = "bidding"

    def on_bar(self, ctx):
        view = ctx["X"]
        if ctx.index == 10:
            view.buy(1.0, limit=90.0)
        if ctx.index == 30:
            view.exit()


def of(bands, assumption):
    return [one for one in bands["assumptions"] if one["assumption"] == assumption]


def bands(lab, *what):
    ready = lab.ready(*what)
    return bands_of(ready.composed, ready.market, ready.plan)


def test_bands_hold_every_single_run_and_what_is_written(lab):
    lab.series["X"] = markets.walk(300, volatility=0.02)
    found = bands(
        lab, "sma-cross", "strategy.fast=3", "strategy.slow=8", "execution.costs=[{model='fee', bps=10}, {model='slippage', bps=5}]"
    )
    written = lab.run(
        "sma-cross", "strategy.fast=3", "strategy.slow=8", "execution.costs=[{model='fee', bps=10}, {model='slippage', bps=5}]"
    ).result
    for key, band in found["band"].items():
        assert band["as_written"] == written.metrics[key], key
    returns = [one["figures"]["total_return"] for one in found["assumptions"]]
    band = found["band"]["total_return"]
    assert band["lowest"] <= min(returns) < band["as_written"] < max(returns) <= band["highest"]
    assert found["trades_in_all"] == written.trades.num_rows


def test_fan_holds_equity_as_written_between_its_edges(lab):
    lab.series["X"] = markets.walk(300, volatility=0.02)
    costs = "execution.costs=[{model='fee', bps=10}, {model='slippage', bps=5}]"
    fan = bands(lab, "sma-cross", "strategy.fast=3", "strategy.slow=8", costs)["fan"]
    equity = lab.run("sma-cross", "strategy.fast=3", "strategy.slow=8", costs).result.equity
    lowest, lower, middle, upper, highest = (np.array(fan[name]) for name in ("lowest", "lower", "middle", "upper", "highest"))
    assert len(fan["time"]) == 200
    assert [fan["as_written"][0], fan["as_written"][-1]] == [equity["equity"][0].as_py(), equity["equity"][-1].as_py()]
    assert fan["time"][-1] == equity["time"][-1].value
    for below, above in ((lowest, lower), (lower, middle), (middle, upper), (upper, highest)):
        assert (below <= above).all()
    assert (lowest <= fan["as_written"]).all()
    assert (highest >= fan["as_written"]).all()
    assert lowest[-1] < fan["as_written"][-1] < highest[-1]


def test_costs_move_the_result_in_their_direction(lab):
    lab.series["X"] = markets.walk(300, volatility=0.02)
    costs = "execution.costs=[{model='fee', bps=10}, {model='slippage', bps=5}]"
    found = bands(lab, "sma-cross", "strategy.fast=3", "strategy.slow=8", costs)
    written = found["band"]["total_return"]["as_written"]
    none, twice = (one["figures"]["total_return"] for one in of(found, "slippage"))
    (dearer,) = (one["figures"]["total_return"] for one in of(found, "fees"))
    assert twice < written < none
    again = lab.run("sma-cross", "strategy.fast=3", "strategy.slow=8", costs.replace("bps=10", "bps=12.5")).result
    assert dearer == pytest.approx(again.metrics["total_return"], abs=1e-12)
    again = lab.run("sma-cross", "strategy.fast=3", "strategy.slow=8", costs.replace("bps=5", "bps=0")).result
    assert none == pytest.approx(again.metrics["total_return"], abs=1e-12)


def test_costs_that_are_left_out_are_assumed(lab):
    lab.series["X"] = markets.walk(300, volatility=0.02)
    found = bands(lab, "sma-cross", "strategy.fast=3", "strategy.slow=8")
    assert [one["text"] for one in of(found, "slippage")] == ["slippage of 0.05%"]
    (dearer,) = (one["figures"]["total_return"] for one in of(found, "fees"))
    again = lab.run("sma-cross", "strategy.fast=3", "strategy.slow=8", "execution.costs=[{model='fee', bps=5}]").result
    assert dearer == pytest.approx(again.metrics["total_return"], abs=1e-12)


def test_fees_of_tiers_are_those_of_the_tier_below(lab):
    lab.series["X"] = markets.walk(100, volatility=0.02)
    tiers = "execution.costs=[{model='fee', bps=20, tiers=[{volume=1, bps=5}], past_volume=1000000}]"
    found = bands(lab, "buy-and-hold", tiers)
    flat = lab.run("buy-and-hold", "execution.costs=[{model='fee', bps=20}]").result
    assert found["band"]["fees"]["highest"] == pytest.approx(flat.metrics["fees"], rel=0.01)
    assert found["band"]["fees"]["as_written"] < flat.metrics["fees"] / 3


def test_delay_fills_a_bar_later(lab):
    lab.series["X"] = markets.walk(60, volatility=0.02)
    found = bands(lab, "buy-and-hold")
    (late,) = (one["figures"]["total_return"] for one in of(found, "delay"))
    assert late == pytest.approx(lab.series["X"].close[-1] / lab.series["X"].open[2] - 1, abs=1e-9)


def test_trades_that_rest_on_the_path_are_named(lab):
    lab.series["X"] = markets.walk(200, volatility=0.02)
    found = bands(lab, Bracketed)
    assert max(one["trades_that_depend"] for one in of(found, "path")) > 0
    by_path = [trade for trade in found["trades"] if "path" in trade["depends_on"]]
    assert by_path
    trades = lab.run(Bracketed).result.trades.to_pylist()
    for trade in by_path:
        assert trades[trade["trade"] - 1]["profit"] == trade["profit"]


def test_trade_that_needs_a_touch_is_named(lab):
    close = np.full(40, 100.0)
    low = np.full(40, 99.0)
    low[15] = 90.0
    lab.give(close, low=low)
    found = bands(lab, Bidding, "execution.limit_fills='touch'")
    assert [trade["depends_on"] for trade in found["trades"]] == [["touch"]]
    assert of(found, "touch")[0]["trades_that_depend"] == 1


def test_assumptions_without_effect_are_not_combined(lab):
    lab.series["X"] = markets.walk(60)
    found = bands(lab, "buy-and-hold")
    # As written, four of the path and touch, slippage, delay and fees; these last three by pairs, and all together.
    assert found["runs"] == 1 + 4 + 3 + 4
    assert found["trades"] == []


def test_result_keeps_its_bands_and_reads_them_back(lab):
    lab.series["X"] = markets.walk(120, volatility=0.02)
    told = []
    finished = execute(
        lab.ready("sma-cross", "strategy.fast=3", "strategy.slow=8"), lab.runs, bands=lambda *done: told.append(done)
    )
    assert finished.result.bands == json.loads((finished.folder / "bands.json").read_text())
    assert read_result(finished.folder).bands == finished.result.bands
    assert "how much of this is assumption" in (finished.folder / "report.txt").read_text()
    assert told[-1][0] == told[-1][1]
    plain = execute(lab.ready("sma-cross", "strategy.fast=3", "strategy.slow=8"), lab.runs)
    assert plain.result.bands is None
    assert read_result(plain.folder).bands is None


def test_trades_of_several_strategies_say_whose_they_are(lab):
    for number, symbol in enumerate(("X", "Y")):
        lab.series[symbol] = markets.walk(200, seed=number, volatility=0.02)
    tables = {"strategy": [{"id": name, "name": "bracketed"} for name in ("first", "second")]}
    ready = lab.ready(Bracketed, "account.kind='margin'", tables=tables)
    found = bands_of(ready.composed, ready.market, ready.plan)["trades"]
    written = execute(ready, lab.runs).result.trades.to_pylist()
    assert {trade["strategy"] for trade in found} == {"first", "second"}
    assert {trade["symbol"] for trade in found} == {"X", "Y"}
    for trade in found:
        told = written[trade["trade"] - 1]
        assert [trade[key] for key in ("strategy", "symbol", "profit")] == [told[key] for key in ("strategy", "symbol", "profit")]


@pytest.mark.parametrize(
    ("values", "decimals"), [([], 2), ([None, 0.1], 2), ([-0.137, 0.122], 2), ([0.0001, 0.000112], 4), ([1.0, 1.0 + 1e-12], 6)]
)
def test_decimals_show_by_how_much_figures_differ(values, decimals):
    assert decimals_between(values, 100.0) == decimals
