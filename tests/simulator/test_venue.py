from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage import bars_of, costs_of, play, setup_of
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import Reason
from tradekit.simulator.costs import DAY, Impact
from tradekit.simulator.venue import Venue


def limits(tick, price):
    """Return where a buyer's and a seller's limit end up on the grid."""

    def both(ctx):
        ctx.buy(1, limit=price)
        ctx.sell(1, limit=price)

    return [order.limit for order in play({"X": [price]}, {0: both}, [Instrument("X", tick=tick)], is_margin=True).orders]


def bought(quantity, price=1.0, **facts):
    """Return the size that an order of so many units gets, and what was said against it."""
    run = play({"X": [price, price]}, {0: lambda ctx: ctx.buy(quantity)}, [Instrument("X", **facts)], capital=1e15)
    return run.orders[0].filled, [reason for _, reason, _ in run.reasons]


@pytest.mark.parametrize(
    ("tick", "price", "down", "up"),
    [
        (None, 100.123456789, 100.123456789, 100.123456789),
        (0.01, 100.123, 100.12, 100.13),
        (0.01, 100.12, 100.12, 100.12),
        (0.01, 0.29, 0.29, 0.29),  # 0.29 * 100 is 28.999999999999996
        (0.05, 100.12, 100.10, 100.15),
        (0.25, 100.3, 100.25, 100.5),
        (0.3, 1.0, 0.3 * 3, 0.3 * 4),
        (5.0, 103.0, 100.0, 105.0),
        (1e-8, 60_000.12345678, 60_000.12345678, 60_000.12345678),
        (1e-8, 60_000.123456784, 60_000.12345678, 60_000.12345679),
    ],
)
def test_limits_go_to_the_grid_never_to_a_better_offer(tick, price, down, up):
    assert limits(tick, price) == [down, up]


def test_stops_go_to_the_grid_away_from_the_price():
    def both(ctx):
        ctx.buy(1, stop=100.123)
        ctx.sell(1, stop=100.123)

    run = play({"X": [100.0]}, {0: both}, [Instrument("X", tick=0.01)], is_margin=True)
    assert [order.stop for order in run.orders] == [100.13, 100.12]


def test_slipped_prices_go_to_the_grid_against_the_order():
    def on_bar(ctx):
        if ctx.index == 0:
            ctx.buy(1)
        elif ctx.index == 1:
            ctx.sell(1)

    run = play({"X": [100.0] * 3}, on_bar, [Instrument("X", tick=0.1)], slippage_rate=0.0003)
    assert [price for *_, price in run.fills] == [100.1, 99.9]


@pytest.mark.parametrize(
    ("lot", "asked", "filled"),
    [
        (None, 1.23456789, 1.23456789),
        (1, 7.9, 7),
        (100, 799, 700),
        (0.1, 0.3, 0.3),  # 0.3 / 0.1 is 2.9999999999999996
        (0.1, 0.1 + 0.2, 0.3),
        (0.1, 1000.2 - 1000.1, 0.1),
        (0.001, 1.2345, 1.234),
        (0.3, 1.0, 0.3 * 3),
        (1e-8, 1000.00000001, 1000.00000001),
    ],
)
def test_sizes_are_cut_to_whole_lots(lot, asked, filled):
    assert bought(asked, lot=lot) == (filled, [])


def test_size_below_a_lot_is_rejected():
    assert bought(0.9, lot=1) == (0, [Reason.BELOW_LOT])


@pytest.mark.parametrize(
    ("quantity", "price", "reasons"),
    [
        (9.99, 1.0, [Reason.BELOW_MIN_NOTIONAL]),
        (10.0, 1.0, []),
        (1.0, 10.0, []),
        (0.57, 10 / 0.57 * (1 - 1e-15), []),
        (0.1, 99.9, [Reason.BELOW_MIN_NOTIONAL]),
    ],
)
def test_order_below_the_minimum_value_is_rejected(quantity, price, reasons):
    assert bought(quantity, price, min_notional=10)[1] == reasons


def test_minimum_value_is_that_of_the_limit_or_stop():
    def on_bar(ctx):
        ctx.buy(1, limit=9)
        ctx.buy(1, stop=12)

    run = play({"X": [10.0]}, {0: on_bar}, [Instrument("X", min_notional=10)])
    assert [order.reason for order in run.orders] == [Reason.BELOW_MIN_NOTIONAL, Reason.NONE]


def test_fees_are_of_the_value_and_of_the_units():
    run = play({"X": [10.0, 20.0]}, {0: lambda ctx: ctx.buy(3)}, fee_rate=0.01, fee_per_unit=0.5)
    assert run.entries(EventKind.FILL)[0].c == pytest.approx(0.6 + 1.5)
    assert run.cash == pytest.approx(1000 - 60 - 2.1)
    assert run.simulation.ledger.fees == pytest.approx(2.1)


@given(lots=st.integers(1, 10**9), per_one=st.sampled_from([1, 2, 4, 8, 10, 100, 1000, 10**5, 10**8]))
def test_whole_number_of_lots_is_left_as_it_is(lots, per_one):
    assert bought(lots / per_one, lot=1 / per_one) == (lots / per_one, [])


@given(
    price=st.floats(0.001, 1e6),
    tick=st.sampled_from([1e-5, 0.001, 0.01, 0.05, 0.25, 0.3, 1.0, 5.0]),
)
def test_limits_lie_within_a_tick_on_either_side(price, tick):
    down, up = limits(tick, price)
    assert down <= price * (1 + 1e-12) + tick * 1e-5
    assert up >= price * (1 - 1e-12) - tick * 1e-5
    assert up - down <= tick * (1 + 1e-6) + price * 1e-12
    for on_grid in (down, up):
        assert on_grid / tick == pytest.approx(round(on_grid / tick), rel=1e-14, abs=1e-6)


def venue_of(rows=3, instruments=(), **costs):
    return Venue(setup_of(bars_of({"X": [100.0] * rows}), instruments, **costs))


def fees(venue, *fills, price=100.0):
    """Return the fees of the fills of one order, each a quantity or a quantity and whether it was a maker."""
    before, found = 0.0, []
    for fill in fills:
        quantity, is_maker = fill if isinstance(fill, tuple) else (fill, False)
        found.append(venue.fee(0, quantity, price, is_maker, before))
        before += venue.raw_fee(0, quantity, price, is_maker)
    return found


def test_makers_and_takers_pay_rates_of_their_own():
    venue = venue_of(maker_rate=-0.0001, taker_rate=0.0004, fee_per_unit=0.01)
    assert fees(venue, -10, (10, True)) == pytest.approx([0.4 + 0.1, -0.1 + 0.1])


@dataclass(frozen=True)
class Contract(Instrument):
    multiplier: float = 1.0


def test_fee_of_a_contract_is_of_all_that_it_stands_for():
    venue = venue_of(instruments=[Contract("X", multiplier=50.0)], fee_rate=0.001, fee_per_unit=0.85)
    assert fees(venue, 2) == pytest.approx([2 * 100 * 50 * 0.001 + 1.7])
    assert venue_of(instruments=[Contract("X", multiplier=50.0, min_notional=5000)]).is_too_small(0, 1, 99.0)
    assert not venue_of(instruments=[Contract("X", multiplier=50.0, min_notional=5000)]).is_too_small(0, 1, 100.0)


@pytest.mark.parametrize(
    ("per_unit", "fills", "expected"),
    [
        (0.005, [100, 100, 100], [1.0, 0.0, 0.5]),  # 0.5 and 1 are below the minimum of 1 or at it, 1.5 is above
        (0.005, [1000], [5.0]),
        (0.005, [-1, -1], [1.0, 0.0]),
        (0.0075, [10], [1.0]),
        (0.0075, [133, 1], [1.0, 0.005]),  # 0.9975, then 1.005
        (0.0, [5, 5, 5], [1.0, 0.0, 0.0]),  # a fee for each order
    ],
)
def test_minimum_is_that_of_an_order_not_of_a_fill(per_unit, fills, expected):
    assert fees(venue_of(fee_per_unit=per_unit, minimum=1.0), *fills) == pytest.approx(expected, abs=1e-15)


def test_fees_of_an_order_add_up_to_those_of_one_fill():
    venue = venue_of(fee_per_unit=0.0075, minimum=1.0)
    for units in (50, 133, 134, 1000):
        assert sum(fees(venue, *[1] * units)) == pytest.approx(max(1.0, units * 0.0075), rel=1e-12)
        assert fees(venue, units) == [max(1.0, units * 0.0075)]


def test_minimum_counts_only_the_fees_of_its_model():
    costs = replace(costs_of(1, fee_per_unit=0.003), minimum=np.ones(1), floored=np.array([[0.0], [0.0], [0.002]]))
    assert fees(venue_of(costs=costs), 100, 900) == pytest.approx([0.1 + 1.0, 0.9 + 1.0])


def test_minimum_holds_for_an_order_that_earns_rebates():
    venue = venue_of(maker_rate=-0.001, taker_rate=0.001, minimum=1.0)
    assert fees(venue, (10, True), (10, True), 100) == pytest.approx([1.0, 0.0, 7.0])


@given(
    maker=st.floats(-0.001, 0.01),
    taker=st.floats(0, 0.01),
    per_unit=st.floats(0, 1),
    minimum=st.sampled_from([0.0, 1.0, 50.0]),
    share=st.floats(0, 1),
    quantity=st.floats(0.01, 1e6),
    is_maker=st.booleans(),
)
def test_no_order_pays_more_than_the_most(maker, taker, per_unit, minimum, share, quantity, is_maker):
    costs = costs_of(1, maker_rate=maker, taker_rate=taker, fee_per_unit=per_unit, minimum=minimum)
    venue = venue_of(costs=replace(costs, floored=costs.floored * share))
    paid = sum(fees(venue, (quantity / 2, is_maker), (quantity / 2, False)))
    assert paid <= venue.most_fee(0, quantity, 100.0) * (1 + 1e-9) + 1e-9
    assert paid <= (quantity * venue.most_fee_of_one(0, 100.0) + venue.least_fee(0)) * (1 + 1e-9)


def slipped(venue, quantity, price=100.0, volume=1000.0, before=0.0):
    return venue.slipped(0, quantity, price, volume, before)


def test_half_a_spread_is_paid_on_either_side():
    venue = venue_of(half_spread=0.25)
    assert [slipped(venue, 1), slipped(venue, -1)] == [100.25, 99.75]


def test_slippage_of_each_sort_adds_up():
    row = np.array([[0.0], [0.02], [0.0]])
    venue = venue_of(slippage_rate=0.01, half_spread=0.5, row_slippage_rate=row, row_half_spread=row * 50)
    assert slipped(venue, 1) == pytest.approx(101.5)
    venue.new_row(1)
    assert [slipped(venue, 1), slipped(venue, -1)] == pytest.approx([104.5, 95.5])


@pytest.mark.parametrize(
    ("quantity", "volume", "expected"),
    [
        (25, 1000.0, 100 * (1 + 0.1 * 0.025**2)),
        (-25, 1000.0, 100 * (1 - 0.1 * 0.025**2)),
        (500, 1000.0, 102.5),
        (2000, 1000.0, 110.0),  # nobody trades more than all
        (1, 0.0, 110.0),
        (1, np.nan, 110.0),
    ],
)
def test_impact_goes_by_the_share_of_the_bar(quantity, volume, expected):
    venue = venue_of(impacts=[Impact(np.array([[0.1]]), 2.0)])
    assert slipped(venue, quantity, volume=volume, before=300.0) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(("exponent", "expected"), [(0.5, 0.2), (1.0, 0.04), (2.0, 0.0016), (0.6, 0.04**0.6), (3.0, 0.04**3)])
def test_impact_is_raised_to_its_exponent(exponent, expected):
    venue = venue_of(impacts=[Impact(np.array([[1.0]]), exponent)])
    assert slipped(venue, 40) == pytest.approx(100 * (1 + expected), rel=1e-14)


def test_impact_of_a_day_counts_what_the_order_filled_before():
    bars = bars_of({"X": [100.0] * 4})
    times = np.array([DAY - 1, DAY, 3 * DAY, 3 * DAY + 1])
    impact = Impact(np.array([[0.02], [0.04], [0.01]]), 0.5, np.array([[np.nan], [10_000.0], [0.0]]))
    venue = Venue(setup_of(replace(bars, open_time=times, close_time=times + 1), impacts=[impact]))
    found = []
    for row in (0, 1, 2, 3):
        venue.new_row(row)
        found.append(slipped(venue, 100, before=300.0))
    assert found == pytest.approx([102.0, 100 * (1 + 0.04 * 0.2), 101.0, 101.0], rel=1e-15)


def test_impacts_add_up():
    venue = venue_of(slippage_rate=0.01, impacts=[Impact(np.array([[0.1]]), 1.0), Impact(np.array([[0.2]]), 1.0)])
    assert slipped(venue, 100) == pytest.approx(104.0)


@given(
    price=st.floats(0.01, 1e5),
    quantity=st.floats(-1e4, 1e4).filter(bool),
    rate=st.sampled_from([0.0, 1e-12, 0.001, 3.0]),
    tick=st.sampled_from([None, 0.01, 0.3, 5.0]),
)
def test_slipped_price_is_never_better_and_always_above_0(price, quantity, rate, tick):
    venue = venue_of(instruments=[Instrument("X", tick=tick)], slippage_rate=rate, half_spread=rate, impacts=IMPACT)
    found = slipped(venue, quantity, price)
    assert found >= price if quantity > 0 else 0 < found <= price
    if tick and found != price:
        assert found / tick == pytest.approx(round(found / tick), rel=1e-14, abs=1e-6)


IMPACT = [Impact(np.array([[5.0]]), 0.5)]


def test_sale_gets_a_hundredth_of_the_price_at_least():
    assert slipped(venue_of(slippage_rate=2.0), -1) == 1.0
    assert slipped(venue_of(instruments=[Instrument("X", tick=5.0)], half_spread=500.0), -1) == 5.0
