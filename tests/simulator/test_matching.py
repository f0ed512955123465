import pytest

from stage import limit, play
from tradekit.model.event import EventKind
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.order import OrderStatus, Reason
from tradekit.model.risk import LimitKind

FLAT = 100.0
DIP = (100.0, 101.0, 90.0, 99.0)
RISE = (100.0, 110.0, 99.0, 101.0)


def test_market_order_fills_at_open_of_next_bar():
    run = play({"X": [FLAT, (105, 109, 104, 108), 110]}, {0: lambda ctx: ctx.buy(2)})
    assert run.fills == [(1, "X", 2, 105)]
    assert run.equity == [1000, 1006, 1010]


def test_order_decided_on_last_bar_stays_open():
    run = play({"X": [FLAT]}, {0: lambda ctx: ctx.buy(2)})
    assert run.fills == []
    assert run.orders[0].status is OrderStatus.OPEN


@pytest.mark.parametrize(
    ("price", "bar", "filled"),
    [
        (95, DIP, 95),  # inside the bar, at its price
        (95, (94, 96, 93, 95), 94),  # the open is better
        (95, (95, 96, 94, 95), 95),  # the open is as good
        (95, (100, 101, 95, 100), None),  # touched only
        (95, (100, 101, 96, 100), None),
        (105, FLAT, 100),  # marketable
    ],
)
def test_buy_limit_fills_at_its_price_or_a_better_open(price, bar, filled):
    run = play({"X": [FLAT, bar]}, {0: lambda ctx: ctx.buy(1, limit=price)})
    assert run.fills == ([] if filled is None else [(1, "X", 1, filled)])


@pytest.mark.parametrize(
    ("price", "bar", "filled"),
    [
        (105, RISE, 105),
        (105, (106, 107, 105, 106), 106),
        (105, (105, 106, 104, 105), 105),
        (105, (100, 105, 99, 100), None),
        (95, FLAT, 100),
    ],
)
def test_sell_limit_fills_at_its_price_or_a_better_open(price, bar, filled):
    run = play({"X": [FLAT, bar]}, {0: lambda ctx: ctx.sell(1, limit=price)}, is_margin=True)
    assert run.fills == ([] if filled is None else [(1, "X", -1, filled)])


def test_limit_touched_fills_only_where_touching_is_enough():
    bars = {"X": [FLAT, (100, 105, 95, 100)]}

    def both(ctx):
        ctx.buy(1, limit=95)
        ctx.sell(1, limit=105)

    assert play(bars, {0: both}, is_margin=True).fills == []
    assert play(bars, {0: both}, is_margin=True, fills=FillRules(limit_fills="touch", participation=None)).fills == [
        (1, "X", -1, 105),
        (1, "X", 1, 95),
    ]


@pytest.mark.parametrize(
    ("price", "bar", "filled"),
    [
        (105, RISE, 105),
        (105, (107, 110, 106, 108), 107),  # gapped over: at the open
        (105, (100, 105, 99, 100), 105),  # touched is reached
        (105, (100, 104, 99, 100), None),
        (95, FLAT, 100),  # reached already
    ],
)
def test_buy_stop_fills_at_its_price_or_the_open_that_gapped_over_it(price, bar, filled):
    run = play({"X": [FLAT, bar]}, {0: lambda ctx: ctx.buy(1, stop=price)})
    assert run.fills == ([] if filled is None else [(1, "X", 1, filled)])


@pytest.mark.parametrize(
    ("price", "bar", "filled"),
    [(95, DIP, 95), (95, (93, 94, 92, 93), 93), (95, (100, 101, 95, 100), 95), (95, (100, 101, 96, 100), None)],
)
def test_sell_stop_fills_at_its_price_or_the_open_that_gapped_under_it(price, bar, filled):
    run = play({"X": [FLAT, bar]}, {0: lambda ctx: ctx.sell(1, stop=price)}, is_margin=True)
    assert run.fills == ([] if filled is None else [(1, "X", -1, filled)])


def test_resting_orders_wait_for_their_price():
    run = play({"X": [FLAT, FLAT, FLAT, DIP, FLAT]}, {0: lambda ctx: ctx.buy(1, limit=95)})
    assert run.fills == [(3, "X", 1, 95)]


def test_market_order_waits_for_the_instruments_next_bar():
    run = play({"X": [FLAT, None, None, 90], "Y": [1, 1, 1, 1]}, {0: lambda ctx: ctx["X"].buy(1)})
    assert run.fills == [(3, "X", 1, 90)]


def test_fill_at_open_and_inside_are_told_apart():
    def both(ctx):
        ctx.buy(1)
        ctx.buy(1, limit=95)

    run = play({"X": [FLAT, DIP]}, {0: both})
    assert [(fill.code, fill.b) for fill in run.entries(EventKind.FILL)] == [(0, 100), (1, 95)]


def test_sells_fill_before_buys_that_they_pay_for():
    def swap(ctx):
        ctx["Y"].buy(5)
        ctx["X"].sell(10)

    run = play({"X": [FLAT] * 4, "Y": [200] * 4}, {0: lambda ctx: ctx["X"].buy(10), 1: swap})
    assert run.fills == [(1, "X", 10, 100), (2, "X", -10, 100), (2, "Y", 5, 200)]


def test_sells_inside_the_bar_come_after_buys_at_its_open():
    def both(ctx):
        ctx["X"].sell(10, limit=105)
        ctx["Y"].buy(5)

    run = play({"X": [FLAT, FLAT, RISE], "Y": [200] * 3}, {0: lambda ctx: ctx["X"].buy(10), 1: both})
    assert run.fills == [(1, "X", 10, 100), (2, "X", -10, 105)]
    assert run.reasons == [(EventKind.REJECT, Reason.INSUFFICIENT_FUNDS, 5)]


def test_orders_of_one_side_fill_in_order_of_submission():
    def several(ctx):
        ctx.buy(1, limit=97)
        ctx.buy(2)
        ctx.buy(3, limit=95)
        ctx.buy(4, limit=101)

    run = play({"X": [10.0, (10, 11, 9, 10), DIP]}, {1: several}, capital=10_000.0)
    assert [quantity for _, _, quantity, _ in run.fills] == [2, 4, 1, 3]


@pytest.mark.parametrize("target_first", [True, False])
def test_stop_and_target_reached_in_one_bar_stop_wins(target_first):
    def leave(ctx):
        for place in [lambda: ctx.sell(5, limit=105), lambda: ctx.sell(5, stop=95)][:: 1 if target_first else -1]:
            place()

    run = play({"X": [FLAT, FLAT, (100, 106, 94, 100)]}, {0: lambda ctx: ctx.buy(5), 1: leave})
    assert run.fills[1:] == [(2, "X", -5, 95)]
    assert run.reasons == [(EventKind.REJECT, Reason.SHORT_IN_CASH_ACCOUNT, -5)]


def test_slippage_is_paid_by_market_and_stop_orders_but_not_by_limits():
    def three(ctx):
        ctx.buy(1)
        ctx.buy(1, stop=105)
        ctx.buy(1, limit=95)

    run = play({"X": [FLAT, (100, 110, 90, 100)]}, {0: three}, slippage_rate=0.01)
    assert run.fills == [(1, "X", 1, 101), (1, "X", 1, pytest.approx(106.05)), (1, "X", 1, 95)]
    assert [fill.d for fill in run.entries(EventKind.FILL)] == pytest.approx([1, 1.05, 0])
    assert run.simulation.ledger.slippage == pytest.approx(2.05)


def test_sells_slip_down():
    run = play({"X": [FLAT, FLAT]}, {0: lambda ctx: ctx.sell(1)}, is_margin=True, slippage_rate=0.01)
    assert run.fills == [(1, "X", -1, 99)]


def test_buy_beyond_the_cash_is_cut_to_whole_lots():
    run = play({"X": [FLAT, 110]}, {0: lambda ctx: ctx.buy(10)}, [Instrument("X", lot=1)])
    assert run.fills == [(1, "X", 9, 110)]
    assert run.cash == 10
    assert run.reasons == [(EventKind.CANCEL, Reason.INSUFFICIENT_FUNDS, 1)]
    assert run.orders[0].status is OrderStatus.FILLED
    assert (run.orders[0].reason, run.orders[0].asked, run.orders[0].quantity, run.orders[0].filled) == (
        Reason.INSUFFICIENT_FUNDS,
        10,
        10,
        9,
    )


def test_buy_beyond_the_cash_is_cut_to_what_leaves_the_fee():
    run = play({"X": [FLAT, FLAT]}, {0: lambda ctx: ctx.buy(10)}, [Instrument("X", lot=1)], fee_rate=0.001)
    assert run.fills == [(1, "X", 9, 100)]
    assert run.cash == pytest.approx(1000 - 900 * 1.001)


def test_buy_that_all_the_cash_pays_for_is_not_cut():
    run = play({"X": [FLAT, FLAT]}, {0: lambda ctx: ctx.buy(10)}, [Instrument("X", lot=1)])
    assert run.fills == [(1, "X", 10, 100)]
    assert run.cash == 0
    assert run.reasons == []


def test_buy_cut_to_all_the_cash_pays_for_in_lots_gets_all_of_them():
    run = play({"X": [0.1, 0.1]}, {0: lambda ctx: ctx.buy(1000)}, [Instrument("X", lot=0.1)], capital=0.3)
    assert run.fills == [(1, "X", 3, 0.1)]
    assert run.cash == pytest.approx(0, abs=1e-15)


def test_lot_that_the_cash_misses_by_a_cent_is_not_bought():
    run = play({"X": [100_000, 100_000]}, {0: lambda ctx: ctx.buy(3)}, [Instrument("X", lot=1)], capital=299_999.99)
    assert run.fills == [(1, "X", 2, 100_000)]


def test_size_short_by_rounding_alone_is_no_cut():
    price = 0.1 + 0.2
    run = play({"X": [price, price]}, {0: lambda ctx: ctx.buy(1000 / 0.3)})
    assert run.reasons == []
    assert run.fills[0][2] == pytest.approx(1000 / 0.3, rel=1e-12)
    assert run.cash >= 0


def test_buy_beyond_the_cash_is_rejected_where_that_is_the_rule():
    run = play({"X": [FLAT, 110]}, {0: lambda ctx: ctx.buy(10)}, fills=FillRules("reject", participation=None))
    assert run.fills == []
    assert run.reasons == [(EventKind.REJECT, Reason.INSUFFICIENT_FUNDS, 10)]
    assert run.orders[0].status is OrderStatus.REJECTED


def test_buy_that_pays_for_no_lot_is_rejected():
    run = play({"X": [FLAT, 1100]}, {0: lambda ctx: ctx.buy(1)}, [Instrument("X", lot=1)])
    assert run.reasons == [(EventKind.REJECT, Reason.INSUFFICIENT_FUNDS, 1)]


def test_buy_cut_below_the_minimum_value_is_rejected():
    run = play({"X": [600, 900]}, {0: lambda ctx: ctx.buy(2)}, [Instrument("X", lot=0.1, min_notional=1000)], capital=999.0)
    assert run.fills == []
    assert run.reasons == [(EventKind.REJECT, Reason.INSUFFICIENT_FUNDS, 2)]


def test_second_sell_in_a_cash_account_gets_what_is_left():
    def twice(ctx):
        ctx.sell(6, limit=105)
        ctx.sell(8, limit=106)

    run = play({"X": [FLAT, FLAT, RISE]}, {0: lambda ctx: ctx.buy(10), 1: twice}, fills=FillRules("reject", participation=None))
    assert run.fills[1:] == [(2, "X", -6, 105), (2, "X", -4, 106)]
    assert run.reasons == [(EventKind.CANCEL, Reason.SHORT_IN_CASH_ACCOUNT, -4)]


@pytest.mark.parametrize(
    ("leverage", "asked", "filled"),
    [(1.0, 12, 10), (2.0, 25, 20), (2.0, -25, -20), (3.0, 30, 30)],
)
def test_margin_account_holds_at_most_its_leverage(leverage, asked, filled):
    run = play(
        {"X": [FLAT, FLAT]},
        {0: lambda ctx: ctx.target(quantity=asked)},
        [Instrument("X", lot=1)],
        is_margin=True,
        leverage=leverage,
    )
    assert run.fills == [(1, "X", filled, 100)]


def test_margin_account_pays_fees_out_of_its_room():
    run = play({"X": [FLAT, FLAT]}, {0: lambda ctx: ctx.buy(100)}, is_margin=True, leverage=2.0, fee_rate=0.01)
    size = run.fills[0][2]
    assert size * 100 == pytest.approx(2 * run.equity[-1])


def test_margin_account_counts_other_positions():
    def on_bar(ctx):
        ctx["X"].target(quantity=-6)
        ctx["Y"].target(quantity=100)

    run = play({"X": [FLAT, FLAT], "Y": [10, 10]}, {0: on_bar}, is_margin=True)
    assert run.fills == [(1, "X", -6, 100), (1, "Y", pytest.approx(40), 10)]


def test_margin_account_turns_around_in_one_order():
    run = play(
        {"X": [FLAT] * 4}, {0: lambda ctx: ctx.buy(5), 1: lambda ctx: ctx.sell(20)}, [Instrument("X", lot=1)], is_margin=True
    )
    assert run.fills[1:] == [(2, "X", -15, 100)]
    assert run.position() == -10


def test_margin_account_closes_though_it_has_no_room():
    run = play(
        {"X": [FLAT, FLAT, 150, 150]}, {0: lambda ctx: ctx.sell(10), 2: lambda ctx: ctx.exit()}, is_margin=True, leverage=1.0
    )
    assert run.fills[1:] == [(3, "X", 10, 150)]
    assert run.equity[-1] == 500


def test_after_a_halt_two_orders_that_reduce_can_not_turn_around():
    def leave(ctx):
        ctx.sell(10, limit=60)
        ctx.sell(10, stop=30)

    bars = {"X": [FLAT, FLAT, 50, (50, 61, 29, 50)]}
    run = play(bars, {0: lambda ctx: ctx.buy(10), 1: leave}, is_margin=True, rules=[limit(LimitKind.MAX_DRAWDOWN, 0.2, "halt")])
    assert run.fills[1:] == [(3, "X", -10, 30)]
    assert run.reasons == [(EventKind.REJECT, Reason.HALTED, -10)]


def test_after_a_halt_an_order_that_would_turn_around_only_closes():
    bars = {"X": [FLAT, FLAT, 70, (70, 71, 59, 70)]}
    rules = [limit(LimitKind.MAX_DRAWDOWN, 0.2, "halt")]
    run = play(bars, {0: lambda ctx: ctx.buy(10), 1: lambda ctx: ctx.sell(15, stop=60)}, is_margin=True, rules=rules, leverage=2.0)
    assert run.fills[1:] == [(3, "X", -10, 60)]
    assert run.reasons == [(EventKind.CANCEL, Reason.HALTED, -5)]
    assert run.position() == 0
