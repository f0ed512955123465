"""Every bar file of the development data runs through a backtest, and its books balance."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from market_files import cases
from market_runs import data_of, run_file
from tradekit.engine.folder import TABLES
from tradekit.engine.run import run


def params() -> list:
    root = Path(os.environ.get("TRADEKIT_TEST_DATA", ""))
    if root == Path():
        return [pytest.param(None, None, marks=pytest.mark.skip("TRADEKIT_TEST_DATA is not set"))]
    return [
        pytest.param(entry, path, id=f"{path.relative_to(root)}-{number}")
        for number, (entry, path) in enumerate(cases(root, "bars"))
        if entry.policy or not entry.refused
    ]


@pytest.mark.parametrize(("entry", "path"), params())
def test_bar_file_of_the_market_data_runs_and_its_books_balance(entry, path, tmp_path):
    result = run(run_file(data_of(entry, path), tmp_path), (), tmp_path / "runs")
    assert result.status == "done"
    assert result.plan.startswith("compiled driver: the strategy gives targets(), proven equal to its on_bar()")
    fills = {name: result.fills[name].to_pylist() for name in ("symbol", "quantity", "price", "fee")}
    if min(fact["rows"] for fact in result.data) > 300:
        assert len(fills["price"]) > 0
    quantity, price, fee = (np.array(fills[name], dtype=np.float64) for name in ("quantity", "price", "fee"))
    carry = sum(result.trades["carry"].to_pylist())  # what liquidations cost
    cash = 1_000_000.0 - np.sum(quantity * price) - np.sum(fee) + carry
    last = {name: result.equity[name][-1].as_py() for name in ("cash", "equity", "net_exposure")}
    assert last["cash"] == pytest.approx(cash, rel=1e-9, abs=1e-6)
    assert last["equity"] == pytest.approx(cash + last["net_exposure"], rel=1e-9, abs=1e-6)
    assert result.metrics["fees"] == pytest.approx(np.sum(fee))
    profits = sum(result.trades["profit"].to_pylist())
    assert last["equity"] == pytest.approx(1_000_000.0 + profits, rel=1e-9, abs=1e-6)


@pytest.mark.proof("simulator")
def test_strategies_give_the_same_on_market_data_through_both_drivers(market_data, matrix, tmp_path):
    strategies = itertools.cycle(("breakout", "rsi-reversion", "momentum-rotation", "sma-cross"))
    plan = [(*param.values, name) for param, name in zip(params(), strategies, strict=False)]
    for number, (entry, path, name) in enumerate(matrix.some(plan, sample=4)):
        folder = tmp_path / str(number)
        file, tables = run_file(data_of(entry, path), folder), []
        for driver in ("compiled", "event"):
            run(file, [f"strategy={{name='{name}', short=true}}", f"execution.driver='{driver}'"], folder / driver)
            (left,) = (inside for inside in (folder / driver).iterdir() if inside.is_dir())
            tables.append([(left / f"{table}.parquet").read_bytes() for table in TABLES])
        assert tables[0] == tables[1], (path, name)


def test_market_data_is_looked_for_where_the_environment_says(market_data):
    assert len(params()) > 180
    assert market_data == Path(os.environ["TRADEKIT_TEST_DATA"])
