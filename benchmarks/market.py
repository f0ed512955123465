"""The bars that every side of a comparison reads: real ones, repeated until there are enough of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.feather as feather
from tradekit_dumps.binance import BinanceRecording

from tradekit import BarRequest

__all__ = ["csv_bars", "daily_bars", "minute_bars", "no_bars", "recording", "second_bars", "stored_bars", "trades"]

HERE = Path(__file__).parent
MINUTES = "crypto/binance_perp_2023_07/BTC_USDT_USDT-1m-futures.feather"
SHARES = HERE.parent / "examples" / "data" / "us-stocks-1d.csv.gz"
TRADES = "crypto/freqtrade_testdata/XRP_ETH-trades.feather"
RECORDING = "orderbook/usdm_btcusdt_20240808.gz"
TICKS = {
    "trades": ("price", "size", "side"),
    "quotes": ("bid", "bid_size", "ask", "ask_size"),
    "book": ("sequence", "side", "price", "size", "is_snapshot"),
}
COLUMNS = ("open", "high", "low", "close", "volume")


def _given(file: str) -> Path:
    """Return where a file of the market data is that is not bundled."""
    folder = os.environ.get("TRADEKIT_TEST_DATA")
    if not folder:
        sys.exit(f"set TRADEKIT_TEST_DATA to a folder that has {file}")
    return Path(folder) / file


def no_bars(work: Path) -> Path:
    """Return the folder itself, for a script that makes up what it needs."""
    return work


def minute_bars(work: Path, count: int) -> Path:
    """Write `count` bars of one instrument, the 43,199 real ones again and again on one clock, and return the file."""
    path = work / f"minutes-{count}.feather"
    if path.exists():
        return path
    real = feather.read_table(_given(MINUTES))
    times = np.datetime64("2020-01-01", "ns") + np.arange(count) * np.timedelta64(60, "s")
    columns = {name: np.resize(real[name].to_numpy(), count) for name in COLUMNS}
    feather.write_feather(pa.table({"time": times, **columns}), path)
    return path


def csv_bars(work: Path, count: int) -> Path:
    """Write the same bars as CSV, their times as text, and return the file."""
    path = work / f"minutes-{count}.csv"
    if not path.exists():
        table = feather.read_table(minute_bars(work, count))
        times = pa.array(np.datetime_as_string(table["time"].to_numpy(), unit="s"))
        csv.write_csv(table.set_column(0, "time", times), path)
    return path


def second_bars(work: Path, count: int) -> Path:
    """Write `count` of the minute bars as CSV, a second apart, and return the file."""
    path = work / f"seconds-{count}.csv"
    if not path.exists():
        table = feather.read_table(minute_bars(work, count))
        times = np.datetime64("2020-01-01", "s") + np.arange(count)
        csv.write_csv(table.set_column(0, "time", pa.array(np.datetime_as_string(times, unit="s"))), path)
    return path


def stored_bars(work: Path, count: int) -> Path:
    """Put the same bars into a store, and return its folder."""
    from tradekit.cli.main import main  # of the environment that runs our side; nothing else here needs it

    folder = work / f"store-{count}"
    file = minute_bars(work, count)
    what = ["--venue", "binance", "--symbol", "BTC/USDT", "--interval", "1m", "--store", str(folder)]
    if main(["data", "import", "parquet", str(file), *what]):
        sys.exit(f"{file} could not be put into {folder}")
    return folder


def daily_bars(work: Path, instruments: int, count: int) -> Path:
    """Write `count` bars of each of many instruments, and return the file.

    They are the six real shares in examples/data: instrument `i` is share `i % 6`, begun `37 * i` days later and repeated. So no
    two are alike on the same day.
    """
    path = work / f"days-{instruments}x{count}.feather"
    if path.exists():
        return path
    real = csv.read_csv(SHARES)
    symbol = real["symbol"].to_numpy()
    shares = [{name: real[name].to_numpy()[symbol == one] for name in COLUMNS} for one in np.unique(symbol)]
    days = np.busday_offset("2000-01-03", np.arange(count)).astype("M8[ns]")
    columns = {
        name: np.concatenate([np.resize(np.roll(shares[i % len(shares)][name], -37 * i), count) for i in range(instruments)])
        for name in COLUMNS
    }
    names = np.repeat([f"S{i:03}" for i in range(instruments)], count)
    feather.write_feather(pa.table({"time": np.tile(days, instruments), "symbol": names, **columns}), path)
    return path


def trades(work: Path, count: int) -> Path:
    """Write about `count` trades, the 12,477 real ones again and again, each time 60 hours later, and return the file."""
    path = work / f"trades-{count}.npz"
    if path.exists():
        return path
    real = feather.read_table(_given(TRADES))
    times = real["timestamp"].to_numpy() * 1_000_000
    again = count // len(times)
    later = np.arange(again) * 60 * 3_600_000_000_000
    price, size = (np.tile(real[name].to_numpy(), again) for name in ("price", "amount"))
    np.savez(path, time=(later[:, np.newaxis] + times).ravel(), price=price, size=size)
    return path


def recording(work: Path, times: int) -> Path:
    """Write the trades, quotes and book of a real recording of six minutes so many times, one behind the other; return the file."""
    path = work / f"recording-{times}.npz"
    if path.exists():
        return path
    source = BinanceRecording(BinanceRecording.Options(path=_given(RECORDING)))
    asked = BarRequest(("BTCUSDT",), 0)
    ticks = {"trades": source.trades(asked), "quotes": source.quotes(asked), "book": source.book(asked)}
    span = 360_000_000_000
    columns = {}
    for kind, names in TICKS.items():
        one = ticks[kind]["BTCUSDT"]
        later = np.repeat(np.arange(times) * span, len(one))
        columns[f"{kind}_time"] = np.tile(one.time, times) + later
        columns |= {f"{kind}_{name}": np.tile(getattr(one, name), times) for name in names}
    np.savez(path, **columns)
    return path
