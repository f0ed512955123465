import pyarrow as pa
import pytest

from tradekit import DataError, trade_number
from tradekit.data.words import read_flags, read_numbers, read_sides, read_takers


def column(values, kind=None):
    return pa.chunked_array([pa.array(values, kind)])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["buy", "SELL", " Buy ", "b", "a", "s"], [1, -1, 1, 1, -1, -1]),
        (["bid", "ask", "bids", "asks", "offer"], [1, -1, 1, -1, -1]),
        ([1, -1, 0], [1, -1, 0]),
        (["buy", None, "", "unknown", "None"], [1, 0, 0, 0, 0]),
        ([None, None], [0, 0]),
    ],
)
def test_sides_are_told_by_their_words(values, expected):
    found = read_sides(column(values))
    assert (found.tolist(), found.dtype.name) == (expected, "int8")


def test_side_that_is_none_is_refused_with_its_row():
    with pytest.raises(DataError) as error:
        read_sides(column(["buy", "long", "long"]), "trades.columns = { side = false }")
    assert str(error.value) == (
        "row 2: 'long' is not a side; buy, bid, b or 1, and sell, ask, a, s or -1 are; or leave it out: "
        "trades.columns = { side = false }"
    )


@pytest.mark.parametrize("values", [[True, False], ["True", "false"], [1, 0], ["snap", "set"], ["snapshot", "update"]])
def test_flags_are_told_by_their_words(values):
    assert read_flags(column(values)).tolist() == [True, False]
    assert read_takers(column(values)).tolist() == [-1, 1]


@pytest.mark.parametrize("value", ["maybe", ""])
def test_flag_that_says_neither_is_refused_with_its_row(value):
    with pytest.raises(DataError) as error:
        read_flags(column(["true", value]))
    assert str(error.value) == f"row 2: {value!r} is not yes or no; true, 1 or snapshot, and false, 0 or update are"


def test_numbers_keep_all_their_digits():
    assert read_numbers(column([2**62 + 1, None])).tolist() == [2**62 + 1, 0]
    assert read_numbers(column([str(2**62 + 1), "7"])).tolist() == [2**62 + 1, 7]
    assert read_numbers(column([1, 2], pa.uint8())).tolist() == [1, 2]
    assert read_numbers(column([None, None])).tolist() == [0, 0]


def test_numbers_that_are_none_are_stood_for_as_the_model_does():
    assert read_numbers(column(["ccc3-fa", "", None, "12"])).tolist() == [trade_number("ccc3-fa"), 0, 0, 12]


def test_numbers_with_decimals_are_refused():
    with pytest.raises(DataError, match="it holds double, neither whole numbers nor texts"):
        read_numbers(column([1.5]))
