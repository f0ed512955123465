"""Every file of the development data is read through its source, and bars load or are refused for what is wrong with them."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from market_files import Read, cases, content, source_of, told_rows
from tradekit import BarRequest, DataError
from tradekit.builtin.sources import CsvSource
from tradekit.data.interval import parse_interval
from tradekit.data.load import load_bars
from tradekit.data.quality.policy import Policy

KINDS = ("bars", "trades", "quotes", "book", "funding", "actions")


def params(*kinds) -> list:
    root = Path(os.environ.get("TRADEKIT_TEST_DATA", ""))
    if root == Path():
        return [pytest.param(None, None, marks=pytest.mark.skip("TRADEKIT_TEST_DATA is not set"))]
    return [
        pytest.param(entry, path, id=f"{path.relative_to(root)}-{entry.kind}-{number}")
        for number, (entry, path) in enumerate(cases(root, *kinds))
    ]


@pytest.mark.parametrize(("entry", "path"), params(*KINDS))
def test_file_of_the_market_data_has_the_rows_that_its_readme_says(entry: Read, path: Path, market_data: Path) -> None:
    if entry.refused and not entry.policy:
        with pytest.raises(DataError) as error:
            content(entry, path)
        assert entry.refused in str(error.value)
        return
    rows = sum(map(len, content(entry, path).values()))
    told = told_rows(market_data).get(str(path.relative_to(market_data)), (None, 1))[0]
    expected = told if entry.rows is None else entry.rows
    assert rows > 0
    assert expected in (rows, None)


def test_folders_of_the_market_data_have_the_rows_that_their_readme_says(market_data: Path) -> None:
    told = {name: found for name, found in told_rows(market_data).items() if name.endswith("/")}
    for name in ("equity_daily/etf_yahoo_2007_2013/", "equity_defects/"):
        found = [(entry, path) for entry, path in cases(market_data, "bars") if str(path).startswith(str(market_data / name))]
        assert (sum(len(content(entry, path)["X"]) for entry, path in found), len(found)) == told[name]


@pytest.mark.parametrize(("entry", "path"), params("bars"))
def test_bar_file_of_the_market_data_loads_or_is_refused_for_its_defects(entry: Read, path: Path) -> None:
    source = source_of(entry, path)
    request = BarRequest(entry.tradable or entry.symbols, parse_interval(entry.interval))
    if entry.refused:
        with pytest.raises(DataError) as error:
            load_bars(source, request, Policy())
        assert entry.refused in str(error.value)
        if not entry.policy:
            return
    loaded = load_bars(source, request, Policy(**entry.policy))
    assert bool(loaded.notes) == any(choice != "accept" for choice in entry.policy.values())
    assert sum(fact["rows"] for fact in loaded.facts) == np.count_nonzero(loaded.bars.exists)
    assert loaded.bars.close.min(where=loaded.bars.exists, initial=np.inf) > 0


@pytest.mark.parametrize(("entry", "path"), params("bars"))
def test_defects_in_the_catalogue_are_those_in_the_file(entry: Read, path: Path) -> None:
    counted = {"missing", "gaps", "zero_volume", "ohlc", "blank"} & set(entry.defects)
    if not counted:
        return
    found: Counter = Counter()
    step = parse_interval(entry.interval)
    for bars in content(entry, path).values():
        steps = np.diff(np.sort(bars.open_time)) // step
        found["missing"] += int((steps - 1).sum())
        found["gaps"] += int((steps > 1).sum())
        found["zero_volume"] += int((bars.volume == 0).sum())
        prices = np.stack([bars.open, bars.high, bars.low, bars.close])
        found["blank"] += int(np.isnan(prices).any(axis=0).sum())
        found["ohlc"] += int(((bars.high < prices.max(axis=0)) | (bars.low > prices.min(axis=0))).sum())
    assert {name: found[name] for name in counted} == {name: entry.defects[name] for name in counted}


@pytest.mark.parametrize(("entry", "path"), params("trades", "quotes"))
def test_times_that_are_there_twice_are_as_many_as_the_catalogue_says(entry: Read, path: Path) -> None:
    if "repeated" in entry.defects:
        (ticks,) = content(entry, path).values()
        again = np.diff(ticks.time) == 0
        shared = np.append(again, False) | np.append(False, again)
        assert entry.defects["repeated"] in (int(again.sum()), int(shared.sum()))


def test_trades_of_the_market_data_say_who_took_where_their_file_does(market_data: Path) -> None:
    known = {
        path.name: Counter(next(iter(content(entry, path).values())).side.tolist())
        for entry, path in cases(market_data, "trades")
        if entry.source in ("csv", "parquet")
    }
    assert known["XRP_ETH-trades.feather"] == {1: 6524, -1: 5953}
    assert known["bitmex_trades_XBTUSD.csv"] == {-1: 10}
    assert sum(known["binance_btcusdt_trades_2021_01_08.parquet"].values()) == 2001
    assert set(known["binance_btcusdt_trades_2021_01_08.parquet"]) == {1, -1}
    assert set(known["BCHEUR.csv"]) == {0}


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
