"""Why an order was sent, and what became of it: link by link, and a link that is missing is told as missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tradekit import DataError
from tradekit_compliance.audit.coding import number_text, time_text
from tradekit_compliance.audit.folder import LogFolder
from tradekit_compliance.audit.reading import Entry
from tradekit_compliance.audit.records import (
    CancelAsked,
    Cancelled,
    Filled,
    Judged,
    Ordered,
    Refused,
    Requested,
    RunBegun,
    Triggered,
    VenueAnswered,
    VenueFilled,
    VenueIntent,
    VenueLost,
    VenueShown,
)
from tradekit_compliance.audit.runs import AuditedRun, read_run

__all__ = ["MISSING", "Explanation", "Link", "explain"]

MISSING = "MISSING"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain: what it is about, what is known, and the records that say so; none for one that is missing."""

    name: str
    told: tuple[str, ...]
    records: tuple[int, ...] = ()
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """The chain of an order."""

    run: str
    order: int
    links: tuple[Link, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the names of the links that are missing."""
        return tuple(link.name for link in self.links if link.is_missing)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        links = [
            {"link": one.name, "told": list(one.told), "records": list(one.records), "missing": one.is_missing}
            for one in self.links
        ]
        return {"run": self.run, "order": self.order, "missing": list(self.missing), "links": links}


def explain(folder: Path, order: int, run: str | None = None) -> Explanation:
    """Return the chain of an order. Raises `DataError` for one that the run doesn't have."""
    found = read_run(folder, run)
    own = found.of_order(order)
    if not own:
        numbers = sorted({record.order for record in found.records if isinstance(record, Ordered)})
        known = f"it has {numbers[0]} to {numbers[-1]}" if numbers else "it has none"
        raise DataError(f"run {found.id!r} has no order {order}; {known}; --run names another")
    return Explanation(found.id, order, tuple(_links(LogFolder(folder), found, own)))


def _links(folder: LogFolder, run: AuditedRun, own: Sequence[tuple[Entry, Any]]) -> Iterator[Link]:
    begun = next(
        ((entry, record) for entry, record in zip(run.entries, run.records, strict=True) if isinstance(record, RunBegun)), None
    )
    if begun is None:
        yield _missing("run", "the log does not tell what the run was made of")
    else:
        yield from _made_of(folder, *begun)
    asked = next(((entry, record) for entry, record in own if isinstance(record, Ordered)), None)
    if asked is None:
        yield _missing("decision", "the log does not tell of the decision that led to this order")
    else:
        yield from _decided(run, *asked)
    yield from _verdicts(run, own, None if begun is None else begun[1], asked)
    if begun is not None and begun[1].mode == "live":
        yield from _at_venue(own)
    yield from _fills(own)
    yield from _ended(run, own, asked)


def _missing(name: str, why: str) -> Link:
    return Link(name, (f"{MISSING}: {why}",), is_missing=True)


def _made_of(folder: LogFolder, entry: Entry, begun: RunBegun) -> Iterator[Link]:
    yield Link(
        "run", (f"{begun.name}, {begun.mode}, {begun.plan}; begun {time_text(entry.written)} by {entry.actor}",), (entry.number,)
    )
    data = [f"{fact['symbol']}: {fact['rows']} rows from {fact['origin']}, SHA-256 {fact['sha256']}" for fact in begun.data]
    if begun.bars:
        is_there = folder.blob(begun.bars).exists()
        data.append(f"bars {begun.bars}{'' if is_there else f': {MISSING}'}")
        yield Link("data", tuple(data), (entry.number,), not is_there)
    elif data:
        yield Link("data", tuple(data), (entry.number,))
    else:
        yield _missing("data", "the log does not tell what data there were")
    use = next((use for use in begun.components if use["kind"] == "strategy"), None)
    if use is None:
        yield _missing("strategy", "the log does not tell which strategy it was")
        return
    options = {key.removeprefix("strategy."): value for key, value in begun.config.items() if key.startswith("strategy.")}
    told = ", ".join(f"{key} = {value!r}" for key, value in options.items() if key != "name")
    code = [f"source of {package}: SHA-256 {digest}" for package, digest in begun.code.items()]
    yield Link("strategy", (f"{use['name']} of {use['package']} {use['version']}", told or "no options", *code), (entry.number,))


def _decided(run: AuditedRun, entry: Entry, asked: Ordered) -> Iterator[Link]:
    if asked.values:
        yield Link("values", tuple(f"{name} {_text(value)}" for name, value in asked.values.items()), (entry.number,))
    else:
        yield _missing("values", "the log does not tell what the decision rests on")
    prices = [f"{name} {_text(value)}" for name, value in (("limit", asked.limit), ("stop", asked.stop)) if value is not None]
    conditions = [f"{name} {value}" for name, value in asked.conditions.items()]
    size = "no size" if asked.quantity is None else f"{asked.quantity:+f}"
    told = ", ".join([f"{asked.kind} {size} {asked.symbol}", *prices, *conditions])
    causes = [cause for cause in entry.causes if cause < entry.number]
    because = [other for other in run.entries if other.number in causes and other.kind in (Ordered.KIND, "risk.halted")]
    reasons = tuple(f"because of record {other.number} ({other.kind}{_order_of(other)})" for other in because)
    yield Link("decision", (f"{time_text(asked.time)}: {told}", *reasons), (entry.number, *[other.number for other in because]))


def _order_of(entry: Entry) -> str:
    return f" of order {entry.data['order']}" if "order" in entry.data else ""


def _verdicts(
    run: AuditedRun, own: Sequence[tuple[Entry, Any]], begun: RunBegun | None, asked: tuple[Entry, Ordered] | None
) -> Iterator[Link]:
    """Yield how the size came about, and what each rule said, up to one that refused."""
    judged = [(entry, record) for entry, record in own if isinstance(record, Judged)]
    rules = () if begun is None else begun.judges
    sizing = [(entry, record) for entry, record in judged if record.rule not in rules]
    if sizing:
        yield from (Link("sizing", (_verdict(record),), (entry.number,)) for entry, record in sizing)
    else:
        yield Link("sizing", ("as the strategy asked: no sizing rule",), () if asked is None else (asked[0].number,))
    said = {record.rule: (entry, record) for entry, record in judged}
    why = _not_judged(run, own, asked)
    if begun is not None and not rules:
        yield Link("rules", ("no rule judges orders in this run",))
    for rule in rules:
        if rule in said:
            entry, record = said[rule]
            yield Link(f"rule {rule}", (_verdict(record),), (entry.number,))
            if record.allowed == 0:
                return
        elif not judged and why:
            yield Link(f"rule {rule}", (f"not asked: {why}",))
        else:
            yield _missing(f"rule {rule}", "the log has no verdict of it on this order")


def _not_judged(run: AuditedRun, own: Sequence[tuple[Entry, Any]], asked: tuple[Entry, Ordered] | None) -> str:
    """Return why no rule has judged an order, if there is a reason."""
    refused = next((record for _, record in own if isinstance(record, Refused)), None)
    if refused is not None and refused.reason != "risk rule":
        return f"the order was refused before, {refused.reason}"
    if asked is not None:
        kinds = {entry.number: entry for entry in run.entries if entry.number in asked[0].causes}
        parent = next((entry for entry in kinds.values() if entry.kind == Ordered.KIND), None)
        if parent is not None:
            return f"it is an exit of order {parent.data['order']}, which was judged"
    return ""


def _verdict(record: Judged) -> str:
    told = [record.verdict]
    if record.allowed is not None and record.allowed != record.quantity:
        told.append(f"{_text(record.allowed)} of {_text(record.quantity)}")
    if record.judged is not None:
        told.append(f"judged {_text(record.judged)}")
    if record.limit is not None:
        told.append(f"limit {_text(record.limit)}")
    told += [f"{name} {_text(value)}" for name, value in record.numbers.items()]
    return ", ".join(told) + (f": {record.reason}" if record.reason else "")


def _at_venue(own: Sequence[tuple[Entry, Any]]) -> Iterator[Link]:
    """Yield each order that was sent, and what the venue said of it."""
    intents = [(entry, record) for entry, record in own if isinstance(record, VenueIntent)]
    refused = any(isinstance(record, Refused) for _, record in own)
    if not intents and not refused and not any(isinstance(record, Cancelled) for _, record in own):
        yield _missing("sent", "the log does not tell that anything was sent for this order")
    for entry, intent in intents:
        price = "" if intent.limit is None else f" at {_text(intent.limit)}"
        told = f"{intent.client_id}: {intent.kind} {intent.quantity:+f} {intent.symbol}{price}, {intent.time_in_force}"
        yield Link("sent", (told,), (entry.number,))
        answers = [
            (e, r) for e, r in own if isinstance(r, VenueAnswered | VenueLost | VenueShown) and r.client_id == intent.client_id
        ]
        if not answers:
            yield _missing(f"answer to {intent.client_id}", "the log does not tell what the venue answered")
        else:
            yield Link(f"answer to {intent.client_id}", tuple(_answer(r) for _, r in answers), tuple(e.number for e, _ in answers))
    cancels = [(entry, record) for entry, record in own if isinstance(record, CancelAsked)]
    if cancels:
        told_ = tuple(f"{record.client_id} at {time_text(record.time)}" for _, record in cancels)
        yield Link("cancellation asked for", told_, tuple(entry.number for entry, _ in cancels))
    trades = [(entry, record) for entry, record in own if isinstance(record, VenueFilled)]
    fills = [record for _, record in own if isinstance(record, Filled)]
    if len(trades) < len(fills):
        yield _missing(
            "trades of the venue", f"there are {len(fills)} fills, and the log tells of {len(trades)} trades of the venue"
        )
    elif trades:
        lines = tuple(f"{r.trade_id}: {r.quantity:+f} at {_text(r.price)}, fee {_text(r.fee)} {r.fee_currency}" for _, r in trades)
        yield Link("trades of the venue", lines, tuple(entry.number for entry, _ in trades))


def _answer(record: VenueAnswered | VenueLost | VenueShown) -> str:
    when = time_text(record.time)
    if isinstance(record, VenueAnswered):
        return f"{when} {record.outcome} {record.venue_id} {record.text}".rstrip()
    if isinstance(record, VenueShown):
        return f"{when} {record.status}, filled {_text(record.filled)}"
    return f"{when} it has never reached the venue"


def _fills(own: Sequence[tuple[Entry, Any]]) -> Iterator[Link]:
    found = [(entry, record) for entry, record in own if isinstance(record, Filled)]
    if found:
        lines = tuple(
            f"{time_text(record.time)}: {record.quantity:+f} at {_text(record.price)}, {record.place}, {record.liquidity}, "
            f"fee {_text(record.fee)}, position {_text(record.position)}"
            for _, record in found
        )
        yield Link("fills", lines, tuple(entry.number for entry, _ in found))


def _ended(run: AuditedRun, own: Sequence[tuple[Entry, Any]], asked: tuple[Entry, Ordered] | None) -> Iterator[Link]:
    last = [(entry, record) for entry, record in own if isinstance(record, Filled | Cancelled | Refused | Requested | Triggered)]
    told = [f"{entry.kind}{_reason(record)}" for entry, record in last if not isinstance(record, Filled)]
    numbers = tuple(entry.number for entry, _ in last)
    order = None if asked is None else asked[1].order
    ended = run.ended
    if last and not isinstance(last[-1][1], Requested | Triggered):
        kind = "filled" if isinstance(last[-1][1], Filled) else last[-1][0].kind.rpartition(".")[2]
        yield Link("end", (*told, f"{kind} at {time_text(last[-1][1].time)}"), numbers)
    elif ended is not None and order in ended.open_orders:
        yield Link("end", (*told, "still open when the run ended"), numbers)
    elif ended is None:
        yield Link("end", (*told, "the run has not ended yet, or its end is not in the log"), numbers, is_missing=True)
    elif ended.status == "failed":
        yield Link("end", (*told, f"the run failed before: {ended.reason}"), numbers)
    else:
        yield _missing("end", "the log does not tell what became of it")


def _reason(record: Any) -> str:
    reason = getattr(record, "reason", "") or getattr(record, "action", "")
    return f": {reason}" if reason else ""


def _text(value: Decimal | None) -> str:
    return "-" if value is None else number_text(value)
