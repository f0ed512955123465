"""What holds of every run, and how wishes become orders."""

import math
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stage
from proofs import deep
from random_accounts import random_accounts
from random_orders import random_orders
from random_play import ask, fingerprint, random_play
from stage import limit, play
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.model.risk import LimitKind
from tradekit.simulator.build import is_compiled
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_events
from tradekit.simulator.simulation import Simulation, renew
from tradekit.simulator.venue import Venue

EXAMPLES = deep(100, 300) if is_compiled() else 30
SEEDS = st.integers(0, EXAMPLES - 1)  # few, so that the tests share their runs, which are made once
FLAT = 100.0


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_fills_come_later_than_decisions_and_only_on_bars(seed):
    run = random_play(seed)
    exists = run.setup.bars.exists
    liquidated = run.liquidated
    for fill in run.entries(EventKind.FILL):
        order = run.orders[fill.order]
        assert fill.row > order.row or (fill.order in liquidated and fill.row == order.row)
        assert exists[fill.row, fill.instrument]
        if order.kind is OrderKind.MARKET:
            assert not exists[order.row + 1 : fill.row, fill.instrument].any()


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_fills_lie_in_the_range_of_their_bar_but_for_slippage(seed):
    run = random_play(seed)
    bars, venue = run.setup.bars, Venue(run.setup)
    for fill in run.entries(EventKind.FILL):
        order, i = run.orders[fill.order], fill.instrument
        low, high = bars.low[fill.row, i], bars.high[fill.row, i]
        venue.new_row(fill.row)
        if order.kind is OrderKind.LIMIT and fill.code >= 3:
            assert low <= fill.b <= high
        if order.kind is OrderKind.LIMIT:
            assert fill.b <= order.limit if fill.a > 0 else fill.b >= order.limit
            assert fill.d == 0 or fill.code < 3
        else:
            worst = venue.slipped(i, order.quantity, high if fill.a > 0 else low, bars.volume[fill.row, i], 0.0)
            assert min(low, worst) <= fill.b <= max(high, worst)
        if order.kind is OrderKind.STOP:
            assert fill.b >= order.stop if fill.a > 0 else fill.b <= order.stop
        if fill.code % 3 == 0 and fill.d == 0:
            assert fill.b == bars.open[fill.row, i]


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_cash_account_is_never_overdrawn_or_short(seed):
    run = random_play(seed)
    if run.setup.is_margin:
        return
    cash = Fraction(run.setup.capital)
    for fill in run.entries(EventKind.FILL):
        cash -= Fraction(fill.a) * Fraction(fill.b) + Fraction(fill.c)
        assert cash >= -1e-9 * run.setup.capital
        assert fill.e >= 0
    assert run.cash >= -1e-12 * run.setup.capital


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_margin_account_never_adds_beyond_its_leverage(seed):
    run = random_play(seed)
    if not run.setup.is_margin:
        return
    cash, held, last = run.setup.capital, np.zeros(3), np.zeros(3)
    fills = iter([*(entry for entry in run.log if entry.kind in (EventKind.FILL, EventKind.CASH)), None])
    fill = next(fills)
    for row, closes in enumerate(run.setup.bars.close):
        while fill is not None and fill.row == row:
            if fill.kind == EventKind.CASH:
                cash += fill.a
                fill = next(fills)
                continue
            i, before = fill.instrument, held[fill.instrument]
            cash -= fill.a * fill.b + fill.c
            held[i] = fill.e
            worth = np.where(np.arange(3) == i, fill.b, last) * held
            if abs(held[i]) > abs(before) or held[i] * before < 0:
                assert np.abs(worth).sum() <= run.setup.leverage * (cash + worth.sum()) * (1 + 1e-9)
            fill = next(fills)
        last[: len(closes)] = np.where(np.isnan(closes), last[: len(closes)], closes)
        assert run.equity[row] == pytest.approx(cash + (held * last).sum(), rel=1e-9, abs=1e-6)


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_sells_come_before_buys_at_the_open_and_inside_each_bar(seed):
    run = random_play(seed)
    liquidated = run.liquidated
    parts = [(fill.row, fill.code % 3, fill.a > 0) for fill in run.entries(EventKind.FILL) if fill.order not in liquidated]
    assert parts == sorted(parts)


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_orders_only_move_forward_and_the_book_agrees_with_the_log(seed):
    run = random_play(seed)
    stories = defaultdict(list)
    for number, entry in enumerate(run.log):
        assert entry.cause < number
        if entry.kind not in (EventKind.HALT, EventKind.LIQUIDATION, EventKind.CASH):
            stories[entry.order].append(entry)
    assert sorted(stories) == list(range(len(run.orders)))
    for number, order in enumerate(run.orders):
        kinds = [EventKind(entry.kind) for entry in stories[number]]
        assert kinds[0] is EventKind.ORDER
        assert kinds.count(EventKind.ORDER) == 1
        last = stories[number][-1]
        ends = {
            OrderStatus.FILLED: EventKind.FILL if order.reason is Reason.NONE else EventKind.CANCEL,
            OrderStatus.CANCELLED: EventKind.CANCEL,
            OrderStatus.REPLACED: EventKind.CANCEL,
            OrderStatus.REJECTED: EventKind.REJECT,
        }
        if order.status is OrderStatus.OPEN:
            assert set(kinds) <= {EventKind.ORDER, EventKind.VERDICT, EventKind.CANCEL}
        else:
            assert kinds[-1] is ends[order.status]
            assert last.code == order.reason or last.kind == EventKind.FILL
        filled = [entry.a for entry in stories[number] if entry.kind == EventKind.FILL]
        assert filled == ([] if order.filled == 0 else [order.filled])
        assert abs(order.filled) <= abs(order.quantity) or order.filled == 0
        assert order.filled * order.asked >= 0 or math.isnan(order.asked)


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_nothing_adds_to_a_position_after_a_halt(seed):
    run = random_play(seed)
    held, is_halted = defaultdict(float), False
    for entry in run.log:
        is_halted |= entry.kind == EventKind.HALT
        if entry.kind == EventKind.FILL:
            if is_halted:
                assert abs(entry.e) < abs(held[entry.instrument])
                assert entry.e * held[entry.instrument] >= 0
            held[entry.instrument] = entry.e


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_fills_and_positions_are_whole_lots(seed):
    run = random_play(seed)
    for fill in run.entries(EventKind.FILL):
        lot = run.setup.instruments[fill.instrument].lot
        if lot:
            assert fill.a / lot == pytest.approx(round(fill.a / lot), abs=1e-6)
            assert fill.e == round(fill.e / lot) * lot or fill.e == round(fill.e / lot) / (1 / lot)


def test_equity_marks_the_last_close_over_a_hole():
    run = play({"X": [FLAT, FLAT, 110, None, None, 90], "Y": [1] * 6}, {0: lambda ctx: ctx["X"].buy(5)})
    assert run.equity == [1000, 1000, 1050, 1050, 1050, 950]


def test_target_weight_is_sized_at_the_close():
    run = play({"X": [FLAT, 50, 50]}, {0: lambda ctx: ctx.target(weight=0.5)})
    assert run.fills == [(1, "X", 5, 50)]


def test_target_orders_only_the_difference():
    run = play(
        {"X": [FLAT] * 4}, {0: lambda ctx: ctx.target(quantity=3), 1: lambda ctx: ctx.target(quantity=5), 2: lambda ctx: ctx.exit()}
    )
    assert [quantity for _, _, quantity, _ in run.fills] == [3, 2, -5]


def test_last_target_of_a_bar_counts():
    def on_bar(ctx):
        ctx.target(weight=1.0)
        ctx.target(quantity=2)

    assert play({"X": [FLAT] * 2}, {0: on_bar}).fills == [(1, "X", 2, FLAT)]


def test_target_that_is_reached_needs_no_order():
    run = play({"X": [FLAT] * 3}, lambda ctx: ctx.target(quantity=3))
    assert len(run.orders) == 1


def test_target_less_than_a_lot_away_needs_no_order():
    run = play({"X": [FLAT, FLAT, 101, 102]}, lambda ctx: ctx.target(weight=0.5), [Instrument("X", lot=1)])
    assert len(run.orders) == 1


def test_target_below_a_lot_from_flat_is_rejected():
    run = play({"X": [FLAT]}, {0: lambda ctx: ctx.target(weight=0.05)}, [Instrument("X", lot=1)])
    assert run.reasons == [(EventKind.REJECT, Reason.BELOW_LOT, 0.5)]


def test_new_target_replaces_one_that_waits_over_a_hole():
    bars = {"X": [FLAT, None, FLAT], "Y": [1, 1, 1]}
    run = play(bars, {0: lambda ctx: ctx["X"].target(quantity=3), 1: lambda ctx: ctx["X"].target(quantity=2)})
    assert run.fills == [(2, "X", 2, FLAT)]
    assert [order.status for order in run.orders] == [OrderStatus.REPLACED, OrderStatus.FILLED]
    assert run.reasons == [(EventKind.CANCEL, Reason.NEW_TARGET, 3)]


def test_new_target_leaves_other_orders_alone():
    def both(ctx):
        ctx.buy(1, limit=90)
        ctx.target(quantity=2)

    run = play({"X": [FLAT] * 3}, {0: both, 1: lambda ctx: ctx.target(quantity=1)})
    assert [order.status for order in run.orders] == [OrderStatus.OPEN, OrderStatus.FILLED, OrderStatus.FILLED]


def test_target_without_a_price_is_rejected():
    run = play({"X": [None, FLAT], "Y": [1, 1]}, {0: lambda ctx: ctx["X"].target(weight=0.5)})
    assert [reason for _, reason, _ in run.reasons] == [Reason.NO_PRICE]


def test_exit_without_a_price_asks_for_nothing():
    assert play({"X": [None], "Y": [1]}, {0: lambda ctx: ctx["X"].exit()}).orders == []


def test_order_during_warm_up_is_rejected():
    bars = {"X": [FLAT, FLAT, None], "Y": [None, FLAT, FLAT]}
    run = play(bars, lambda ctx: ctx["Y"].buy(1), warmup=2)
    assert [(order.row, order.status, order.reason) for order in run.orders] == [
        (1, OrderStatus.REJECTED, Reason.WARMING_UP),
        (2, OrderStatus.OPEN, Reason.NONE),
    ]


@pytest.mark.parametrize("ask", [lambda ctx: ctx.target(weight=-1e308), lambda ctx: ctx.buy(1e308)])
def test_size_beyond_all_numbers_is_rejected(ask):
    run = play({"X": [FLAT] * 2}, {0: ask}, is_margin=True)
    assert [reason for _, reason, _ in run.reasons] == [Reason.NO_SIZE]


def test_sell_in_a_cash_account_is_cut_to_what_is_held():
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(3), 1: lambda ctx: ctx.sell(5)})
    assert run.fills[1:] == [(2, "X", -3, FLAT)]
    assert run.reasons == [(EventKind.CANCEL, Reason.SHORT_IN_CASH_ACCOUNT, -2)]
    assert (run.orders[1].asked, run.orders[1].quantity) == (-5, -3)


def test_sell_of_nothing_in_a_cash_account_is_rejected():
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.sell(5)})
    assert run.reasons == [(EventKind.REJECT, Reason.SHORT_IN_CASH_ACCOUNT, -5)]


def test_exit_goes_through_although_protective_orders_are_open():
    def protect(ctx):
        ctx.sell(3, limit=120)
        ctx.sell(3, stop=80)

    run = play({"X": [FLAT] * 4}, {0: lambda ctx: ctx.buy(3), 1: protect, 2: lambda ctx: ctx.exit()})
    assert run.fills[1:] == [(3, "X", -3, FLAT)]


def test_reductions_are_placed_before_other_orders():
    def swap(ctx):
        ctx["Y"].buy(1)
        ctx["X"].sell(1)

    run = play({"X": [FLAT] * 3, "Y": [FLAT] * 3}, {0: lambda ctx: ctx["X"].buy(1), 1: swap})
    placed = [entry.instrument for entry in run.entries(EventKind.ORDER)]
    assert placed == [0, 0, 1]


def test_two_sells_of_all_that_is_held_are_placed_once_each():
    def twice(ctx):
        ctx.sell(3)
        ctx.sell(3)

    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(3), 1: twice}, is_margin=True)
    assert [entry.order for entry in run.entries(EventKind.ORDER)] == [0, 1, 2]
    assert run.position() == -3


def test_order_cancelled_on_its_own_bar_stands_in_the_log():
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx["X"].cancel(ctx.buy(2))})
    assert [(EventKind(entry.kind), entry.a, entry.cause) for entry in run.log] == [
        (EventKind.ORDER, 2, -1),
        (EventKind.CANCEL, 2, 0),
    ]
    assert run.orders[0].status is OrderStatus.CANCELLED


def test_flatten_is_not_undone_by_the_strategy():
    rules = [limit(LimitKind.MAX_DRAWDOWN, 0.1, "flatten")]

    def stubborn(ctx):
        ctx["X"].target(quantity=8)
        ctx["X"].cancel()

    run = play({"X": [FLAT, FLAT, 80, None, 80], "Y": [1] * 5}, stubborn, rules=rules)
    assert run.fills == [(1, "X", 8, FLAT), (4, "X", -8, 80)]
    [closing] = [entry for entry in run.entries(EventKind.ORDER) if entry.a == -8]
    assert run.log[closing.cause].kind == EventKind.HALT


def used(setup):
    """Return a simulation that has been through something else, and then begun anew."""
    rng, simulation = np.random.default_rng(len(setup.rules)), Simulation(setup)

    def on_bar(ctx):
        for view in ctx:
            ask(rng, ctx, view, False)

    run_events(Context(simulation, setup), on_bar, 0, len(setup.bars) * 2 // 3)
    renew(simulation, setup.warmup)
    return simulation


@pytest.mark.parametrize(
    "make",
    # Without their memory of the runs that were made.
    [random_play.__wrapped__, random_accounts.__wrapped__, lambda seed: random_orders.__wrapped__(seed)[0]],
    ids=["play", "accounts", "orders"],
)
def test_simulation_that_is_renewed_is_as_a_new_one(make, monkeypatch):
    seeds = range(30 if is_compiled() else 4)
    expected = [fingerprint(make(seed)) for seed in seeds]
    monkeypatch.setattr(stage, "Simulation", used)
    assert [fingerprint(make(seed)) for seed in seeds] == expected


def test_simulation_that_is_renewed_has_the_warm_up_it_is_given():
    bars = {"X": [FLAT] * 5}
    setup = stage.setup_of(stage.bars_of(bars))
    simulation = Simulation(setup)
    weights = np.full((5, 1), 0.5)
    weights[1:] = np.nan
    for warmup, orders in ((0, 1), (3, 0), (0, 1)):
        renew(simulation, warmup)
        stage.run_targets(simulation, weights, 0, 5)
        statuses = simulation.book.columns()["status"].tolist()
        assert statuses.count(OrderStatus.FILLED) == orders
