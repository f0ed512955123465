"""What was decided on two sides and what came of it, held against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tradekit.data.interval import time_text
from tradekit.engine.decisions import Decision, Difference, Terms, columns_of, decisions_in, first_difference, is_same
from tradekit.journal.tables import journal_table
from tradekit.model.bars import Times
from tradekit.model.event import CashKind, EventKind
from tradekit.model.order import Reason

if TYPE_CHECKING:
    import pyarrow as pa

    from tradekit.engine.live.recording import Recording
    from tradekit.engine.replay.playing import Other, Play

__all__ = ["OrderDifference", "Parting", "Story", "is_liquidated", "parting", "recorded_story", "story_of", "verdicts_of"]

Facts = Mapping[str, float | str]
_TOLD = ("event", "time", "detail", "text", "quantity", "price", "fee")

_ENDS = frozenset(
    reason.text
    for reason in Reason
    if reason not in (Reason.BY_STRATEGY, Reason.NEW_TARGET, Reason.REPLACED, Reason.LINKED_ORDER, Reason.ENTRY_ENDED)
)
"""Why an order ends without being asked to: what the strategy and its orders do to each other is among its decisions."""


@dataclass(frozen=True, slots=True)
class OrderDifference:
    """What became of an order on either side, or what was paid for a position, in the first bar in which that differs."""

    order: int | None
    """`None` if it is about what was paid."""
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
    journal: pa.Table | None = None
    """Where it is from."""
    paid: Mapping[str, Mapping[int, Facts]] | None = None
    """By instrument, by the number of the bar: what came or went without a trade; `None` if that is as the run was told."""
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


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of an order, or was paid for an instrument where `order` is `None`, on both sides, by the number of the bar."""

    order: int | None
    symbol: str
    first: Mapping[int, Facts]
    second: Mapping[int, Facts]


def recorded_story(recording: Recording, paid: Mapping[str, Mapping[int, Facts]]) -> Story:
    """Return what a run decided on the bars that it had, what was paid, and what else came of it."""
    conditions, clock = recording.conditions, recording.bars.close_time
    story = _story(recording.result.journal, recording.end, clock, lambda order: conditions.get(order, {}))
    return replace(story, paid=paid)


def story_of(play: Play, clock: Times, conditions: Callable[[int], Terms]) -> Story:
    """Return what was decided in a replay; its events are told by the bars of `clock`, their closes."""
    journal = journal_table(play.record)
    story = _story(journal, play.until, clock, conditions)
    return replace(story, other=play.other, paid=None if play.is_told else _paid(journal, clock))


def _paid(journal: pa.Table, clock: Times) -> dict[str, dict[int, Facts]]:
    """Return the funding in a journal by instrument and bar; what is paid at a close is told in the bar that opens then."""
    found: dict[str, dict[int, Facts]] = {}
    told = columns_of(journal, (EventKind.CASH.text,), ("time", "symbol", "detail", "amount"))
    for time, symbol, detail, amount in zip(*told.values(), strict=True):
        row = int(np.searchsorted(clock, time, "right"))
        if detail == CashKind.FUNDING.text and row < len(clock):
            own = found.setdefault(symbol, {})
            own[row] = {"funding": amount + float(own.get(row, {}).get("funding", 0.0))}
    return found


def _story(journal: pa.Table, until: int, clock: Times, conditions: Callable[[int], Terms]) -> Story:
    decisions = [_plain(one) for one in decisions_in(journal, conditions=conditions) if one.time <= until]
    asked = columns_of(journal, ("order",), ("order", "time", "symbol"))
    orders = asked["order"]
    times = dict(zip(orders, asked["time"], strict=True))
    events: dict[int, dict[int, dict[str, Any]]] = {}
    told = columns_of(journal, ("fill", "cancel", "reject"), ("order", *_TOLD))
    rows = np.searchsorted(clock, np.array(told["time"], dtype=np.int64), "right").tolist()
    for row, order, *what in zip(rows, *told.values(), strict=True):
        entry = dict(zip(_TOLD, what, strict=True))
        is_told = entry["event"] == "fill" or (entry["detail"] in _ENDS and entry["time"] != times.get(order))
        if is_told and order is not None and row < len(clock):
            _add(events.setdefault(order, {}).setdefault(row, {}), entry)
    symbols = dict(zip(orders, asked["symbol"], strict=True))
    return Story([one for one in decisions if one.action != "replace"], until, symbols, times, events, journal)


def verdicts_of(story: Story, orders: Sequence[int]) -> Iterator[str]:
    """Yield what each rule said of some orders."""
    if story.journal is not None and orders:
        names = ("order", "rule", "detail", "judged", "limit", "allowed")
        found = columns_of(story.journal, ("verdict",), names)
        rows = (dict(zip(names, row, strict=True)) for row in zip(*found.values(), strict=True))
        yield from (_verdict(row) for row in rows if row["order"] in orders)


def is_liquidated(story: Story, time: int) -> bool:
    """Say whether the simulator liquidated the account at a time."""
    if story.journal is None:
        return False
    return time in columns_of(story.journal, (EventKind.LIQUIDATION.text,), ("time",))["time"]


def _plain(decision: Decision) -> Decision:
    """Return a decision in the words that both sides have: how long a cancellation takes is no part of it."""
    if decision.action != "cancel":
        return decision
    return replace(decision, terms={"order": decision.terms["order"]})


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
    """Return what first came of an order or a position on one side only, or otherwise, in a bar that had closed by then."""
    found: tuple[int, int, _Outcome] | None = None
    for number, one in enumerate(_outcomes(first, second, until)):
        for row in sorted({**one.first, **one.second}):
            if clock[row] > until or (found is not None and (row, number) >= found[:2]):
                break
            if not _is_alike(one.first.get(row, {}), one.second.get(row, {})):
                found = row, number, one
                break
    if found is None:
        return None
    row, _, one = found
    opened = int(clock[row - 1]) if row else int(clock[row])
    return OrderDifference(one.order, one.symbol, opened, one.first.get(row, {}), one.second.get(row, {}))


def _outcomes(first: Story, second: Story, until: int) -> Iterator[_Outcome]:
    """Yield what came of each order that both sides had asked for by then, and what was paid for each instrument."""
    for order in sorted({**first.events, **second.events}):
        if max(story.asked.get(order, until) for story in (first, second)) < until:
            symbol = first.symbols.get(order) or second.symbols[order]
            yield _Outcome(order, symbol, first.events.get(order, {}), second.events.get(order, {}))
    if first.paid is not None and second.paid is not None:
        for symbol in {**first.paid, **second.paid}:
            yield _Outcome(None, symbol, first.paid.get(symbol, {}), second.paid.get(symbol, {}))


def _is_alike(first: Facts, second: Facts) -> bool:
    if first.keys() != second.keys():
        return False
    if not all(is_same(first[name], second[name]) for name in first if name != "fee"):
        return False
    value = abs(float(first.get("filled", 0.0)) * float(first.get("price", 0.0)))
    return abs(float(first.get("fee", 0.0)) - float(second.get("fee", 0.0))) <= 1e-9 * max(value, 1.0)
