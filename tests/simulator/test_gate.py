import math

import numpy as np
import pytest

from stage import check, limit, play
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.model.risk import LimitKind, Verdict, VerdictKind

FLAT = 100.0
ACCEPT, RESIZE, REJECT, HALT = VerdictKind


def first(ask, rules, price=FLAT, **changes):
    """Play one wish on the first bar; return the run."""
    return play({"X": [price] * 2, "Y": [10.0] * 2}, {0: ask}, rules=rules, **changes)


@pytest.mark.parametrize(
    ("kind", "value", "allowed", "judged"),
    [
        (LimitKind.MAX_WEIGHT, 0.5, 5, 0.8),
        (LimitKind.MAX_LEVERAGE, 0.3, 3, 0.8),
        (LimitKind.MAX_ORDER_VALUE, 250, 2.5, 800),
    ],
)
def test_limit_clips_or_rejects_what_is_beyond_it(kind, value, allowed, judged):
    name = kind.name.lower().replace("_", "-")
    run = first(lambda ctx: ctx["X"].buy(8), [limit(kind, value, "clip")])
    assert run.verdicts == [(name, RESIZE, 8, allowed, judged, value)]
    assert run.fills == [(1, "X", allowed, FLAT)]
    assert (run.orders[0].asked, run.orders[0].quantity) == (8, allowed)
    run = first(lambda ctx: ctx["X"].buy(8), [limit(kind, value, "reject")])
    assert run.verdicts == [(name, REJECT, 8, 0, judged, value)]
    assert run.reasons == [(EventKind.REJECT, Reason.RISK_RULE, 8)]


@pytest.mark.parametrize(
    ("kind", "value"), [(LimitKind.MAX_WEIGHT, 0.8), (LimitKind.MAX_LEVERAGE, 0.8), (LimitKind.MAX_ORDER_VALUE, 800)]
)
@pytest.mark.parametrize("action", ["clip", "reject"])
def test_limit_lets_pass_what_just_reaches_it(kind, value, action):
    run = first(lambda ctx: ctx["X"].buy(8), [limit(kind, value, action)])
    assert run.verdicts[0][1:4] == (ACCEPT, 8, 8)
    assert run.fills == [(1, "X", 8, FLAT)]


@pytest.mark.parametrize("kind", [LimitKind.MAX_WEIGHT, LimitKind.MAX_LEVERAGE])
def test_limit_counts_shorts_as_positions(kind):
    run = first(lambda ctx: ctx["X"].sell(8), [limit(kind, 0.5)], is_margin=True)
    assert run.fills == [(1, "X", -5, FLAT)]


def test_max_weight_counts_what_is_held():
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(3), 1: lambda ctx: ctx.buy(4)}, rules=[limit(LimitKind.MAX_WEIGHT, 0.5)])
    assert [quantity for _, _, quantity, _ in run.fills] == [3, 2]
    assert run.verdicts[1] == ("max-weight", RESIZE, 4, 2, pytest.approx(0.7), 0.5)


def test_max_weight_counts_open_orders_of_the_same_side():
    def three(ctx):
        ctx["X"].buy(2, limit=90)
        ctx["X"].buy(2, stop=110)
        ctx["X"].buy(2)

    run = first(three, [limit(LimitKind.MAX_WEIGHT, 0.5)])
    assert [order.quantity for order in run.orders] == [2, 2, 1]
    assert run.verdicts[2] == ("max-weight", RESIZE, 2, 1, pytest.approx(0.6), 0.5)


def test_max_weight_does_not_count_orders_of_the_other_side():
    def both(ctx):
        ctx["X"].sell(5, limit=110)
        ctx["X"].buy(5)

    run = first(both, [limit(LimitKind.MAX_WEIGHT, 0.5)], is_margin=True)
    assert [order.quantity for order in run.orders] == [-5, 5]


def test_max_weight_of_one_instrument_leaves_another_alone():
    def both(ctx):
        ctx["X"].buy(8)
        ctx["Y"].buy(80)

    run = first(both, [limit(LimitKind.MAX_WEIGHT, 0.5)])
    assert run.fills == [(1, "X", 5, FLAT), (1, "Y", 50, 10)]


def test_max_leverage_counts_all_instruments_and_open_orders():
    def both(ctx):
        ctx["X"].sell(3)
        ctx["Y"].buy(30, limit=9)
        ctx["Y"].buy(90)

    run = first(both, [limit(LimitKind.MAX_LEVERAGE, 1.0)], is_margin=True, leverage=5.0)
    assert [order.quantity for order in run.orders] == [-3, 30, 40]
    assert run.verdicts[2] == ("max-leverage", RESIZE, 90, 40, pytest.approx(1.5), 1.0)


def test_max_leverage_counts_a_sure_reduction_of_the_same_bar_and_no_other():
    def swap(ctx):
        ctx["Y"].buy(100)
        ctx["X"].sell(10)

    def hope(ctx):
        ctx["Y"].buy(100)
        ctx["X"].sell(10, limit=110)

    bars = {"X": [FLAT] * 3, "Y": [10.0] * 3}
    rules = [limit(LimitKind.MAX_LEVERAGE, 1.0)]
    assert play(bars, {0: lambda ctx: ctx["X"].buy(10), 1: swap}, rules=rules).fills[2:] == [(2, "Y", 100, 10)]
    assert play(bars, {0: lambda ctx: ctx["X"].buy(10), 1: hope}, rules=rules).fills[1:] == []


def test_max_leverage_forgets_a_target_that_was_replaced():
    bars = {"X": [FLAT, None, FLAT], "Y": [10.0] * 3}

    def again(ctx):
        ctx["X"].target(quantity=5)
        ctx["Y"].target(quantity=50)

    run = play(bars, {0: lambda ctx: ctx["X"].target(quantity=10), 1: again}, rules=[limit(LimitKind.MAX_LEVERAGE, 1.0)])
    assert run.fills == [(2, "X", 5, FLAT), (2, "Y", 50, 10)]


@pytest.mark.parametrize("kind", [LimitKind.MAX_WEIGHT, LimitKind.MAX_LEVERAGE, LimitKind.MAX_ORDER_VALUE])
@pytest.mark.parametrize("action", ["clip", "reject"])
def test_limit_never_cuts_what_reduces(kind, action):
    value = 0.1 if kind is not LimitKind.MAX_ORDER_VALUE else 100
    script = {0: lambda ctx: ctx.buy(1), 2: lambda ctx: ctx.exit()}
    run = play({"X": [FLAT, FLAT, 900, 900]}, script, rules=[limit(kind, value, action)])
    assert run.fills[1:] == [(3, "X", -1, 900)]


def test_limit_on_an_order_that_turns_around_cuts_only_what_adds():
    for action, quantity in [("clip", -8), ("reject", -3)]:
        script = {0: lambda ctx: ctx.buy(3), 1: lambda ctx: ctx.sell(9)}
        run = play({"X": [FLAT] * 3}, script, is_margin=True, rules=[limit(LimitKind.MAX_WEIGHT, 0.5, action)])
        assert run.fills[1:] == [(2, "X", quantity, FLAT)]
        assert run.verdicts[1] == ("max-weight", RESIZE, -9, quantity, pytest.approx(0.6), 0.5)


def test_turning_around_counts_sells_that_are_open():
    def leave(ctx):
        ctx.sell(3, limit=110)
        ctx.sell(9)

    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(3), 1: leave}, is_margin=True, rules=[limit(LimitKind.MAX_WEIGHT, 0.5)])
    assert run.fills[1:] == [(2, "X", -5, FLAT)]


def test_no_room_left_is_a_reject_and_not_a_speck():
    run = play(
        {"X": [FLAT] * 4},
        lambda ctx: ctx.buy(4.2),
        rules=[limit(LimitKind.MAX_WEIGHT, 0.7)],
    )
    assert [quantity for _, _, quantity, _ in run.fills] == [4.2, pytest.approx(2.8)]
    assert run.reasons == [(EventKind.REJECT, Reason.RISK_RULE, 4.2)] * 2


def test_clipped_order_is_cut_to_lots_within_the_limit():
    run = play({"X": [3.0, 3.0]}, {0: lambda ctx: ctx.buy(200)}, [Instrument("X", lot=1)], rules=[limit(LimitKind.MAX_WEIGHT, 0.5)])
    assert run.fills == [(1, "X", 166, 3)]


def test_order_clipped_below_a_lot_is_rejected():
    run = first(lambda ctx: ctx["X"].buy(8), [limit(LimitKind.MAX_WEIGHT, 0.05)], instruments=[Instrument("X", lot=1)])
    assert run.reasons == [(EventKind.REJECT, Reason.BELOW_LOT, 8)]


def test_rules_judge_in_their_order_and_the_first_reject_ends_it():
    rules = [
        limit(LimitKind.MAX_WEIGHT, 0.5),
        limit(LimitKind.MAX_ORDER_VALUE, 400, "reject"),
        limit(LimitKind.MAX_LEVERAGE, 0.1),
    ]
    run = first(lambda ctx: ctx["X"].buy(8), rules)
    assert [(name, kind, asked, allowed) for name, kind, asked, allowed, *_ in run.verdicts] == [
        ("max-weight", RESIZE, 8, 5),
        ("max-order-value", REJECT, 5, 0),
    ]


def test_fixed_fraction_sizes_weights_and_orders_without_quantity():
    rules = [limit(LimitKind.FRACTION_SIZE, 0.2)]
    run = first(lambda ctx: ctx["X"].target(weight=0.5), rules)
    assert run.fills == [(1, "X", 1, FLAT)]
    assert run.verdicts == [("fraction-size", RESIZE, 1, 1, 1000, 0.2)]
    assert first(lambda ctx: ctx["X"].buy(), rules).fills == [(1, "X", 2, FLAT)]
    run = first(lambda ctx: ctx["X"].sell(limit=FLAT - 1), rules, is_margin=True)
    assert run.fills == [(1, "X", -2, FLAT)]
    assert (run.orders[0].asked, run.orders[0].quantity) == (-2, -2)


def test_sizing_leaves_quantities_and_exits_alone():
    def both(ctx):
        ctx["X"].buy(3)
        ctx["Y"].target(quantity=7)

    run = first(both, [limit(LimitKind.FRACTION_SIZE, 0.2)])
    assert run.fills == [(1, "X", 3, FLAT), (1, "Y", 7, 10)]
    assert run.verdicts == []


@pytest.mark.parametrize(
    ("volatility", "units"),
    [(0.4, 5.0), (0.8, 2.5), (0.1, 15.0), (0.0, 15.0)],  # at most the cap, which also holds for a price that never moved
)
def test_volatility_target_sizes_by_the_volatility_seen(volatility, units):
    rules = [limit(LimitKind.VOLATILITY_SIZE, 0.2, cap=1.5)]
    seen = np.full((1, 2), volatility)
    run = play(
        {"X": [FLAT] * 2}, {0: lambda ctx: ctx.target(weight=1.0)}, rules=rules, volatility=seen, is_margin=True, leverage=2.0
    )
    assert run.fills == [(1, "X", units, FLAT)]
    assert run.verdicts == [("volatility-size", RESIZE, units, units, volatility, 0.2)]


@pytest.mark.parametrize("ask", [lambda ctx: ctx.target(weight=1.0), lambda ctx: ctx.buy()])
def test_volatility_that_is_not_known_is_no_size(ask):
    rules = [limit(LimitKind.VOLATILITY_SIZE, 0.2)]
    run = play({"X": [FLAT] * 2}, {0: ask}, rules=rules, volatility=np.full((1, 2), np.nan))
    assert [reason for _, reason, _ in run.reasons] == [Reason.NO_SIZE]
    assert math.isnan(run.orders[0].asked)
    assert math.isnan(run.orders[0].quantity)


def test_limits_judge_what_the_sizing_made():
    run = first(lambda ctx: ctx["X"].buy(), [limit(LimitKind.FRACTION_SIZE, 0.8), limit(LimitKind.MAX_WEIGHT, 0.3)])
    assert run.fills == [(1, "X", pytest.approx(3), FLAT)]


DROP = {"X": [FLAT, FLAT, 90, 80, 70, 60, 70, 200], "Y": [10.0] * 8}


def test_drawdown_halts_on_equity_at_the_close_while_the_position_is_open():
    def on_bar(ctx):
        if ctx.index == 0:
            ctx["X"].buy(10)
        elif ctx.index == 4:
            ctx["X"].sell(4)
            ctx["Y"].buy(1)

    run = play(DROP, on_bar, rules=[limit(LimitKind.MAX_DRAWDOWN, 0.25, "halt")])
    [halt] = run.entries(EventKind.HALT)
    assert (halt.row, halt.rule, halt.a, halt.b, halt.c, halt.d) == (4, 0, 700, 1000, pytest.approx(0.3), 0.25)
    assert run.context.is_halted
    assert run.fills == [(1, "X", 10, FLAT), (5, "X", -4, 60)]
    assert run.reasons == [(EventKind.REJECT, Reason.HALTED, 1)]


def test_drawdown_counts_from_the_peak():
    run = play(
        {"X": [FLAT, FLAT, 200, 155, 149]}, {0: lambda ctx: ctx.buy(10)}, rules=[limit(LimitKind.MAX_DRAWDOWN, 0.25, "halt")]
    )
    [halt] = run.entries(EventKind.HALT)
    assert (halt.row, halt.a, halt.b) == (4, 1490, 2000)


def test_flatten_closes_all_positions_at_the_next_open():
    def on_bar(ctx):
        ctx["X"].buy(5)
        ctx["Y"].sell(20)

    run = play(DROP, {0: on_bar}, rules=[limit(LimitKind.MAX_DRAWDOWN, 0.05, "flatten")], is_margin=True)
    assert run.fills[2:] == [(3, "X", -5, 80), (3, "Y", 20, 10)]


def test_halt_cancels_open_orders_that_add_and_keeps_those_that_reduce():
    def on_bar(ctx):
        ctx["X"].buy(1, limit=50)
        ctx["X"].sell(3, stop=65)
        ctx["Y"].buy(1, stop=20)

    run = play(DROP, {0: lambda ctx: ctx["X"].buy(10), 1: on_bar}, rules=[limit(LimitKind.MAX_DRAWDOWN, 0.15, "halt")])
    assert run.fills[1:] == [(5, "X", -3, 60)]
    assert run.reasons == [(EventKind.CANCEL, Reason.HALTED, 1), (EventKind.CANCEL, Reason.HALTED, 1)]


def test_deeper_drawdown_flattens_after_a_halt():
    rules = [limit(LimitKind.MAX_DRAWDOWN, 0.05, "halt"), limit(LimitKind.MAX_DRAWDOWN, 0.25, "flatten")]
    run = play(DROP, {0: lambda ctx: ctx["X"].buy(10)}, rules=rules)
    assert [(halt.row, halt.rule) for halt in run.entries(EventKind.HALT)] == [(2, 0), (4, 1)]
    assert run.fills[1:] == [(5, "X", -10, 60)]


def test_halt_and_flatten_at_once_flattens():
    rules = [limit(LimitKind.MAX_DRAWDOWN, 0.2, "flatten"), limit(LimitKind.MAX_DRAWDOWN, 0.2, "halt")]
    run = play({"X": [FLAT, FLAT, 50, 50]}, {0: lambda ctx: ctx.buy(10)}, rules=rules)
    assert len(run.entries(EventKind.HALT)) == 2
    assert run.fills[1:] == [(3, "X", -10, 50)]


def test_halted_order_is_cut_to_what_reduces():
    rules = [limit(LimitKind.MAX_DRAWDOWN, 0.2, "halt")]
    run = play(DROP, {0: lambda ctx: ctx["X"].buy(8), 5: lambda ctx: ctx["X"].sell(20)}, rules=rules, is_margin=True)
    assert run.fills[1:] == [(6, "X", -8, 70)]
    assert run.reasons == [(EventKind.CANCEL, Reason.HALTED, -12)]


def test_equity_that_is_gone_halts_without_a_rule():
    run = play({"X": [FLAT, FLAT, 250, 250, 250]}, {0: lambda ctx: ctx.sell(10), 3: lambda ctx: ctx.buy(4)}, is_margin=True)
    [halt] = run.entries(EventKind.HALT)
    assert (halt.row, halt.rule, halt.a) == (2, -1, -500)
    assert run.fills[1:] == [(2, "X", 10, 250)]  # the open has jumped past where the position would have been liquidated
    assert run.reasons == [(EventKind.REJECT, Reason.HALTED, 4)]


def judged(answer, ask=lambda ctx: ctx["X"].buy(8), more=(), **changes):
    """Play a wish past a rule in Python that gives an answer, or raises it."""

    def judge(order, account):
        if isinstance(answer, Exception):
            raise answer
        return answer(order, account) if callable(answer) else answer

    return first(ask, [check(judge), *more], **changes)


@pytest.mark.parametrize(
    ("answer", "kind", "filled"),
    [
        (Verdict.accept("fine", {"seen": 1}), ACCEPT, 8),
        (Verdict.resize(3, "fine", {"seen": 1}), RESIZE, 3),
        (Verdict.resize(8, "fine", {"seen": 1}), RESIZE, 8),
        (Verdict.reject("fine", {"seen": 1}), REJECT, 0),
        (Verdict.resize(0, "fine", {"seen": 1}), RESIZE, 0),
        (Verdict.halt("fine", {"seen": 1}), HALT, 0),
    ],
)
def test_check_rule_is_obeyed_and_written_down(answer, kind, filled):
    run = judged(answer)
    [(name, told, asked, allowed, seen, bound)] = run.verdicts
    assert (name, told, asked, allowed) == ("mine", kind, 8, filled)
    assert math.isnan(seen)
    assert math.isnan(bound)
    assert run.orders[0].filled == filled
    assert run.orders[0].reason is (Reason.NONE if filled else Reason.RISK_RULE)
    [words] = run.simulation.log.words().values()
    assert words == ("fine", {"seen": 1.0})


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (RuntimeError("no data"), "the rule raised RuntimeError: no data"),
        (None, "the rule raised TypeError: check must return a Verdict, not None"),
        (True, "the rule raised TypeError: check must return a Verdict, not True"),
        (Verdict.resize(9, ""), "the rule raised ValueError: resize must give a quantity between 0 and 8.0, not 9"),
        (Verdict.resize(-1, ""), "the rule raised ValueError: resize must give a quantity between 0 and 8.0, not -1"),
        (Verdict.resize(math.nan, ""), "the rule raised ValueError: resize must give a quantity between 0 and 8.0, not nan"),
        (Verdict(VerdictKind.RESIZE), "the rule raised ValueError: resize must give a quantity between 0 and 8.0, not None"),
        (Verdict(7), "the rule raised ValueError: 7 is not a valid VerdictKind"),
    ],
)
def test_check_rule_that_gives_no_answer_refuses_the_order(answer, text):
    run = judged(answer)
    assert run.verdicts[0][1:4] == (REJECT, 8, 0)
    assert run.reasons == [(EventKind.REJECT, Reason.RISK_RULE, 8)]
    assert [words for words, _ in run.simulation.log.words().values()] == [text]


def test_check_rule_halts_what_is_open_and_what_comes():
    def three(ctx):
        ctx["Y"].buy(1)
        ctx["X"].buy(8)
        ctx["Y"].buy(2)

    run = judged(lambda order, account: Verdict.halt("stop") if order.symbol == "X" else Verdict.accept(), three)
    assert run.fills == []
    assert [(order.status, order.reason) for order in run.orders] == [
        (OrderStatus.CANCELLED, Reason.HALTED),
        (OrderStatus.REJECTED, Reason.RISK_RULE),
        (OrderStatus.REJECTED, Reason.HALTED),
    ]
    [halt] = run.entries(EventKind.HALT)
    assert run.log[halt.cause].code == HALT
    assert (halt.a, halt.rule) == (1000, 0)


def test_check_rule_sees_the_order_and_the_account_with_open_orders():
    seen = []

    def judge(order, account):
        seen.append((order, account))
        return Verdict.accept()

    def on_bar(ctx):
        if ctx.index == 0:
            ctx["X"].buy(2)
        elif ctx.index == 1:
            ctx["Y"].buy(3, limit=9)
            ctx["X"].sell(1, stop=90)

    play({"X": [FLAT, 101, 102], "Y": [10.0] * 3}, on_bar, rules=[check(judge)])
    stop, account = seen[1]
    assert (stop.id, stop.symbol, stop.quantity, stop.kind, stop.limit, stop.stop) == (2, "X", -1, OrderKind.STOP, None, 90)
    assert stop.submitted == account.time == 120_000_000_000
    assert (account.cash, account.equity, account.currency) == (798, 1000, "USD")
    assert [(p.symbol, p.quantity, p.average_price, p.last_price) for p in account.positions.values()] == [("X", 2, 101, 101)]
    assert account.prices == {"X": 101, "Y": 10}
    assert account.open_orders == ()
    limit_order, account = seen[2]
    assert limit_order.limit == 9
    assert [(order.symbol, order.quantity, order.stop) for order in account.open_orders] == [("X", -1, 90)]


def test_rules_after_a_check_judge_what_it_let_pass():
    run = judged(lambda order, account: Verdict.resize(order.quantity / 2, "half"), more=[limit(LimitKind.MAX_WEIGHT, 0.3)])
    assert [verdict[:4] for verdict in run.verdicts] == [("mine", RESIZE, 8, 4), ("max-weight", RESIZE, 4, 3)]


def test_order_reaches_rules_in_whole_lots():
    seen = []

    def judge(order, account):
        seen.append(order.quantity)
        return Verdict.accept()

    first(lambda ctx: ctx["X"].buy(2.7), [check(judge)], instruments=[Instrument("X", lot=1)])
    assert seen == [2]
