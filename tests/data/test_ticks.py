"""Trades, quotes and book updates out of files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from tradekit import BarRequest, DataError, trade_number
from tradekit.builtin.sources import CsvSource, ParquetSource

SECOND = 1_000_000_000
START = 1_704_067_200 * SECOND


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def source(**options):
    return CsvSource(CsvSource.Options.model_validate(options))


def read(kind, text, *symbols, start=None, end=None, formats=None, **table):
    """Return what a source without bars reads from a table of a kind."""
    Path("x.csv").write_text(text)
    options = {kind: {"path": "x.csv", **table}} | ({"formats": {kind: formats}} if formats else {})
    found = getattr(source(**options), kind)(BarRequest(symbols or ("X",), 0, start, end))
    return found if len(symbols) > 1 else next(iter(found.values()))


def refusal(kind, text, *symbols, **table):
    with pytest.raises(DataError) as error:
        read(kind, text, *symbols, **table)
    return str(error.value)


def test_trades_with_side_and_number():
    text = "time,id,side,price,amount\n2024-01-01 00:00:00.5,17,buy,5,1\n2024-01-01 00:00:01,18,sell,4,2\n"
    found = read("trades", text)
    assert found.time.tolist() == [START + SECOND // 2, START + SECOND]
    assert (found.price.tolist(), found.size.tolist()) == ([5, 4], [1, 2])
    assert (found.side.tolist(), found.number.tolist()) == ([1, -1], [17, 18])


def test_trades_whose_buyer_waited_were_taken_by_a_seller():
    rows = "1704067200,5,1,true\n1704067201,5,1,false\n"
    for name in ("buyer_maker", "isBuyerMaker", "is_buyer_maker"):
        assert read("trades", f"time,price,qty,{name}\n{rows}").side.tolist() == [-1, 1]
    assert read("trades", f"time,price,qty,m\n{rows}", columns={"buyer_maker": "m"}).side.tolist() == [-1, 1]


def test_trades_prefer_the_side_unless_the_buyer_is_named():
    text = "time,price,qty,side,buyer_maker\n1704067200,5,1,buy,true\n"
    assert read("trades", text).side.tolist() == [1]
    assert read("trades", text, columns={"buyer_maker": "buyer_maker"}).side.tolist() == [-1]


def test_trades_without_what_is_not_read_have_none():
    text = "time,price,size,side,id\n1704067200,5,1,buy,7\n"
    found = read("trades", text, columns={"side": False, "number": False})
    assert (found.side.tolist(), found.number.tolist()) == ([0], [0])
    assert read("trades", "time,price,size\n1704067200,5,1\n").side.tolist() == [0]


def test_trades_with_numbers_that_are_texts_keep_them_apart():
    found = read("trades", "time,price,size,trade_id\n1704067200,5,1,ab-1\n1704067200,5,1,ab-2\n")
    assert found.number.tolist() == [trade_number("ab-1"), trade_number("ab-2")]


def test_ticks_are_cut_to_the_range_and_told_apart_by_symbol():
    text = "time,symbol,bid,ask\n" + "".join(f"{1704067200 + row},{'XY'[row % 2]},{row + 1},{row + 2}\n" for row in range(8))
    found = read("quotes", text, "X", "Y", start=START + 2 * SECOND, end=START + 6 * SECOND)
    assert (found["X"].bid.tolist(), found["Y"].bid.tolist()) == ([3, 5], [4, 6])


@pytest.mark.parametrize(
    ("head", "note"),
    [
        ("time,bid,ask,bid_size,ask_size", "x.csv"),
        ("timestamp,bid_price,ask_price,bid_amount,ask_amount", "x.csv"),
        ("ts,Bid,Ask,bid_qty,ask_qty", "x.csv"),
    ],
)
def test_quotes_are_found_by_their_usual_names(head, note):
    found = read("quotes", f"{head}\n2024-01-01T00:00:00Z,1,2,3,4\n2024-01-01T00:00:01Z,,2,,4\n")
    assert (found.bid_size.tolist(), found.ask.tolist(), found.ask_size.tolist()) == ([3, 0], [2, 2], [4, 4])
    assert found.bid[0] == 1
    assert np.isnan(found.bid[1])
    assert found.origin == note


@pytest.mark.parametrize(
    ("head", "row", "note"),
    [("time,bid,ask", "1704067200,1,2", "no sizes"), ("time,bid,ask,bid_size", "1704067200,1,2,3", "sizes of one side only")],
)
def test_quotes_without_sizes_say_so(head, row, note):
    found = read("quotes", f"{head}\n{row}\n", unit="s")
    assert found.ask_size.tolist() == [0]
    assert found.origin == f"x.csv ({note})"


def test_book_is_changes_of_levels():
    text = (
        "symbol,timestamp,is_snapshot,side,price,amount\nX,1704067200,true,bid,5,1\nX,1704067200,true,ask,6,2\n"
        "X,1704067201,false,ask,6,0\n"
    )
    found = read("book", text)
    assert found.is_snapshot.tolist() == [True, True, False]
    assert (found.side.tolist(), found.price.tolist(), found.size.tolist()) == ([1, -1, -1], [5, 6, 6], [1, 2, 0])
    assert found.sequence.tolist() == [0, 0, 0]


def test_book_of_a_venue_has_its_numbers():
    text = "time,last_update_id,side,update_type,price,qty\n1704067200,77,b,snap,5,1\n1704067201,78,a,set,6,2\n"
    found = read("book", text)
    assert (found.sequence.tolist(), found.is_snapshot.tolist()) == ([77, 78], [True, False])


def test_book_with_levels_side_by_side_is_a_whole_book_a_row():
    names = "bids[0].price,bids[0].amount,asks[0].price,asks[0].amount,bids[1].price,bids[1].amount,asks[1].price,asks[1].amount"
    found = read("book", f"time,{names}\n1704067200,5,1,6,2,4,3,7,4\n1704067200,5,2,6,2,,,7,4\n", levels={})
    assert found.price.tolist() == [5, 6, 4, 7, 5, 6, 7]
    assert found.size.tolist() == [1, 2, 3, 4, 2, 2, 4]
    assert found.side.tolist() == [1, -1, 1, -1, 1, -1, -1]
    assert found.sequence.tolist() == [1] * 4 + [2] * 3
    assert found.is_snapshot.all()


def test_levels_may_count_from_one_under_other_names():
    levels = {"bid_price": "b{level}", "bid_size": "bs{level}", "ask_price": "a{level}", "ask_size": "as{level}"}
    found = read("book", "time,b1,bs1,a1,as1\n1704067200,5,1,6,2\n", levels=levels)
    assert (found.price.tolist(), found.size.tolist()) == ([5, 6], [1, 2])
    message = "no column 'b1' in 'x.csv'; it has 'time', 'c1'"
    assert refusal("book", "time,c1\n1704067200,1\n", levels=levels).startswith(message)


def test_level_without_its_number_is_refused():
    with pytest.raises(ValidationError, match=r"'bid' is one column; put \{level\} where its name counts the levels"):
        source(book={"path": "x.csv", "levels": {"bid_price": "bid"}})


def test_tables_without_rows_have_nothing():
    assert refusal("trades", "time,price,size,side,id\n") == "no trades of 'X' in 'x.csv'"
    Path("y_1.csv").write_text("time,price,size,side,id\n")
    Path("y_2.csv").write_text("time,price,size,side,id\n1704067200,5,1,buy,7\n")
    found = source(trades={"path": "{symbol}_*.csv"}).trades(BarRequest(("y",), 0))["y"]
    assert (found.side.tolist(), found.number.tolist(), found.side.dtype.name) == ([1], [7], "int8")


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("trades", "time,price,size,side\n1,5,1,up\n", "'x.csv', column 'side': row 1: 'up' is not a side; buy, bid, b or 1, and"),
        ("trades", "time,symbol,price,size\n1704067200,Y,5,1\n", "no trades of 'X' in 'x.csv'"),
        ("trades", "time,price,size,amount\n1704067200,5,1,1\n", "'size', 'amount' in 'x.csv' could each be the size; name one: "),
        (
            "trades",
            "time,price,size,id,number\n1704067200,5,1,1,1\n",
            "'id', 'number' in 'x.csv' could each be the number; name one",
        ),
        (
            "trades",
            "time,price,size\n1704067201,5,1\n1704067200,5,1\n",
            "the trades of 'X' from 'x.csv (times in s since 1970)' are",
        ),
        (
            "quotes",
            "time,bid\n1704067200,5\n",
            "no column of 'x.csv' is called 'ask' or 'ask_price'; it has 'time', 'bid'; name it: ",
        ),
        (
            "quotes",
            "time,bid,ask\n1704067200,0,5\n",
            "the quotes of 'X' from 'x.csv (times in s since 1970) (no sizes)' are refused: ",
        ),
        (
            "book",
            "time,price,size\n1704067200,5,1\n",
            "no column of 'x.csv' is called 'side'; it has 'time', 'price', 'size'; name it",
        ),
        (
            "book",
            "time,side,price,size\n1704067200,,5,1\n",
            "the book updates of 'X' from 'x.csv (times in s since 1970)' are refused:",
        ),
        (
            "book",
            "time,side,price,size,is_snapshot\n1704067200,b,5,1,so\n",
            "'x.csv', column 'is_snapshot': row 1: 'so' is not yes or",
        ),
    ],
)
def test_ticks_that_can_not_be_used_are_refused(kind, text, message):
    table = {"unit": "s"} if text.splitlines()[1].startswith("1,") else {}
    assert refusal(kind, text, **table).startswith(message)


def test_files_that_differ_in_their_columns_are_refused():
    Path("x_1.csv").write_text("time,price,size\n1704067200,5,1\n")
    Path("x_2.csv").write_text("time,price,size,side\n1704067201,5,1,buy\n")
    with pytest.raises(DataError) as error:
        source(trades={"path": "x_*.csv"}).trades(BarRequest(("X",), 0))
    assert str(error.value) == ("'x_2.csv' has a column for the side, and 'x_1.csv' has none; read them as tables of their own")


def test_parquet_keeps_large_numbers_and_flags():
    table = {"time": [START], "price": [5.0], "size": [1.0], "trade_id": [2**62 + 1], "buyer_maker": [True]}
    pq.write_table(pa.table(table), "x.parquet")
    options = ParquetSource.Options.model_validate({"trades": {"path": "x.parquet"}})
    found = ParquetSource(options).trades(BarRequest(("X",), 0))["X"]
    assert (found.number.tolist(), found.side.tolist()) == ([2**62 + 1], [-1])


def test_source_of_trades_alone_lists_its_instruments_and_has_no_bars():
    Path("x.csv").write_text("time,symbol,price,size\n1704067200,B,5,1\n1704067200,A,5,1\n")
    one = source(trades={"path": "x.csv"})
    assert [instrument.symbol for instrument in one.instruments()] == ["A", "B"]
    with pytest.raises(DataError) as error:
        one.bars(BarRequest(("A",), 3600 * SECOND))
    assert str(error.value) == "no file of bars of 1h is named; say where they are: path = '...'"


@pytest.mark.parametrize(
    ("options", "symbols"),
    [
        ({"quotes": {"path": "{symbol}.csv"}}, ["x"]),
        ({"funding": {"path": "x.csv"}}, ["x"]),
        ({"actions": {"splits": {"path": "x.csv", "columns": {"symbol": "name"}}}}, ["A"]),
    ],
)
def test_source_without_bars_lists_the_instruments_of_its_first_table(options, symbols):
    Path("x.csv").write_text("time,name,value\n1704067200,A,5\n")
    assert [instrument.symbol for instrument in source(**options).instruments()] == symbols


def test_source_that_names_no_file_is_refused():
    with pytest.raises(ValidationError, match=r"no file is named; say where the bars are, such as path = 'bars\.csv', or name a"):
        source()
