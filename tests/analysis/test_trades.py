from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradekit.analysis.curve import NOT_YET
from tradekit.analysis.trades import CarryColumns, Ends, FillColumns, RoundTrips, round_trips


def fills_of(*rows):
    """Make columns of (time, instrument, quantity, price, fee, slippage)."""
    columns = list(zip(*rows, strict=True)) or [()] * 6
    kinds = (np.int64, np.int64, np.float64, np.float64, np.float64, np.float64)
    return FillColumns(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))


def one(trips):
    assert len(trips) == 1
    return {name: getattr(trips, name)[0].item() for name in RoundTrips.__dataclass_fields__}


def test_round_trips_long_trade_by_hand():
    trips = round_trips(fills_of((10, 0, 2.0, 100.0, 1.0, 0.5), (20, 0, -2.0, 110.0, 1.1, 0.6)), Ends(np.array([111.0])))
    assert one(trips) == pytest.approx(
        {
            "instrument": 0,
            "direction": 1,
            "entry_time": 10,
            "exit_time": 20,
            "quantity": 2.0,
            "entry_price": 100.0,
            "exit_price": 110.0,
            "profit": 17.9,
            "fees": 2.1,
            "carry": 0.0,
            "slippage": 1.1,
            "return_on_entry": 17.9 / 200.0,
            "is_open": False,
        }
    )


def test_round_trips_short_trade_gains_when_the_price_falls():
    trade = one(round_trips(fills_of((1, 0, -3.0, 50.0, 0.0, 0.0), (2, 0, 3.0, 40.0, 0.0, 0.0)), Ends(np.array([1.0]))))
    assert (trade["direction"], trade["profit"], trade["quantity"]) == (-1, 30.0, 3.0)
    assert trade["return_on_entry"] == pytest.approx(0.2)


def test_round_trips_scaling_in_and_out_averages_prices():
    trade = one(
        round_trips(
            fills_of((1, 0, 1.0, 10.0, 0, 0), (2, 0, 3.0, 20.0, 0, 0), (3, 0, -1.0, 30.0, 0, 0), (4, 0, -3.0, 40.0, 0, 0)),
            Ends(np.array([0.0])),
        )
    )
    assert (trade["entry_price"], trade["exit_price"], trade["quantity"], trade["profit"]) == (17.5, 37.5, 4.0, 80.0)


def test_round_trips_turned_position_splits_fee_and_slippage_by_quantity():
    fills = fills_of((1, 0, 1.0, 100.0, 0.1, 0.0), (2, 0, -4.0, 110.0, 0.4, 0.8), (3, 0, 3.0, 100.0, 0.3, 0.0))
    trips = round_trips(fills, Ends(np.array([0.0])))
    assert trips.direction.tolist() == [1, -1]
    assert trips.quantity.tolist() == [1.0, 3.0]
    assert (trips.entry_time.tolist(), trips.exit_time.tolist()) == ([1, 2], [2, 3])
    assert trips.fees == pytest.approx([0.1 + 0.1, 0.3 + 0.3])
    assert trips.slippage == pytest.approx([0.2, 0.6])
    assert trips.profit == pytest.approx([10.0 - 0.2, 30.0 - 0.6])


def test_round_trips_open_trade_is_marked_at_the_last_price():
    fills = fills_of((1, 0, 4.0, 10.0, 0.2, 0.0), (2, 0, -1.0, 12.0, 0.1, 0.0))
    trade = one(round_trips(fills, Ends(np.array([14.0]))))
    assert (trade["is_open"], trade["exit_time"]) == (True, NOT_YET)
    assert trade["profit"] == pytest.approx(2.0 + 3 * 4.0 - 0.3)
    assert trade["exit_price"] == pytest.approx((12.0 + 3 * 14.0) / 4.0)


def test_round_trips_instruments_are_apart_and_in_order_of_opening():
    fills = fills_of(
        (1, 1, 1.0, 10.0, 0, 0), (2, 0, 1.0, 20.0, 0, 0), (3, 0, -1.0, 21.0, 0, 0), (3, 1, -1.0, 9.0, 0, 0), (4, 0, 1.0, 5.0, 0, 0)
    )
    trips = round_trips(fills, Ends(np.array([6.0, 0.0])))
    assert trips.instrument.tolist() == [1, 0, 0]
    assert trips.profit.tolist() == [-1.0, 1.0, 1.0]
    assert trips.is_open.tolist() == [False, False, True]


def test_round_trips_rounding_that_is_left_closes_a_trade():
    fills = fills_of(*((i, 0, 0.1, 1.0, 0, 0) for i in range(3)), (3, 0, -0.3, 2.0, 0, 0), (4, 0, 0.7, 1.0, 0, 0))
    trips = round_trips(fills, Ends(np.array([1.0])))
    assert trips.is_open.tolist() == [False, True]
    assert trips.quantity == pytest.approx([0.3, 0.7])


def test_round_trips_rounding_does_not_pile_up_over_many_trades():
    pairs = [(i, 0, sign * 0.1 * (1 + i % 7), 3.0, 0, 0) for i in range(20_000) for sign in (1, 1, -1, -1)]
    trips = round_trips(fills_of(*pairs), Ends(np.array([3.0])))
    assert len(trips) == 20_000
    assert not trips.is_open.any()


def test_round_trips_small_position_beside_a_huge_one_keeps_its_size():
    fills = fills_of((1, 0, 1e12, 1e-6, 0, 0), (2, 1, 1e-7, 6e4, 0, 0), (3, 1, -1e-7, 7e4, 0, 0))
    trips = round_trips(fills, Ends(np.array([1e-6, 0.0])))
    assert trips.is_open.tolist() == [True, False]
    assert trips.profit[1] == pytest.approx(1e-3, rel=1e-9)


def test_round_trips_without_fills_has_no_trades():
    assert len(round_trips(fills_of(), Ends(np.array([1.0])))) == 0


@st.composite
def histories(draw):
    """Draw a lot, fills in whole lots of up to three instruments, so that positions are often flat, and last prices."""
    lot = draw(st.sampled_from([1.0, 0.1, 1e-5]))
    sizes = st.integers(-5, 5).filter(bool)
    row = st.tuples(st.integers(0, 2), sizes, st.floats(0.01, 1e5), st.floats(0, 10), st.floats(0, 10))
    marks = draw(st.lists(st.floats(0.01, 1e5), min_size=3, max_size=3))
    return lot, [(time, *columns) for time, columns in enumerate(draw(st.lists(row, max_size=60)))], np.array(marks)


def trips_of(history):
    lot, rows, marks = history
    return round_trips(fills_of(*((time, i, lots * lot, *rest) for time, i, lots, *rest in rows)), Ends(marks))


@given(histories())
@settings(deadline=None)
def test_round_trips_profits_add_up_to_the_change_of_equity(history):
    trips = trips_of(history)
    lot, rows, marks = history
    change = sum(lots * lot * (marks[i] - price) - fee for _, i, lots, price, fee, _ in rows)
    traded = sum(abs(lots) * lot * (marks[i] + price) + fee for _, i, lots, price, fee, _ in rows)
    assert trips.profit.sum() == pytest.approx(change, rel=0, abs=1e-12 * traded)
    assert trips.fees.sum() == pytest.approx(sum(row[4] for row in rows), rel=1e-12)
    assert trips.slippage.sum() == pytest.approx(sum(row[5] for row in rows), rel=1e-12)


@given(histories())
@settings(deadline=None)
def test_round_trips_equal_a_walk_through_the_fills(history):
    trips = trips_of(history)
    expected, held = [], [0, 0, 0]
    for time, i, lots, *_ in history[1]:
        before, after = held[i], held[i] + lots
        held[i] = after
        if before and before * after <= 0:
            next(trade for trade in reversed(expected) if trade[0] == i)[3] = time
        if after and before * after <= 0:
            expected.append([i, 1 if after > 0 else -1, time, NOT_YET])
    columns = (trips.instrument, trips.direction, trips.entry_time, trips.exit_time)
    assert np.column_stack(columns).tolist() == expected
    assert (trips.is_open == (trips.exit_time == NOT_YET)).all()


@given(histories())
@settings(deadline=None)
def test_round_trips_gain_before_fees_has_the_sign_of_the_move(history):
    trips = trips_of(history)
    move = trips.direction * (trips.exit_price - trips.entry_price)
    is_clear = np.abs(move) > 1e-6 * trips.entry_price
    assert (np.sign(move) == np.sign(trips.profit + trips.fees))[is_clear].all()


def test_round_trips_unit_makes_money_of_prices():
    fills = FillColumns(*(np.array(column) for column in ([1, 2], [0, 0], [2.0, -2.0], [100.0, 110.0], [1.0, 1.0], [0.0, 0.0])))
    fills = replace(fills, unit=np.array([5.0, 6.0]))
    trade = one(round_trips(fills, Ends(np.array([0.0]))))
    assert trade["profit"] == 2 * 110 * 6 - 2 * 100 * 5 - 2
    assert trade["return_on_entry"] == pytest.approx(trade["profit"] / 1000)


def test_round_trips_split_converts_what_was_before():
    fills = replace(fills_of((1, 0, 1.0, 700.0, 0, 0), (2, 0, -7.0, 110.0, 0, 0)), split=np.array([1.0, 7.0]))
    trade = one(round_trips(fills, Ends(np.array([0.0]), split=7.0)))
    assert (trade["quantity"], trade["entry_price"], trade["exit_price"], trade["profit"]) == (7, 100, 110, 70)
    assert trade["return_on_entry"] == pytest.approx(0.1)


def test_round_trips_open_trade_is_in_units_of_the_end():
    trade = one(round_trips(fills_of((1, 0, 1.0, 700.0, 0, 0)), Ends(np.array([120.0]), split=7.0)))
    assert (trade["quantity"], trade["entry_price"], trade["exit_price"], trade["profit"]) == (7, 100, 120, 140)


def test_round_trips_margin_counts_what_fills_realised():
    fills = fills_of((1, 0, 2.0, 100.0, 1.0, 0.0), (2, 0, -3.0, 110.0, 1.5, 0.0))
    fills = replace(fills, gain=np.array([0.0, 20.0]), unit=np.array([1.0, 1.0]))
    trips = round_trips(fills, Ends(np.array([90.0]), gain=np.array([20.0])))
    assert trips.profit.tolist() == [20 - 1 - 1.0, 20 - 0.5]


def test_round_trips_carry_goes_to_the_trade_of_the_fill_before():
    fills = fills_of((1, 0, 1.0, 10.0, 0, 0), (2, 1, 1.0, 10.0, 0, 0), (3, 0, -2.0, 10.0, 0, 0), (4, 1, -1.0, 10.0, 0, 0))
    carry = CarryColumns(np.array([1, 2, 3, 4]), np.array([0, 0, 0, 1]), np.array([-1.0, -2.0, 4.0, -8.0]))
    trips = round_trips(fills, Ends(np.array([10.0, 10.0])), carry)
    assert (trips.instrument.tolist(), trips.carry.tolist()) == ([0, 1, 0], [-3, -8, 4])
    assert trips.profit.tolist() == [-3, -8, 4]
