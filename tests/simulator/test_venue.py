import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage import play
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import Reason


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
