"""Equity curves to measure: real prices taken as if they were an account, and small ones made by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tradekit.analysis.curve import DAY, EquityCurve

HOUR = DAY // 24


@pytest.fixture
def make_curve():
    """Make a curve of bars of one length; the first close is one bar after Monday, 2024-01-01."""

    def make(equity, capital=100.0, interval=DAY, gross=None, benchmark=None):
        values = np.asarray(equity, dtype=np.float64)
        start = pd.Timestamp("2024-01-01").value
        times = start + interval * np.arange(1, len(values) + 1, dtype=np.int64)
        held = values if gross is None else np.asarray(gross, dtype=np.float64)
        other = None if benchmark is None else np.asarray(benchmark, dtype=np.float64)
        return EquityCurve(times, values, held, capital, interval, other)

    return make


@pytest.fixture
def make_closes():
    """Make a curve from a pandas series of closes, indexed by the time of the close; its first value is the capital."""

    def make(closes, interval):
        times = closes.index.as_unit("ns").asi8[1:]
        values = closes.to_numpy(dtype=np.float64)
        return EquityCurve(times, values[1:], values[1:], float(values[0]), interval)

    return make


@pytest.fixture
def real_closes(market_data: Path):
    """Return a function that reads closes by name, indexed by the time of the close in UTC."""

    def read(name):
        if name == "sp500":
            table = pd.read_csv(market_data / "equity_daily/sp500_index_1990_2022.csv.gz", index_col=0, parse_dates=True)
            return table["SP500"].set_axis(table.index + pd.Timedelta(hours=21)), DAY
        if name == "btc":
            table = pd.read_feather(market_data / "crypto/binance_2023_2025/perp/BTC_USDT_USDT-1h-futures.feather")
            index = pd.DatetimeIndex(table["date"].dt.tz_localize(None)) + pd.Timedelta(hours=1)
            return table["close"].set_axis(index), HOUR
        table = pd.read_csv(market_data / "fx/EURUSD_1h_2017_2018.csv", index_col=0, parse_dates=True)
        return table["Close"].set_axis(table.index + pd.Timedelta(hours=1)), HOUR

    return read
