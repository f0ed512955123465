"""Replacing and cancelling orders, when that happens at once."""

import pytest

from stage import limit, play, unlimited
from tradekit import OrderError
from tradekit.model.event import EventKind
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.order import Bracket, OrderKind, OrderStatus, Reason, Terms, Trail
from tradekit.model.risk import LimitKind

FLAT = 100.0
HALF = unlimited(participation=0.5)
REPLACED = (OrderStatus.REPLACED, Reason.REPLACED)
CANCELLED = (OrderStatus.CANCELLED, Reason.BY_STRATEGY)


def test_replacement_is_an_order_of_its_own_in_the_place_of_the_first():
    numbers = []
    script = {0: lambda ctx: ctx.buy(2, limit=90), 1: lambda ctx: numbers.append(ctx.replace(0, limit=95))}
    run = play({"X": [FLAT, FLAT, (100, 100, 94, 96)]}, script)
    assert numbers == [1]
    assert run.fills == [(2, "X", 2, 95)]
    assert run.ends == [REPLACED, (OrderStatus.FILLED, Reason.NONE)]


def test_replacement_keeps_what_is_not_given():
    def change(ctx):
        ctx.replace(0, limit=107)
        ctx.replace(1, stop=104)
        ctx.replace(2, quantity=5)

    def several(ctx):
        ctx.buy(2, stop=105, limit=106, terms=Terms(post_only=True))
        ctx.buy(3, stop=103, limit=104)
        ctx.buy(4, take_profit=90)

    run = play({"X": [FLAT] * 3}, {0: several, 1: change})
    told = [(order.kind, order.quantity, order.stop, order.limit, order.terms) for order in map(run.context.order, (3, 4, 5))]
    assert told == [
        (OrderKind.STOP_LIMIT, 2, 105, 107, Terms(post_only=True)),
        (OrderKind.STOP_LIMIT, 3, 104, 104, Terms()),
        (OrderKind.TAKE_PROFIT, 5, 90, None, Terms()),
    ]


def test_replacement_of_an_order_filled_in_part_is_for_the_rest_unless_it_says_more():
    bars = {"X": [FLAT, (96, 97, 94, 95, 2), FLAT, 90]}
    rest = play(bars, {0: lambda ctx: ctx.buy(3, limit=95), 1: lambda ctx: ctx.replace(0, limit=96)}, fills=HALF)
    assert rest.fills == [(1, "X", 1, 95), (3, "X", 2, 90)]
    more = play(bars, {0: lambda ctx: ctx.buy(3, limit=95), 1: lambda ctx: ctx.replace(0, 4, limit=96)}, fills=HALF)
    assert more.fills == [(1, "X", 1, 95), (3, "X", 4, 90)]
    assert [(order.filled, order.quantity) for order in rest.orders] == [(1, 3), (2, 2)]


def test_replacement_of_a_sale_sells():
    script = {0: lambda ctx: ctx.sell(2, limit=110), 1: lambda ctx: ctx.replace(0, 3, limit=105)}
    run = play({"X": [FLAT, FLAT, (100, 106, 99, 100)]}, script, is_margin=True)
    assert run.fills == [(2, "X", -3, 105)]


def test_replacement_stands_behind_others_at_its_price():
    def two(ctx):
        ctx.buy(1, limit=95)
        ctx.buy(1, limit=95)

    bars = {"X": [FLAT, FLAT, (96, 97, 94, 95, 2)]}
    kept = play(bars, {0: two}, fills=HALF)
    changed = play(bars, {0: two, 1: lambda ctx: ctx.replace(0, limit=95)}, fills=HALF)
    assert [fill.order for fill in kept.entries(EventKind.FILL)] == [0]
    assert [fill.order for fill in changed.entries(EventKind.FILL)] == [1]


def test_replacement_that_is_refused_leaves_the_first_as_it_was():
    rules = [limit(LimitKind.MAX_ORDER_VALUE, 500, "reject")]
    script = {0: lambda ctx: ctx.buy(2, limit=95), 1: lambda ctx: ctx.replace(0, 9)}
    run = play({"X": [FLAT, FLAT, 94]}, script, rules=rules)
    assert run.fills == [(2, "X", 2, 94)]
    assert run.ends[1] == (OrderStatus.REJECTED, Reason.RISK_RULE)


def test_replacement_is_judged_as_if_the_first_were_gone():
    rules = [limit(LimitKind.MAX_WEIGHT, 0.5, "reject")]
    script = {0: lambda ctx: ctx.buy(4, limit=99), 1: lambda ctx: ctx.replace(0, 5)}
    run = play({"X": [FLAT, FLAT, 90]}, script, rules=rules)
    assert run.fills == [(2, "X", 5, 90)]


def test_replacement_of_an_order_sized_by_a_rule_has_the_size_of_the_first():
    rules = [limit(LimitKind.FRACTION_SIZE, 0.5)]
    run = play({"X": [FLAT, FLAT, 90]}, {0: lambda ctx: ctx.buy(limit=95), 1: lambda ctx: ctx.replace(0, limit=96)}, rules=rules)
    assert run.fills == [(2, "X", 5, 90)]


def test_replacement_of_a_target_gives_way_to_the_next_target():
    bars = {"X": [FLAT, None, None, FLAT], "Y": [1.0] * 4}
    script = {
        0: lambda ctx: ctx["X"].target(weight=0.3),
        1: lambda ctx: ctx.replace(0, 4),
        2: lambda ctx: ctx["X"].target(quantity=1),
    }
    run = play(bars, script)
    assert run.fills == [(3, "X", 1, 100)]
    assert [status for status, _ in run.ends] == [OrderStatus.REPLACED, OrderStatus.REPLACED, OrderStatus.FILLED]


def test_replaced_entry_hands_its_bracket_over():
    bracket = Bracket(stop_loss=85, take_profit=105)
    script = {0: lambda ctx: ctx.buy(2, limit=90, bracket=bracket), 1: lambda ctx: ctx.replace(0, limit=95)}
    run = play({"X": [FLAT, FLAT, (96, 97, 94, 95), (100, 106, 99, 100)]}, script)
    assert run.fills == [(2, "X", 2, 95), (3, "X", -2, 105)]
    assert run.context.order(3).bracket == bracket
    assert run.ends[1:3] == [(OrderStatus.CANCELLED, Reason.LINKED_ORDER), (OrderStatus.FILLED, Reason.NONE)]


def test_replaced_exit_takes_the_place_of_the_first_in_its_bracket():
    script = {0: lambda ctx: ctx.buy(2, bracket=Bracket(95, 105)), 1: lambda ctx: ctx.replace(1, stop=97)}
    run = play({"X": [FLAT, FLAT, (98, 99, 96, 97), (100, 106, 99, 100)]}, script)
    assert run.fills == [(1, "X", 2, 100), (2, "X", -2, 97)]
    assert [status.name for status, _ in run.ends] == ["FILLED", "REPLACED", "CANCELLED", "FILLED"]
    target = play({"X": [FLAT, FLAT, (98, 99, 97.5, 98), (100, 106, 99, 100)]}, script)
    assert target.fills[1:] == [(3, "X", -2, 105)]
    assert target.ends[3] == (OrderStatus.CANCELLED, Reason.LINKED_ORDER)


def test_replaced_exit_that_is_held_goes_on_being_held():
    script = {0: lambda ctx: ctx.buy(2, limit=95, bracket=Bracket(85, 105)), 1: lambda ctx: ctx.replace(1, stop=90)}
    run = play({"X": [FLAT, FLAT, FLAT, (96, 97, 94, 95), (95, 95, 89, 91)]}, script)
    assert run.fills == [(3, "X", 2, 95), (4, "X", -2, 90)]


def test_replaced_exit_that_has_filled_a_part_sells_the_rest_only():
    bars = {"X": [FLAT, FLAT, (100, 106, 99, 104, 2), FLAT, (100, 104, 99, 103)]}
    script = {0: lambda ctx: ctx.buy(3, bracket=Bracket(take_profit=105)), 2: lambda ctx: ctx.replace(1, limit=103)}
    run = play(bars, script, fills=HALF, is_margin=True)
    assert run.fills[1:] == [(2, "X", -1, 105), (4, "X", -2, 103)]


def test_replaced_exit_grows_with_its_entry():
    bars = {"X": [FLAT, (100, 100, 100, 100, 2), (100, 100, 100, 100, 4), (100, 101, 94, 95)]}
    script = {0: lambda ctx: ctx.buy(3, bracket=Bracket(stop_loss=90)), 1: lambda ctx: ctx.replace(1, stop=95)}
    run = play(bars, script, fills=HALF)
    assert run.fills == [(1, "X", 1, 100), (2, "X", 2, 100), (3, "X", -3, 95)]


def test_replaced_orders_go_on_cancelling_each_other():
    def two(ctx):
        ctx.one_cancels_other(ctx.buy(1, stop=105), ctx.sell(1, stop=95))

    run = play({"X": [FLAT, FLAT, (100, 104, 94, 100)]}, {0: two, 1: lambda ctx: ctx.replace(0, stop=103)}, is_margin=True)
    assert len(run.fills) == 1
    run = play({"X": [FLAT, FLAT, (100, 104, 96, 100)]}, {0: two, 1: lambda ctx: ctx.replace(0, stop=103)}, is_margin=True)
    assert run.fills == [(2, "X", 1, 103)]
    assert run.ends == [REPLACED, (OrderStatus.CANCELLED, Reason.LINKED_ORDER), (OrderStatus.FILLED, Reason.NONE)]


def test_replaced_order_goes_on_being_waited_for():
    def two(ctx):
        ctx.buy(1, limit=94, terms=Terms(after=ctx.buy(1, limit=90)))

    run = play({"X": [FLAT, FLAT, (97, 97, 95, 95), 93]}, {0: two, 1: lambda ctx: ctx.replace(0, limit=96)})
    assert run.fills == [(2, "X", 1, 96), (3, "X", 1, 93)]


def test_replaced_order_that_waits_goes_on_waiting():
    def two(ctx):
        ctx.buy(1, limit=80, terms=Terms(after=ctx.buy(1, limit=96)))

    run = play({"X": [FLAT, FLAT, (97, 97, 95, 95), 93]}, {0: two, 1: lambda ctx: ctx.replace(1, limit=94)})
    assert run.fills == [(2, "X", 1, 96), (3, "X", 1, 93)]


def test_replacement_may_be_waited_for_on_the_same_bar():
    def change(ctx):
        ctx.buy(3, limit=93, terms=Terms(after=ctx.replace(0, limit=96)))

    def two(ctx):
        ctx.buy(2, limit=94, terms=Terms(after=ctx.buy(1, limit=90)))

    run = play({"X": [FLAT, FLAT, (97, 97, 95, 95), 92]}, {0: two, 1: change})
    assert run.fills == [(2, "X", 1, 96), (3, "X", 2, 92), (3, "X", 3, 92)]


def test_replacement_may_be_linked_on_the_same_bar():
    def change(ctx):
        ctx.one_cancels_other(ctx.replace(0, limit=96), ctx.buy(5, limit=80))

    def two(ctx):
        ctx.one_cancels_other(ctx.buy(1, limit=90), ctx.buy(2, limit=90))

    run = play({"X": [FLAT, FLAT, (97, 97, 95, 95), 70]}, {0: two, 1: change})
    assert run.fills == [(2, "X", 1, 96)]
    assert [run.ends[1], run.ends[3]] == [(OrderStatus.CANCELLED, Reason.LINKED_ORDER)] * 2


def test_replaced_trailing_stop_keeps_the_best_price_unless_it_gets_a_new_trail():
    bars = {"X": [FLAT, FLAT, (109, 110, 109, 110), (108, 108, 107.5, 108), (107, 107, 102, 103)]}
    first = {0: lambda ctx: ctx.buy(2), 1: lambda ctx: ctx.sell(1, stop=Trail(amount=5))}
    same = play(bars, {**first, 3: lambda ctx: ctx.replace(1, quantity=2)})
    assert same.fills[1:] == [(4, "X", -2, 105)]
    new = play(bars, {**first, 3: lambda ctx: ctx.replace(1, stop=Trail(amount=5.5))})
    assert new.fills[1:] == [(4, "X", -1, 102.5)]  # from the last close, 108


def test_replacement_loses_the_place_in_the_queue():
    rules = FillRules(participation=None, queue_ahead=5)
    bars = {"X": [FLAT, (95, 95, 95, 95, 4), (95, 95, 95, 95, 4)]}
    assert play(bars, {0: lambda ctx: ctx.buy(1, limit=95)}, fills=rules).fills == [(2, "X", 1, 95)]
    assert play(bars, {0: lambda ctx: ctx.buy(1, limit=95), 1: lambda ctx: ctx.replace(0, limit=95)}, fills=rules).fills == []


def test_replacement_says_in_the_journal_what_it_replaces():
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(2, limit=90), 1: lambda ctx: ctx.replace(0, limit=95)})
    first, second = run.entries(EventKind.ORDER)
    assert run.log[second.cause].order == first.order == 0
    assert [(kind, row) for kind, row in run.story(0)] == [(EventKind.ORDER, 0), (EventKind.CANCEL, 1)]
    assert run.reasons == [(EventKind.CANCEL, Reason.REPLACED, 2)]


@pytest.mark.parametrize(
    ("prices", "changes", "said"),
    [
        ({}, {"limit": 95}, "order 0 in 'X' is a market order, which has no limit to replace"),
        ({"limit": 90}, {"stop": 95}, "order 0 in 'X' is a limit order, which has no stop to replace"),
        ({"limit": 90}, {"take_profit": 95}, "order 0 in 'X' is a limit order, which has no take_profit to replace"),
        (
            {"stop": 110},
            {"stop": Trail(1)},
            "order 0 in 'X' is a stop order; its stop must be a price, not Trail(amount=1, percent=None)",
        ),
        ({"stop": Trail(1)}, {"stop": 90}, "order 0 in 'X' is a trailing stop order; its stop must be a Trail, not 90"),
        ({"limit": 90}, {"limit": -1}, "limit of an order in 'X' must be above 0, not -1"),
        ({"limit": 90}, {"quantity": 0}, "quantity of an order in 'X' must be above 0, not 0"),
    ],
)
def test_replacement_that_does_not_fit_is_an_error_and_leaves_all_as_it_was(prices, changes, said):
    def change(ctx):
        with pytest.raises(OrderError) as caught:
            ctx.replace(0, **changes)
        assert str(caught.value) == said

    run = play({"X": [FLAT, None, None], "Y": [1.0] * 3}, {0: lambda ctx: ctx["X"].buy(1, **prices), 1: change})
    assert run.ends == [(OrderStatus.OPEN, Reason.NONE)]


def test_replacement_of_an_order_given_on_the_same_bar_is_an_error():
    def change(ctx):
        with pytest.raises(OrderError, match="order 0 in 'X' has only just been given; cancel it instead"):
            ctx.replace(ctx.buy(1), quantity=2)

    play({"X": [FLAT]}, {0: change})


def test_replacement_of_the_size_of_an_exit_is_an_error():
    def change(ctx):
        with pytest.raises(OrderError, match="order 1 in 'X' is an exit, whose size is that of its entry; give prices only"):
            ctx.replace(1, quantity=1)

    play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy(1, bracket=Bracket(95)), 1: change})


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "order 0 is no longer open: it is filled"),
        (1, "there is no order 1"),
        (-1, "there is no order -1"),
        ("0", "there is no order '0'"),
    ],
)
def test_change_of_an_order_that_is_not_open_is_an_error(number, said):
    def change(ctx):
        for attempt in (ctx.cancel, ctx.replace):
            with pytest.raises(OrderError) as caught:
                attempt(number)
            assert str(caught.value) == said

    play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy(1), 1: change})


def test_order_that_closes_a_position_for_a_halt_can_not_be_changed():
    def change(ctx):
        with pytest.raises(OrderError, match="order 1 closes a position because trading has halted; it can't be changed"):
            ctx.cancel(1)
        with pytest.raises(OrderError, match="order 1 closes a position because trading has halted; it can't be changed"):
            ctx.replace(1, quantity=1)

    rules = [limit(LimitKind.MAX_DRAWDOWN, 0.1, "flatten")]
    bars = {"X": [FLAT, FLAT, 80, None, 80], "Y": [1.0] * 5}
    run = play(bars, {0: lambda ctx: ctx["X"].buy(8), 3: change}, rules=rules)
    assert run.fills[1:] == [(4, "X", -8, 80)]


def test_cancelled_order_fills_no_more():
    run = play({"X": [FLAT, FLAT, 90]}, {0: lambda ctx: ctx.buy(1, limit=95), 1: lambda ctx: ctx.cancel(0)})
    assert (run.fills, run.ends) == ([], [CANCELLED])


def test_cancel_of_an_order_filled_in_part_gives_up_the_rest():
    bars = {"X": [FLAT, (96, 97, 94, 95, 2), 90]}
    run = play(bars, {0: lambda ctx: ctx.buy(3, limit=95), 1: lambda ctx: ctx.cancel(0)}, fills=HALF)
    assert run.fills == [(1, "X", 1, 95)]
    assert run.reasons == [(EventKind.CANCEL, Reason.BY_STRATEGY, 2)]


def test_order_is_shown_as_it_is():
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy(2, limit=95.037)}, [Instrument("X", tick=0.01)])
    order = run.context.order(0)
    assert (order.id, order.symbol, order.quantity, order.limit, order.stop) == (0, "X", 2, 95.03, None)
    assert (order.status, order.filled, order.submitted) == (OrderStatus.OPEN, 0, run.setup.bars.close_time[0])


@pytest.mark.parametrize("number", [1, -1, "0", None])
def test_order_that_is_not_there_is_an_error(number):
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy(1)})
    with pytest.raises(OrderError, match="there is no order"):
        run.context.order(number)


def test_entry_and_exit_replaced_at_once_belong_together():
    script = {
        0: lambda ctx: ctx.buy(2, limit=90, bracket=Bracket(stop_loss=85, take_profit=110)),
        1: lambda ctx: (ctx.replace(0, limit=95), ctx.replace(1, stop=92)),
    }
    run = play({"X": [FLAT, FLAT, (96, 97, 94, 95), (95, 95, 91, 93)]}, script)
    assert run.fills == [(2, "X", 2, 95), (3, "X", -2, 92)]
