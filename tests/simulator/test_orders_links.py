"""One cancels other, and one triggers other."""

import pytest

from stage import play, unlimited
from tradekit import OrderError
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import Bracket, OrderStatus, Reason, Terms, Trail

FLAT = 100.0
LINKED = (OrderStatus.CANCELLED, Reason.LINKED_ORDER)
PATHS = ["worst", "nearest-first", "high-first", "low-first"]


def breakout(ctx):
    """Buy above or sell below, whatever comes first."""
    ctx.one_cancels_other(ctx.buy(1, stop=105), ctx.sell(1, stop=95))


@pytest.mark.parametrize(
    ("bar", "fill"), [((100, 106, 99, 105), (1, 105)), ((100, 101, 94, 95), (-1, 95)), ((107, 108, 90, 91), (1, 107))]
)
def test_order_that_fills_cancels_the_others(bar, fill):
    run = play({"X": [FLAT, bar, (100, 106, 94, 100)]}, {0: breakout}, is_margin=True)
    assert run.fills == [(1, "X", *fill)]
    assert sorted(run.ends) == sorted([(OrderStatus.FILLED, Reason.NONE), LINKED])


@pytest.mark.parametrize("path", PATHS)
def test_orders_that_cancel_each_other_do_not_both_fill_in_one_bar(path):
    run = play({"X": [FLAT, (100, 106, 94, 100)]}, {0: breakout}, is_margin=True, fills=unlimited(path=path))
    assert len(run.fills) == 1


def test_order_that_fills_in_part_cancels_the_others_and_goes_on():
    bars = {"X": [FLAT, (100, 106, 99, 100, 2), (100, 106, 94, 106)]}
    run = play(
        bars,
        {0: lambda ctx: ctx.one_cancels_other(ctx.buy(3, stop=105), ctx.sell(3, stop=95))},
        is_margin=True,
        fills=unlimited(participation=0.5),
    )
    assert run.fills == [(1, "X", 1, 105), (2, "X", 2, 100)]
    assert run.ends[1] == LINKED


def test_three_orders_in_different_instruments_cancel_each_other():
    def several(ctx):
        ctx.one_cancels_other(*(ctx[symbol].buy(1, limit=95) for symbol in "XYZ"))

    run = play({"X": [FLAT, FLAT], "Y": [FLAT, 94], "Z": [FLAT, 94]}, {0: several})
    assert run.fills == [(1, "Y", 1, 94)]
    assert [run.ends[0], run.ends[2]] == [LINKED] * 2


@pytest.mark.parametrize(
    ("terms", "script"),
    [
        (Terms(), {1: lambda ctx: ctx.cancel(0)}),  # cancelled
        (Terms("ioc"), {}),  # expired
        (Terms(reduce_only=True), {}),  # rejected: there is nothing to reduce
    ],
)
def test_order_that_ends_without_a_fill_ends_the_others(terms, script):
    def two(ctx):
        ctx.one_cancels_other(ctx.buy(1, limit=90, terms=terms), ctx.buy(1, limit=91))

    run = play({"X": [FLAT] * 4}, {0: two, **script})
    assert run.ends[0][0] is not OrderStatus.OPEN
    assert run.ends[1][1] is Reason.LINKED_ORDER


def test_order_that_joins_one_already_filled_is_an_error():
    def join(ctx):
        with pytest.raises(OrderError, match="order 0 is no longer open: it is filled"):
            ctx.one_cancels_other(0, ctx.sell(1, limit=110))

    play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(1), 1: join})


def test_orders_that_are_open_can_be_linked_later():
    def two(ctx):
        ctx.buy(1, stop=105)
        ctx.sell(1, stop=95)

    run = play({"X": [FLAT, FLAT, (100, 106, 94, 100)]}, {0: two, 1: lambda ctx: ctx.one_cancels_other(0, 1)}, is_margin=True)
    assert len(run.fills) == 1


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        (lambda ctx: (), "one_cancels_other needs two different orders or more, not []"),
        (lambda ctx: (ctx.buy(1, limit=90),), "one_cancels_other needs two different orders or more, not [0]"),
        (lambda ctx: (ctx.buy(1, limit=90), 0), "one_cancels_other needs two different orders or more, not [0, 0]"),
        (lambda ctx: (ctx.buy(1, limit=90), 7), "there is no order 7"),
        (lambda ctx: (ctx.buy(1, limit=90), "1"), "there is no order '1'"),
    ],
)
def test_link_that_makes_no_sense_is_an_error(orders, said):
    def link(ctx):
        with pytest.raises(OrderError) as caught:
            ctx.one_cancels_other(*orders(ctx))
        assert str(caught.value) == said

    play({"X": [FLAT]}, {0: link})


def test_order_is_linked_once():
    def link(ctx):
        first, second, third = (ctx.buy(1, limit=90) for _ in range(3))
        ctx.one_cancels_other(first, second)
        with pytest.raises(OrderError, match="order 1 is linked to others already"):
            ctx.one_cancels_other(second, third)

    play({"X": [FLAT]}, {0: link})


def triggered(first, second, bars, **changes):
    """Play an order, and one that waits for it."""

    def both(ctx):
        second(ctx, Terms(after=first(ctx)))

    return play({"X": [FLAT, *bars]}, {0: both}, **changes)


def test_order_after_another_is_held_until_that_is_filled():
    run = triggered(
        lambda ctx: ctx.buy(1, limit=95),
        lambda ctx, terms: ctx.buy(1, limit=90, terms=terms),
        [(100, 100, 96, 97), (91, 91, 89, 90)],
    )
    assert run.fills == [(2, "X", 1, 91), (2, "X", 1, 90)]
    waiting = triggered(lambda ctx: ctx.buy(1, limit=95), lambda ctx, terms: ctx.buy(1, limit=101, terms=terms), [FLAT])
    assert (waiting.fills, waiting.ends[1][0]) == ([], OrderStatus.HELD)


@pytest.mark.parametrize("path", PATHS)
def test_order_after_one_filled_at_the_open_is_there_from_the_open_on(path):
    run = triggered(
        lambda ctx: ctx.buy(1), lambda ctx, terms: ctx.buy(2, terms=terms), [(101, 102, 100, 101)], fills=unlimited(path=path)
    )
    assert run.fills == [(1, "X", 1, 101), (1, "X", 2, 101)]


def test_market_order_after_one_filled_inside_a_bar_gets_the_price_of_that_moment():
    run = triggered(
        lambda ctx: ctx.buy(1, limit=95), lambda ctx, terms: ctx.buy(2, terms=terms), [(100, 101, 90, 99)], slippage_rate=0.01
    )
    assert run.fills == [(1, "X", 1, 95), (1, "X", 2, pytest.approx(95.95))]


def test_market_order_after_one_that_slipped_does_not_pay_for_that_slippage_too():
    run = triggered(
        lambda ctx: ctx.buy(1, stop=105), lambda ctx, terms: ctx.buy(2, terms=terms), [(100, 110, 99, 100)], slippage_rate=0.01
    )
    assert [price for _, _, _, price in run.fills] == pytest.approx([106.05, 106.05])


def test_order_after_one_that_is_filled_in_part_waits_for_the_rest():
    rules = unlimited(participation=0.5)
    bars = [(100, 100, 100, 100, 2), FLAT]
    run = triggered(lambda ctx: ctx.buy(3), lambda ctx, terms: ctx.buy(1, terms=terms), bars, fills=rules)
    assert run.fills == [(1, "X", 1, 100), (2, "X", 2, 100), (2, "X", 1, 100)]


def test_order_after_one_that_was_cut_to_the_funds_is_sent():
    run = triggered(lambda ctx: ctx.buy(20), lambda ctx, terms: ctx.sell(1, limit=105, terms=terms), [FLAT, (100, 106, 99, 100)])
    assert run.fills == [(1, "X", pytest.approx(10), 100), (2, "X", -1, 105)]


@pytest.mark.parametrize(
    ("first", "script"),
    [
        (lambda ctx: ctx.buy(1, limit=90), {1: lambda ctx: ctx.cancel(0)}),
        (lambda ctx: ctx.buy(1, limit=90, terms=Terms("fok")), {}),
    ],
)
def test_order_after_one_that_ends_unfilled_ends(first, script):
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(1, terms=Terms(after=first(ctx))), **script})
    assert run.ends[1] == (OrderStatus.CANCELLED, Reason.ENTRY_ENDED)


def test_order_after_one_that_is_rejected_is_rejected():
    run = triggered(lambda ctx: ctx.sell(1), lambda ctx, terms: ctx.buy(1, terms=terms), [FLAT])
    assert run.ends[1] == (OrderStatus.REJECTED, Reason.ENTRY_ENDED)


def test_order_after_one_that_has_been_filled_already_is_sent_at_once():
    run = play({"X": [FLAT] * 4}, {0: lambda ctx: ctx.buy(1), 2: lambda ctx: ctx.buy(2, terms=Terms(after=0))})
    assert run.fills == [(1, "X", 1, 100), (3, "X", 2, 100)]


def test_orders_after_each_other_go_through_in_one_bar():
    def chain(ctx):
        number = None
        for limit in (98, 96, 94):
            number = ctx.buy(1, limit=limit, terms=Terms(after=number))

    run = play({"X": [FLAT, (100, 100, 93, 93)]}, {0: chain})
    assert run.fills == [(1, "X", 1, 98), (1, "X", 1, 96), (1, "X", 1, 94)]
    assert run.places[1:] == [("inside", "maker")] * 2


def test_several_orders_wait_for_one():
    def both(ctx):
        entry = ctx.buy(3)
        for limit in (103, 104, 105):
            ctx.sell(1, limit=limit, terms=Terms(after=entry, reduce_only=True))

    run = play({"X": [FLAT, FLAT, (100, 110, 99, 100)]}, {0: both})
    assert [fill[2:] for fill in run.fills] == [(3, 100), (-1, 103), (-1, 104), (-1, 105)]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("symbols", ["XY", "YX"])
def test_order_in_another_instrument_after_one_filled_inside_a_bar_gets_there_with_the_next(path, symbols):
    first, second = symbols

    def both(ctx):
        entry = ctx[first].buy(1, limit=95)
        ctx[second].buy(1, limit=52, terms=Terms(after=entry))

    bars = {first: [FLAT, (100, 100, 94, 96), FLAT], second: [50.0, (50, 55, 45, 50), (51, 55, 45, 50)]}
    run = play({symbol: bars[symbol] for symbol in "XY"}, {0: both}, fills=unlimited(path=path))
    assert run.fills == [(1, first, 1, 95), (2, second, 1, 51)]


def test_order_at_once_in_another_instrument_is_not_over_before_it_got_there():
    def both(ctx):
        entry = ctx["X"].buy(1, limit=95)
        ctx["Y"].buy(1, limit=52, terms=Terms("ioc", after=entry))

    run = play({"X": [FLAT, (100, 100, 94, 96), FLAT], "Y": [50.0] * 3}, {0: both})
    assert run.fills == [(1, "X", 1, 95), (2, "Y", 1, 50)]


def test_order_that_waits_may_buy_what_it_sells_first():
    # Alone, a cash account would refuse to sell what it has not got.
    run = triggered(
        lambda ctx: ctx.buy(2, limit=95), lambda ctx, terms: ctx.sell(2, stop=90, terms=terms), [(96, 97, 94, 95), (95, 95, 89, 90)]
    )
    assert run.fills == [(1, "X", 2, 95), (2, "X", -2, 90)]


@pytest.mark.parametrize("number", [5, -1, "0", None])
def test_order_after_one_that_is_not_there_is_an_error_and_leaves_none(number):
    def order(ctx):
        if number is None:
            return
        with pytest.raises(OrderError, match=r"there is no order .* for an order in 'X' to wait for"):
            ctx.buy(1, terms=Terms(after=number))

    assert play({"X": [FLAT] * 2}, {0: order}).orders == []


def test_sizes_of_orders_after_each_other_are_whole_lots():
    run = triggered(
        lambda ctx: ctx.buy(2.5), lambda ctx, terms: ctx.buy(1.7, terms=terms), [FLAT], instruments=[Instrument("X", lot=1)]
    )
    assert [quantity for _, _, quantity, _ in run.fills] == [2, 1]


def test_orders_that_wait_say_in_the_journal_what_for():
    run = triggered(lambda ctx: ctx.buy(1), lambda ctx, terms: ctx.buy(2, terms=terms), [FLAT])
    first, second = run.entries(EventKind.ORDER)
    assert (run.log[second.cause].kind, run.log[second.cause].order) == (EventKind.ORDER, first.order)


def test_orders_that_come_to_life_together_share_the_volume_by_price():
    def several(ctx):
        entry = ctx.buy(1, limit=98)
        for limit in (96, 95):
            ctx.sell(3, limit=limit, terms=Terms(after=entry))

    run = play({"X": [FLAT, (100, 101, 97, 98, 8)]}, {0: several}, is_margin=True, fills=unlimited(participation=0.5))
    assert [(fill.order, fill.a) for fill in run.entries(EventKind.FILL)] == [(0, 1), (2, -3)]


def test_trailing_stop_sent_by_a_cancellation_follows_from_the_next_price_of_its_own_instrument():
    def enter(ctx):
        ctx["X"].buy(2, limit=98, bracket=Bracket(take_profit=99))
        ctx["X"].buy(1, stop=Trail(amount=5), terms=Terms(after=1))
        ctx["Y"].buy(1, limit=9)

    bars = {
        "X": [FLAT, (100, 100, 97, 98, 2), (99.5, 100, 99.5, 100), FLAT, (100, 106, 99, 105)],
        "Y": [10.0, 10.0, 10.0, 8.0, 8.0],
    }
    script = {0: enter, 3: lambda ctx: ctx.cancel(0)}
    run = play(bars, script, fills=unlimited(participation=0.5), is_margin=True)
    assert run.ends[1] == (OrderStatus.FILLED, Reason.NONE)
    assert run.fills[-1] == (4, "X", 1, 105)  # not 13, five above the last price of Y
