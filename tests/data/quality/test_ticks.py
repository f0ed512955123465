"""What is doubtful about trades, quotes and books."""

from dataclasses import replace

import numpy as np
import pytest

from tradekit import BookUpdates, Quotes, Trades
from tradekit.data.quality.ticks import doubts_of_book, doubts_of_quotes, doubts_of_trades, far_off

SECOND = 1_000_000_000
NAN = float("nan")


def trades(count=500, seed=3, **columns):
    generator = np.random.default_rng(seed)
    price = np.round(100 * np.exp(np.cumsum(generator.normal(0, 0.0005, count))), 2)
    made = {"price": price, "number": 1000 + np.arange(count), "side": np.ones(count, np.int8)}
    made |= columns
    return Trades(SECOND * np.arange(count), made["price"], np.ones(count), "made up", made["side"], made["number"])


def of_trades(data):
    return {one.check: one for one in doubts_of_trades(data)}


def changed(array, rows, values):
    copy = array.copy()
    copy[rows] = values
    return copy


@pytest.mark.parametrize("seed", range(6))
def test_trades_of_a_random_walk_have_nothing_doubtful(seed):
    assert of_trades(trades(3000, seed)) == {}


@pytest.mark.parametrize("count", [8, 20, 21, 22, 300])
@pytest.mark.parametrize("place", [0, 7, -1])
def test_far_off_is_that_of_a_window_of_twenty_one_wherever_it_is(count, place):
    values = np.random.default_rng(count).normal(0, 1e-4, count)
    assert not far_off(values).any()
    values[place] += 0.019
    assert not far_off(values).any()
    values[place] += 0.01
    assert np.flatnonzero(far_off(values)).tolist() == [place % count]


def test_trades_far_from_those_around_are_found_gross_ones_apart():
    plain = trades()
    found = of_trades(trades(price=changed(plain.price, [100, 200, 201], [250.0, 110.0, 10.0])))
    assert {name: one.times.tolist() for name, one in found.items()} == {
        "wrong-scale": [100 * SECOND, 201 * SECOND],
        "outlier": [200 * SECOND],
    }
    assert found["outlier"].shown == ("1970-01-01T00:03:20Z: 110",)


def test_price_that_goes_elsewhere_and_stays_is_none():
    plain = trades()
    assert of_trades(trades(price=changed(plain.price, slice(250, None), plain.price[250:] * 1.2))) == {}


def test_numbers_that_are_there_twice_or_skipped_are_found():
    numbers = 1000 + np.arange(500)
    assert of_trades(trades(number=changed(numbers, 300, 1007)))["number-twice"].times.tolist() == [300 * SECOND]
    skipped = of_trades(trades(number=np.where(np.arange(500) < 250, numbers, numbers + 40)))
    assert list(skipped) == ["number-gaps"]
    assert skipped["number-gaps"].what == "1 trade before which numbers are skipped, 40 in all, at 1970-01-01T00:04:10Z"
    assert of_trades(trades(number=numbers * 3)) == {}
    assert of_trades(trades(number=np.zeros(500, np.int64))) == {}


def test_trade_that_is_there_again_is_found_if_trades_have_numbers():
    plain = trades()
    index = np.sort(np.append(np.arange(500), 77))
    again = Trades(plain.time[index], plain.price[index], plain.size[index], "", plain.side[index], plain.number[index])
    assert [(name, one.count) for name, one in of_trades(again).items()] == [("repeated", 1)]
    assert of_trades(replace(again, number=np.zeros(501, np.int64))) == {}


def quotes(count=300, **columns):
    generator = np.random.default_rng(4)
    middle = 100 * np.exp(np.cumsum(generator.normal(0, 0.0002, count)))
    made = {"bid": middle - 0.01, "ask": middle + 0.01} | columns
    return Quotes(SECOND * np.arange(count), made["bid"], np.ones(count), made["ask"], np.ones(count), "made up")


def of_quotes(data):
    return {one.check: one.times.tolist() for one in doubts_of_quotes(data)}


def test_quotes_as_they_should_be_have_nothing_doubtful():
    assert of_quotes(quotes()) == {}


def test_each_defect_of_quotes_is_found():
    plain = quotes()
    at = 50 * SECOND
    assert of_quotes(quotes(bid=changed(plain.bid, 50, plain.ask[50] + 0.01))) == {"crossed": [at]}
    assert of_quotes(quotes(bid=changed(plain.bid, 50, plain.ask[50]))) == {"locked": [at]}
    assert of_quotes(quotes(bid=changed(plain.bid, 50, NAN))) == {"one-sided": [at]}
    assert of_quotes(quotes(ask=changed(plain.ask, 50, plain.ask[50] + 1.5))) == {"wide-spread": [at]}
    both = quotes(bid=changed(plain.bid, 50, 10.0), ask=changed(plain.ask, 50, 10.02))
    assert of_quotes(both) == {"wrong-scale": [at]}


def test_spread_of_many_ticks_that_is_narrow_all_the_same_is_none():
    plain = quotes()
    narrow = replace(plain, ask=plain.bid + 0.0001)
    assert of_quotes(replace(narrow, ask=changed(narrow.ask, 50, narrow.bid[50] + 0.05))) == {}


def book(*rows):
    """Updates of (time, sequence, side, price, size, is_snapshot)."""
    time, sequence, side, price, size, snapshot = zip(*rows, strict=True)
    kinds = (np.int64, np.int64, np.int8, np.float64, np.float64, np.bool_)
    return BookUpdates(
        *(np.array(column, kind) for column, kind in zip((time, sequence, side, price, size, snapshot), kinds, strict=True))
    )


SNAPSHOT = [(0, 1, 1, 99.0, 5.0, True), (0, 1, 1, 98.0, 5.0, True), (0, 1, -1, 101.0, 5.0, True), (0, 1, -1, 102.0, 5.0, True)]


def of_book(*rows):
    return {one.check: one.times.tolist() for one in doubts_of_book(book(*SNAPSHOT, *rows))}


def test_book_that_never_crosses_has_nothing_doubtful():
    assert (
        of_book(
            (1, 2, -1, 101.0, 0.0, False), (1, 2, 1, 101.0, 3.0, False), (2, 3, 1, 101.0, 0.0, False), (2, 3, 1, 100.0, 1.0, False)
        )
        == {}
    )


def test_book_is_looked_at_after_whole_updates_only():
    # Within update 2 the book is crossed, until its second row.
    assert of_book((1, 2, 1, 101.5, 3.0, False), (1, 2, -1, 101.0, 0.0, False)) == {}
    assert of_book((1, 2, 1, 101.5, 3.0, False), (2, 3, -1, 101.0, 0.0, False)) == {"crossed": [1]}
    assert of_book((1, 2, 1, 101.0, 3.0, False)) == {"locked": [1]}


def test_book_stays_crossed_until_the_level_is_gone_or_a_snapshot_comes():
    assert of_book((1, 2, 1, 101.5, 3.0, False), (2, 3, 1, 90.0, 1.0, False), (3, 4, 1, 101.5, 0.0, False)) == {"crossed": [1, 2]}
    again = [(5, 9, *row[2:]) for row in SNAPSHOT]
    assert of_book((1, 2, 1, 101.5, 3.0, False), *again, (6, 10, 1, 100.0, 3.0, False)) == {"crossed": [1]}


def test_sequence_that_goes_back_is_found_but_at_a_snapshot():
    assert of_book((1, 5, 1, 90.0, 1.0, False), (2, 4, 1, 91.0, 1.0, False)) == {"sequence-back": [2]}
    again = [(5, 1, *row[2:]) for row in SNAPSHOT]
    assert of_book((1, 5, 1, 90.0, 1.0, False), *again) == {}
