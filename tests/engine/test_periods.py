"""What statistics are made of, again from a result: they must give the very figures of the run."""

import numpy as np
import pytest

import tradekit
from tradekit import statistics
from tradekit.model.columns import column_values

CLOSES = 100.0 * np.exp(np.cumsum(np.random.default_rng(11).normal(2e-4, 0.01, 24 * 40)))


@pytest.fixture
def ran(lab):
    def ran(*overrides, interval="1h", closes=CLOSES):
        lab.give(closes, interval=interval)
        return lab.run("sma-cross", "strategy.fast=3", "strategy.slow=9", *overrides)

    return ran


@pytest.mark.parametrize("interval", ["1h", "1d", "1w"])
def test_periods_give_the_figures_of_the_run(ran, interval):
    result = ran(interval=interval).result
    found, metrics = tradekit.periods(result), result.metrics
    assert len(found) == len(found.returns) == len(found.end) == (40 if interval == "1h" else len(CLOSES))
    assert statistics.sharpe(found.returns, found.per_year) == metrics["sharpe"]
    assert statistics.sortino(found.returns, found.per_year) == metrics["sortino"]
    assert statistics.cvar(found.returns) == metrics["cvar_95"]
    assert statistics.alpha_beta(found.returns, found.benchmark, found.per_year) == (metrics["alpha"], metrics["beta"])
    assert np.prod(1.0 + found.returns) - 1.0 == pytest.approx(metrics["total_return"])
    assert found.end[-1] == column_values(result.equity, "time")[-1]


def test_periods_of_a_run_that_was_read_back_are_the_same(ran):
    finished = ran()
    again = tradekit.periods(tradekit.read_result(finished.folder))
    found = tradekit.periods(finished.result)
    for name in ("end", "returns", "benchmark"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
    assert again.per_year == found.per_year


def test_periods_a_year_are_those_of_the_run_file(ran):
    result = ran("run.periods_per_year=100").result
    found = tradekit.periods(result)
    assert found.per_year == 100.0
    assert statistics.annual_volatility(found.returns, 100.0) == result.metrics["annual_volatility"]


def test_drawdowns_give_the_figures_of_the_run(ran):
    result = ran().result
    found = tradekit.drawdowns(result)
    worst = int(np.argmax(found.depth))
    assert found.depth[worst] == result.metrics["max_drawdown"]
    assert found.days[worst] == result.metrics["max_drawdown_days"]
    assert found.days.max() == result.metrics["longest_drawdown_days"]


def test_benchmark_of_buying_and_holding_has_nearly_the_figures_of_the_run(lab):
    lab.give(CLOSES, interval="1h")
    result = lab.run("buy-and-hold", "account.capital=1000000").result
    found = tradekit.benchmark_metrics(result)
    assert list(found) == [key for key in tradekit.DEFINITIONS if key in found]
    # The strategy buys one bar later, in whole lots.
    for key, value in found.items():
        assert value == pytest.approx(result.metrics[key], rel=0.2), key
    assert found["total_return"] == result.metrics["benchmark_return"]
    equity = column_values(result.equity, "benchmark")
    assert equity[-1] == pytest.approx(1e6 * CLOSES[-1] / CLOSES[0])


def test_without_a_benchmark_there_is_no_column_and_no_figure(ran):
    result = ran("run.benchmark='none'").result
    assert "benchmark" not in result.equity.column_names
    assert tradekit.periods(result).benchmark is None
    assert tradekit.benchmark_metrics(result) == {}


def test_equity_that_was_gone_has_no_periods_but_drawdowns(lab):
    lab.give(np.array([100.0] * 5 + [10.0] * 5), open=np.array([100.0] * 5 + [10.0] * 5))

    class Short(tradekit.Strategy):
        """Buy with borrowed money."""

        name = "all-in"

        def on_bar(self, ctx):
            """Buy once."""
            if ctx.index == 1:
                ctx.target(weight=4.0)

    result = lab.run(Short, "account.kind='margin'", "account.leverage=5").result
    assert result.equity["equity"][-1].as_py() <= 0.0
    assert len(tradekit.periods(result)) == 0
    assert tradekit.drawdowns(result).depth.max() == result.metrics["max_drawdown"]
    assert result.metrics["sharpe"] is None


def test_trades_tell_how_far_the_price_went(ran):
    result = ran().result
    mae, mfe = column_values(result.trades, "mae"), column_values(result.trades, "mfe")
    change = column_values(result.trades, "exit_price") / column_values(result.trades, "entry_price") - 1.0
    assert (mae >= np.maximum(-change, 0.0)).all()
    assert (mfe >= np.maximum(change, 0.0)).all()
    assert mae.max() > 0.01


def test_compare_results_tells_settings_and_data_that_differ(ran):
    first, second = ran().result, ran("strategy.fast=4", closes=CLOSES * 2.0).result
    found = tradekit.compare_results(first, second)
    assert found.settings == {"strategy.fast": (3, 4)}
    assert found.others == ("the data of X differ",)
    assert tradekit.compare_results(first, first) == tradekit.RunDifferences({}, ())


def test_periods_of_bars_that_end_by_what_is_traded_give_the_figures_of_the_run(tmp_path):
    from tradekit.testing import Lab, markets

    lab = Lab(tmp_path)
    source = markets.walk(60, step=markets.HOUR * 6)
    lab.series["X"] = source
    lab.known["trades"]["X"] = markets.trades(source)
    result = lab.run("sma-cross", "strategy.fast=2", "strategy.slow=4", "data.interval='7 trades'").result
    found = tradekit.periods(result)
    assert statistics.sharpe(found.returns, found.per_year) == result.metrics["sharpe"]
    assert tradekit.drawdowns(result).days.max() == result.metrics["longest_drawdown_days"]
    assert tradekit.benchmark_metrics(result)["total_return"] == result.metrics["benchmark_return"]
