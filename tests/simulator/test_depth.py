import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs import deep
from tradekit.simulator.depth import Depth, Levels

EXAMPLES = deep(30, 600)
BID, ASK = 0, 1


class PlainBook:
    """A book as anybody would write it: a dict for each side."""

    def __init__(self):
        self.sides = {1: {}, -1: {}}

    def apply(self, rows):
        if any(row[3] for row in rows):
            self.sides = {1: {}, -1: {}}
        for side, price, size, _ in rows:
            self.sides[side].pop(price, None)
            if size > 0:
                self.sides[side][price] = size

    def levels(self, side):
        return sorted(self.sides[side].items(), reverse=side == 1)


def applied(depth, rows):
    side, price, size, is_snapshot = (np.array(column) for column in zip(*rows, strict=True))
    columns = {"side": side.astype(np.int8), "price": price.astype(float), "size": size.astype(float)}
    depth.apply(Levels(columns | {"is_snapshot": is_snapshot.astype(np.bool_)}), 0, len(rows))


ROWS = st.lists(
    st.tuples(st.sampled_from([1, -1]), st.integers(1, 60).map(lambda n: n / 4), st.sampled_from([0.0, 0.0, 0.5, 1.0, 7.25])),
    min_size=1,
    max_size=30,
)


@pytest.mark.proof("ticks", cases=EXAMPLES)
@given(updates=st.lists(st.tuples(ROWS, st.integers(0, 9).map(lambda n: n == 0)), min_size=1, max_size=40))
@settings(max_examples=EXAMPLES, deadline=None)
def test_depth_is_at_every_update_what_a_plain_book_is(updates):
    depth, plain = Depth("X"), PlainBook()
    for rows, is_snapshot in updates:
        told = [(side, price, size, is_snapshot) for side, price, size in rows]
        applied(depth, told)
        plain.apply(told)
        assert list(map(tuple, depth.bids().tolist())) == plain.levels(1)
        assert list(map(tuple, depth.asks().tolist())) == plain.levels(-1)
        for side, found in ((1, (depth.bid, depth.bid_size)), (-1, (depth.ask, depth.ask_size))):
            best = plain.levels(side)[0] if plain.levels(side) else (np.nan, 0.0)
            np.testing.assert_array_equal(found, best)


def test_depth_with_more_levels_than_there_was_room_for_keeps_all():
    depth, rng = Depth("X"), np.random.default_rng(1)
    prices = rng.permutation(np.arange(1.0, 2001.0))
    for price in prices.tolist():
        depth.put(BID, price, price / 2)
        depth.put(ASK, -(3000 + price), 1.0)
    assert depth.bids()[:, 0].tolist() == list(range(2000, 0, -1))
    assert depth.bids(3).tolist() == [[2000, 1000], [1999, 999.5], [1998, 999]]
    assert depth.asks(1).tolist() == [[3001, 1]]
    for price in prices.tolist()[:1990]:
        depth.put(BID, price, 0.0)
    assert depth.bids()[:, 0].tolist() == sorted(prices.tolist()[1990:], reverse=True)


def test_depth_of_which_nothing_is_known_has_no_prices():
    depth = Depth("X")
    assert np.isnan([depth.bid, depth.ask]).all()
    assert (depth.bid_size, depth.ask_size, depth.bids().shape, depth.asks(5).shape) == (0.0, 0.0, (0, 2), (0, 2))


def test_quote_replaces_the_only_level_and_an_empty_side_removes_it():
    depth = Depth("X")
    depth.quote(BID, 10.0, 3.0)
    depth.quote(ASK, 11.0, 0.0)
    assert (depth.bid, depth.bid_size, depth.ask, depth.ask_size) == (10.0, 3.0, 11.0, np.inf)
    depth.quote(BID, 10.5, 1.0)
    depth.quote(ASK, np.nan, 0.0)
    assert depth.bids().tolist() == [[10.5, 1.0]]
    assert depth.asks().tolist() == []


def test_level_beyond_the_worst_that_is_known_may_hold_any_number_of_units():
    depth = Depth("X")
    assert depth.known_at(BID, 10.0) == np.inf
    depth.put(BID, 10.0, 3.0)
    depth.put(BID, 12.0, 2.0)
    assert [depth.known_at(BID, key) for key in (9.0, 10.0, 11.0, 12.0, 13.0)] == [np.inf, 3.0, 0.0, 2.0, 0.0]
