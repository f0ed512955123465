"""Each data source of this package keeps the contract of data sources."""

import gzip
import json
import zipfile
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import databento_dbn as dbn
import pytest
from tradekit_dumps.binance import BinanceRecording
from tradekit_dumps.bybit import BybitArchive
from tradekit_dumps.databento import Databento
from tradekit_dumps.hyperliquid import HyperliquidRecording

from tradekit.testing import DataSourceContract

MS = 1_000_000
MINUTE = 60_000 * MS
START = 1_723_161_255_000 * MS
COUNT = 9


def recorded(contents):
    """Return lines of messages that come in a second apart."""
    return "".join(f"{START + 1000 * row * MS} {json.dumps(one)}\n" for row, one in enumerate(contents))


class TestBinance(DataSourceContract):
    component = BinanceRecording
    options = ({"path": "x.gz"}, {"path": "x.gz", "gaps": "wait"})
    symbols = ("BTCUSDT",)
    kinds = ("trades", "quotes", "book")
    failing = ({"path": "not-there.gz"}, {"path": "broken.gz"})

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        contents = [{"lastUpdateId": 10, "bids": [["5", "1"]], "asks": [["6", "1"]]}]
        for row in range(COUNT):
            ms = START // MS + 1000 * row
            contents.append(
                {"e": "trade", "E": ms, "T": ms, "s": "BTCUSDT", "t": row + 1, "p": "5.5", "q": "0.5", "m": row % 2 == 0}
            )
            contents.append({"e": "bookTicker", "T": ms, "s": "BTCUSDT", "b": "5", "B": "1", "a": "6", "A": f"{row + 1}"})
            contents.append(
                {"e": "depthUpdate", "E": ms, "s": "BTCUSDT", "U": 11 + row, "u": 11 + row, "b": [["5", f"{row}"]], "a": []}
            )
        (tmp_path / "x.gz").write_bytes(gzip.compress(recorded(contents).encode()))
        (tmp_path / "broken.gz").write_bytes(b"no gzip")
        return tmp_path


class TestHyperliquid(DataSourceContract):
    component = HyperliquidRecording
    options = ({"path": "x.log"},)
    symbols = ("BTC",)
    kinds = ("trades", "book")
    failing = ({"path": "not-there.log"}, {"path": "broken.log"})

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        contents = []
        for row in range(COUNT):
            ms = START // MS + 1000 * row
            trade = {"coin": "BTC", "px": "5", "sz": "2", "side": "AB"[row % 2], "time": ms, "tid": row + 1}
            levels = [[{"px": "5", "sz": f"{row + 1}", "n": 1}], [{"px": "6", "sz": "2", "n": 1}]]
            contents.append({"channel": "trades", "data": [trade]})
            contents.append({"channel": "l2Book", "data": {"coin": "BTC", "time": ms, "levels": levels}})
        (tmp_path / "x.log").write_text(recorded(contents))
        (tmp_path / "broken.log").write_text("1 {'channel'\n")
        return tmp_path


class TestBybit(DataSourceContract):
    component = BybitArchive
    options = ({"path": "x.zip"}, {"path": "x.zip", "clock": "exchange"})
    symbols = ("BTC",)
    kinds = ("book",)
    failing = ({"path": "not-there.zip"}, {"path": "broken.zip"})

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        contents = []
        for row in range(COUNT):
            ms = START // MS + 1000 * row
            data = {"s": "BTC", "b": [["1", f"{row + 1}"]], "a": [["3", "4"]], "u": row + 1, "seq": 1}
            kind = "delta" if row else "snapshot"
            contents.append({"topic": "orderbook.500.BTC", "type": kind, "ts": ms, "data": data, "cts": ms - 1})
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.writestr("x.data", "".join(json.dumps(one) + "\n" for one in contents))
        (tmp_path / "broken.zip").write_bytes(b"no zip")
        return tmp_path


class TestDatabento(DataSourceContract):
    component = Databento
    options = ({"path": "x.dbn"},)
    symbols = ("ES",)
    interval = "1m"
    failing = ({"path": "not-there.dbn"}, {"path": "broken.dbn"})

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        span = SimpleNamespace(start_date=date(2024, 8, 1), end_date=date(2024, 8, 31), symbol="7")
        kinds = dbn.SType.RAW_SYMBOL, dbn.SType.INSTRUMENT_ID
        mappings = [SimpleNamespace(raw_symbol="ES", intervals=[span])]
        start = START // MINUTE * MINUTE
        more = {"symbols": ["ES"], "mappings": mappings, "end": start + COUNT * MINUTE}
        metadata = dbn.Metadata("GLBX.MDP3", start, *kinds, dbn.Schema.OHLCV_1M, **more)
        rows = (
            dbn.OHLCVMsg(dbn.RType.OHLCV_1M, 1, 7, start + row * MINUTE, *(price * 10**9 for price in (5, 7, 4, 6)), 10 + row)
            for row in range(COUNT)
        )
        (tmp_path / "x.dbn").write_bytes(metadata.encode() + b"".join(map(bytes, rows)))
        (tmp_path / "broken.dbn").write_bytes(b"no DBN")
        return tmp_path
