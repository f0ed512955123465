"""Stop-limit and take-profit orders: when they are set off, and at which price they fill. Plainer ones are in test_matching."""

import pytest

from stage import play, unlimited
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import OrderKind, OrderStatus

FLAT = 100.0
PATHS = ["worst", "nearest-first", "high-first", "low-first"]


def bought(bars, **prices):
    """Play an order to buy on bars that follow a flat one."""
    return play({"X": [FLAT, *bars]}, {0: lambda ctx: ctx.buy(1, **prices)})


def sold(bars, **prices):
    return play({"X": [FLAT, *bars]}, {0: lambda ctx: ctx.sell(1, **prices)}, is_margin=True)


@pytest.mark.parametrize(
    ("bars", "fill"),
    [
        ([(100, 106, 99, 105)], (1, 105, "inside", "taker")),  # set off at 105, which the limit lets pass
        ([(105, 106, 104, 105)], (1, 105, "open", "taker")),  # set off at the open
        ([(107, 109, 107, 108)], None),  # gapped over both, and never back
        ([(107, 109, 105, 108)], (1, 106, "inside", "maker")),  # gapped over both, then rests and is gone through
        ([(107, 109, 106, 108)], None),  # ... is only touched
        ([(107, 108, 107, 107), (105, 106, 104, 105)], (2, 105, "open", "maker")),  # rests until the open is better
        ([(100, 104, 99, 100), (100, 104, 99, 100)], None),  # not set off
    ],
)
def test_stop_limit_to_buy_is_set_off_then_rests_at_its_limit(bars, fill):
    run = bought(bars, stop=105, limit=106)
    assert [(row, price, *place) for (row, _, _, price), place in zip(run.fills, run.places, strict=True)] == [fill] * bool(fill)


@pytest.mark.parametrize(
    ("bars", "fill"),
    [
        ([(100, 101, 94, 95)], (1, 95, "inside", "taker")),
        ([(93, 93, 91, 92)], None),
        ([(93, 95, 91, 92)], (1, 94, "inside", "maker")),
        ([(93, 93, 91, 92), (96, 97, 95, 96)], (2, 96, "open", "maker")),
    ],
)
def test_stop_limit_to_sell_is_set_off_then_rests_at_its_limit(bars, fill):
    run = sold(bars, stop=95, limit=94)
    assert [(row, price, *place) for (row, _, _, price), place in zip(run.fills, run.places, strict=True)] == [fill] * bool(fill)


def test_stop_limit_set_off_inside_a_bar_that_is_above_its_limit_fills_there_only_if_the_close_proves_it():
    # The limit is better than the stop: set off at 105, it waits for the price to come back.
    rises, falls = (100, 110, 99, 109), (100, 110, 99, 102)
    assert bought([rises], stop=105, limit=103).fills == []
    assert bought([falls], stop=105, limit=103).fills == [(1, "X", 1, 103)]
    assert bought([rises, (108, 109, 102, 105)], stop=105, limit=103).fills == [(2, "X", 1, 103)]


@pytest.mark.parametrize(
    ("path", "filled"), [("worst", False), ("nearest-first", False), ("high-first", True), ("low-first", False)]
)
def test_stop_limit_whose_path_is_known_rests_from_where_it_was_set_off(path, filled):
    bar = (100, 110, 99, 104)  # the low is nearer to the open, and lies before the high
    run = play({"X": [FLAT, bar]}, {0: lambda ctx: ctx.buy(1, stop=105, limit=101)}, fills=unlimited(path=path))
    assert run.fills == ([(1, "X", 1, 101)] if filled else [])
    assert run.places == [("inside", "maker")] * filled


def test_stop_limit_is_an_order_of_its_own_kind():
    run = bought([(100, 106, 99, 105)], stop=105, limit=106)
    order = run.context.order(0)
    assert (order.kind, order.kind.text, order.stop, order.limit) == (OrderKind.STOP_LIMIT, "stop limit", 105, 106)


@pytest.mark.parametrize(
    ("bars", "filled"),
    [
        ([(100, 101, 94, 95)], (1, 95)),
        ([(93, 94, 92, 93)], (1, 93)),  # gapped over: at the open, which is better
        ([(100, 101, 95, 95)], None),  # touched only
        ([(95, 96, 95, 96)], None),
        ([(100, 101, 96, 97), (96, 97, 94, 95)], (2, 95)),
    ],
)
def test_take_profit_to_buy_fills_when_the_price_has_fallen_through_it(bars, filled):
    run = bought(bars, take_profit=95)
    assert [(row, price) for row, _, _, price in run.fills] == [filled] * bool(filled)


@pytest.mark.parametrize(
    ("bars", "filled"), [([(100, 106, 99, 105)], 105), ([(107, 108, 106, 107)], 107), ([(100, 105, 99, 100)], None)]
)
def test_take_profit_to_sell_fills_when_the_price_has_risen_through_it(bars, filled):
    run = sold(bars, take_profit=105)
    assert [price for _, _, _, price in run.fills] == [filled] * bool(filled)


def test_take_profit_is_touched_where_touching_is_enough():
    bars = {"X": [FLAT, (100, 105, 99, 100)]}
    run = play(bars, {0: lambda ctx: ctx.sell(1, take_profit=105)}, is_margin=True, fills=unlimited(limit_fills="touch"))
    assert run.fills == [(1, "X", -1, 105)]


def test_take_profit_slips_like_a_market_order():
    run = play(
        {"X": [FLAT, (100, 110, 99, 105)]}, {0: lambda ctx: ctx.sell(1, take_profit=105)}, is_margin=True, slippage_rate=0.01
    )
    assert run.fills == [(1, "X", -1, pytest.approx(105 * 0.99))]
    assert run.places == [("inside", "taker")]


def test_take_profit_limit_rests_at_its_limit_once_set_off():
    # Set off at 105 the limit of 104 is marketable; at 107 the price has to go on.
    assert sold([(100, 106, 99, 105)], take_profit=105, limit=104).fills == [(1, "X", -1, 105)]
    assert sold([(100, 106, 99, 105)], take_profit=105, limit=107).fills == []
    assert sold([(100, 109, 99, 108)], take_profit=105, limit=107).fills == [(1, "X", -1, 107)]
    assert sold([(100, 106, 99, 105), (105, 108, 104, 105)], take_profit=105, limit=107).fills == [(2, "X", -1, 107)]


def test_taker_with_a_limit_slips_to_its_limit_at_most():
    run = play({"X": [FLAT, (102, 103, 101, 102)]}, {0: lambda ctx: ctx.buy(1, limit=102.5)}, slippage_rate=0.01)
    assert run.fills == [(1, "X", 1, 102.5)]
    assert [fill.d for fill in run.entries(EventKind.FILL)] == [0.5]


@pytest.mark.parametrize("path", PATHS)
def test_resting_limit_is_a_maker_and_does_not_slip(path):
    run = play(
        {"X": [FLAT, (100, 101, 96, 100), (100, 101, 94, 100)]},
        {0: lambda ctx: ctx.buy(1, limit=95)},
        fills=unlimited(path=path),
        slippage_rate=0.01,
        maker_rate=0.001,
        taker_rate=0.01,
    )
    assert (run.fills, run.places) == ([(2, "X", 1, 95)], [("inside", "maker")])
    assert [fill.c for fill in run.entries(EventKind.FILL)] == pytest.approx([0.095])


def test_limit_that_the_open_of_its_first_bar_is_better_than_is_a_taker_and_later_a_maker():
    first = play({"X": [FLAT, 94]}, {0: lambda ctx: ctx.buy(1, limit=95)})
    later = play({"X": [FLAT, FLAT, 94]}, {0: lambda ctx: ctx.buy(1, limit=95)})
    assert (first.places, later.places) == ([("open", "taker")], [("open", "maker")])


@pytest.mark.parametrize("path", PATHS)
def test_stop_gapped_over_fills_at_the_open_on_every_path(path):
    run = play(
        {"X": [FLAT, FLAT, (90, 99, 85, 95)]}, {0: lambda ctx: ctx.sell(1, stop=95)}, is_margin=True, fills=unlimited(path=path)
    )
    assert run.fills == [(2, "X", -1, 90)]


@pytest.mark.parametrize(
    ("path", "first"), [("worst", "stop"), ("nearest-first", "limit"), ("high-first", "limit"), ("low-first", "stop")]
)
def test_order_in_which_one_bar_reaches_two_orders_is_that_of_the_path(path, first):
    def leave(ctx):
        numbers = {"limit": ctx.sell(1, limit=103), "stop": ctx.sell(1, stop=95)}
        ctx.one_cancels_other(*numbers.values())

    bars = {"X": [FLAT, FLAT, (100, 104, 94, 100)]}
    run = play(bars, {0: lambda ctx: ctx.buy(1), 1: leave}, fills=unlimited(path=path))
    assert run.fills[1:] == [(2, "X", -1, 103 if first == "limit" else 95)]


def test_path_of_a_bar_whose_extremes_are_equally_near_goes_up_first():
    def leave(ctx):
        ctx.one_cancels_other(ctx.sell(1, limit=103), ctx.sell(1, stop=97))

    run = play(
        {"X": [FLAT, FLAT, (100, 104, 96, 100)]}, {0: lambda ctx: ctx.buy(1), 1: leave}, fills=unlimited(path="nearest-first")
    )
    assert run.fills[1:] == [(2, "X", -1, 103)]


def test_prices_lie_on_the_grid_and_no_better_than_asked():
    def several(ctx):
        ctx.buy(1, limit=95.37)
        ctx.buy(1, stop=105.12, limit=106.28)
        ctx.buy(1, take_profit=94.18)
        ctx.sell(1, stop=94.18, limit=93.22)
        ctx.sell(1, take_profit=105.12)

    run = play({"X": [FLAT] * 2}, {0: several}, [Instrument("X", tick=0.25)], is_margin=True)
    told = [(order.limit, order.stop) for order in (run.context.order(number) for number in range(5))]
    assert told == [(95.25, None), (106.25, 105.25), (None, 94), (93.25, 94), (None, 105.25)]


def test_orders_of_all_kinds_wait_over_a_hole():
    def several(ctx):
        ctx["X"].buy(1, stop=105, limit=106)
        ctx["X"].buy(1, take_profit=95)

    run = play({"X": [FLAT, None, None, (100, 106, 94, 100)], "Y": [1.0] * 4}, {0: several})
    assert sorted(run.fills) == [(3, "X", 1, 95), (3, "X", 1, 105)]
    assert [status for status, _ in run.ends] == [OrderStatus.FILLED] * 2
