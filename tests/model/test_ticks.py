import numpy as np
import pytest

from tradekit.errors import DataError
from tradekit.model.ticks import BookUpdates, Quotes, Trades, trade_number


def trades(time, price, size, **others):
    return Trades(np.array(time, np.int64), np.array(price), np.array(size), "", **{n: np.array(v) for n, v in others.items()})


def quotes(time, bid, ask, bid_size=None, ask_size=None):
    ones = [1.0] * len(time)
    columns = (bid, ones if bid_size is None else bid_size, ask, ones if ask_size is None else ask_size)
    return Quotes(np.array(time, np.int64), *map(np.array, columns))


def book(time, side, price, size):
    zeros = np.zeros(len(time), np.int64)
    return BookUpdates(np.array(time, np.int64), zeros, np.array(side), np.array(price), np.array(size), zeros > 0)


def test_trades_of_one_time_are_kept():
    assert len(trades([5, 5, 6], [1.0, 2.0, 1.0], [0.0, 1.0, 1.0])) == 3


def test_trades_without_sides_and_numbers_have_zeros_for_them():
    found = trades([5, 6], [1.0, 2.0], [1.0, 1.0])
    assert (found.side.tolist(), found.side.dtype) == ([0, 0], np.int8)
    assert (found.number.tolist(), found.number.dtype) == ([0, 0], np.int64)
    assert not any(array.flags.writeable for array in (found.time, found.price, found.size, found.side, found.number))


def test_trades_keep_sides_and_numbers():
    found = trades([5, 6], [1.0, 2.0], [1.0, 1.0], side=[1, -1], number=[7, 8])
    assert (found.side.tolist(), found.number.tolist()) == ([1, -1], [7, 8])


def test_quotes_with_an_empty_side_or_crossed_are_kept():
    found = quotes([1, 1, 2], [9.0, np.nan, 11.0], [10.0, 10.0, 10.5], bid_size=[1.0, 0.0, 2.0])
    assert len(found) == 3


def test_trade_number_is_the_number_or_stands_for_the_text():
    texts = ["1", "9223372036854775807", "9223372036854775808", "a-1", "a-2", "-3"]
    numbers = list(map(trade_number, texts))
    assert numbers[:2] == [1, 2**63 - 1]
    assert len(set(numbers)) == len(texts)
    assert all(0 < number < 2**63 for number in numbers)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: trades([6, 5], [1.0, 1.0], [1.0, 1.0]),
            "trades must be in order of time, and 1970-01-01T00:00:00.000000005Z comes after 1970-01-01T00:00:00.000000006Z",
        ),
        (
            lambda: trades([5], [0.0], [1.0]),
            "the price of a trade must be finite and above 0, got 0.0 at 1970-01-01T00:00:00.000000005Z",
        ),
        (
            lambda: trades([5], [1.0], [-1.0]),
            "the size of a trade must be finite and 0 or more, got -1.0 at 1970-01-01T00:00:00.000000005Z",
        ),
        (
            lambda: trades([5], [1.0], [1.0], side=[2]),
            "the side of a trade must be 1 (a buyer took), -1 (a seller took) or 0, got 2 at 1970-01-01T00:00:00.000000005Z",
        ),
        (
            lambda: trades([5], [1.0], [1.0], number=[1, 2]),
            "number is int64 of shape (2,); expected int64 [time], as long as time",
        ),
        (lambda: quotes([2, 1], [1.0, 1.0], [2.0, 2.0]), "quotes must be in order of time"),
        (lambda: quotes([1], [0.0], [2.0]), "the bid of a quote must be above 0, got 0.0"),
        (lambda: quotes([1], [1.0], [np.inf]), "the ask of a quote must be above 0, got inf"),
        (lambda: quotes([1], [1.0], [2.0], ask_size=[-1.0]), "the size of the ask must be finite and 0 or more, got -1.0"),
        (lambda: book([1], [0], [1.0], [1.0]), "the side of a book update must be 1 (bid) or -1 (ask), got 0"),
        (lambda: book([1], [1], [np.nan], [1.0]), "the price of a level must be finite and above 0, got nan"),
        (lambda: book([1], [1], [1.0], [np.inf]), "the size of a level must be finite and 0 or more, got inf"),
        (lambda: book([2, 1], [1, 1], [1.0, 1.0], [1.0, 1.0]), "book updates must be in order of time"),
        (lambda: trade_number(""), "a trade's number is empty; leave numbers out where there are none"),
    ],
)
def test_ticks_that_make_no_sense_are_refused(make, message):
    with pytest.raises(DataError) as error:
        make()
    assert str(error.value).startswith(message)
