"""What an account did, in order, from the folder of a run or from an audit log; whole or as far as it goes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tradekit import ConfigError, Result, read_result
from tradekit_compliance.audit import records
from tradekit_compliance.audit.reading import Entry, entries

__all__ = ["Activity", "Fill", "Life", "Message", "Session", "activity_of_result", "read_activity"]

MANIFEST = "manifest.json"
_ORDERS = 1_000_000
"""A new session counts its orders from 0 again; those in a log are told apart by adding so many for each."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that happened; `number` is where it stands in the journal or the log.

    `kind` is `order`, `verdict`, `reject`, `fill`, `cancel`, `request`, `halt`, `cash`, `command`, `blocked`, `sent`, `venue-fill`
    or `liquidation`. `text` is the reason, or the command; `detail` what kind of order, verdict or cash. Quantities are signed.
    """

    number: int
    time: int
    kind: str
    order: int | None = None
    symbol: str = ""
    quantity: float = 0.0
    price: float | None = None
    money: float = 0.0
    detail: str = ""
    text: str = ""
    rule: str = ""
    causes: tuple[int, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Session:
    """A run of the account: where it begins, and its settings."""

    number: int
    time: int
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fill:
    """A fill, with the account that it is of."""

    account: str
    number: int
    time: int
    order: int | None
    symbol: str
    quantity: float
    price: float


@dataclass(frozen=True, slots=True)
class Life:
    """An order from its entry to its end; `ended` is `None` while it is open, `end` is `cancel` or `fill`."""

    account: str
    order: int
    symbol: str
    quantity: float
    price: float | None
    entered: int
    ended: int | None
    end: str
    filled: float
    numbers: tuple[int, ...]

    def stands(self, start: int, end: int) -> bool:
        """Say whether the order was in the market at some moment from `start` to just before `end`."""
        return self.entered < end and (self.ended is None or self.ended >= start)


@dataclass(frozen=True)
class Activity:
    """What one account did: `name` is that of the run or the log, `messages` are in order."""

    name: str
    messages: tuple[Message, ...]
    sessions: tuple[Session, ...]
    is_live: bool = False
    until: int | None = None
    """Up to when something is known of it: the end of a finished run, else its last record."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the last session; empty if there is none."""
        return self.sessions[-1].settings if self.sessions else {}

    @cached_property
    def fills(self) -> tuple[Fill, ...]:
        """All fills, in order."""
        return tuple(
            Fill(self.name, one.number, one.time, one.order, one.symbol, one.quantity, one.price or 0.0)
            for one in self.messages
            if one.kind == "fill"
        )

    @cached_property
    def lives(self) -> tuple[Life, ...]:
        """All orders that came to the market, in the order of their entry."""
        asked: dict[int, list[Message]] = {}
        for one in self.messages:
            if one.order is not None and one.kind in ("order", "fill", "cancel", "reject"):
                asked.setdefault(one.order, []).append(one)
        return tuple(life for number, told in asked.items() if (life := _life(self.name, number, told)) is not None)


def _life(account: str, number: int, told: Sequence[Message]) -> Life | None:
    first = told[0]
    fills = [one for one in told if one.kind == "fill"]
    if first.kind != "order" or any(one.kind == "reject" for one in told):
        return None
    filled = sum(one.quantity for one in fills)
    cancels = [one for one in told if one.kind == "cancel"]
    is_done = abs(filled) >= abs(first.quantity) * (1 - 1e-9) and fills
    last = cancels[-1] if cancels else fills[-1] if is_done else None
    end = "" if last is None else last.kind
    ended = None if last is None else last.time
    numbers = tuple(one.number for one in told)
    return Life(account, number, first.symbol, first.quantity, first.price, first.time, ended, end, filled, numbers)


def read_activity(target: Path) -> Activity:
    """Read what the folder of a run, or an audit log, tells. Raises `ConfigError` for a folder that is neither."""
    if (target / MANIFEST).exists():
        return activity_of_result(read_result(target), target.resolve().name)
    if any(target.glob("seg-*.tkl")):
        return _activity_of_log(target)
    raise ConfigError(f"{str(target)!r} is neither the folder of a run ({MANIFEST}) nor an audit log (seg-00000000.tkl)")


def activity_of_result(result: Result, name: str) -> Activity:
    """Return what the journal of a finished run tells."""
    import pyarrow as pa

    columns = (
        "number",
        "event",
        "cause",
        "order",
        "symbol",
        "detail",
        "rule",
        "text",
        "quantity",
        "price",
        "limit",
        "stop",
        "amount",
        "fee",
    )
    table = result.journal
    # As integers, because Arrow imports pandas for timestamps of nanoseconds.
    rows = {"time": table["time"].cast(pa.int64()).to_pylist()}
    rows |= {column: table[column].to_pylist() for column in columns if column in table.column_names}
    count = table.num_rows
    sent = dict(zip(result.orders["order"].to_pylist(), result.orders["quantity"].to_pylist(), strict=True))
    told = tuple(_of_journal({key: values[k] for key, values in rows.items()}, sent) for k in range(count))
    first = told[0].time if told else 0
    times = table["time"].cast(pa.int64()).to_pylist()
    closes = result.equity["time"].cast(pa.int64()).to_pylist()
    until = max([*times[-1:], *closes[-1:]], default=None)
    return Activity(name, told, (Session(0, first, result.config),), result.mode == "live", until)


def _of_journal(row: Mapping[str, Any], sent: Mapping[int, float]) -> Message:
    price = row.get("price")
    if row["event"] == "order":
        price = row.get("limit") if row.get("limit") is not None else row.get("stop")
    return Message(
        number=row["number"],
        time=row["time"],
        kind=row["event"],
        order=row["order"],
        symbol=row["symbol"] or "",
        # Of an order, what rules and lot size have let pass: that is what comes to the market.
        quantity=(sent.get(row["order"]) if row["event"] == "order" else row.get("quantity")) or 0.0,
        price=price,
        money=row.get("amount") or -(row.get("fee") or 0.0),
        detail=row["detail"] or "",
        text=row.get("text") or "",
        rule=row.get("rule") or "",
        causes=() if row["cause"] is None else (int(row["cause"]),),
    )


def _activity_of_log(folder: Path) -> Activity:
    """Return what a log tells: of runs on live data all sessions, which go on with one account; of backtests the last run."""
    told: list[Message] = []
    sessions: list[Session] = []
    name, mode, until, last, before = folder.resolve().name, "", 0, -1, 0
    for entry in entries(folder):
        record = entry.record
        if isinstance(record, records.RunBegun):
            if record.mode == "backtest":
                told, until, last, before = [], 0, -1, 0
            sessions.append(Session(entry.number, entry.written, _nested(record)))
            mode = record.mode
            until = max([until, *(_moment(str(one["last"])) for one in record.data if one.get("last"))])
        else:
            if isinstance(record, records.Ordered):
                before += _ORDERS if record.order <= last else 0
                last = record.order
            told += _of_log(entry, record, before)
    told = _as_sent(told, _lots(sessions))
    # A venue's trades are told late or in another order than they were made.
    told.sort(key=lambda one: (one.time, one.number))
    return Activity(name, tuple(told), tuple(sessions), mode == "live", max([until, *(one.time for one in told[-1:])]) or None)


def _lots(sessions: Sequence[Session]) -> dict[str, float]:
    """Return the size steps that the settings state, by symbol."""
    found = {}
    for session in sessions:
        flat = session.settings["flat"]
        for key, lot in flat.items():
            if key.startswith("instrument[") and key.endswith("].lot") and lot:
                found[flat.get(key.removesuffix("lot") + "symbol", "")] = float(lot)
    return found


def _as_sent(told: Sequence[Message], lots: Mapping[str, float]) -> list[Message]:
    """Return messages with orders of what came to the market: what rules let pass of them, in whole lots, or what was sent."""
    passed: dict[int | None, float] = {}
    for one in told:
        if one.kind == "verdict" and one.detail in ("accept", "resize") and "allowed" in one.values:
            passed[one.order] = one.values["allowed"]
    passed |= {one.order: one.quantity for one in told if one.kind == "sent"}
    found = []
    for one in told:
        if one.kind == "order":
            quantity, lot = passed.get(one.order, one.quantity), lots.get(one.symbol)
            whole = quantity if lot is None else math.copysign(math.floor(abs(quantity) / lot + 1e-9) * lot, quantity)
            found.append(replace(one, quantity=whole))
        else:
            found.append(one)
    return found


def _moment(text: str) -> int:
    """Return the nanoseconds of a time as a manifest has it; 0 for a text that is none."""
    try:
        return round(datetime.fromisoformat(text).timestamp()) * 10**9
    except ValueError:
        return 0


def _nested(record: records.RunBegun) -> dict[str, Any]:
    """Return the settings of a run as its manifest has them, as far as surveillance reads them."""
    found: dict[str, Any] = {
        "account": {"capital": float(record.capital), "currency": record.currency},
        "flat": dict(record.config),
    }
    rules: dict[int, dict[str, Any]] = {}
    for key, value in record.config.items():
        table, _, name = key.partition("].")
        if table.startswith("risk[") and table[5:].isdigit():
            rules.setdefault(int(table[5:]), {})[name] = value
    found["risk"] = [rules[number] for number in sorted(rules)]
    found["data"] = {key.removeprefix("data."): value for key, value in record.config.items() if key.startswith("data.")}
    return found


def _values(record: records.Record) -> dict[str, float]:
    """Return what a decision rests on, or what a rule has let pass."""
    if isinstance(record, records.Judged):
        return {} if record.allowed is None else {"allowed": float(record.allowed)}
    return {name: float(value) for name, value in getattr(record, "values", {}).items() if value is not None}


def _text(record: records.Record) -> str:
    """Return what a record says in words: a command before its reason, of a trade its number."""
    return next((found for name in ("command", "reason", "trade_id") if (found := getattr(record, name, ""))), "")


def _number(value: Any) -> float:
    return 0.0 if value is None else float(value)


def _of_log(entry: Entry, record: records.Record, before: int) -> Iterator[Message]:
    """Yield the message that a record is, if it is one."""
    kind = _KINDS.get(type(record))
    if kind is None:
        return
    price = next((getattr(record, name) for name in ("price", "limit", "stop") if getattr(record, name, None) is not None), None)
    fee, order = getattr(record, "fee", None), getattr(record, "order", None)
    yield Message(
        number=entry.number,
        time=getattr(record, "time", entry.written),
        kind=kind,
        order=None if order is None else order + before,
        symbol=getattr(record, "symbol", ""),
        quantity=_number(getattr(record, "quantity", None)),
        price=None if price is None else float(price),
        money=_number(getattr(record, "amount", None)) if fee is None else -float(fee),
        detail=getattr(record, "verdict", "") or getattr(record, "kind", "") or getattr(record, "what", ""),
        text=_text(record),
        rule=getattr(record, "rule", ""),
        causes=entry.causes,
        values=_values(record),
    )


_KINDS: Mapping[type[Any], str] = {
    records.Ordered: "order",
    records.Judged: "verdict",
    records.Refused: "reject",
    records.Filled: "fill",
    records.Cancelled: "cancel",
    records.Requested: "request",
    records.Halted: "halt",
    records.CashMoved: "cash",
    records.Liquidated: "liquidation",
    records.Commanded: "command",
    records.Blocked: "blocked",
    records.VenueIntent: "sent",
    records.VenueFilled: "venue-fill",
}
