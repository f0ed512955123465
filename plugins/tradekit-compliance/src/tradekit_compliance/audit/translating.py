"""What the kernel tells a reporter, as records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tradekit import Event, EventKind, OutsideNote, RunStart
from tradekit_compliance.audit.coding import decimal_of, number_text
from tradekit_compliance.audit.records import (
    ActionTaken,
    BarRevised,
    BarsClosed,
    Blocked,
    CancelAsked,
    Cancelled,
    CashMoved,
    Commanded,
    Filled,
    Halted,
    Judged,
    Liquidated,
    Ordered,
    PriceSeen,
    Record,
    Refused,
    Requested,
    RunBegun,
    Triggered,
    VenueAnswered,
    VenueFilled,
    VenueImposed,
    VenueIntent,
    VenueLost,
    VenuePaid,
    VenueShown,
)

__all__ = ["record_of_event", "record_of_note", "record_of_start"]

_NOTHING = Decimal(0)


def record_of_start(start: RunStart, bars: str) -> RunBegun:
    """Return what a run is made of; `bars` is the blob of those that it decides on."""
    about = start.about
    account = about["config"]["account"]
    return RunBegun(
        name=about["name"],
        mode=start.mode,
        plan=about["plan"],
        currency=account["currency"],
        capital=Decimal(number_text(float(account["capital"]))),
        config=flat(about["config"]),
        components=tuple(dict(use) for use in about["components"]),
        data=tuple(dict(fact) for fact in about["data"]),
        environment=dict(about["environment"]),
        code=dict(about["code"]),
        judges=start.judges,
        bars=bars,
    )


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested settings by the key that a person writes: `risk[0].limit`."""
    if isinstance(value, Mapping):
        pairs = [(f"{prefix}.{key}" if prefix else str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list | tuple) and any(isinstance(inner, Mapping | list | tuple) for inner in value):
        pairs = [(f"{prefix}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return {prefix: value}
    return {key: leaf for name, inner in pairs for key, leaf in flat(inner, name).items()} or {prefix: value}


def record_of_event(event: Event) -> Record | None:
    """Return the record of an event; `None` for one of a kind that this version doesn't know, or that is about nothing."""
    make = _EVENTS.get(event.kind)
    return None if make is None else make(event)


def _number(event: Event, name: str) -> Decimal | None:
    return decimal_of(event.numbers.get(name))


def _sure(event: Event, name: str) -> Decimal:
    return decimal_of(event.numbers.get(name)) or _NOTHING


def _order(event: Event) -> tuple[int, int, str]:
    return event.time, -1 if event.order is None else event.order, event.symbol or ""


def _values(event: Event) -> dict[str, Decimal]:
    return {name: Decimal(number_text(value)) for name, value in event.values.items()}


def _ordered(event: Event) -> Record:
    conditions = {name: value if isinstance(value, str) else number_text(value) for name, value in event.conditions.items()}
    prices = (_number(event, "quantity"), _number(event, "limit"), _number(event, "stop"))
    return Ordered(*_order(event), event.text, *prices, conditions, _values(event))


_JUDGED = ("quantity", "allowed", "judged", "limit")


def _judged(event: Event) -> Record:
    verdict = event.text.removeprefix(f"{event.rule}: ").partition(" ")[0]
    own = {name: Decimal(number_text(value)) for name, value in event.numbers.items() if name not in _JUDGED and value == value}
    quantity, allowed, judged, limit = (_number(event, name) for name in _JUDGED)
    return Judged(*_order(event), event.rule, verdict, event.reason, quantity, allowed, judged, limit, own)


def _filled(event: Event) -> Record:
    place, _, liquidity = event.text.partition(", as ")
    return Filled(
        *_order(event),
        quantity=_sure(event, "quantity"),
        price=_sure(event, "price"),
        fee=_sure(event, "fee"),
        slippage=_number(event, "slippage"),
        position=_sure(event, "position"),
        average_price=_number(event, "average_price"),
        place=place.rpartition(" ")[2] if place != "inside the bar" else "inside",
        liquidity=liquidity,
    )


def _cash(event: Event) -> Record:
    # What it was for may have the word in it, too: `in lieu in USD`.
    what, _, currency = event.text.rpartition(" in ")
    rest = (_number(event, "rate"), _number(event, "price"), _number(event, "position"))
    return CashMoved(event.time, what, currency, _sure(event, "amount"), event.symbol or "", *rest)


def _halted(event: Event) -> Record:
    equity, peak, drawdown, limit = (_number(event, name) for name in ("equity", "peak", "drawdown", "limit"))
    return Halted(event.time, event.rule, equity, peak, drawdown, limit, _values(event))


def _requested(event: Event) -> Record:
    quantity, limit, stop = (_number(event, name) for name in ("quantity", "limit", "stop"))
    return Requested(*_order(event), event.text, quantity, limit, stop, _values(event))


_EVENTS: Mapping[EventKind, Callable[[Event], Record]] = {
    EventKind.ORDER: _ordered,
    EventKind.VERDICT: _judged,
    EventKind.REJECT: lambda event: Refused(*_order(event), event.text, _number(event, "quantity")),
    EventKind.FILL: _filled,
    EventKind.CANCEL: lambda event: Cancelled(*_order(event), event.text, _number(event, "quantity"), _values(event)),
    EventKind.HALT: _halted,
    EventKind.REQUEST: _requested,
    EventKind.TRIGGER: lambda event: Triggered(*_order(event), event.text, _number(event, "quantity"), _number(event, "price")),
    EventKind.CASH: _cash,
    EventKind.ACTION: lambda event: ActionTaken(
        event.time,
        event.symbol or "",
        event.text,
        *[_number(event, name) for name in ("value", "position", "average_price")],
    ),
    EventKind.LIQUIDATION: lambda event: Liquidated(event.time, _sure(event, "equity"), _sure(event, "maintenance")),
}


def record_of_note(note: OutsideNote) -> Record | None:
    """Return the record of what passes between a live run and the outside; `None` for a kind that this version doesn't know."""
    make = _NOTES.get(note.kind)
    return None if make is None else make(note)


def _about(note: OutsideNote) -> tuple[int, int, str, str]:
    return note.time, -1 if note.order is None else note.order, note.symbol, note.client_id


def _price(note: OutsideNote, name: str) -> Decimal | None:
    return Decimal(note.facts[name]) if name in note.facts else None


def _intent(note: OutsideNote) -> Record:
    facts = note.facts
    return VenueIntent(
        *_about(note),
        kind=facts["kind"],
        quantity=Decimal(facts["quantity"]),
        limit=_price(note, "limit"),
        stop=_price(note, "stop"),
        time_in_force=facts["time_in_force"],
        post_only="post_only" in facts,
        reduce_only="reduce_only" in facts,
    )


def _traded(facts: Mapping[str, str]) -> dict[str, Any]:
    """Return what a trade is told by, whoever made it."""
    return {
        "trade_id": facts["trade_id"],
        **{name: Decimal(facts[name]) for name in ("quantity", "price", "fee")},
        "fee_currency": facts["fee_currency"],
        "is_maker": facts["is_maker"] == "yes",
        "venue_id": facts["venue_id"],
    }


def _paid(note: OutsideNote) -> Record:
    facts = note.facts
    return VenuePaid(note.time, note.symbol, facts["payment_id"], Decimal(facts["amount"]), facts["currency"], facts["kind"])


_NOTES: Mapping[str, Callable[[OutsideNote], Record]] = {
    "bars": lambda note: BarsClosed(note.time, {name: told for name, told in note.facts.items() if name != "open_time"}),
    "intent": _intent,
    "cancel": lambda note: CancelAsked(*_about(note)),
    "answer": lambda note: VenueAnswered(*_about(note), *[note.facts[name] for name in ("outcome", "venue_id", "text")]),
    "sighting": lambda note: VenueShown(*_about(note), note.facts["status"], Decimal(note.facts["filled"]), note.facts["venue_id"]),
    "fill": lambda note: VenueFilled(int(note.facts["time"]), *_about(note)[1:], **_traded(note.facts)),
    "foreign": lambda note: VenueImposed(int(note.facts["time"]), note.symbol, **_traded(note.facts)),
    "payment": _paid,
    "absent": lambda note: VenueLost(*_about(note)),
    "command": lambda note: Commanded(note.time, note.facts["command"], note.facts["reason"], note.facts["cause"]),
    "blocked": lambda note: Blocked(note.time, note.symbol, note.facts["reason"]),
    "revised": lambda note: BarRevised(note.time, note.symbol, int(note.facts["open_time"]), note.facts["bar"]),
    "price": lambda note: PriceSeen(note.time, note.symbol, Decimal(number_text(float(note.facts["price"])))),
}
