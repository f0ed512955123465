"""Funding rates, corporate actions and trades out of files."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from tradekit import ActionKind, BarRequest, DataError
from tradekit.builtin.sources import CsvSource, ParquetSource

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
SPLIT, DIVIDEND, DELISTING = ActionKind


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**files):
    for name, text in files.items():
        Path(f"{name}.csv").write_text(text)


def source(**options):
    return CsvSource(CsvSource.Options.model_validate({"path": "bars.csv", **options}))


def refusal(ask):
    with pytest.raises(DataError) as error:
        ask()
    return str(error.value)


def days(found):
    return [str(np.datetime64(time, "ns").astype("M8[D]")) for time in found.time.tolist()]


def actions_of(symbol="X", symbols=None, **tables):
    return source(actions=tables).actions(symbols or [symbol]).get(symbol)


def test_source_without_tables_has_nothing():
    plain = source()
    assert (plain.funding(["X"]), plain.actions(["X"]), plain.trades(BarRequest(("X",), 0))) == ({}, {}, {})


def test_funding_rates_are_found_by_the_usual_names_and_sorted():
    write(rates="time,rate\n2024-01-01 16:00:00.015,0.0002\n2024-01-01 08:00:00,-0.0001\n")
    found = source(funding={"path": "rates.csv"}).funding(["X"])["X"]
    assert found.rate.tolist() == [-0.0001, 0.0002]
    assert [time % (8 * 3600 * SECOND) for time in found.time.tolist()] == [0, 0]
    assert np.isnan(found.mark).all()
    assert found.origin == "rates.csv"


def test_funding_at_midnight_of_a_zone_is_that_instant():
    write(rates="time,rate\n2024-01-02,0.0002\n")
    found = source(funding={"path": "rates.csv", "tz": "Asia/Tokyo"}).funding(["X"])["X"]
    assert str(np.datetime64(int(found.time[0]), "ns"))[:13] == "2024-01-01T15"


def test_mark_prices_are_those_of_the_same_second():
    write(
        rates="time,symbol,rate\n2024-01-01 08:00:00.003,X,0.1\n2024-01-01 16:00,X,0.2\n2024-01-01 08:00,Y,0.3\n",
        marks="time,symbol,open\n2024-01-01 12:00,X,99\n2024-01-01 08:00,X,100\n",
    )
    mark = {"path": "marks.csv", "columns": {"value": "open"}}
    found = source(funding={"path": "rates.csv", "mark": mark}).funding(["X", "Y"])
    assert found["X"].mark.tolist() == pytest.approx([100.0, np.nan], nan_ok=True)
    assert np.isnan(found["Y"].mark).all()
    assert found["X"].origin == "rates.csv, mark prices from marks.csv"


def test_funding_of_several_files_goes_together():
    write(rates_1="time,rate\n2024-01-01,0.1\n", rates_2="time,rate\n2024-01-02,0.2\n")
    found = source(funding={"path": "rates_*.csv"}).funding(["X"])["X"]
    assert (found.rate.tolist(), found.origin) == ([0.1, 0.2], "rates_1.csv and 1 more")


@pytest.mark.parametrize(
    ("text", "symbols", "message"),
    [
        ("time,rate\n2024-01-01,0.1\n", ["X", "Y"], "'rates.csv' is about one instrument, but 2 are asked for; put {symbol} into"),
        ("time,symbol,rate\n2024-01-01,Y,0.1\n", ["X"], "no funding rates of 'X' in 'rates.csv'"),
        ("time,rate\n", ["X"], "no funding rates of 'X' in 'rates.csv'"),
        (
            "time,x\n2024-01-01,0.1\n",
            ["X"],
            "no column of 'rates.csv' is called 'value' or 'rate' or 'funding_rate' or 'ratio' or 'amount' or 'price'; "
            "it has 'time', 'x'; name it: funding.columns = { value = \"...\" }",
        ),
        (
            "time,rate,price\n2024-01-01,0.1,5\n",
            ["X"],
            "'rate', 'price' in 'rates.csv' could each be the value; name one: funding.columns = { value = \"...\" }",
        ),
        (
            "time,rate\n2024-01-01,0.1\n2024-01-01 00:00:00.004,0.1\n",
            ["X"],
            "the funding rates of 'X' from 'rates.csv' are refused: funding rates must be in order of time, and "
            "2024-01-01T00:00:00Z is there twice",
        ),
        ("time,rate\n2024-01-01,\n", ["X"], "the funding rates of 'X' from 'rates.csv' are refused: a funding rate must be finite"),
    ],
)
def test_funding_that_can_not_be_used_is_refused(text, symbols, message):
    write(rates=text)
    assert refusal(lambda: source(funding={"path": "rates.csv"}).funding(symbols)).startswith(message)


def test_mark_prices_there_twice_are_refused():
    write(rates="time,rate\n2024-01-01,0.1\n", marks="time,price\n2024-01-01,1\n2024-01-01,1\n")
    found = source(funding={"path": "rates.csv", "mark": {"path": "marks.csv"}})
    expected = "the mark prices of 'X' from 'marks.csv' are refused: 2024-01-01T00:00:00Z is there twice"
    assert refusal(lambda: found.funding(["X"])) == expected


def test_actions_of_several_tables_are_one_list_in_order():
    write(
        splits="symbol,effective_date,ratio\nX,2014-06-09,0.125\nY,2014-06-09,0.5\n",
        dividends="symbol,ex_date,amount\nX,2014-08-07,0.47\nX,2014-06-09,0.4\n",
        gone="symbol,date,amount\nX,2020-01-02,0\n",
    )
    found = actions_of(
        splits={"path": "splits.csv", "multiplies": "prices"}, dividends={"path": "dividends.csv"}, delistings={"path": "gone.csv"}
    )
    assert found.kind.tolist() == [SPLIT, DIVIDEND, DIVIDEND, DELISTING]
    assert found.value.tolist() == [8.0, 0.4, 0.47, 0.0]
    assert days(found) == ["2014-06-09", "2014-06-09", "2014-08-07", "2020-01-02"]
    assert found.origin == "splits.csv and dividends.csv and gone.csv"


def test_actions_may_be_columns_of_the_bars():
    write(bars="date,open,high,low,close,volume,Dividends,Stock Splits\n2024-01-03,1,1,1,1,1,0.5,0\n2024-01-02,1,1,1,1,1,0,2\n")
    found = actions_of(
        splits={"path": "bars.csv", "columns": {"value": "Stock Splits"}},
        dividends={"path": "bars.csv", "columns": {"value": "Dividends"}},
    )
    assert list(zip(found.kind.tolist(), found.value.tolist(), strict=True)) == [(SPLIT, 2.0), (DIVIDEND, 0.5)]
    assert found.origin == "bars.csv"


def test_actions_of_one_table_are_told_apart_by_a_column():
    write(actions="date,kind,value\n2024-01-02,split,2\n2024-01-05,dividend,0.5\n")
    tables = {f"{kind}s": {"path": "actions.csv", "where": {"kind": kind}} for kind in ("split", "dividend", "delisting")}
    assert actions_of(**tables).kind.tolist() == [SPLIT, DIVIDEND]


def test_actions_at_midnight_of_a_zone_are_of_that_date():
    write(splits="date,ratio\n2024-01-02T00:00:00-05:00,2\n")
    assert days(actions_of(splits={"path": "splits.csv"})) == ["2024-01-02"]


def test_instruments_without_actions_are_left_out():
    write(splits="symbol,date,ratio\nX,2024-01-02,1\nY,2024-01-02,2\n", Z="date,ratio\n", Y="date,ratio\n2024-01-02,2\n")
    assert list(source(actions={"splits": {"path": "splits.csv"}}).actions(["X", "Y", "Z"])) == ["Y"]
    assert list(source(actions={"splits": {"path": "{symbol}.csv"}}).actions(["Z", "Y"])) == ["Y"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "date,ratio\n2024-01-02,-2\n",
            "the corporate actions of 'X' from 'splits.csv' are refused: the value of a split must be above 0, got -2.0 at 2024",
        ),
        ("date,ratio\n2024-01-02,\n", "the corporate actions of 'X' from 'splits.csv' are refused: the value of a split must be"),
        ("date,ratio\n2024-01-02,2\n2024-01-02,2\n", "the corporate actions of 'X' from 'splits.csv' are refused: actions of one"),
        ("date,ratio\nsoon,2\n", "'splits.csv', column 'date': row 1: 'soon' is not an ISO 8601 time"),
    ],
)
def test_actions_that_can_not_be_right_are_refused(text, message):
    write(splits=text)
    assert refusal(lambda: actions_of(splits={"path": "splits.csv"})).startswith(message)


def test_missing_file_of_actions_is_refused():
    assert refusal(lambda: actions_of(splits={"path": "{symbol}.csv"})).startswith("no file 'X.csv' for 'X'")


def test_trades_are_cut_to_the_range_and_keep_their_order():
    write(trades="ts,price,amount\n1700000000,5,1\n1700000001,7,2\n1700000001,6,3\n1700000002,8,1\n")
    request = BarRequest(("X",), 0, 1_700_000_001 * SECOND, 1_700_000_002 * SECOND)
    found = source(trades={"path": "trades.csv"}).trades(request)["X"]
    assert (found.price.tolist(), found.size.tolist()) == ([7.0, 6.0], [2.0, 3.0])
    assert found.origin == "trades.csv (times in s since 1970)"


def test_trades_that_go_back_and_symbols_without_any_are_refused():
    write(trades="time,symbol,price,size\n2024-01-02,X,5,1\n2024-01-01,X,5,1\n")
    found = source(trades={"path": "trades.csv"})
    assert refusal(lambda: found.trades(BarRequest(("X",), 0))) == (
        "the trades of 'X' from 'trades.csv' are refused: trades must be in order of time, and 2024-01-01T00:00:00Z comes after "
        "2024-01-02T00:00:00Z"
    )
    assert refusal(lambda: found.trades(BarRequest(("Y",), 0))) == "no trades of 'Y' in 'trades.csv'"


def test_csv_other_files_may_be_written_in_another_way():
    write(trades="1700000000;5,5;1\n", bars="date,open,high,low,close\n")
    found = source(
        trades={"path": "trades.csv"},
        formats={"trades": {"header": False, "names": ["ts", "price", "size"], "separator": ";", "decimal": ","}},
    )
    assert found.trades(BarRequest(("X",), 0))["X"].price.tolist() == [5.5]
    assert list(found.column_names(Path("bars.csv"))) == ["date", "open", "high", "low", "close"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"formats": {"trades": {"header": False}}}, "without a header the columns need names"),
        ({"formats": {"actions": {"separator": "."}}}, "separator and decimal are both '.'"),
        ({"formats": {"bars": {}}}, "Input should be 'funding', 'actions', 'trades', 'quotes' or 'bo"),
        ({"actions": {"splits": {"path": "x", "multiplies": "both"}}}, "Input should be 'units' or 'prices'"),
        ({"funding": {"path": "x", "tz": "Moon"}}, "unknown time zone 'Moon'"),
        ({"trades": {"path": "x", "columns": {"time": []}}}, "at least 1 item"),
        ({"intervals": {"hourly": "x.csv"}}, "'hourly' is not an interval"),
    ],
)
def test_options_of_other_files_that_are_wrong_say_so(options, message):
    with pytest.raises(ValidationError) as error:
        source(**options)
    assert message in str(error.value)


def test_bars_of_another_length_have_a_file_of_their_own():
    write(bars="date,open,high,low,close\n2024-01-01 10:00,1,1,1,1\n", fine="date,open,high,low,close\n2024-01-01 10:00,2,2,2,2\n")
    found = source(intervals={"60s": "fine.csv"})
    assert found.bars(BarRequest(("X",), 60 * SECOND))["X"].close.tolist() == [2.0]
    assert found.bars(BarRequest(("X",), 3600 * SECOND))["X"].close.tolist() == [1.0]


def test_perpetuals_of_the_market_data_have_their_rates_and_marks(market_data):
    folder = market_data / "crypto" / "binance_perp_2023_07"
    options = {
        "path": f"{folder}/{{symbol}}-1h-futures.feather",
        "funding": {
            "path": f"{folder}/{{symbol}}-8h-funding_rate.feather",
            "columns": {"value": "open"},
            "mark": {"path": f"{folder}/{{symbol}}-8h-mark.feather", "columns": {"value": "open"}},
        },
    }
    symbols = [f"{coin}/USDT:USDT" for coin in ("ADA", "AVAX", "BTC", "ETH", "LTC")]
    found = ParquetSource(ParquetSource.Options.model_validate(options)).funding(symbols)
    assert {symbol: len(rates) for symbol, rates in found.items()} == dict(zip(symbols, (133, 89, 131, 133, 133), strict=True))
    for rates in found.values():
        assert not (rates.time % (8 * 3600 * SECOND)).any()
        assert (rates.mark > 0).all()
    assert (found["ADA/USDT:USDT"].rate.min(), found["ADA/USDT:USDT"].rate.max()) == pytest.approx((-0.000363, 0.0001), abs=1e-6)


def test_stocks_of_the_market_data_have_their_actions(market_data):
    folder = market_data / "equity_daily" / "us9_2004_2014"
    options = {
        "path": folder / "bars.csv.gz",
        "actions": {
            "splits": {"path": folder / "splits.csv", "multiplies": "prices"},
            "dividends": {"path": folder / "dividends.csv"},
        },
    }
    symbols = ["AAPL", "AMD", "CERN", "COST", "DELL", "GPS", "INTC", "MMM", "MSFT"]
    found = CsvSource(CsvSource.Options.model_validate(options)).actions(symbols)
    assert sum(len(actions) for actions in found.values()) == 5 + 233
    apple = found["AAPL"]
    is_split = apple.kind == SPLIT
    assert apple.value[is_split].tolist() == pytest.approx([2.0, 7.0])
    assert [day for day, split in zip(days(apple), is_split, strict=True) if split] == ["2005-02-28", "2014-06-09"]


def test_trades_of_the_market_data_are_read(market_data):
    folder = market_data / "ticks"
    options = {
        "path": "none.parquet",
        "trades": {"path": folder / "binance_btcusdt_trades_2021_01_08.parquet", "columns": {"size": "quantity"}},
    }
    found = ParquetSource(ParquetSource.Options.model_validate(options)).trades(BarRequest(("BTC/USDT",), 0))["BTC/USDT"]
    assert len(found) == 2001
    assert found.price[0] == 39432.48
    old = CsvSource.Options.model_validate(
        {
            "path": "none.csv",
            "trades": {"path": folder / "bitstampUSD_trades_2011.csv.gz"},
            "formats": {"trades": {"header": False, "names": ["time", "price", "size"]}},
        }
    )
    found = CsvSource(old).trades(BarRequest(("BTC/USD",), 0))["BTC/USD"]
    assert len(found) == 9999
    assert np.count_nonzero(np.diff(found.time) == 0) > 2000
