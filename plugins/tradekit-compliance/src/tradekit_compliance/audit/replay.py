"""Deciding again: does what was recorded lead to the same decisions, and if not, what has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tradekit import Bars, DataError, Snapshot, SnapshotCheck, check_snapshot, recorded_snapshot, take_snapshot
from tradekit_compliance.audit.blobs import COLUMNS, read_bars
from tradekit_compliance.audit.coding import time_text
from tradekit_compliance.audit.folder import LogFolder
from tradekit_compliance.audit.records import Cancelled, Halted, Judged, Ordered, Record, Refused, Requested
from tradekit_compliance.audit.runs import AuditedRun, read_run
from tradekit_compliance.audit.translating import flat

__all__ = ["Change", "Replay", "replay"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is another than it was: `kind` is `data`, `configuration`, `code` or `version`."""

    kind: str
    text: str

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.kind}: {self.text}"


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of deciding again: the comparison, and all that has changed."""

    run: str
    decisions: int
    check: SnapshotCheck
    changes: tuple[Change, ...]

    @property
    def is_same(self) -> bool:
        """Whether all decisions are the same, and the values behind them."""
        return self.check.difference is None and self.check.drift is None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        told = {key: value for key, value in self.check.as_json().items() if key != "reasons"}
        changes = [{"kind": one.kind, "text": one.text} for one in self.changes]
        return {"run": self.run, "decisions": self.decisions, **told, "same": self.is_same, "changes": changes}


def replay(folder: Path, file: Path, run: str | None = None, overrides: Iterable[str] = ()) -> Replay:
    """Run a run file again, and hold it against what a log tells of a run of it.

    Raises `DataError` for a log without such a run, or whose run was on live data: such a run is gone through again by tradekit
    itself each time its session goes on.
    """
    found = read_run(folder, run)
    begun = found.begun
    if begun is None:
        raise DataError(f"the log does not tell what run {found.id!r} was made of, so it can't be decided again")
    if begun.mode != "backtest":
        raise DataError(
            f"run {found.id!r} was in mode {begun.mode!r}, on data that came one by one: tradekit itself goes through such a "
            "session again whenever it goes on, and refuses to where another order comes out; only backtests are decided again here"
        )
    kept = recorded(found)
    now = take_snapshot(file, overrides)
    changes = [
        *_data(kept, now, _bars(folder, begun.bars), now.bars),
        *_settings(kept, now),
        *_code(kept, now),
        *_versions(kept, now),
    ]
    return Replay(found.id, len(kept.decisions), check_snapshot(kept, now), tuple(changes))


def _bars(folder: Path, digest: str) -> Mapping[str, Any] | None:
    return read_bars(LogFolder(folder).read_blob(digest)) if digest else None


def recorded(run: AuditedRun) -> Snapshot:
    """Return what a log tells of a run, as a snapshot. Raises `DataError` where it doesn't tell how the run began."""
    begun, ended = run.begun, run.ended
    if begun is None:
        raise DataError(f"the log does not tell what run {run.id!r} was made of")
    about = {
        "name": begun.name,
        "status": "not ended" if ended is None else ended.status,
        "plan": begun.plan,
        "config": begun.config,
        "components": begun.components,
        "data": begun.data,
        "environment": begun.environment,
        "code": begun.code,
        "outcome": {"equity": _float(None if ended is None else ended.equity), "fills": None if ended is None else ended.fills},
    }
    values: dict[tuple[int, str], dict[str, float]] = {}
    conditions: dict[int, dict[str, float | str]] = {}
    for record in run.records:
        if isinstance(record, Ordered | Requested | Cancelled | Halted) and record.values:
            told = {name: float(value) for name, value in record.values.items()}
            values[record.time, "" if isinstance(record, Halted) else record.symbol] = told
        if isinstance(record, Ordered):
            conditions[record.order] = {name: _plain(value) for name, value in record.conditions.items()}
    return recorded_snapshot(
        about,
        [entry for entry in map(_entry, run.records) if entry is not None],
        lambda time, symbol: values.get((time, symbol), {}),
        lambda order: conditions.get(order, {}),
    )


def _plain(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _entry(record: Record) -> dict[str, Any] | None:
    """Return a record as an entry of the journal, `None` for one that no decision is read from."""
    found: dict[str, Any] = {"order": None, "symbol": None, "rule": None, "allowed": None, "detail": None}
    found |= {"quantity": None, "limit": None, "stop": None}
    if isinstance(record, Halted):
        return found | {"event": "halt", "time": record.time, "rule": record.rule or None, "detail": ""}
    if not isinstance(record, Ordered | Judged | Refused | Cancelled | Requested):
        return None
    found |= {"time": record.time, "order": record.order, "symbol": record.symbol, "quantity": _float(record.quantity)}
    if isinstance(record, Ordered | Requested):
        is_order = isinstance(record, Ordered)
        detail = record.kind if isinstance(record, Ordered) else record.action
        event = "order" if is_order else "request"
        return found | {"event": event, "detail": detail, "limit": _float(record.limit), "stop": _float(record.stop)}
    if isinstance(record, Judged):
        return found | {"event": "verdict", "detail": record.verdict, "rule": record.rule, "allowed": _float(record.allowed)}
    return found | {"event": "reject" if isinstance(record, Refused) else "cancel", "detail": record.reason}


def _data(kept: Snapshot, now: Snapshot, then: Mapping[str, Any] | None, bars: Bars | None) -> Iterator[Change]:
    """Yield which instruments have other data, and where the first bar is that differs."""
    before = {fact["symbol"]: fact for fact in kept.about["data"]}
    after = {fact["symbol"]: fact for fact in now.about["data"]}
    for symbol in {**before, **after}:
        if symbol not in before or symbol not in after:
            yield Change("data", f"{symbol} is only in {'the log' if symbol in before else 'this run'}")
        elif before[symbol]["sha256"] != after[symbol]["sha256"]:
            where = "" if then is None or bars is None else _first_bar(symbol, then, bars)
            yield Change("data", f"the data of {symbol} are others{where or '; the bars that were decided on are the same'}")


def _first_bar(symbol: str, then: Mapping[str, Any], bars: Bars) -> str:
    """Return the first bar of an instrument that is another than it was, in words; nothing if all are the same."""
    if symbol not in then["symbols"] or symbol not in bars.symbols:
        return ""
    i, k = then["symbols"].index(symbol), bars.symbols.index(symbol)
    rows = min(len(then["open_time"]), len(bars))
    for name in ("open_time", "close_time"):
        different = np.flatnonzero(then[name][:rows] != getattr(bars, name)[:rows])
        rows = min(rows, int(different[0])) if len(different) else rows
    columns = {name: (then[name][:rows, i], getattr(bars, name)[:rows, k]) for name in COLUMNS}
    firsts = {name: np.flatnonzero(~((a == b) | (np.isnan(a) & np.isnan(b)))) for name, (a, b) in columns.items()}
    found = [(int(rows_[0]), name) for name, rows_ in firsts.items() if len(rows_)]
    if found:
        row, name = min(found)
        was, is_now = (float(column[row]) for column in columns[name])
        return f": {name} of the bar that opened at {time_text(int(bars.open_time[row]))} was {was!r}, is {is_now!r}"
    if rows < max(len(then["open_time"]), len(bars)):
        where = "the log" if len(then["open_time"]) > rows else "this run"
        times = then["open_time"] if where == "the log" else bars.open_time
        return f": {where} has a bar that opened at {time_text(int(times[rows]))}, and the other has not"
    return ""


def _settings(kept: Snapshot, now: Snapshot) -> Iterator[Change]:
    before, after = flat(kept.about["config"]), flat(now.about["config"])
    for key in {**before, **after}:
        # What reporters there are changes no decision, and how a run was told of settings is no setting.
        if key.partition("[")[0].partition(".")[0] in ("report", "overrides"):
            continue
        if before.get(key) != after.get(key) and [before.get(key), after.get(key)] not in ([None, []], [[], None]):
            yield Change("configuration", f"{key} was {before.get(key)!r}, is {after.get(key)!r}")


def _code(kept: Snapshot, now: Snapshot) -> Iterator[Change]:
    before, after = kept.about["code"], now.about["code"]
    for package in before:
        if package in after and before[package] != after[package]:
            yield Change("code", f"the source of {package} is another")


def _versions(kept: Snapshot, now: Snapshot) -> Iterator[Change]:
    before, after = kept.about["environment"], now.about["environment"]
    for name in before:
        if name in after and before[name] != after[name]:
            yield Change("version", f"{name} was {before[name]}, is {after[name]}")
    uses = [{(use["kind"], use["name"]): use for use in about["components"]} for about in (kept.about, now.about)]
    for (kind, name), use in uses[0].items():
        other = uses[1].get((kind, name))
        told = [None if one is None else f"{one['package']} {one['version']}" for one in (use, other)]
        if other is not None and told[0] != told[1]:
            yield Change("version", f"{kind} {name} was from {told[0]}, is from {told[1]}")
