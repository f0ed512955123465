"""Every equity, crypto, FX and futures bar file of the development data: it loads, or is refused for what is wrong with it."""

import gzip
import json
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradekit import BarRequest, DataError, DataSource
from tradekit.builtin.sources import CsvSource, ParquetSource
from tradekit.data.interval import parse_interval
from tradekit.data.load import load_bars
from tradekit.data.quality.policy import Policy

LEAN_BARS = {"header": False, "time_format": "%Y%m%d %H:%M", "names": ["time", "open", "high", "low", "close", "volume"]}
LEAN_QUOTES = {**LEAN_BARS, "names": [*LEAN_BARS["names"], "ask_open", "ask_high", "ask_low", "ask_close", "ask_size"]}
YAHOO_DAY = {"time_format": "%m/%d/%Y"}
NEWEST_FIRST = {"unsorted": "sort"}
OHLC = "open or close not between low and high"


@dataclass
class Group:
    """Files that are read alike; `mended` and `refused` say which policy they need, and what is said without it."""

    pattern: str
    interval: str
    options: dict = field(default_factory=dict)
    reader: str = "csv"
    symbols: tuple = ("X",)
    mended: dict = field(default_factory=dict)
    refused: str = ""
    rows: int | None = None


CRYPTO = [
    *(
        Group(f"crypto/**/*-{interval}{kind}.feather", interval, reader="parquet")
        for interval in ("1m", "3m", "5m", "15m", "1h", "8h")
        for kind in ("", "-futures", "-futures.*", "-mark", "-mark.*", ".*")
    ),
    Group("crypto/binance_spot_1m_2021_05/*.json.gz", "1m", reader="json"),
    Group("crypto/other_venues/coinbase_BTC-USD_4h_2016_2025.json.gz", "4h", reader="json", rows=20695),
    Group("crypto/other_venues/binance_btcusdt_day_2020.csv", "1d", rows=366),
    Group("crypto/other_venues/bitstamp_btcusd_min_2020_01_01.csv", "1m", rows=1440),
    Group(
        "crypto/other_venues/bitfinex_BTC-USD_1h.csv.gz",
        "1h",
        {"columns": {"volume": "VolumeFrom"}},
        symbols=("BTCUSD",),
        mended=NEWEST_FIRST,
        refused="bars with a time before that of the bar above",
        rows=17583,
    ),
    *(
        Group(
            "crypto/bittrex_2018/ADA_BTC.csv.gz",
            interval,
            {"columns": {"time": time}, "label": label, "where": {"time_frame": interval}},
            rows=rows,
        )
        for time, label in (("bar_start_s", "open"), ("bar_end_s", "close"))
        for interval, rows in (("1m", 12322), ("5m", 5730), ("30m", 1919), ("1h", 1440), ("1d", 295))
    ),
    Group("crypto/lean_minute/coinbase_daily_btcusd_trade.zip", "1d", LEAN_BARS, rows=1318),
    Group("crypto/lean_minute/*/*/*.zip", "1m", reader="lean"),
]
FX = [
    Group("fx/EURUSD_1h_2017_2018.csv", "1h", rows=5000),
    Group("fx/fxcm_gbpusd_1m_*.csv.gz", "1m", rows=30117),
    Group("fx/lean_oanda/daily/*.zip", "1d", LEAN_QUOTES, rows=3738),
    Group("fx/lean_oanda/hour/eurusd.zip", "1h", LEAN_QUOTES, rows=74439),
    Group("fx/lean_oanda/minute/eurusd/*.zip", "1m", reader="lean"),
]
DAILY = [
    Group("equity_daily/GOOG_2004_2013.csv", "1d", rows=2148),
    Group("equity_daily/nvda-1999-2014.csv.gz", "1d", rows=4012),
    Group("equity_daily/orcl-1995-2014.csv.gz", "1d", rows=5036),
    Group("equity_daily/msft.csv.gz", "1d", YAHOO_DAY, rows=8111),
    Group("equity_daily/spx.csv.gz", "1d", YAHOO_DAY, rows=8111),
    Group("equity_daily/sp500_index_1999_2018.csv.gz", "1d", YAHOO_DAY, rows=5031),
    Group("equity_daily/sp500_index_1990_2022.csv.gz", "1d", {"layout": "wide"}, symbols=("SP500",), rows=8313),
    Group("equity_daily/sp500_20stocks_adjclose_1990_2022.csv.gz", "1d", {"layout": "wide"}, symbols=(), rows=20 * 8313),
    Group("equity_daily/factor_etfs_2014_2022.csv.gz", "1d", {"layout": "wide"}, symbols=(), rows=5 * 2264),
    Group(
        "equity_daily/vix_index.csv.gz",
        "1d",
        {"columns": dict.fromkeys(("open", "high", "low", "close"), "vix"), **YAHOO_DAY},
        mended={"missing": "drop"},
        refused="a value missing",
    ),
    Group("equity_daily/us9_2004_2014/bars.csv.gz", "1d", symbols=(), rows=24646),
    Group(
        "equity_daily/wiki_5stocks_2015_2017.csv.gz",
        "1d",
        {"columns": {"symbol": "Stock"}},
        symbols=(),
        mended=NEWEST_FIRST,
        refused="(the newest come first)",
        rows=3634,
    ),
    Group("equity_daily/wiki/*.csv", "1d", mended=NEWEST_FIRST, refused="(the newest come first)"),
    Group("equity_daily/etf_yahoo_2007_2013/*.csv", "1d", mended=NEWEST_FIRST, refused="(the newest come first)"),
]
DEFECTS = [
    *(
        Group(f"equity_defects/{name}*", "1d")
        for name in ("4063-T-1d-bad-div", "8TRA-DE-1d", "KME-MI-1d", "CALM-1d", "DODFX-1d", "ALPHA-PA-1d")
    ),
    Group("equity_defects/ASAI-L-1h*", "1h", rows=20),
    Group("equity_defects/AV-L-1wk*", "1w", rows=84),
    Group("equity_defects/EA-15m*", "15m", rows=319),
    *(
        Group(f"equity_defects/{name}*", "1d", mended=NEWEST_FIRST, refused="(the newest come first)")
        for name in ("4063-T-1d-bad-stock-split", "AET-L-1d", "CNE-L-1d", "LA-V-1d")
    ),
    Group("equity_defects/ABDP-L-1d*", "1d", mended={"ohlc": "widen"}, refused=f"44 bars with {OHLC}", rows=665),
    Group("equity_defects/1398-HK-1d*", "1d", mended={"missing": "drop"}, refused="1 bar with a value missing", rows=647),
    Group("equity_defects/REL-L-1d*", "1d", mended={"missing": "drop", "ohlc": "drop"}, refused=f"1 bar with {OHLC}", rows=663),
]
INTRADAY = [
    Group(
        "equity_intraday/SPY_1m_2011_01_03.csv.gz",
        "1m",
        {
            "header": False,
            "separator": ";",
            "label": "close",
            "time_format": "%Y%m%d %H%M%S",
            "names": LEAN_BARS["names"],
        },
        rows=14180,
    ),
    Group("equity_intraday/SPY_1m_2020_12.csv", "1m", {"tz": "America/New_York"}, rows=1564),
    Group("futures/6EH4_XCME_1m_2024_01.csv.gz", "1m", rows=29996),
    Group(
        "futures/eurostoxx_fut_1m_2006.csv.gz",
        "1m",
        {"names": ["date", "time", "open", "high", "low", "close", "volume", "oi"], "columns": {"time": ["date", "time"]}},
        rows=30889,
    ),
]
GROUPS = [*CRYPTO, *FX, *DAILY, *DEFECTS, *INTRADAY]
NOT_BARS = ("funding_rate", "trades", "BCHEUR", "margin_interest", "tick", "dividends", "splits")


def files_of(group: Group, root: Path) -> list[Path]:
    return sorted(path for path in root.glob(group.pattern) if path.is_file() and not any(word in str(path) for word in NOT_BARS))


def cases() -> list:
    root = Path(os.environ.get("TRADEKIT_TEST_DATA", ""))
    if root == Path():
        return [pytest.param(None, None, marks=pytest.mark.skip("TRADEKIT_TEST_DATA is not set"))]
    return [
        pytest.param(group, path, id=f"{path.relative_to(root)}-{number}")
        for number, group in enumerate(GROUPS)
        for path in files_of(group, root)
    ]


def source_of(group: Group, path: Path, folder: Path) -> DataSource:
    if group.reader in ("json", "lean"):
        path = as_parquet(path, folder)
    kind = CsvSource if group.reader == "csv" else ParquetSource
    return kind(kind.Options.model_validate({"path": path, **group.options}))


def as_parquet(path: Path, folder: Path) -> Path:
    """Write what no source reads by itself as Parquet: JSON, and LEAN's minutes, whose times count from midnight."""
    names = ["time", "open", "high", "low", "close", "volume"]
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            rows = np.loadtxt(archive.open(archive.namelist()[0]), delimiter=",", usecols=range(6))
        day = np.datetime64(f"{path.name[:4]}-{path.name[4:6]}-{path.name[6:8]}", "ms").astype(np.int64)
        columns = [rows[:, 0].astype(np.int64) + day, *rows[:, 1:].T]
    else:
        content = json.loads(gzip.decompress(path.read_bytes()))
        if isinstance(content, dict):
            content = [[int(candle["start"]), *(candle[name] for name in names[1:])] for candle in content["candles"]]
        columns = [list(column) for column in zip(*content, strict=True)]
    target = folder / "bars.parquet"
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), target)
    return target


@pytest.mark.parametrize(("group", "path"), cases())
def test_bar_file_of_the_market_data_loads_or_is_refused_for_its_defects(group: Group, path: Path, tmp_path: Path) -> None:
    source = source_of(group, path, tmp_path)
    request = BarRequest(group.symbols, parse_interval(group.interval))
    if group.refused:
        with pytest.raises(DataError) as error:
            load_bars(source, request, Policy())
        assert group.refused in str(error.value)
    loaded = load_bars(source, request, Policy(**group.mended))
    assert bool(loaded.notes) == bool(group.mended)
    rows = sum(fact["rows"] for fact in loaded.facts)
    assert rows == np.count_nonzero(loaded.bars.exists)
    if group.rows is not None:
        assert rows == group.rows
    assert loaded.bars.close.min(where=loaded.bars.exists, initial=np.inf) > 0


def test_no_bar_file_of_the_market_data_is_left_out(market_data: Path) -> None:
    covered = {path for group in GROUPS for path in files_of(group, market_data)}
    folders = ("crypto", "fx", "equity_daily", "equity_defects", "equity_intraday")
    files = {path for folder in folders for path in (market_data / folder).rglob("*") if path.is_file()}
    assert sorted(path.name for path in files - covered if not any(word in str(path) for word in NOT_BARS)) == []


def test_year_files_of_several_instruments_load_on_one_clock(market_data: Path) -> None:
    path = market_data / "equity_daily" / "etf_yahoo_2007_2013" / "{symbol}-*-yahoofinance.csv"
    loaded = load_bars(CsvSource(CsvSource.Options(path=path)), BarRequest((), parse_interval("1d")), Policy(unsorted="sort"))
    assert loaded.bars.symbols == ("DBC", "IEF", "SPY", "VEU", "VNQ", "VTI")
    assert sum(fact["rows"] for fact in loaded.facts) == 10528
    assert len(loaded.bars) == 1762


def test_bars_labelled_by_their_end_are_those_labelled_by_their_start(market_data: Path) -> None:
    path, hour = market_data / "crypto" / "bittrex_2018" / "ADA_BTC.csv.gz", parse_interval("1h")
    by_start, by_end = (
        load_bars(CsvSource(CsvSource.Options.model_validate({"path": path, **options})), BarRequest(("X",), hour), Policy())
        for options in (
            {"columns": {"time": "bar_start_s"}, "where": {"time_frame": "1h"}},
            {"columns": {"time": "bar_end_s"}, "where": {"time_frame": "1h"}, "label": "close", "unit": "s"},
        )
    )
    assert by_start.facts[0]["sha256"] == by_end.facts[0]["sha256"]


def test_regular_session_of_new_york_opens_at_half_past_two_utc_in_winter(market_data: Path) -> None:
    options = CsvSource.Options(path=market_data / "equity_intraday" / "SPY_1m_2020_12.csv", tz="America/New_York")
    loaded = load_bars(CsvSource(options), BarRequest(("SPY",), parse_interval("1m")), Policy())
    assert (loaded.facts[0]["first"], loaded.facts[0]["last"]) == ("2020-12-15T14:30:00Z", "2020-12-18T21:00:00Z")
