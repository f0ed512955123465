"""The journal as events, for reporters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tradekit.journal.record import NUMBERS, Record
from tradekit.model.event import CashKind, Event, EventKind
from tradekit.model.order import OrderKind, Reason
from tradekit.model.reference import ScheduledKind
from tradekit.model.risk import VerdictKind

__all__ = ["event_of", "events"]

Told = tuple[int, int, int, int, int, int, int, Sequence[float]]
"""Kind, code, rule, instrument, order, cause, time and numbers of an entry of the log."""
_KINDS = tuple(EventKind)
_NOTHING: tuple[str, Mapping[str, float]] = ("", {})


def events(record: Record, start: int = 0) -> Iterator[Event]:
    """Yield the entries of a run in order; `start` is the number of the first entry that `record` holds."""
    log = record.log
    columns = [log[name].tolist() for name in ("kind", "code", "rule", "instrument", "order", "cause")]
    numbers = zip(*(log[name].tolist() for name in "abcdef"), strict=True)
    for number, told in enumerate(zip(*columns, record.times.tolist(), numbers, strict=True), start):
        yield event_of(record, number, told)


def event_of(record: Record, number: int, told: Told) -> Event:
    """Return one entry; of `record` nothing is asked but what never changes, and the words of rules."""
    kind, code, rule, instrument, order, cause, time, numbers = told
    event = _KINDS[kind]
    text, own_numbers = record.words.get(number) or _NOTHING
    rule_name = record.rules[rule] if rule >= 0 else ""
    named = {name: value for name, value in zip(NUMBERS[event], numbers, strict=False) if name and value == value}
    return Event(
        number,
        time,
        event,
        None if cause < 0 else cause,
        None if order < 0 else order,
        None if instrument < 0 else record.bars.symbols[instrument],
        _cash_text(record, code, named) if event is EventKind.CASH else _text(event, code, rule_name, text),
        {**named, **own_numbers} if own_numbers else named,
        rule_name,
        text,
        "" if record.parts is None else record.parts.name_of(instrument) or record.parts.judged_by(rule),
    )


def _cash_text(record: Record, code: int, named: dict[str, float]) -> str:
    """Return what money came or went for, and in what currency, such as `funding in USDT`."""
    return f"{CashKind(code).text} in {record.money.codes[int(named['currency'])]}"


def _text(event: EventKind, code: int, rule: str, reason: str) -> str:
    """Return what happened in words, such as `max-weight: resize`."""
    if event in (EventKind.ORDER, EventKind.TRIGGER):
        return OrderKind(code).text
    if event is EventKind.FILL:
        place = ("at the open", "inside the bar", "at the close")[code % 3]
        return f"{place}, as {'maker' if code >= 3 else 'taker'}"
    if event is EventKind.REQUEST:
        return "replace" if code else "cancel"
    if event is EventKind.CASH:
        return CashKind(code).text
    if event is EventKind.HALT:
        return rule or reason or "equity is gone"
    if event is EventKind.VERDICT:
        said = f"{rule}: {VerdictKind(code).name.lower()}"
        return f"{said} ({reason})" if reason else said
    if event is EventKind.ACTION:
        return ScheduledKind(code).name.lower()
    if event is EventKind.LIQUIDATION:
        return "equity below the maintenance margin"
    return f"{Reason(code).text} ({reason})" if reason else Reason(code).text
