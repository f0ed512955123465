"""Bars made of what a store keeps: kept beside it, the same again without a new revision, and run on."""

import numpy as np
import pyarrow.feather
import pytest

from tradekit import ConfigError, DataError, DataKey, Store, Trades, bars_of_trades, coarser_bars, run
from tradekit.data.store.resampling import resample_stored

XRP = DataKey("binance", "XRP/ETH", "trades")


@pytest.fixture
def store(market_data, tmp_path):
    table = pyarrow.feather.read_table(market_data / "crypto" / "freqtrade_testdata" / "XRP_ETH-trades.feather")
    trades = Trades(table["timestamp"].to_numpy() * 1_000_000, table["price"].to_numpy(), table["amount"].to_numpy(), "xrp")
    store = Store(tmp_path / "store")
    store.create(XRP).put(trades, "test", "to begin with")
    return store


def trades_of(store):
    return store.open(XRP).read()


def test_resampled_bars_are_kept_and_the_same_again_changes_nothing(store):
    made = resample_stored(store, XRP, "1e4 volume")
    assert str(made.key) == "binance XRP/ETH bars 10000 volume"
    assert (made.revision, resample_stored(store, XRP, "10000 volume").revision) == (1, 1)
    kept, direct = store.open(made.key).read(), bars_of_trades(trades_of(store), "10000 volume")
    for name in ("open_time", "close_time", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(direct, name))


def test_resampled_bars_of_bars_leave_out_what_the_data_begin_or_end_within(store):
    resample_stored(store, XRP, "1m")
    hours = resample_stored(store, DataKey("binance", "XRP/ETH", "bars", "1m"), "1h")
    minutes = bars_of_trades(trades_of(store), "1m")
    np.testing.assert_array_equal(hours.bars.close, coarser_bars(minutes, "1h").close[1:-1])
    assert hours.left_out == 2


def test_resampled_bars_of_what_makes_none_are_refused(store):
    with pytest.raises(DataError, match="the 12,477 trades of 'binance XRP/ETH trades' make no whole bar of 1000000 trades"):
        resample_stored(store, XRP, "1e6 trades")
    minutes = resample_stored(store, XRP, "1m").key
    with pytest.raises(ConfigError, match="'binance XRP/ETH bars 1m' is of bars of 1m already"):
        resample_stored(store, minutes, "1m")
    with pytest.raises(ConfigError, match="bars are made of trades or of finer bars, and 'binance XRP/ETH quotes' is quotes"):
        resample_stored(store, DataKey("binance", "XRP/ETH", "quotes"), "1m")


RUN = """
risk = []
[run]
name = "volume"
[account]
currency = "ETH"
capital = 100
[data]
source = "store"
path = "{store}"
instruments = ["XRP/ETH"]
interval = "{size}"
[strategy]
name = "sma-cross"
fast = 5
slow = 20
[execution]
costs = []
"""


@pytest.mark.parametrize("size", ["10000 volume", "30 trades", "10 value"])
def test_run_on_stored_and_on_built_bars_is_the_same(store, tmp_path, size):
    file = tmp_path / "run.toml"
    file.write_text(RUN.format(size=size, store=store.folder.as_posix()))
    built = run(file, runs=tmp_path / "runs")
    resample_stored(store, XRP, size)
    kept = run(file, runs=tmp_path / "runs")
    bars = bars_of_trades(trades_of(store), size)
    assert built.equity.num_rows == kept.equity.num_rows == len(bars)
    assert built.fills.num_rows > 0
    assert built.fills == kept.fills
    assert built.equity == kept.equity
    assert set(built.fills["price"].to_pylist()) <= set(bars.open.tolist())
