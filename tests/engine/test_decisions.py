"""Decisions read from a run, and the first in which two runs differ."""

import numpy as np
import pytest

from tradekit import Bracket, Strategy, Terms, Trail
from tradekit.engine.decisions import Decision, decisions_of, first_difference, first_drift, is_same, values_of

DAY = 86_400_000_000_000
FIRST_CLOSE = int(np.datetime64("2020-01-02", "ns").astype(np.int64))


def decided(result):
    return decisions_of(result, values_of(result))


def told(decisions):
    return [((one.time - FIRST_CLOSE) // DAY, one.symbol, one.action, dict(one.terms)) for one in decisions]


def scripted(script):
    class Scripted(Strategy):
        """Do what a test says on some bars."""

        name = "scripted"

        def on_bar(self, ctx):
            if ctx.index in script:
                script[ctx.index](ctx)

    return Scripted


def at(time, symbol="X", action="market", values=None, **terms):
    return Decision(time, symbol, action, terms, values or {})


def test_orders_and_cancellations_are_decisions_in_their_order(lab):
    lab.give([10, 11, 12, 13, 14])
    script = {
        0: lambda ctx: ctx.buy(2),
        1: lambda ctx: ctx.sell(1, limit=20),
        2: lambda ctx: ctx.cancel(1),
        3: lambda ctx: ctx.exit(),
    }
    assert told(decided(lab.run(scripted(script)).result)) == [
        (0, "X", "market", {"quantity": 2.0}),
        (1, "X", "limit", {"quantity": -1.0, "limit": 20.0}),
        (2, "X", "cancel", {"order": 1, "quantity": -1.0}),
        (3, "X", "market", {"quantity": -2.0}),
    ]


def test_what_rules_let_pass_is_a_term_and_a_halt_a_decision(lab):
    lab.give([10, 10, 10, 1, 1, 1])
    script = {0: lambda ctx: ctx.target(weight=1.0), 4: lambda ctx: ctx.buy(5)}
    rules = "risk=[{rule='max-weight', limit=0.5}, {rule='max-drawdown', limit=0.2}]"
    assert told(decided(lab.run(scripted(script), rules).result)) == [
        (0, "X", "market", {"quantity": 100.0, "allowed": 50.0}),
        (3, "", "halt", {"rule": "max-drawdown"}),
        (4, "X", "market", {"quantity": 5.0, "refused": "halted"}),
    ]


def test_refusal_after_the_decision_is_none_of_its_terms(lab):
    lab.give([10, 11, 12, 13])
    script = {0: lambda ctx: ctx.buy(1, limit=20, terms=Terms(post_only=True))}
    assert told(decided(lab.run(scripted(script), "execution.latency_ms=1000").result)) == [
        (0, "X", "limit", {"quantity": 1.0, "limit": 20.0})
    ]


def test_request_that_is_under_way_is_one_decision(lab):
    lab.give([10, 11, 12, 13])
    script = {0: lambda ctx: ctx.buy(1, limit=5), 1: lambda ctx: ctx.cancel(0)}
    assert told(decided(lab.run(scripted(script), "execution.latency_ms=1000").result)) == [
        (0, "X", "limit", {"quantity": 1.0, "limit": 5.0}),
        (1, "X", "cancel", {"order": 0, "quantity": 1.0, "limit": 5.0}),
    ]


def test_both_drivers_decide_the_same(lab):
    lab.give(100.0 + np.arange(60.0) % 11)
    first, second = (
        lab.run("sma-cross", "strategy.fast=2", "strategy.slow=5", f"execution.driver='{one}'") for one in ("event", "auto")
    )
    assert first.result.plan != second.result.plan
    assert decided(first.result) == decided(second.result) != []


def test_account_behind_a_decision_is_that_before_it(lab):
    lab.give([10, 20, 30, 30])
    script = {0: lambda ctx: ctx.buy(2), 1: lambda ctx: ctx.buy(1), 2: lambda ctx: ctx.exit()}
    values = [one.values for one in decided(lab.run(scripted(script)).result)]
    assert values == [
        {"equity": 1000.0, "cash": 1000.0, "position": 0.0},
        {"equity": 1020.0, "cash": 980.0, "position": 2.0},
        {"equity": 1050.0, "cash": 960.0, "position": 3.0},
    ]


def test_dust_of_cash_that_was_spent_is_nothing(lab):
    lab.give([3.3, 3.3, 3.7, 3.1], volume=[1e6] * 4)
    script = {0: lambda ctx: ctx.target(weight=1.0), 2: lambda ctx: ctx.buy(1)}
    finished = lab.run(scripted(script), "execution.costs=[{model='fee', bps=7}]").result
    assert 0.0 < abs(finished.equity["cash"][2].as_py()) < 1e-9
    assert [one.values["cash"] for one in decided(finished)] == [1000.0, 0.0]


def test_split_counts_in_the_position_behind_the_next_decision(lab):
    from tradekit import ActionKind, Actions

    lab.give([10, 10, 5, 5, 5])
    lab.known["actions"]["X"] = Actions(
        np.array([FIRST_CLOSE + DAY], dtype=np.int64), np.array([ActionKind.SPLIT], dtype=np.int32), np.array([2.0])
    )
    script = {0: lambda ctx: ctx.buy(2), 2: lambda ctx: ctx.exit()}
    assert [one.values["position"] for one in decided(lab.run(scripted(script)).result)] == [0.0, 4.0]


def test_market_is_asked_for_values_at_each_decision(lab):
    lab.give([10, 11, 12])
    result = lab.run(scripted({1: lambda ctx: ctx.buy(2)})).result
    (one,) = decisions_of(result, values_of(result, lambda time, symbol: {"seen": float((time - FIRST_CLOSE) // DAY)}))
    assert one.values == {"seen": 1.0, "equity": 1000.0, "cash": 1000.0, "position": 0.0}


def test_conditions_of_an_order_are_among_its_terms(lab):
    lab.give([10, 11, 12])
    result = lab.run(scripted({0: lambda ctx: ctx.buy(2, bracket=Bracket(Trail(1.0)))})).result
    first, *_ = decisions_of(result, values_of(result), lambda order: {"note": f"order {order}"})
    assert first.terms == {"quantity": 2.0, "note": "order 0"}


def test_difference_of_equal_sequences_is_none():
    assert first_difference([at(1, quantity=2.0)], [at(1, quantity=2.0 * (1 + 1e-12))]) is None
    assert first_difference([], []) is None


@pytest.mark.parametrize(
    ("second", "terms"),
    [
        ({"quantity": 3.0}, {"quantity": (2.0, 3.0)}),
        ({"quantity": 2.0, "limit": 5.0}, {"limit": (None, 5.0)}),
        ({"quantity": 2.0, "symbol": "Y"}, {"symbol": ("X", "Y")}),
        ({"quantity": 2.0, "action": "stop"}, {"action": ("market", "stop")}),
    ],
)
def test_difference_names_the_terms_that_differ(second, terms):
    found = first_difference([at(0), at(1, quantity=2.0)], [at(0), at(1, **second)])
    assert (found.number, found.time) == (2, 1)
    assert found.terms == terms


@pytest.mark.parametrize(
    ("first", "second", "times"),
    [
        ([1, 2, 3], [1, 3], (2, None)),
        ([1, 3], [1, 2, 3], (None, 2)),
        ([1, 2], [1], (2, None)),
        ([1], [1, 2], (None, 2)),
        ([1, 4], [1, 2, 3], (None, 2)),
    ],
)
def test_difference_where_one_side_did_nothing_has_none_there(first, second, times):
    found = first_difference([at(time) for time in first], [at(time) for time in second])
    assert found.number == 2
    assert tuple(one and one.time for one in (found.first, found.second)) == times
    assert found.terms == {}


def test_difference_has_the_values_behind_either_side():
    first, second = at(1, values={"fast": 1.0, "slow": 2.0}, quantity=1.0), at(1, values={"fast": 3.0}, quantity=2.0)
    assert first_difference([first], [second]).values == {"fast": (1.0, 3.0), "slow": (2.0, None)}
    known = lambda time, symbol: {"slow": 7.0 + time}, lambda time, symbol: {"fast": 7.0 + time}
    assert first_difference([first], [], known).values == {"fast": (1.0, 8.0), "slow": (2.0, None)}
    assert first_difference([], [second], known).values == {"slow": (8.0, None), "fast": (None, 3.0)}


def test_drift_is_the_first_value_that_differs_before_any_decision_does():
    first = [at(1, values={"a": 1.0}), at(2, values={"a": 1.0}), at(3, quantity=1.0, values={"a": 1.0})]
    second = [at(1, values={"a": 1.0}), at(2, values={"a": 1.5}), at(3, quantity=2.0, values={"a": 9.0})]
    found = first_drift(first, second)
    assert (found.decision.time, found.name, found.first, found.second) == (2, "a", 1.0, 1.5)
    assert first_drift(first[:1], second[:1]) is None
    assert first_drift(first[2:], second[2:]) is None


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (1.0, 1.0 + 1e-10, True),
        (1.0, 1.0 + 1e-8, False),
        (0.0, 1e-300, False),
        (float("nan"), float("nan"), True),
        (None, None, True),
        (None, 1.0, False),
        ("a", "a", True),
        ("a", 1.0, False),
    ],
)
def test_is_same_allows_for_rounding_only(first, second, same):
    assert is_same(first, second) is same


def test_decision_says_what_it_is():
    assert str(at(FIRST_CLOSE, quantity=2.0, limit=1 / 3)) == "2020-01-02T00:00:00Z X market, quantity 2, limit 0.333333333333"
    assert str(at(FIRST_CLOSE, symbol="", action="halt", rule="max-drawdown")) == "2020-01-02T00:00:00Z halt, rule max-drawdown"


def test_difference_as_json_has_both_sides():
    found = first_difference([at(FIRST_CLOSE, quantity=2.0, values={"a": 1.0})], [])
    assert found.as_json() == {
        "number": 1,
        "time": "2020-01-02T00:00:00Z",
        "symbol": "X",
        "first": {
            "time": "2020-01-02T00:00:00Z",
            "symbol": "X",
            "action": "market",
            "terms": {"quantity": 2.0},
            "values": {"a": 1.0},
        },
        "second": None,
        "terms": {},
        "values": {"a": [1.0, None]},
    }
