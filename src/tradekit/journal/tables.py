"""The tables of a run, made from its record."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradekit.journal.record import NUMBERS, Record
from tradekit.model.bars import Floats
from tradekit.model.columns import flag_column, name_column, number_column, table, text_column, time_column
from tradekit.model.event import CashKind, EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.model.reference import ScheduledKind
from tradekit.model.risk import VerdictKind

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "COLUMNS",
    "Exposures",
    "equity_table",
    "exposures",
    "fills_table",
    "journal_table",
    "orders_table",
    "positions_table",
    "strategy_column",
]


_KINDS = [kind.text for kind in OrderKind]
_STATUSES = [status.name.lower() for status in OrderStatus]
_REASONS = ["", *[reason.text for reason in Reason if reason is not Reason.NONE]]
_PLACES = ["open", "inside", "close"]
_SIDES = ["taker", "maker"]


def orders_table(record: Record) -> pa.Table:
    """Return one row an order: what was asked, what became of it, and why."""
    orders, log = record.orders, record.log
    fills = record.entries(EventKind.FILL)
    count = len(orders["row"])
    paid = np.zeros(count)
    fees = np.zeros(count)
    price = np.full(count, np.nan)
    np.add.at(paid, log["order"][fills], log["a"][fills] * log["b"][fills])
    np.add.at(fees, log["order"][fills], log["c"][fills])
    np.divide(paid, orders["filled"], out=price, where=orders["filled"] != 0)
    return table(
        {
            "order": number_column(np.arange(count)),
            "time": time_column(orders["time"]),
            "symbol": name_column(orders["instrument"], record.bars.symbols),
            **strategy_column(record, orders["instrument"]),
            "kind": name_column(orders["kind"], _KINDS),
            "asked": number_column(orders["asked"]),
            "quantity": number_column(orders["quantity"]),
            "limit": number_column(orders["limit"]),
            "stop": number_column(orders["stop"]),
            "status": name_column(orders["status"], _STATUSES),
            "reason": name_column(orders["reason"], _REASONS),
            "filled": number_column(orders["filled"]),
            "price": number_column(price),
            "fees": number_column(fees),
        }
    )


def strategy_column(record: Record, instruments: NDArray[Any]) -> dict[str, Any]:
    """Return the column that says whose rows about instruments are, where several strategies share the account."""
    return {} if record.parts is None else {"strategy": name_column(record.parts.of(instruments), record.parts.names)}


def fills_table(record: Record) -> pa.Table:
    """Return one row a fill; `quantity` is signed, `value`, `fee` and `slippage` are money."""
    log, fills = record.log, record.entries(EventKind.FILL)
    unit = record.money.unit_in(log["instrument"][fills].astype(np.int64), log["row"][fills].astype(np.int64))
    return table(
        {
            "order": number_column(log["order"][fills]),
            "time": time_column(record.times[fills]),
            "symbol": name_column(log["instrument"][fills], record.bars.symbols),
            **strategy_column(record, log["instrument"][fills]),
            "quantity": number_column(log["a"][fills]),
            "price": number_column(log["b"][fills]),
            "value": number_column(np.abs(log["a"][fills]) * log["b"][fills] * unit),
            "fee": number_column(log["c"][fills]),
            "slippage": number_column(log["d"][fills]),
            "at": name_column(log["code"][fills] % len(_PLACES), _PLACES),
            "liquidity": name_column(log["code"][fills] // len(_PLACES), _SIDES),
        }
    )


def positions_table(record: Record) -> pa.Table:
    """Return the position after each fill, split and delisting; a flat one has no average price."""
    log, moves = record.log, _moves(record)
    is_known = (log["kind"][moves] == EventKind.FILL) | (log["code"][moves] != ScheduledKind.DIVIDEND)
    moves = moves[is_known]
    return table(
        {
            "time": time_column(record.times[moves]),
            "symbol": name_column(log["instrument"][moves], record.bars.symbols),
            **strategy_column(record, log["instrument"][moves]),
            "quantity": number_column(log["e"][moves]),
            "average_price": number_column(log["f"][moves]),
        }
    )


def _moves(record: Record) -> NDArray[np.int64]:
    """Return the entries that tell a position: fills and actions."""
    kind = record.log["kind"]
    return np.flatnonzero((kind == EventKind.FILL) | (kind == EventKind.ACTION))


def equity_table(record: Record, exposure: Exposures, benchmark: Floats | None = None) -> pa.Table:
    """Return one row a bar: equity, cash and exposure at its close, in money; `is_stale` says that a held instrument had no bar.

    `benchmark`, float64 [time], is a column more, if there is one.
    """
    columns = {"time": time_column(record.bars.close_time)}
    numbers = {"equity": record.equity, "cash": _cash(record), **_balances(record)}
    numbers |= {"gross_exposure": exposure.gross, "net_exposure": exposure.net}
    if record.parts is not None:
        numbers |= {f"equity_{name}": own for name, own in zip(record.parts.names, record.parts.equity, strict=True)}
    for name, values in (numbers if benchmark is None else numbers | {"benchmark": benchmark}).items():
        columns[name] = number_column(values)
        record.memory.release()
    return table(columns | {"is_stale": flag_column(exposure.is_stale)})


@dataclass(frozen=True, slots=True)
class Exposures:
    """At each close: the sum of absolute position values, their sum, both in money, and whether a held instrument had no bar."""

    gross: Floats
    net: Floats
    is_stale: NDArray[np.bool_]


def exposures(record: Record, only: range | None = None) -> Exposures:
    """Return what was held at each close, of all instruments or some only."""
    holdings = [_Holding(record, i, own) for i, own in _moves_by_instrument(record) if only is None or i in only]

    def compute(start: int, stop: int) -> tuple[NDArray[Any], ...]:
        is_stale = np.zeros(stop - start, dtype=np.bool_)
        gross = net = None
        for holding in holdings:
            value = holding.values(start, stop, is_stale)
            if net is None or gross is None:
                # Of a long position both are the same, and long arrays that are new cost more than what is computed in them.
                net = np.add(value, 0.0, out=value)
                gross = net if np.min(net, initial=0.0) >= 0.0 else np.abs(net)
            else:
                net = net + value if net is gross else np.add(net, value, out=net)
                gross += np.abs(value, out=value)
        if net is None or gross is None:
            return np.zeros(stop - start), np.zeros(stop - start), is_stale
        return gross, net, is_stale

    return Exposures(*record.memory.columns(len(record.equity), compute))


class _Holding:
    """What is held of one instrument, valued at one block of closes after the other."""

    def __init__(self, record: Record, i: int, own: NDArray[np.int64]) -> None:
        log = record.log
        self.bars, self.i = record.bars, i
        self.unit = record.money.unit_at_close(i)
        self.units = _Steps(log["row"][own], log["e"][own], 0.0)
        is_split = (log["kind"] == EventKind.ACTION) & (log["code"] == ScheduledKind.SPLIT) & (log["instrument"] == i)
        self.factor = _Steps(log["row"][is_split], 1.0 / np.cumprod(log["a"][is_split]), 1.0)
        self.mark = np.nan
        """The last close so far, as it would be without the splits so far."""

    def values(self, start: int, stop: int, is_stale: NDArray[np.bool_]) -> Floats:
        """Return what it is worth at each close, in money, and say in `is_stale` where it had no bar."""
        value = self.units.on(start, stop)
        close = self.bars.close[start:stop, self.i]
        unit = self.unit if isinstance(self.unit, float) else self.unit[start:stop]
        exists = ~np.isnan(close)
        if exists.all():
            value *= close
            if np.ndim(unit) or unit != 1.0:
                value *= unit
            self.mark = close[-1] / self.factor.on(stop - 1, stop)[0] if len(close) else self.mark
            return value
        is_held = value != 0.0
        is_stale |= is_held & ~exists
        # A close that stays over a hole is multiplied with the splits in it.
        factor = self.factor.on(start, stop)
        marks = np.concatenate(([self.mark], close[exists] / factor[exists]))
        self.mark = marks[-1]
        return np.where(is_held, value * marks[np.cumsum(exists)] * factor * unit, 0.0)


def _moves_by_instrument(record: Record) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield each instrument whose position ever moved, with the numbers of the entries that moved it."""
    moves = _moves(record)
    instrument = record.log["instrument"][moves]
    ordered = np.argsort(instrument, kind="stable")
    found, starts = np.unique(instrument[ordered], return_index=True)
    yield from zip(found.tolist(), np.split(moves[ordered], starts[1:]), strict=False)


def _cash(record: Record) -> Floats:
    """Return cash at each close, in the account's currency."""
    if len(record.money.codes) > 1:
        return record.money.cash()
    log = record.log
    told = np.flatnonzero(np.isfinite(log["g"]))
    steps = _Steps(log["row"][told], log["g"][told], record.capital)
    (found,) = record.memory.columns(len(record.equity), lambda start, stop: (steps.on(start, stop),))
    return found


def _balances(record: Record) -> dict[str, Floats]:
    """Return the balance of each currency and its rate at each close, where there are several."""
    money = record.money
    if len(money.codes) == 1:
        return {}
    columns = {}
    for c, code in enumerate(money.codes):
        columns[f"cash_{code}"] = np.ascontiguousarray(money.balances[:, c])
        if c:
            columns[f"rate_{code}"] = np.ascontiguousarray(money.rates[:, c])
    return columns


class _Steps:
    """A value on each row that changes to `values` on the rows `at` (ascending); the last change of a row counts."""

    def __init__(self, at: NDArray[Any], values: NDArray[Any], before: float) -> None:
        self.at = at
        self.values = np.concatenate(([before], values))

    def on(self, start: int, stop: int) -> Floats:
        """Return the values on the rows `start <= row < stop`."""
        first, last = np.searchsorted(self.at, (start, stop))
        lengths = np.diff(self.at[first:last], prepend=start, append=stop)
        return np.repeat(self.values[first : last + 1], lengths)


def journal_table(record: Record) -> pa.Table:
    """Return the journal: one row an entry, in the order of happening, each naming the entry that caused it."""
    log = record.log
    kind = log["kind"]
    texts = {number: text for number, (text, _) in record.words.items()}
    numbers = {number: _as_json(own) for number, (_, own) in record.words.items() if own}
    return table(
        {
            "number": number_column(np.arange(len(kind))),
            "time": time_column(record.times),
            "event": name_column(kind, [event.text for event in EventKind]),
            "cause": number_column(log["cause"], log["cause"] >= 0),
            "order": number_column(log["order"], log["order"] >= 0),
            "symbol": name_column(log["instrument"], record.bars.symbols),
            **strategy_column(record, log["instrument"]),
            "detail": _details(kind, log["code"]),
            "rule": name_column(log["rule"], record.rules),
            "text": text_column(texts, len(kind)),
            "numbers": text_column(numbers, len(kind)),
            "currency": name_column(_currencies(log), record.money.codes),
            **_numbers(log),
        }
    )


def _as_json(numbers: Mapping[str, float]) -> str:
    return json.dumps({name: value if math.isfinite(value) else None for name, value in numbers.items()}, sort_keys=True)


# What the code of an entry means, by kind.
_CODES = {
    EventKind.ORDER: _KINDS,
    EventKind.VERDICT: [verdict.name.lower() for verdict in VerdictKind],
    EventKind.REJECT: _REASONS,
    EventKind.FILL: [f"{place} {side}" for side in _SIDES for place in _PLACES],
    EventKind.CANCEL: _REASONS,
    EventKind.HALT: [""],
    EventKind.REQUEST: ["cancel", "replace"],
    EventKind.TRIGGER: _KINDS,
    EventKind.CASH: [kind.text for kind in CashKind],
    EventKind.ACTION: [kind.name.lower() for kind in ScheduledKind],
    EventKind.LIQUIDATION: [""],
}


def _details(kind: NDArray[Any], code: NDArray[Any]) -> pa.Array:
    first, names = np.zeros(len(_CODES), dtype=np.int64), list[str]()
    for event, texts in _CODES.items():
        first[event] = len(names)
        names += texts
    return name_column(first[kind] + code, names)


# The journal's numbers, and what each is called in an event.
COLUMNS = {
    "quantity": ("quantity",),
    "allowed": ("allowed",),
    "judged": ("judged", "drawdown"),
    "limit": ("limit",),
    "stop": ("stop",),
    "price": ("price",),
    "fee": ("fee",),
    "slippage": ("slippage",),
    "position": ("position",),
    "equity": ("equity",),
    "peak": ("peak",),
    "maintenance": ("maintenance",),
    "amount": ("amount",),
    "rate": ("rate",),
    "value": ("value",),
}


def _currencies(log: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    """Return the number of the currency that each entry moved money of without a trade, else -1."""
    found = np.full(len(log["kind"]), -1, dtype=np.int64)
    is_cash = log["kind"] == EventKind.CASH
    found[is_cash] = log["e"][is_cash].astype(np.int64)
    return found


def _numbers(log: Mapping[str, NDArray[Any]]) -> dict[str, pa.Array]:
    entries = {kind: np.flatnonzero(log["kind"] == kind) for kind in NUMBERS}
    columns = {}
    for name, meanings in COLUMNS.items():
        values = np.full(len(log["kind"]), np.nan)
        for kind, named in NUMBERS.items():
            for column, meaning in zip("abcdef", named, strict=False):
                if meaning in meanings:
                    values[entries[kind]] = log[column][entries[kind]]
        columns[name] = number_column(values)
    return columns
