import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs import deep
from tradekit.simulator.depth import Depth, Levels

EXAMPLES = deep(30, 600)


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


def levels_of(rows):
    side, price, size, is_snapshot = (np.array(column) for column in zip(*rows, strict=True))
    columns = {"side": side.astype(np.int8), "price": price.astype(float), "size": size.astype(float)}
    return Levels(columns | {"is_snapshot": is_snapshot.astype(np.bool_)})


def applied(depth, rows):
    depth.apply(levels_of(rows), 0, len(rows))


# In quarters: most prices lie close together, some far off, so that a window of ticks moves, and a few between the ticks.
PRICES = st.builds(
    lambda near, far, off: (near + far) / 4 + off,
    st.integers(1, 60),
    st.sampled_from([0] * 6 + [9_000, 9_040, 40_000, 400_000]),
    st.sampled_from([0.0] * 60 + [0.1]),
)
ROWS = st.lists(
    st.tuples(st.sampled_from([1, -1]), PRICES, st.sampled_from([0.0, 0.0, 0.5, 1.0, 7.25])),
    min_size=1,
    max_size=30,
)


@pytest.mark.proof("ticks", cases=EXAMPLES)
@given(updates=st.lists(st.tuples(ROWS, st.integers(0, 9).map(lambda n: n == 0)), min_size=1, max_size=40))
@settings(max_examples=EXAMPLES, deadline=None)
def test_depth_with_and_without_a_tick_is_at_every_update_what_a_plain_book_is(updates):
    depths, plain = (Depth("X"), Depth("X", 0.25)), PlainBook()
    for rows, is_snapshot in updates:
        told = [(side, price, size, is_snapshot) for side, price, size in rows]
        plain.apply(told)
        for depth in depths:
            applied(depth, told)
            assert list(map(tuple, depth.bids().tolist())) == plain.levels(1)
            assert list(map(tuple, depth.asks(7).tolist())) == plain.levels(-1)[:7]
            for side, found in ((1, (depth.bid, depth.bid_size)), (-1, (depth.ask, depth.ask_size))):
                best = plain.levels(side)[0] if plain.levels(side) else (np.nan, 0.0)
                np.testing.assert_array_equal(found, best)
        for _, price, _ in rows:
            assert depths[0].bid_side.known_at(price) == depths[1].bid_side.known_at(price)
            assert depths[0].ask_side.known_at(-price - 0.25) == depths[1].ask_side.known_at(-price - 0.25)


def test_depth_whose_best_price_jumps_about_keeps_all_levels():
    depth, plain, rng = Depth("X", 0.1), PlainBook(), np.random.default_rng(2)
    for n in range(60):
        middle = (n % 2) * 100_000 + 50_000
        ticks = middle + rng.integers(-9_000, 9_000, 40)
        told = [(1 if tick < middle else -1, tick / 10, 1.0 + n, n % 20 == 0) for tick in ticks.tolist()]
        # What the other side had beyond the new middle is gone.
        known = [(side, price) for side in (1, -1) for price, _ in plain.levels(side)]
        gone = [(side, price, 0.0, False) for side, price in known if n % 20 and side * (price * 10 - middle) > 0]
        for rows in filter(None, (gone, told)):
            plain.apply(rows)
            applied(depth, rows)
        assert list(map(tuple, depth.bids().tolist())) == plain.levels(1)
        assert list(map(tuple, depth.asks().tolist())) == plain.levels(-1)


def test_best_prices_after_each_update_are_those_of_updates_one_by_one():
    rows = [(1, 10.0, 1.0, True), (-1, 11.0, 1.0, True), (1, 10.5, 2.0, False), (1, 10.0, 0.0, False), (1, 10.5, 0.0, False)]
    levels = levels_of(rows)
    found = Depth("X", 0.5).best_after(levels, np.array([2, 3, 5]))
    np.testing.assert_array_equal(found, [[10.0, 10.5, np.nan], [11.0, 11.0, 11.0]])


def test_depth_with_more_levels_than_there_was_room_for_keeps_all():
    depth, rng = Depth("X"), np.random.default_rng(1)
    prices = rng.permutation(np.arange(1.0, 2001.0))
    for price in prices.tolist():
        depth.bid_side.put(price, price / 2)
        depth.ask_side.put(-(3000 + price), 1.0)
    assert depth.bids()[:, 0].tolist() == list(range(2000, 0, -1))
    assert depth.bids(3).tolist() == [[2000, 1000], [1999, 999.5], [1998, 999]]
    assert depth.asks(1).tolist() == [[3001, 1]]
    for price in prices.tolist()[:1990]:
        depth.bid_side.put(price, 0.0)
    assert depth.bids()[:, 0].tolist() == sorted(prices.tolist()[1990:], reverse=True)


def test_depth_of_which_nothing_is_known_has_no_prices():
    depth = Depth("X")
    assert np.isnan([depth.bid, depth.ask]).all()
    assert (depth.bid_size, depth.ask_size, depth.bids().shape, depth.asks(5).shape) == (0.0, 0.0, (0, 2), (0, 2))


def test_quote_replaces_the_only_level_and_an_empty_side_removes_it():
    depth = Depth("X")
    depth.bid_side.quote(10.0, 3.0)
    depth.ask_side.quote(-11.0, 0.0)
    assert (depth.bid, depth.bid_size, depth.ask, depth.ask_size) == (10.0, 3.0, 11.0, np.inf)
    depth.bid_side.quote(10.5, 1.0)
    depth.ask_side.quote(np.nan, 0.0)
    assert depth.bids().tolist() == [[10.5, 1.0]]
    assert depth.asks().tolist() == []


def test_level_beyond_the_worst_that_is_known_may_hold_any_number_of_units():
    depth = Depth("X")
    assert depth.bid_side.known_at(10.0) == np.inf
    depth.bid_side.put(10.0, 3.0)
    depth.bid_side.put(12.0, 2.0)
    assert [depth.bid_side.known_at(key) for key in (9.0, 10.0, 11.0, 12.0, 13.0)] == [np.inf, 3.0, 0.0, 2.0, 0.0]
