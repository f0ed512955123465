"""Every built-in data source keeps the contract of its kind, and every built-in component has a contract that is applied to it."""

import csv
import importlib.util
import json
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from local_venue import COLUMNS, KLINES, Klines, Reply, serving
from tradekit import Store
from tradekit.builtin import http, json_source, lean, sources, store
from tradekit.data.store.keys import DataKey
from tradekit.plugin.discovery import discover
from tradekit.plugin.packages import KERNEL
from tradekit.testing import ComponentContract, DataSourceContract, FixedClock, markets

MARKET = {"AAA": markets.walk(40), "BBB": markets.walk(40, seed=8)}
NAMES = ("open", "high", "low", "close", "volume")


def bars(symbol):
    """Return bars as rows of text and numbers, as files have them."""
    series = MARKET[symbol]
    columns = (getattr(series, name).tolist() for name in NAMES)
    return [(str(np.datetime64(time, "ns"))[:19], *row) for time, *row in zip(series.open_time.tolist(), *columns, strict=True)]


def trades(symbol):
    found = markets.trades(MARKET[symbol])
    times = (str(np.datetime64(time, "ns")) for time in found.time.tolist())
    return list(zip(times, found.price.tolist(), found.size.tolist(), found.number.tolist(), strict=True))


def write(path, names, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows((names, *rows))


class TestCsv(DataSourceContract):
    component = sources.CsvSource
    symbols = ("AAA", "BBB")
    kinds = ("bars", "trades")
    options = ({"path": "{symbol}.csv", "trades": {"path": "{symbol}-trades.csv"}},)
    failing = ({"path": "not-there.csv"}, {"path": "empty.csv"}, {"path": "other.csv"})

    @pytest.fixture
    def folder(self, tmp_path):
        for symbol in MARKET:
            write(tmp_path / f"{symbol}.csv", ("time", *NAMES), bars(symbol))
            write(tmp_path / f"{symbol}-trades.csv", ("time", "price", "size", "number"), trades(symbol))
        (tmp_path / "empty.csv").write_text("")
        (tmp_path / "other.csv").write_text("a,b\n1,2\n")
        return tmp_path


class TestJson(DataSourceContract):
    component = json_source.JsonSource
    symbols = ("AAA", "BBB")
    options = ({"path": "{symbol}.json"}, {"path": "{symbol}.jsonl", "names": ["time", *NAMES]})
    failing = ({"path": "not-there.json"}, {"path": "broken.json"})

    @pytest.fixture
    def folder(self, tmp_path):
        for symbol in MARKET:
            rows = bars(symbol)
            (tmp_path / f"{symbol}.json").write_text(json.dumps([dict(zip(("time", *NAMES), row, strict=True)) for row in rows]))
            (tmp_path / f"{symbol}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        (tmp_path / "broken.json").write_text('[{"time": ')
        return tmp_path


class TestParquet(DataSourceContract):
    component = sources.ParquetSource
    symbols = ("AAA", "BBB")
    options = ({"path": "bars.parquet"},)
    failing = ({"path": "not-there.parquet"}, {"path": "broken.parquet"})

    @pytest.fixture
    def folder(self, tmp_path):
        table = [dict(zip(("symbol", "time", *NAMES), (symbol, *row), strict=True)) for symbol in MARKET for row in bars(symbol)]
        parquet.write_table(pa.Table.from_pylist(table), tmp_path / "bars.parquet")
        (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
        return tmp_path


class TestLean(DataSourceContract):
    component = lean.LeanSource
    symbols = ("AAA", "BBB")
    options = ({"path": "{symbol}.zip"},)
    failing = ({"path": "not-there.zip"}, {"path": "broken.zip"})

    @pytest.fixture
    def folder(self, tmp_path):
        for symbol in MARKET:
            with zipfile.ZipFile(tmp_path / f"{symbol.lower()}.zip", "w") as archive:
                rows = ((time.replace("-", "").replace("T", " ")[:14], *row) for time, *row in bars(symbol))
                archive.writestr(f"{symbol.lower()}.csv", "\n".join(",".join(map(str, row)) for row in rows))
        (tmp_path / "broken.zip").write_bytes(b"PK and no more")
        return tmp_path


class TestStore(DataSourceContract):
    component = store.StoreSource
    symbols = ("AAA", "BBB")
    kinds = ("bars", "trades")
    options = ({"path": "kept"}, {"path": "kept", "venue": "made", "cache": False})
    failing = ({"path": "not-there"},)

    @pytest.fixture
    def folder(self, tmp_path):
        clock = FixedClock()
        kept = Store(tmp_path / "kept", now=clock.utc)
        for symbol, series in MARKET.items():
            span = int(series.open_time[0]), int(series.close_time[-1])
            for key, data in (
                (DataKey("made", symbol, "bars", "1d"), series),
                (DataKey("made", symbol, "trades"), markets.trades(series)),
            ):
                data_set = kept.create(key)
                with data_set.writing():
                    data_set.put(data, "made", "imported", *span)
        return tmp_path


class TestHttp(DataSourceContract):
    component = http.HttpSource
    symbols = ("AAA",)
    start, end = "2024-01-01", "2024-02-10"
    options = ({"columns": COLUMNS, "limit": 7},)
    failing = ({"address": "http://127.0.0.1:1/bars", "timeout_s": 1},)

    @pytest.fixture
    def settings(self, given):
        rows = [[int(np.datetime64(time, "ms").astype(np.int64)), *map(str, row)] for time, *row in bars("AAA")]
        answer = Klines(rows)
        with serving(lambda path: Reply(b'{"msg": "Invalid symbol."}', 400) if "NOSUCH" in path else answer(path)) as venue:
            yield {**given, "address": venue.address + KLINES}


def contracts(module):
    """Return the components that the contracts of a test module are about."""
    found = vars(module).values()
    return {
        one.component for one in found if isinstance(one, type) and issubclass(one, ComponentContract) and hasattr(one, "component")
    }


def test_every_built_in_component_keeps_a_contract():
    path = Path(__file__).with_name("test_contracts.py")
    spec = importlib.util.spec_from_file_location("applied_contracts", path)
    others = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(others)
    own = {name: value for name, value in globals().items() if name.startswith("Test")}
    applied = contracts(others) | {one.component for one in own.values()}
    assert applied == {one.cls for one in discover([]).components if one.package == KERNEL}
