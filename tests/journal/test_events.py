from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from random_play import random_play
from stage import check, limit, play
from tradekit.journal.events import events
from tradekit.model.event import EventKind
from tradekit.model.risk import LimitKind, Verdict
from tradekit.simulator.build import is_compiled

FLAT = 100.0


def told(run):
    return [(event.kind.text, event.text, event.symbol, dict(event.numbers)) for event in events(run.record)]


def test_events_tell_an_order_from_its_placing_to_its_fill():
    run = play({"X": [FLAT, 110]}, {0: lambda ctx: ctx.buy(20, limit=120)}, fee_rate=0.01, rules=[limit(LimitKind.MAX_WEIGHT, 0.5)])
    assert told(run) == [
        ("order", "limit", "X", {"quantity": 20, "limit": 120}),
        ("verdict", "max-weight: resize", "X", {"quantity": 20, "allowed": 5, "judged": 2, "limit": 0.5}),
        (
            "fill",
            "at the open, as taker",
            "X",
            {"quantity": 5, "price": 110, "fee": 5.5, "slippage": 0, "position": 5, "average_price": 110},
        ),
    ]


def test_events_tell_why_an_order_ended():
    def on_bar(ctx):
        ctx.buy(1, stop=120)
        ctx["X"].cancel()
        ctx.sell(2)

    assert told(play({"X": [FLAT]}, {0: on_bar})) == [
        ("order", "stop", "X", {"quantity": 1, "stop": 120}),
        ("cancel", "by strategy", "X", {"quantity": 1}),
        ("order", "market", "X", {"quantity": -2}),
        ("reject", "short in cash account", "X", {"quantity": -2}),
    ]


def test_events_tell_the_words_and_numbers_of_a_rule_in_python():
    rules = [check(lambda order, account: Verdict.reject("moon in the wrong phase", {"phase": 0.25}), "moon")]
    run = play({"X": [FLAT]}, {0: lambda ctx: ctx.buy(1)}, rules=rules)
    assert told(run)[1] == ("verdict", "moon: reject (moon in the wrong phase)", "X", {"quantity": 1, "allowed": 0, "phase": 0.25})


def test_events_tell_a_halt_with_its_rule():
    rules = [limit(LimitKind.MAX_DRAWDOWN, 0.3, "halt")]
    run = play({"X": [FLAT, FLAT, 60]}, {0: lambda ctx: ctx.buy(10)}, rules=rules)
    assert told(run)[-1] == ("halt", "max-drawdown", None, {"equity": 600, "peak": 1000, "drawdown": 0.4, "limit": 0.3})
    run = play({"X": [FLAT, FLAT, 250]}, {0: lambda ctx: ctx.sell(10)}, is_margin=True)
    assert told(run)[-1][1] == "equity is gone"


def test_events_are_numbered_and_name_their_cause_and_order():
    found = list(events(play({"X": [FLAT, FLAT]}, {0: lambda ctx: ctx.buy(20)}).record))
    assert [(event.number, event.cause, event.order, event.kind) for event in found] == [
        (0, None, 0, EventKind.ORDER),
        (1, 0, 0, EventKind.FILL),
        (2, 0, 0, EventKind.CANCEL),
    ]


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50 if is_compiled() else 10, deadline=None)
def test_events_from_a_later_start_are_the_rest_of_all_events(seed):
    run = random_play(seed)
    whole = list(events(run.record))
    for start in (len(whole) // 2, len(whole)):
        rest = replace(run.record, log=run.simulation.log.columns(start))
        assert list(events(rest, start)) == whole[start:]


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_kind_has_a_name(kind):
    assert kind.text == kind.name.lower()
