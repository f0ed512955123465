"""What was decided in a run, one decision after the other, and the first one in which two runs differ."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from tradekit.data.arrays import fixed_width, text_scalar
from tradekit.data.interval import time_text
from tradekit.model.event import EventKind
from tradekit.model.order import Reason
from tradekit.model.result import Result

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "TOLERANCE",
    "Decision",
    "Difference",
    "Drift",
    "Terms",
    "Values",
    "account_values",
    "columns_of",
    "decisions_from",
    "decisions_in",
    "decisions_of",
    "first_difference",
    "first_drift",
    "is_same",
    "values_of",
    "without_dust",
]

Terms = Mapping[str, float | str]
Values = Callable[[int, str], Mapping[str, float]]
"""Tells what was known at a time (UTC nanoseconds) of a symbol; of an empty one, what concerns the whole account."""

TOLERANCE = 1e-9
"""Numbers are the same if they differ by no more than this fraction of the larger one: sums may be made in another order."""
_DUST = 1e-13  # as a fraction of equity


def _nothing(_time: int, _symbol: str) -> Mapping[str, float]:
    return {}


_HALT, _ORDER, _CANCEL, _REQUEST = (kind.text for kind in (EventKind.HALT, EventKind.ORDER, EventKind.CANCEL, EventKind.REQUEST))
_VERDICT, _REJECT = EventKind.VERDICT.text, EventKind.REJECT.text
_ASKED = ("quantity", "limit", "stop")
_READ = ("event", "order", "symbol", "detail", "rule", *_ASKED, "allowed")


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: an order, a wish to cancel or replace one, or a halt.

    `action` is the kind of order, or `cancel`, `replace` or `halt`. `terms` are what was asked for, and what the risk rules let
    pass of it where that is less. `values` are what it rests on: the account, and what else is known, such as indicators.
    """

    time: int
    """UTC nanoseconds."""
    symbol: str
    """Empty for what concerns the whole account."""
    action: str
    terms: Terms = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the decision as JSON has it."""
        told = {"time": time_text(self.time), "symbol": self.symbol, "action": self.action}
        return {**told, "terms": dict(self.terms), "values": dict(self.values)}

    def __str__(self) -> str:
        said = [self.action, *(f"{name} {_plain(value)}" for name, value in self.terms.items())]
        return f"{time_text(self.time)} {self.symbol} {', '.join(said)}".replace("  ", " ")


@dataclass(frozen=True, slots=True)
class Difference:
    """The first decision that differs: its `number`, from 1, and what either side decided; `None` where it did nothing."""

    number: int
    first: Decision | None
    second: Decision | None
    values: Mapping[str, tuple[float | None, float | None]]
    """What the decision rests on, as (first, second); `None` for what is not known."""

    @property
    def time(self) -> int:
        """When it was taken, UTC nanoseconds; on one side at least."""
        return self._any.time

    @property
    def symbol(self) -> str:
        """What it is about; empty for the whole account."""
        return self._any.symbol

    @property
    def _any(self) -> Decision:
        found = self.first or self.second
        if found is None:
            raise ValueError("a difference needs a decision on one side")
        return found

    @property
    def terms(self) -> Mapping[str, tuple[float | str | None, float | str | None]]:
        """The terms that differ, as (first, second); empty where only one side decided anything."""
        if self.first is None or self.second is None:
            return {}
        left, right = ({"action": one.action, "symbol": one.symbol, **one.terms} for one in (self.first, self.second))
        pairs = {name: (left.get(name), right.get(name)) for name in {**left, **right}}
        return {name: pair for name, pair in pairs.items() if not is_same(*pair)}

    def as_json(self) -> dict[str, Any]:
        """Return the difference as JSON has it."""
        return {
            "number": self.number,
            "time": time_text(self.time),
            "symbol": self.symbol,
            "first": None if self.first is None else self.first.as_json(),
            "second": None if self.second is None else self.second.as_json(),
            "terms": {name: list(pair) for name, pair in self.terms.items()},
            "values": {name: list(pair) for name, pair in self.values.items()},
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """A value behind a decision that both sides took: it differs, and the decision does not."""

    decision: Decision
    name: str
    first: float | None
    second: float | None


def is_same(first: float | str | None, second: float | str | None) -> bool:
    """Say whether two terms or values are the same: texts exactly, numbers within `TOLERANCE`; NaN is NaN."""
    if isinstance(first, str) or isinstance(second, str) or first is None or second is None:
        return first == second
    return math.isclose(first, second, rel_tol=TOLERANCE) or (first != first and second != second)


def first_difference(
    first: Sequence[Decision], second: Sequence[Decision], known: tuple[Values, Values] = (_nothing, _nothing)
) -> Difference | None:
    """Return the first decision that differs, `None` if all are the same. What they rest on is told, and not compared.

    `known` tells what either side knew at a time at which it did nothing.
    """
    for number, (one, other) in enumerate(zip(first, second, strict=False), 1):
        if one.time == other.time and (one.action, one.symbol, one.terms) == (other.action, other.symbol, other.terms):
            continue
        if one.time != other.time:
            return _difference(number, one if one.time < other.time else None, other if other.time < one.time else None, known)
        found = _difference(number, one, other, known)
        if found.terms:
            return found
    if len(first) == len(second):
        return None
    at = min(len(first), len(second))
    return _difference(at + 1, first[at] if at < len(first) else None, second[at] if at < len(second) else None, known)


def _difference(number: int, first: Decision | None, second: Decision | None, known: tuple[Values, Values]) -> Difference:
    found = Difference(number, first, second, {})
    left, right = (
        tells(found.time, found.symbol) if one is None else one.values for one, tells in zip((first, second), known, strict=True)
    )
    return replace(found, values={name: (left.get(name), right.get(name)) for name in {**left, **right}})


def first_drift(first: Sequence[Decision], second: Sequence[Decision]) -> Drift | None:
    """Return the first value that differs behind decisions that are the same."""
    found = first_difference(first, second)
    same = len(first) if found is None else found.number - 1
    for one, other in zip(first[:same], second[:same], strict=True):
        for name in {**one.values, **other.values}:
            if not is_same(one.values.get(name), other.values.get(name)):
                return Drift(other, name, one.values.get(name), other.values.get(name))
    return None


def values_of(result: Result, market: Values = _nothing) -> Values:
    """Return what tells the values that a decision rests on: what `market` tells, such as indicators, and the account's own."""
    account = account_values(result.equity, result.journal)
    return lambda time, symbol: {**market(time, symbol), **account(time, symbol)}


def decisions_of(result: Result, values: Values, conditions: Callable[[int], Terms] = lambda _order: {}) -> list[Decision]:
    """Return what was decided in a run, in order; `conditions` tells what an order was asked for besides its prices."""
    return decisions_in(result.journal, values, conditions)


def decisions_in(
    journal: pa.Table, values: Values = _nothing, conditions: Callable[[int], Terms] = lambda _order: {}
) -> list[Decision]:
    """Return what was decided by a journal, as `decisions_of` does."""
    return decisions_from(_entries(journal), values, conditions)


def decisions_from(
    entries: Sequence[Mapping[str, Any]], values: Values = _nothing, conditions: Callable[[int], Terms] = lambda _order: {}
) -> list[Decision]:
    """Return what was decided by the entries of a journal, each with `time` (UTC nanoseconds) and the columns in `_READ`."""
    judged = _judged(entries)
    return [
        Decision(
            time,
            symbol,
            action,
            terms if order is None else {**terms, **conditions(order), **judged.get(order, {})},
            values(time, symbol),
        )
        for time, symbol, action, order, terms in _decided(entries)
    ]


def _judged(entries: Sequence[Mapping[str, Any]]) -> dict[Any, dict[str, float | str]]:
    """Return what the rules let pass of each order where it is not what was asked for, and why it was refused at once."""
    found: dict[Any, dict[str, float | str]] = {}
    asked = {entry["order"]: entry["time"] for entry in entries if entry["event"] == _ORDER}
    for entry in entries:
        order, event = entry["order"], entry["event"]
        if order is None or entry["time"] != asked.get(order):
            continue
        if event == _VERDICT and entry["allowed"] is not None and not is_same(entry["allowed"], entry["quantity"]):
            found.setdefault(order, {})["allowed"] = entry["allowed"]
        elif event == _REJECT:
            found.setdefault(order, {})["refused"] = entry["detail"]
    return found


def _entries(journal: pa.Table) -> list[dict[str, Any]]:
    """Return the entries that decisions can be read from, as plain Python has them."""
    columns = columns_of(journal, (_ORDER, _VERDICT, _REJECT, _CANCEL, _HALT, _REQUEST), ("time", *_READ))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def columns_of(journal: pa.Table, events: Sequence[str], names: Sequence[str]) -> dict[str, list[Any]]:
    """Return columns of the entries of some kinds, as plain Python has them; times are UTC nanoseconds."""
    import pyarrow as pa

    rows = journal.filter(_is_one_of(journal["event"].cast(pa.string()), events))
    # Times as integers, because Arrow imports pandas for timestamps of nanoseconds.
    columns = {name: rows[name].cast(pa.int64()) if name == "time" else rows[name] for name in names}
    return {name: _listed(column) for name, column in columns.items()}


def _listed(column: pa.ChunkedArray) -> list[Any]:
    """Return a column of a journal as plain Python has it, `None` where there is nothing: as `to_pylist` does, and much faster."""
    import pyarrow.types as kinds

    if kinds.is_dictionary(column.type):
        found: list[Any] = []
        for chunk in column.chunks:
            names = [*chunk.dictionary.to_pylist(), None]
            found += [names[number] for number in chunk.indices.fill_null(-1).to_numpy().tolist()]
        return found
    if kinds.is_floating(column.type):
        numbers: list[Any] = column.to_numpy().tolist()
        return [None if number != number else number for number in numbers] if column.null_count else numbers
    plain: list[Any] = column.to_pylist() if column.null_count else column.to_numpy().tolist()
    return plain


def _is_one_of(column: pa.ChunkedArray, words: Sequence[str]) -> pa.ChunkedArray:
    """Return where a column has one of some words."""
    import pyarrow.compute as pc

    return reduce(pc.or_, (pc.equal(column, text_scalar(word)) for word in words))


def _decided(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, str, str, Any, dict[str, float | str]]]:
    """Yield time, symbol, action, order and terms of each decision; a cancellation that was asked for before is none."""
    requested = set()
    for entry in entries:
        event, order = entry["event"], entry["order"]
        time, symbol = entry["time"], entry["symbol"] or ""
        asked = {name: entry[name] for name in _ASKED if entry[name] is not None}
        if event == _ORDER:
            yield time, symbol, entry["detail"], order, asked
        elif event == _REQUEST:
            requested.add(order)
            yield time, symbol, entry["detail"], None, {"order": order, **asked}
        elif event == _CANCEL and entry["detail"] == Reason.BY_STRATEGY.text and order not in requested:
            yield time, symbol, "cancel", None, {"order": order, **asked}
        elif event == _HALT:
            yield time, symbol, "halt", None, {"rule": entry["rule"]} if entry["rule"] else {}


def account_values(equity_table: pa.Table, journal: pa.Table) -> Values:
    """Return what tells equity, cash and the position at some time, before anything that was decided then was done."""
    import pyarrow as pa

    closes = fixed_width(equity_table["time"].cast(pa.int64()), np.int64)
    equity, cash = (fixed_width(equity_table[name], np.float64) for name in ("equity", "cash"))
    moves = _moves(journal)

    def known(time: int, symbol: str) -> dict[str, float]:
        row = int(np.searchsorted(closes, time, "right")) - 1
        values = {} if row < 0 else {"equity": float(equity[row]), "cash": without_dust(float(cash[row]), float(equity[row]))}
        if symbol:
            since, held = moves.get(symbol, ([], []))
            last = bisect_right(since, time) - 1
            values["position"] = 0.0 if last < 0 else held[last]
        return values

    return known


def without_dust(cash: float, equity: float) -> float:
    """Return cash, and 0 for what rounding leaves of it where all has been spent: that may be another on each machine."""
    return cash if abs(cash) > _DUST * abs(equity) else 0.0


def _moves(journal: pa.Table) -> dict[str, tuple[list[int], list[float]]]:
    """Return by symbol what was held, and since when a decision can know it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = journal.filter(pc.is_valid(journal["position"]))
    found = found.filter(_is_one_of(found["event"].cast(pa.string()), (EventKind.FILL.text, EventKind.ACTION.text)))
    columns = [found["time"].cast(pa.int64()), *(found[name] for name in ("event", "detail", "symbol", "position"))]
    moves: dict[str, tuple[list[int], list[float]]] = {}
    for time, event, detail, symbol, position in zip(*(column.to_pylist() for column in columns), strict=True):
        # A bar may open at the time at which the one before has closed, and what is decided at that close comes first.
        at_open = event == EventKind.ACTION.text or detail.startswith("open")
        since, held = moves.setdefault(symbol, ([], []))
        since.append(time + at_open)
        held.append(position)
    return moves


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.12g}"
