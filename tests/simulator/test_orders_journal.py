"""The whole life of an order is in the journal: each step with its time, its cause, and what it was about."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from random_orders import random_orders
from stage import MINUTE, limit, play, sessions_of, unlimited
from tradekit.journal.events import events
from tradekit.journal.tables import fills_table, journal_table, orders_table
from tradekit.model.order import Bracket, OrderKind, Terms, Trail
from tradekit.model.risk import LimitKind

FLAT = 100.0


def told(run):
    """Return number of the order, kind, text and cause of each entry."""
    return [(event.order, event.kind.text, event.text, event.cause) for event in events(run.record)]


def test_life_of_a_bracket_with_its_causes():
    bars = {"X": [FLAT, (101, 104, 100, 103), (103, 104, 94, 95)]}
    script = {0: lambda ctx: ctx.buy(2, stop=102, bracket=Bracket(stop_loss=96, take_profit=110))}
    run = play(bars, script, rules=[limit(LimitKind.MAX_WEIGHT, 0.5)])
    assert told(run) == [
        (0, "order", "stop", None),
        (0, "verdict", "max-weight: accept", 0),
        (1, "order", "stop", 0),
        (2, "order", "limit", 0),
        (0, "trigger", "stop", 0),
        (0, "fill", "inside the bar, as taker", 0),
        (1, "trigger", "stop", 2),
        (1, "fill", "inside the bar, as taker", 2),
        (2, "cancel", "linked order", 3),
    ]
    times = [event.time for event in events(run.record)]
    assert times == [MINUTE] * 4 + [2 * MINUTE - 1] * 2 + [3 * MINUTE - 1] * 3


def test_life_of_orders_that_are_changed_with_latency():
    script = {
        0: lambda ctx: ctx.buy(2, limit=95),
        1: lambda ctx: ctx.replace(0, limit=96),
        2: lambda ctx: ctx.cancel(1),
    }
    run = play({"X": [FLAT, FLAT, FLAT, (97, 98, 95, 97)]}, script, fills=unlimited(latency_ns=MINUTE // 2))
    assert told(run) == [
        (0, "order", "limit", None),
        (0, "request", "replace", 0),
        (1, "order", "limit", 0),
        (0, "cancel", "replaced", 0),
        (1, "request", "cancel", 2),
        (1, "cancel", "by strategy", 2),
    ]
    assert [dict(event.numbers) for event in events(run.record)][1:3] == [
        {"quantity": 2, "limit": 95},
        {"quantity": 2, "limit": 96},
    ]


def test_trigger_tells_what_is_left_and_where():
    run = play({"X": [FLAT, (100, 106, 99, 100)]}, {0: lambda ctx: ctx.buy(2, stop=105, limit=103)})
    trigger = list(events(run.record))[1]
    assert (trigger.kind.text, trigger.text, dict(trigger.numbers)) == ("trigger", "stop limit", {"quantity": 2, "price": 105})


def test_expiry_is_a_cancel_with_its_reason():
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(1, limit=90, terms=Terms("day"))}, sessions=sessions_of(2, 1))
    assert told(run) == [(0, "order", "limit", None), (0, "cancel", "time in force", 0)]
    assert [event.time for event in events(run.record)] == [MINUTE, 2 * MINUTE]


@pytest.mark.parametrize("kind", list(OrderKind))
def test_order_of_each_kind_is_told_by_its_name(kind):
    prices = {
        OrderKind.MARKET: {},
        OrderKind.LIMIT: {"limit": 95},
        OrderKind.STOP: {"stop": 105},
        OrderKind.STOP_LIMIT: {"stop": 105, "limit": 106},
        OrderKind.TAKE_PROFIT: {"take_profit": 95},
        OrderKind.TAKE_PROFIT_LIMIT: {"take_profit": 95, "limit": 96},
        OrderKind.TRAILING_STOP: {"stop": Trail(percent=5)},
    }[kind]
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy(1, **prices)})
    assert told(run)[0] == (0, "order", kind.name.lower().replace("_", " "), None)
    assert orders_table(run.record).column("kind").to_pylist() == [kind.text]
    assert journal_table(run.record).column("detail").to_pylist()[0] == kind.text


def test_fills_tell_where_and_as_what_they_were_made():
    def several(ctx):
        ctx.buy(1)
        ctx.buy(1, limit=95)
        ctx.buy(1, terms=Terms(at="close"))

    run = play({"X": [FLAT, (100, 101, 94, 96)]}, {0: several}, sessions=sessions_of(2))
    table = fills_table(run.record)
    assert table.column("at").to_pylist() == ["open", "inside", "close"]
    assert table.column("liquidity").to_pylist() == ["taker", "maker", "taker"]
    assert journal_table(run.record).column("detail").to_pylist()[3:] == ["open taker", "inside maker", "close taker"]


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_time_never_goes_back(seed):
    record = random_orders(seed)[0].record
    assert (np.diff(record.times) >= 0).all()
    assert len(list(events(record))) == len(record.times)
