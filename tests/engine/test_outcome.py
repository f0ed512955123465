"""From a simulation that ran to a result."""

import os
import signal

import numpy as np
import pytest

from tradekit import Strategy

CLOSES = 100.0 + np.arange(50.0) % 9


class Does(Strategy):
    """Buy one, sell one, and on some bar do what a test says."""

    name = "does"
    deed = staticmethod(lambda ctx: None)

    def on_bar(self, ctx):
        view = ctx["X"]
        view.target(quantity=float(ctx.index % 2))
        if ctx.index == 20:
            self.deed(ctx)


def result_of(lab, deed=lambda ctx: None, *overrides):
    lab.give(CLOSES)
    return lab.run(type("Deed", (Does,), {"__doc__": "Do.", "deed": staticmethod(deed)}), *overrides).result


def test_result_says_what_ran(lab):
    result = result_of(lab)
    assert (result.name, result.mode, result.status) == ("lab", "backtest", "done")
    assert result.plan == "event driver: strategy 'does' has no targets()"
    assert [(use.kind, use.name) for use in result.components] == [
        ("data source", "memory"),
        ("strategy", "does"),
        ("executor", "simulated"),
    ]
    assert result.config["account"]["capital"] == 1000.0


def test_result_tables_agree_with_each_other_and_with_the_figures(lab):
    result = result_of(lab, lambda ctx: None, "execution.costs=[{model='fee', bps=10}]")
    fills = result.fills.to_pydict()
    assert result.fills.num_rows == result.positions.num_rows == 48
    assert result.orders["status"].to_pylist() == ["filled"] * 48 + ["open"]
    assert result.equity.num_rows == 50
    assert sum(fills["fee"]) == pytest.approx(result.metrics["fees"])
    assert result.metrics["trades"] == result.trades.num_rows == 24
    spent = sum(
        quantity * price + fee for quantity, price, fee in zip(fills["quantity"], fills["price"], fills["fee"], strict=True)
    )
    assert result.equity["cash"][-1].as_py() == pytest.approx(1000.0 - spent)
    assert result.metrics["total_return"] == pytest.approx(result.equity["equity"][-1].as_py() / 1000.0 - 1.0)
    assert sum(result.trades["profit"].to_pylist()) == pytest.approx(result.equity["equity"][-1].as_py() - 1000.0)


def test_result_of_an_interrupted_run_ends_at_its_last_bar(lab):
    result = result_of(lab, lambda ctx: os.kill(os.getpid(), signal.SIGINT))
    assert result.status == "interrupted"
    assert result.equity.num_rows == 21
    assert result.metrics["benchmark_return"] == pytest.approx(CLOSES[20] / CLOSES[0] - 1.0)


def test_result_of_a_run_interrupted_before_an_instrument_began_is_valid(lab):
    lab.give([5.0, 6.0], "LATE", rows=[40, 41])
    result = result_of(lab, lambda ctx: os.kill(os.getpid(), signal.SIGINT))
    assert result.status == "interrupted"
    assert result.metrics["benchmark_return"] == pytest.approx((CLOSES[20] / CLOSES[0] - 1.0) / 2)


def test_result_without_a_single_order_is_valid(lab):
    class Quiet(Strategy):
        """Do nothing."""

        name = "quiet"

        def on_bar(self, ctx): ...

    lab.give(CLOSES)
    result = lab.run(Quiet).result
    assert (result.orders.num_rows, result.fills.num_rows, result.trades.num_rows, result.journal.num_rows) == (0, 0, 0, 0)
    assert (result.metrics["total_return"], result.metrics["trades"], result.metrics["win_rate"]) == (0.0, 0, None)


def test_result_of_a_single_bar_is_valid(lab):
    lab.give([100.0])
    result = lab.run("buy-and-hold").result
    assert result.equity.num_rows == 1
    assert result.orders["status"].to_pylist() == ["open"]
    assert result.metrics["sharpe"] is None


def test_result_names_files_from_the_folder_of_the_run_file(lab, tmp_path):
    from tradekit.engine.run import run

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text("time,open,high,low,close\n2020-01-01,1,1,1,1\n2020-01-02,1,1,1,1\n")
    lab.compose("buy-and-hold")
    path = tmp_path / "run.toml"
    path.write_text((lab.folder / "run.toml").read_text().replace('"memory"', '"csv"\npath = "data/x.csv"'))
    (fact,) = run(path, ["data.instruments=['X']"], tmp_path / "runs").data
    assert fact["origin"] == os.path.join("data", "x.csv") + " (no volume)"  # noqa: PTH118 - a text that begins with a path
