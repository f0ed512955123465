"""The market of a finished run, read again: the same, or refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tradekit
from tradekit.errors import ConfigError, DataError

EXAMPLES = Path(__file__).parents[2] / "examples"
RUN = """
risk = []
[run]
name = "x"
[account]
currency = "USD"
capital = 1000
[data]
source = "csv"
path = "x.csv"
instruments = ["X"]
interval = "1d"
[strategy]
name = "buy-and-hold"
[execution]
costs = []
"""


@pytest.mark.parametrize("name", ["quickstart", "momentum", "breakout"])
def test_market_read_again_is_what_the_run_decided_on(name, tmp_path):
    result = tradekit.run(EXAMPLES / f"{name}.toml", runs=tmp_path)
    market = tradekit.read_market(result, EXAMPLES)
    assert np.array_equal(market.bars.close_time, np.asarray(result.equity["time"].cast("int64")))
    assert market.bars.symbols == tuple(fact["symbol"] for fact in result.data)
    assert list(market.values)
    assert all(market.values[one].shape == market.bars.close.shape for one in market.values)


def test_market_read_again_of_a_folder_is_found_where_its_run_file_was(tmp_path, monkeypatch):
    tradekit.run(EXAMPLES / "breakout.toml", runs=tmp_path)
    monkeypatch.chdir(tmp_path)
    market = tradekit.read_market(tradekit.find_run(tmp_path, "last"))
    assert len(market.bars) == 3738


def test_market_read_again_of_other_data_is_refused(tmp_path):
    rows = [f"2024-01-{day:02},{100 + day},{101 + day},{99 + day},{100 + day},5" for day in range(1, 29)]
    data, head = tmp_path / "x.csv", "time,open,high,low,close,volume\n"
    data.write_text(head + "\n".join(rows))
    (tmp_path / "run.toml").write_text(RUN)
    result = tradekit.run(tmp_path / "run.toml", runs=tmp_path / "runs")
    assert len(tradekit.read_market(result, tmp_path).bars) == 28
    data.write_text(head + "\n".join([*rows[:-1], "2024-01-28,128,130,127,129,5"]))
    with pytest.raises(
        DataError, match=r"is not what the run went through: its source has other data of 'X' by now; what is shown"
    ):
        tradekit.read_market(result, tmp_path)


def test_market_read_again_without_an_instrument_is_refused(tmp_path):
    result = tradekit.run(EXAMPLES / "breakout.toml", runs=tmp_path)
    gone = {**result.data[0], "symbol": "EUR/USD"}
    with pytest.raises(DataError, match="its source no longer has 'EUR/USD'"):
        tradekit.read_market(replace(result, data=(gone,)), EXAMPLES)


def test_market_read_again_from_elsewhere_names_the_file_that_is_missing(tmp_path):
    result = tradekit.run(EXAMPLES / "breakout.toml", runs=tmp_path / "runs")
    with pytest.raises((ConfigError, DataError), match=r"GBP-USD-1d\.csv\.gz"):
        tradekit.read_market(result, tmp_path)


def test_market_of_a_run_on_live_data_is_refused(tmp_path):
    result = tradekit.run(EXAMPLES / "breakout.toml", runs=tmp_path)
    with pytest.raises(DataError, match="its mode is 'paper', and nothing keeps it"):
        tradekit.read_market(replace(result, mode="paper"), EXAMPLES)
