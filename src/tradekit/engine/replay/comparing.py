"""What was decided on two sides and what came of it, held against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tradekit.data.interval import time_text
from tradekit.engine.decisions import Decision, Difference, Terms, decisions_in, first_difference, is_same
from tradekit.journal.tables import journal_table
from tradekit.model.bars import Times
from tradekit.model.order import Reason

if TYPE_CHECKING:
    import pyarrow as pa

    from tradekit.engine.live.recording import Recording
    from tradekit.engine.replay.playing import Other, Play

__all__ = ["OrderDifference", "Parting", "Story", "parting", "recorded_story", "story_of"]

Facts = Mapping[str, float | str]

_ENDS = frozenset(
    reason.text
    for reason in Reason
    if reason not in (Reason.BY_STRATEGY, Reason.NEW_TARGET, Reason.REPLACED, Reason.LINKED_ORDER, Reason.ENTRY_ENDED)
)
"""Why an order ends without being asked to: what the strategy and its orders do to each other is among its decisions."""


@dataclass(frozen=True, slots=True)
class OrderDifference:
    """What became of an order on either side, in the first bar in which that differs."""

    order: int
    symbol: str
    time: int
    """When the bar opened, UTC nanoseconds."""
    first: Facts
    second: Facts

    @property
    def facts(self) -> Mapping[str, tuple[float | str | None, float | str | None]]:
        """The facts of both sides, as (first, second)."""
        return {name: (self.first.get(name), self.second.get(name)) for name in {**self.first, **self.second}}

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        facts = {name: list(pair) for name, pair in self.facts.items()}
        return {"order": self.order, "symbol": self.symbol, "time": time_text(self.time), "facts": facts}


@dataclass(frozen=True)
class Story:
    """What was decided until some time, and by order and bar what came of it."""

    decisions: Sequence[Decision]
    until: int
    symbols: Mapping[int, str] = field(default_factory=dict)
    """The instrument of each order."""
    asked: Mapping[int, int] = field(default_factory=dict)
    """When each order was asked for."""
    events: Mapping[int, Mapping[int, Mapping[str, float | str]]] = field(default_factory=dict)
    """By order, by the number of the bar: what was filled at which average price and fee, and why it ended."""
    verdicts: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """By order, what each rule said."""
    other: Other | None = None
    """What was sent otherwise, if that is where it ends."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Where two sides part: in a decision, or in what became of an order."""

    same: int
    """How many decisions are the same."""
    decision: Difference | None
    order: OrderDifference | None

    @property
    def moment(self) -> tuple[int, int]:
        """Where it is: a time, and at that time decisions come before what becomes of them."""
        moments = [(self.decision.time, 0)] if self.decision is not None else []
        return min([*moments, (self.order.time, 1)] if self.order is not None else moments)

    @property
    def is_about_order(self) -> bool:
        """Whether what became of an order differs before any decision does."""
        return self.order is not None and (self.decision is None or (self.order.time, 1) < (self.decision.time, 0))


def recorded_story(recording: Recording) -> Story:
    """Return what a run decided on the bars that it had, and what came of it."""
    conditions = recording.conditions
    return _story(recording.result.journal, recording.end, recording.bars.close_time, lambda order: conditions.get(order, {}))


def story_of(play: Play, clock: Times, conditions: Callable[[int], Terms]) -> Story:
    """Return what was decided in a replay; its events are told by the bars of `clock`, their closes."""
    return replace(_story(journal_table(play.record), play.until, clock, conditions), other=play.other)


def _story(journal: pa.Table, until: int, clock: Times, conditions: Callable[[int], Terms]) -> Story:
    decisions = [_plain(one) for one in decisions_in(journal, conditions=conditions) if one.time <= until]
    symbols: dict[int, str] = {}
    asked: dict[int, int] = {}
    events: dict[int, dict[int, dict[str, Any]]] = {}
    verdicts: dict[int, list[str]] = {}
    for entry in _entries(journal):
        order, event, time = entry["order"], entry["event"], entry["time"]
        if event == "order":
            symbols[order], asked[order] = entry["symbol"], time
        elif event == "verdict":
            verdicts.setdefault(order, []).append(_verdict(entry))
        elif event == "fill" or (event in ("cancel", "reject") and entry["detail"] in _ENDS and time != asked.get(order)):
            row = int(np.searchsorted(clock, time, "right"))
            if row < len(clock):
                _add(events.setdefault(order, {}).setdefault(row, {}), entry)
    return Story([one for one in decisions if one.action != "replace"], until, symbols, asked, events, verdicts)


def _plain(decision: Decision) -> Decision:
    """Return a decision in the words that both sides have: how long a cancellation takes is no part of it."""
    if decision.action != "cancel":
        return decision
    return replace(decision, terms={"order": decision.terms["order"]})


def _entries(journal: pa.Table) -> list[dict[str, Any]]:
    import pyarrow as pa

    columns = {"time": journal["time"].cast(pa.int64()).to_pylist()}
    names = ("event", "order", "symbol", "detail", "rule", "text", "quantity", "allowed", "judged", "limit", "price", "fee")
    columns |= {name: journal[name].to_pylist() for name in names}
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return [row for row in rows if row["event"] in ("order", "verdict", "fill", "cancel", "reject") and row["order"] is not None]


def _verdict(entry: Mapping[str, Any]) -> str:
    numbers = {"judged": entry["judged"], "limit": entry["limit"], "allowed": entry["allowed"]}
    told = ", ".join(f"{name} {value:.9g}" for name, value in numbers.items() if value is not None)
    return f"{entry['rule']}: {entry['detail']}" + (f" ({told})" if told else "")


def _add(found: dict[str, Any], entry: Mapping[str, Any]) -> None:
    """Add what happened to what is known of the same order in the same bar."""
    if entry["event"] != "fill":
        found["ended"] = entry["detail"] + (f": {entry['text']}" if entry["text"] else "")
        return
    before, paid = found.get("filled", 0.0), found.get("filled", 0.0) * found.get("price", 0.0)
    found["filled"] = before + entry["quantity"]
    found["price"] = (paid + entry["quantity"] * entry["price"]) / found["filled"] if found["filled"] else entry["price"]
    found["fee"] = found.get("fee", 0.0) + entry["fee"]


def parting(first: Story, second: Story, clock: Times) -> Parting | None:
    """Return where two stories part; `None` if they never do. Only what lies before the end of both is looked at."""
    until = min(first.until, second.until)
    mine, theirs = ([one for one in story.decisions if one.time <= until] for story in (first, second))
    decision = first_difference(mine, theirs)
    same = len(mine) if decision is None else decision.number - 1
    order = _order_difference(first, second, clock, until if decision is None else min(decision.time, until))
    if decision is None and order is None:
        return None if second.other is None else Parting(same, None, _sent_otherwise(second.other, second.until))
    return Parting(same, decision, order)


def _sent_otherwise(other: Other, time: int) -> OrderDifference:
    texts = [{"sent": text} if text else {} for text in (other.was, other.now)]
    return OrderDifference(other.order, other.symbol, time, texts[0], texts[1])


def _order_difference(first: Story, second: Story, clock: Times, until: int) -> OrderDifference | None:
    """Return the first thing that became of an order on one side only, or otherwise, in a bar that had closed by then."""
    found: tuple[int, int] | None = None
    for order in {**first.events, **second.events}:
        if max(story.asked.get(order, until) for story in (first, second)) >= until:
            continue
        mine, theirs = first.events.get(order, {}), second.events.get(order, {})
        for row in sorted({**mine, **theirs}):
            if clock[row] > until or (found is not None and (row, order) >= found):
                break
            if not _is_alike(mine.get(row, {}), theirs.get(row, {})):
                found = row, order
                break
    if found is None:
        return None
    row, order = found
    opened = int(clock[row - 1]) if row else int(clock[row])
    facts = [story.events.get(order, {}).get(row, {}) for story in (first, second)]
    return OrderDifference(order, first.symbols.get(order) or second.symbols[order], opened, facts[0], facts[1])


def _is_alike(first: Facts, second: Facts) -> bool:
    if first.keys() != second.keys():
        return False
    if not all(is_same(first[name], second[name]) for name in first if name != "fee"):
        return False
    value = abs(float(first.get("filled", 0.0)) * float(first.get("price", 0.0)))
    return abs(float(first.get("fee", 0.0)) - float(second.get("fee", 0.0))) <= 1e-9 * max(value, 1.0)
