import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradekit import BarRequest, DataError
from tradekit.builtin.sources import CsvSource, ParquetSource
from tradekit.data.interval import DAY

BARS = "date,open,high,low,close,volume\n2024-01-01,1,3,0.5,2,10\n2024-01-02,2,4,1.5,3,20\n"
LONG = (
    "date,symbol,open,high,low,close,volume\n2024-01-02,MSFT,2,4,1.5,3,20\n"
    "2024-01-01,AAPL,1,3,0.5,2,10\n2024-01-01,MSFT,5,7,4.5,6,30\n2024-01-02,AAPL,2,4,1.5,3,40\n"
)
WIDE = "date,AAPL,MSFT\n2024-01-01,1,\n2024-01-02,2,3\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(*symbols, path="x.csv", text=None, **options):
    if text is not None:
        Path(path).write_text(text)
    source = CsvSource(CsvSource.Options.model_validate({"path": path, **options}))
    return source.bars(BarRequest(symbols or ("X",), DAY))


def listed(path="x.csv", text=None, **options):
    if text is not None:
        Path(path).write_text(text)
    source = CsvSource(CsvSource.Options.model_validate({"path": path, **options}))
    return [instrument.symbol for instrument in source.instruments()]


def message(*symbols, **options):
    with pytest.raises(DataError) as error:
        read(*symbols, **options)
    return str(error.value)


def test_one_file_with_one_instrument_becomes_its_series(folder):
    series = read(text=BARS)["X"]
    assert series.open_time.tolist() == [19723 * DAY, 19724 * DAY]
    assert (series.close_time - series.open_time).tolist() == [DAY, DAY]
    assert [series.open.tolist(), series.high.tolist(), series.low.tolist()] == [[1, 2], [3, 4], [0.5, 1.5]]
    assert [series.close.tolist(), series.volume.tolist()] == [[2, 3], [10, 20]]
    assert series.origin == "x.csv"


def test_names_of_columns_are_found_whatever_their_case_and_an_unnamed_first_one_is_the_time(folder):
    series = read(text=",Open,HIGH,low,Close\n2024-01-01,1,3,0.5,2\n")["X"]
    assert (series.close.tolist(), series.volume.tolist(), series.origin) == ([2], [0], "x.csv (no volume)")


def test_exact_name_wins_over_another_case(folder):
    assert read(text="date,open,high,low,close,Close\n2024-01-01,1,3,0.5,2,9\n")["X"].close.tolist() == [2]


@pytest.mark.parametrize("volume", [{"volume": False}, {}])
def test_volume_that_is_absent_or_blank_throughout_is_zero_and_said(folder, volume):
    text = BARS.replace(",10\n", ",\n").replace(",20\n", ",\n") if not volume else BARS
    series = read(text=text, columns=volume)["X"]
    assert (series.volume.tolist(), series.origin) == ([0, 0], "x.csv (no volume)")


def test_several_prices_may_be_one_column(folder):
    series = read(text="date,vix\n2024-01-01,13\n", columns=dict.fromkeys(("open", "high", "low", "close"), "vix"))["X"]
    assert [series.open.tolist(), series.high.tolist(), series.low.tolist(), series.close.tolist()] == [[13]] * 4


def test_time_in_two_columns_is_joined(folder):
    text = "date,time,open,high,low,close\n2024-01-01,09:30,1,3,0.5,2\n"
    assert read(text=text, columns={"time": ["date", "time"]})["X"].open_time.tolist() == [19723 * DAY + 570 * 60 * 10**9]
    assert (
        message(text=text)
        == "'date', 'time' in 'x.csv' could each be the time; name one, or several to join: columns = { time = ... }"
    )


def test_long_table_keeps_the_order_of_rows_within_each_instrument(folder):
    series = read("AAPL", "MSFT", text=LONG)
    assert list(series) == ["AAPL", "MSFT"]
    assert (series["AAPL"].volume.tolist(), series["MSFT"].volume.tolist()) == ([10, 40], [20, 30])
    assert listed() == ["AAPL", "MSFT"]


def test_symbol_column_can_be_named_or_denied(folder):
    assert list(read("AAPL", text=LONG.replace("symbol", "Stock"), columns={"symbol": "Stock"})) == ["AAPL"]
    assert len(read("X", text=LONG, columns={"symbol": False})["X"]) == 4


def test_wide_table_has_a_hole_where_a_close_is_blank(folder):
    series = read("MSFT", "AAPL", text=WIDE, layout="wide")
    assert (series["AAPL"].close.tolist(), series["MSFT"].close.tolist()) == ([1, 2], [3])
    assert series["MSFT"].open_time.tolist() == [19724 * DAY]
    assert (series["MSFT"].high.tolist(), series["MSFT"].volume.tolist()) == ([3], [0])
    assert series["MSFT"].origin == "x.csv (closes only, no volume)"
    assert listed(layout="wide") == ["AAPL", "MSFT"]


def test_path_with_symbol_has_a_file_for_each(folder):
    Path("BTC_USDT.csv").write_text(BARS)
    Path("ETH.csv").write_text(BARS.replace(",2,10", ",2,11"))
    series = read("BTC/USDT", "ETH", path="{symbol}.csv")
    assert [series[symbol].volume.tolist() for symbol in series] == [[10, 20], [11, 20]]
    assert listed(path="{symbol}.csv") == ["BTC_USDT", "ETH"]


def test_path_with_symbol_takes_no_notice_of_a_symbol_column(folder):
    Path("AAPL.csv").write_text(LONG)
    assert len(read("AAPL", path="{symbol}.csv")["AAPL"]) == 4


def test_several_files_follow_each_other_in_the_order_of_their_names(folder):
    Path("S-2.csv").write_text(BARS)
    Path("S-1.csv").write_text(BARS.replace(",10\n", ",11\n"))
    series = read(path="S-*.csv")["X"]
    assert (series.volume.tolist(), series.origin) == ([11, 20, 10, 20], "S-1.csv and 1 more")


def test_several_long_files_need_not_have_every_instrument(folder):
    Path("L-1.csv").write_text(LONG)
    Path("L-2.csv").write_text("\n".join(line for line in LONG.splitlines() if "MSFT" not in line) + "\n")
    series = read("MSFT", "AAPL", path="L-*.csv")
    assert (len(series["MSFT"]), len(series["AAPL"])) == (2, 4)
    assert listed(path="L-*.csv") == ["AAPL", "MSFT"]


def test_where_keeps_the_rows_with_that_text(folder):
    text = BARS.replace("date", "kind,date").replace("2024-01-01", "a,2024-01-01").replace("2024-01-02", "b,2024-01-02")
    assert read(text=text, where={"kind": "b"})["X"].volume.tolist() == [20]
    assert message(where={"kind": "c"}) == "where: no 'c' in column 'kind' of 'x.csv'; it has 'a', 'b'"
    assert "no column 'sort' in 'x.csv'" in message(where={"sort": "a"})
    assert read(where={"KIND": "a"})["X"].volume.tolist() == [10]


def test_where_that_fits_no_row_together_is_refused(folder):
    text = "a,b,date,open,high,low,close\n1,2,2024-01-01,1,1,1,1\n3,4,2024-01-02,1,1,1,1\n"
    assert message(text=text, where={"a": "1", "b": "4"}) == "where: no row of 'x.csv' has {'a': '1', 'b': '4'}"


def test_where_narrows_a_wide_table_and_is_no_instrument_of_it(folder):
    text = WIDE.replace("date", "field,date").replace("2024-01-01", "close,2024-01-01").replace("2024-01-02", "open,2024-01-02")
    assert read("AAPL", text=text, layout="wide", where={"field": "close"})["AAPL"].close.tolist() == [1]
    assert listed(layout="wide", where={"field": "close"}) == ["AAPL", "MSFT"]


def test_where_narrows_a_long_table(folder):
    assert read("AAPL", text=LONG.replace("date", "x,date").replace("2024-01-", "1,2024-01-"), where={"x": "1"})[
        "AAPL"
    ].volume.tolist() == [10, 40]


def test_one_instrument_takes_its_name_from_the_file(folder):
    assert listed(path="BTCUSDT-1h.csv", text=BARS) == ["BTCUSDT-1h"]


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (
            BARS.replace("close", "clse"),
            {},
            "no column 'close' in 'x.csv'; it has 'date', 'open', 'high', 'low', 'clse', 'volume'; did you mean 'clse'?; "
            'name it: columns = { close = "..." }',
        ),
        (
            BARS,
            {"columns": {"close": "Adj Close"}},
            "no column 'Adj Close' in 'x.csv'; it has 'date', 'open', 'high', 'low', 'close', 'volume'",
        ),
        (
            BARS,
            {"columns": {"volume": "vol"}},
            "no column 'vol' in 'x.csv'; it has 'date', 'open', 'high', 'low', 'close', 'volume'",
        ),
        (
            BARS,
            {"columns": {"time": "dat"}},
            "no column 'dat' in 'x.csv'; it has 'date', 'open', 'high', 'low', 'close', 'volume'; did you mean 'date'?",
        ),
        (
            BARS.replace("date", "when"),
            {},
            "no column of times in 'x.csv'; it has 'when', 'open', 'high', 'low', 'close', 'volume'; "
            'name it: columns = { time = "..." }',
        ),
        (BARS.replace("volume", "close"), {}, "2 columns of 'x.csv' are called 'close'; give the file other names"),
        (
            BARS,
            {"columns": {"time": "close"}},
            "column 'close' of 'x.csv' can't be both a number and the time, the symbol or a filter",
        ),
        (BARS.replace("-02,", "-32,"), {}, "'x.csv', column 'date': row 2: '2024-01-32' is not an ISO 8601 time"),
        ("date,open,high,low,close\n", {}, "'x.csv' has columns and no rows"),
    ],
)
def test_table_that_is_not_what_the_options_say_is_refused(folder, text, options, expected):
    assert message(text=text, **options).startswith(expected)


def test_more_than_a_dozen_columns_are_not_all_listed(folder):
    assert message(text=",".join(f"c{number}" for number in range(15)) + "\n", columns={"time": "c0"}).count("'c") == 12


@pytest.mark.parametrize(("text", "layout"), [(LONG, "long"), (WIDE, "wide")])
def test_symbol_that_a_table_lacks_is_refused_with_the_nearest(folder, text, layout):
    assert message("AAPL", "MSTF", text=text, layout=layout) == "no 'MSTF' in 'x.csv'; it has 'AAPL', 'MSFT'; did you mean 'MSFT'?"


def test_several_instruments_from_a_file_with_one_are_refused(folder):
    assert message("A", "B", text=BARS) == (
        "'x.csv' holds one instrument, but 2 are asked for; put {symbol} into the path, or name the column that tells: "
        "columns = { symbol = ... }"
    )


def test_file_without_symbols_among_long_ones_is_refused(folder):
    Path("a.csv").write_text(LONG)
    Path("b.csv").write_text(BARS)
    assert message("AAPL", path="*.csv") == "'b.csv' has no symbol column, unlike the other files of '*.csv'"


def parquet(**columns):
    pq.write_table(pa.table({"time": pa.array([0, DAY], pa.timestamp("ns")), **columns}), "x.parquet")
    return ParquetSource(ParquetSource.Options(path=Path("x.parquet"))).bars(BarRequest(("X",), DAY))["X"]


PRICES = {name: pa.array([1.0, 2.0]) for name in ("open", "high", "low")}


@pytest.mark.parametrize(
    "close",
    [
        pa.array([1, 2], pa.int32()),
        pa.array([1, 2], pa.uint8()),
        pa.array([1, 2], pa.float32()),
        pa.array(["1.0", "2"], pa.string()),
        pa.array(["1.0", "2"], pa.large_string()),
        pa.array([1, 2], pa.decimal128(10, 3)),
        pa.array([1, 2], pa.int64()),
    ],
)
def test_prices_of_any_numeric_type_become_float64(folder, close):
    series = parquet(**PRICES, close=close)
    assert (series.close.tolist(), series.close.dtype) == ([1.0, 2.0], np.float64)


def test_decimals_become_the_nearest_float(folder):
    texts = ["0.1", "12345678.87654321"]
    series = parquet(**PRICES, close=pa.array(texts).cast(pa.decimal128(20, 8)))
    assert series.close.tolist() == [float(text) for text in texts]


def test_nulls_become_nan_in_several_chunks(folder):
    columns = [pa.chunked_array([[1.0, None], [3.0]]) for _ in range(4)]
    table = pa.table([pa.array([0, DAY, 2 * DAY], pa.timestamp("ns")), *columns], names=["time", "open", "high", "low", "close"])
    pq.write_table(table, "x.parquet", row_group_size=2)
    series = ParquetSource(ParquetSource.Options(path=Path("x.parquet"))).bars(BarRequest(("X",), DAY))["X"]
    np.testing.assert_array_equal(series.close, [1.0, np.nan, 3.0])


def test_prices_that_are_no_numbers_are_refused(folder):
    with pytest.raises(DataError, match=r"'x.parquet', row 2: 'abc' in column 'close' is not a number"):
        parquet(**PRICES, close=pa.array(["1", "abc"]))
    with pytest.raises(DataError, match=r"column 'close' of 'x.parquet' holds bool, not numbers"):
        parquet(**PRICES, close=pa.array([True, False]))


def test_rows_without_a_symbol_belong_to_no_instrument(folder):
    table = {"time": [0, DAY], **PRICES, "close": [1.0, 2.0], "symbol": [None, "A"]}
    pq.write_table(pa.table({**table, "time": pa.array(table["time"], pa.timestamp("ns"))}), "x.parquet")
    source = ParquetSource(ParquetSource.Options(path=Path("x.parquet")))
    assert [instrument.symbol for instrument in source.instruments()] == ["A"]
    assert source.bars(BarRequest(("A",), DAY))["A"].close.tolist() == [2.0]


def test_gzip_of_a_long_table_is_read_like_the_table(folder):
    Path("x.csv.gz").write_bytes(gzip.compress(LONG.encode(), mtime=0))
    assert read("MSFT", path="x.csv.gz")["MSFT"].volume.tolist() == [20, 30]
