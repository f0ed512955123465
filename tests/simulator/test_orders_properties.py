"""What holds of every run, whatever orders it asks for and however they are filled."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs import deep
from random_orders import random_orders
from random_play import fingerprint
from stage import Entry, Played
from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason, Terms
from tradekit.simulator.build import is_compiled
from uncompiled import output_of

EXAMPLES = deep(60, 600) if is_compiled() else 20
SEEDS = st.integers(0, EXAMPLES - 1)  # few, so that the tests share their runs, which are made once
pytestmark = pytest.mark.proof("simulator", cases=EXAMPLES)
LIMITED = (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TAKE_PROFIT_LIMIT)
FINAL = {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REPLACED, OrderStatus.REJECTED, OrderStatus.EXPIRED}

every_run = given(seed=SEEDS)
often = settings(max_examples=EXAMPLES, deadline=None)


def liquidations(run: Played) -> set[int]:
    """Return the orders that the venue placed, to close positions."""
    log = run.log
    causes = {number for number, entry in enumerate(log) if entry.kind == EventKind.LIQUIDATION}
    return {entry.order for entry in log if entry.kind == EventKind.ORDER and entry.cause in causes}


def own_fills(run: Played) -> list[Entry]:
    """Return the fills of orders that met the market."""
    excluded = liquidations(run)
    return [fill for fill in run.entries(EventKind.FILL) if fill.order not in excluded]


def bar_of(run: Played, fill: Entry) -> int:
    """Return the bar, a finer one if there are any, that a fill was made in."""
    finer = run.setup.finer
    if finer is None:
        return fill.row
    bars, own = finer.bars, range(finer.first[fill.row], finer.first[fill.row + 1])
    if fill.code % 3 == 2:
        return max(k for k in own if bars.exists[k, fill.instrument])
    [found] = [k for k in own if fill.time == (bars.open_time[k] if fill.code % 3 == 0 else bars.close_time[k] - 1)]
    return found


def bars_of(run: Played):
    return run.setup.bars if run.setup.finer is None else run.setup.finer.bars


@every_run
@often
def test_fills_lie_in_the_range_of_their_bar_but_for_slippage(seed):
    run, _ = random_orders(seed)
    bars = bars_of(run)
    for fill in own_fills(run):
        k, i = bar_of(run, fill), fill.instrument
        low, high, slipped = bars.low[k, i], bars.high[k, i], fill.d / abs(fill.a)
        before = fill.b - slipped if fill.a > 0 else fill.b + slipped
        assert low * (1 - 1e-12) <= before <= high * (1 + 1e-12)
        if fill.code % 3 != 1:
            assert before == pytest.approx(bars.open[k, i] if fill.code % 3 == 0 else bars.close[k, i], rel=1e-12)


@every_run
@often
def test_makers_get_their_limit_or_a_better_open_and_do_not_slip(seed):
    run, _ = random_orders(seed)
    orders = run.orders
    for fill in own_fills(run):
        order = orders[fill.order]
        if order.kind in LIMITED:
            assert fill.b <= order.limit if fill.a > 0 else fill.b >= order.limit
        if fill.code >= 3:
            assert order.kind in LIMITED
            assert fill.d == 0
            assert fill.b == order.limit or fill.code == 3


@every_run
@often
def test_fills_of_a_bar_are_no_more_than_its_volume_allows(seed):
    run, _ = random_orders(seed)
    share, bars, taken = run.setup.fills.participation, bars_of(run), defaultdict(float)
    if share is None:
        return
    for fill in own_fills(run):
        taken[bar_of(run, fill), fill.instrument] += abs(fill.a)
    for (k, i), units in taken.items():
        assert units <= share * bars.volume[k, i] * (1 + 1e-9)


@every_run
@often
def test_cash_account_owes_nothing_and_is_never_short(seed):
    run, _ = random_orders(seed)
    if run.setup.is_margin:
        return
    for fill in run.entries(EventKind.FILL):
        assert fill.g >= -1e-9 * run.setup.capital
        assert fill.e >= 0


@every_run
@often
def test_money_is_conserved(seed):
    run, _ = random_orders(seed)
    capital, held, cash = run.setup.capital, defaultdict(float), run.setup.capital
    turned_over = 0.0
    for entry in run.log:
        if entry.kind == EventKind.FILL:
            held[entry.instrument] += entry.a
            cash -= entry.a * entry.b + entry.c
            turned_over += abs(entry.a * entry.b)
            assert entry.e == pytest.approx(held[entry.instrument], rel=1e-9, abs=1e-9 * abs(entry.a))
        elif entry.kind == EventKind.CASH:
            cash += entry.a
    rounding = 1e-9 * (capital + turned_over)
    assert run.cash == pytest.approx(cash, abs=rounding)
    last = [closes[~np.isnan(closes)][-1] if (~np.isnan(closes)).any() else 0.0 for closes in run.setup.bars.close.T]
    worth = sum(units * last[i] for i, units in held.items())
    assert run.equity[-1] == pytest.approx(cash + worth, abs=rounding)


@every_run
@often
def test_orders_that_only_reduce_never_add_to_a_position_or_turn_it(seed):
    run, plan = random_orders(seed)
    held = defaultdict(float)
    for fill in run.entries(EventKind.FILL):
        before, held[fill.instrument] = held[fill.instrument], fill.e
        if fill.order in plan.exits or plan.terms.get(fill.order, Terms()).reduce_only:
            assert abs(fill.e) < abs(before)
            assert fill.e * before >= 0


@every_run
@often
def test_of_orders_that_cancel_each_other_one_is_filled(seed):
    run, plan = random_orders(seed)
    for row, ring in plan.rings:
        later = [fill.order for fill in run.entries(EventKind.FILL) if fill.row > row]
        filled = {plan.first(order) for member in ring for order in later if replaces(plan, order, member)}
        assert len(filled) <= 1


def replaces(plan, order, first):
    """Say whether an order is another one, or has come in its place."""
    while order != first and order in plan.replaced:
        order = plan.replaced[order]
    return order == first


@every_run
@often
def test_exits_never_fill_more_than_their_entry(seed):
    run, plan = random_orders(seed)
    entered, left = defaultdict(float), defaultdict(float)
    for fill in run.entries(EventKind.FILL):
        if fill.order in plan.exits:
            entry = plan.first(plan.exits[fill.order])
            left[entry] += fill.a
            assert abs(left[entry]) <= abs(entered[entry]) * (1 + 1e-9)
            assert left[entry] * entered[entry] < 0
        entered[plan.first(fill.order)] += fill.a


@every_run
@often
def test_statuses_only_move_forward(seed):
    run, plan = random_orders(seed)
    ranks = {OrderStatus.HELD: 0, OrderStatus.OPEN: 1} | dict.fromkeys(FINAL, 2)
    for earlier, later in zip(plan.statuses, [*plan.statuses[1:], [order.status for order in run.orders]], strict=True):
        for before, after in zip(earlier, later, strict=False):
            assert ranks[OrderStatus(before)] <= ranks[OrderStatus(after)]
            assert before == after or before not in FINAL


@every_run
@often
def test_journal_tells_the_whole_life_of_each_order(seed):
    run, _ = random_orders(seed)
    stories = defaultdict(list)
    for entry in run.log:
        stories[entry.order].append(entry)
    for number, order in enumerate(run.orders):
        first, *story = stories[number]
        assert first.kind == EventKind.ORDER
        fills = [entry.a for entry in story if entry.kind == EventKind.FILL]
        total = 0.0
        for units in fills:
            total += units
        assert total == order.filled
        assert all(units * order.filled > 0 for units in fills)
        ends = [entry for entry in story if entry.kind in (EventKind.CANCEL, EventKind.REJECT) and entry.code == order.reason]
        assert all(entry.cause >= 0 for entry in story)
        if order.status in (OrderStatus.OPEN, OrderStatus.HELD):
            assert order.reason is Reason.NONE
        elif order.status is OrderStatus.FILLED:
            assert fills
            assert order.reason is not Reason.NONE or order.filled == pytest.approx(order.quantity, rel=1e-8, abs=1e-8)
        else:
            assert ends[-1].kind == (EventKind.REJECT if order.status is OrderStatus.REJECTED else EventKind.CANCEL)
            assert ends[-1] is story[-1]
            assert not (fills and order.status is OrderStatus.REJECTED)


@every_run
@often
def test_causes_come_before_and_lead_back_to_what_was_asked_for(seed):
    log = random_orders(seed)[0].log
    for number, entry in enumerate(log):
        assert entry.cause < number
        if entry.order >= 0 and entry.kind != EventKind.ORDER:
            assert log[entry.cause].order == entry.order
        if entry.cause < 0:
            assert entry.kind in (EventKind.ORDER, EventKind.HALT, EventKind.LIQUIDATION, EventKind.CASH)


@every_run
@often
def test_nothing_is_filled_before_it_has_arrived(seed):
    run, _ = random_orders(seed)
    latency, closes = run.setup.fills.latency_ns, run.setup.bars.close_time
    for fill in own_fills(run):
        assert fill.row > run.orders[fill.order].row
        assert fill.time >= closes[run.orders[fill.order].row] + latency


@every_run
@often
def test_terms_are_kept(seed):
    run, plan = random_orders(seed)
    fills = defaultdict(list)
    filled_first: dict[int, int] = {}
    for place, fill in enumerate(own_fills(run)):
        fills[fill.order].append(fill)
        filled_first.setdefault(plan.first(fill.order), place)
    for number, terms in plan.terms.items():
        own, order = fills[number], run.orders[number]
        if terms.time_in_force == "fok":
            assert [fill.a for fill in own] in ([], [order.quantity])
        if terms.time_in_force == "ioc":
            assert len({(fill.row, bar_of(run, fill)) for fill in own}) <= 1
        if terms.until is not None:
            assert all(fill.time < terms.until.timestamp() * 1e9 for fill in own)
        if terms.post_only:
            assert all(fill.code >= 3 for fill in own)
        if terms.at is not None:
            assert all(fill.code == (0 if terms.at == "open" else 2) for fill in own)
        if terms.display is not None:
            assert all(abs(fill.a) <= terms.display * (1 + 1e-9) for fill in own)
        if terms.after is not None and own:
            assert filled_first[plan.first(terms.after)] < filled_first[plan.first(number)]


@every_run
@often
def test_orders_of_a_session_are_over_with_it(seed):
    run, plan = random_orders(seed)
    sessions = run.setup.sessions
    for number, terms in plan.terms.items():
        fills = [fill for fill in own_fills(run) if fill.order == number]
        if terms.time_in_force == "day" or terms.at is not None:
            calendar = sessions.calendar_of[run.orders[number].instrument]
            assert len({sessions.number[calendar, fill.row] for fill in fills}) <= 1


@pytest.mark.skipif(not is_compiled(), reason="the simulator is not compiled, so there is nothing to compare with")
def test_compiled_and_uncompiled_orders_are_the_same_to_the_bit(tmp_path, matrix):
    seeds = matrix.seeds(sample=15, whole=200)
    told = output_of(tmp_path, str(Path(__file__).parents[1] / "random_orders.py"), str(len(seeds)))
    assert told.splitlines() == ["uncompiled", *(fingerprint(random_orders(seed)[0]) for seed in seeds)]
