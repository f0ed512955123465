"""The audit log as a reporter: what a run is made of, what happens in it, and how it ended."""

from __future__ import annotations

import getpass
import re
import secrets
from collections import deque
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import tradekit
from tradekit import Event, EventKind, Field, OutsideNote, Reporter, Result, RunStart

if TYPE_CHECKING:
    from tradekit_compliance.audit.records import Record
    from tradekit_compliance.audit.writer import LogWriter, Settings

__all__ = ["AuditLog", "source"]

PACKAGE = "tradekit-compliance"
_CAUSES = (EventKind.ORDER, EventKind.HALT)


def source() -> str:
    """Return what writes the log: this package, and its version."""
    from importlib.metadata import version

    return f"{PACKAGE}=={version(PACKAGE)}"


class _Waiting(NamedTuple):
    """A record that is to be written: what others will name it by, and what it names as its causes."""

    record: Record
    key: Hashable
    causes: tuple[Hashable, ...]
    actor: str


class AuditLog(Reporter):
    """Keep a tamper-evident audit log of the run.

    Each record is in the log's file before anything else happens; in a run on live data also safe on the disk before anything is
    sent to the venue. What can't be written then is kept and written later, and until then no new risk is taken.
    """

    name = "audit-log"
    critical: ClassVar[bool] = True

    class Options(tradekit.Options):
        """Where the log is kept, and who signs it."""

        folder: str | None = Field(None, description="folder of the log; without, audit/NAME in the folder of runs")
        key: str | None = Field(None, description="file of the private key that signs checkpoints; without, nothing is signed")
        heads: str | None = Field(
            None,
            description="file that each head is written to, too; without, audit-heads/NAME in the folder of runs",
        )
        operator: str | None = Field(None, description="who runs this; without, the name of the user")
        keep_bars: bool = Field(True, description="whether the bars that a backtest decides on are kept beside the log")
        checkpoint_records: int = Field(1024, ge=1, description="how many records there may be from one checkpoint to the next")
        checkpoint_s: float = Field(60.0, gt=0, description="how many seconds there may be from one checkpoint to the next")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._path: Path | None = None
        self._settings: Settings | None = None
        self._writer: LogWriter | None = None
        self._run = ""
        self._operator = ""
        self._algo = ""
        self._is_live = False
        self._waiting: deque[_Waiting] = deque()
        self._numbers: dict[Hashable, int] = {}
        self._first = 0
        self._last = 0
        self._orders = 0
        self._fills = 0
        self._left: tuple[int, ...] = ()
        self._equity: float | None = None

    def begin(self, start: RunStart) -> None:
        """Open the log, and write down what the run is made of. Raises `RunError` for a log that can't be gone on with."""
        from tradekit_compliance.audit.blobs import bars_content
        from tradekit_compliance.audit.translating import record_of_start

        name = re.sub(r"[^a-zA-Z0-9_-]+", "-", str(start.about["name"])).strip("-").lower() or "run"
        self._path = Path(self.options.folder or start.runs / "audit" / name)
        self._is_live = start.mode != "backtest"
        self._operator = f"operator:{self.options.operator or getpass.getuser()}"
        table = start.about["config"]["strategy"]
        names = [str(one["name"]) for one in (table if isinstance(table, list) else [table])]
        self._algo = f"algo:{'+'.join(names)}"
        self._run = secrets.token_hex(8)
        self._settings = self._set(Path(self.options.heads or start.runs / "audit-heads" / name))
        self._writer = self._opened()
        self._first = self._writer.size
        bars = self._writer.folder.keep_blob(bars_content(start.bars)) if self.options.keep_bars else ""
        self._put(_Waiting(record_of_start(start, bars), "run", (), self._operator))
        self._writer.sync()

    def _set(self, heads: Path) -> Settings:
        from tradekit_compliance.audit.keys import read_key
        from tradekit_compliance.audit.writer import Settings

        return Settings(
            source=source(),
            actor=self._algo,
            signer=None if self.options.key is None else read_key(Path(self.options.key), self._path),
            heads=heads,
            every=self.options.checkpoint_records,
            seconds=self.options.checkpoint_s,
            is_durable=self._is_live,
        )

    def _opened(self) -> LogWriter:
        from tradekit_compliance.audit.writer import LogWriter

        if self._path is None or self._settings is None:
            raise tradekit.RunError("the audit log was not told of a run, so there is nothing to open")
        return LogWriter(self._path, self._settings)

    def record(self, event: Event) -> None:
        """Write an event down."""
        from tradekit_compliance.audit.translating import record_of_event

        found = record_of_event(event)
        if found is None or self._path is None:
            return
        self._orders += event.kind is EventKind.ORDER
        self._fills += event.kind is EventKind.FILL
        causes: list[Hashable] = [("event", event.cause)] if event.cause is not None else ["bars" if self._is_live else "run"]
        if event.kind is EventKind.FILL and self._is_live:
            causes.append(("fill", event.order))
        key: Hashable = ("event", event.number) if event.kind in _CAUSES else "verdict"
        if event.kind is EventKind.HALT and event.rule:
            causes.append("verdict")
        if event.kind is EventKind.ORDER:
            self._numbers.pop(("fill", event.order), None)
        self._put(_Waiting(found, key, tuple(causes), self._algo))
        if event.kind is EventKind.ORDER and key in self._numbers:
            self._numbers["order", event.order] = self._numbers[key]

    def hear(self, note: OutsideNote) -> None:
        """Write down what passes between the run and the venue."""
        from tradekit_compliance.audit.translating import record_of_note

        found = record_of_note(note)
        if found is None or self._path is None:
            return
        key: Hashable = {"bars": "bars", "fill": ("fill", note.order), "intent": ("intent", note.client_id)}.get(note.kind)
        cause: Hashable = ("intent", note.client_id) if note.client_id else "run"
        if note.kind == "intent":
            cause = ("order", note.order)
        self._put(_Waiting(found, key, (cause,), self._operator if note.kind == "command" else self._algo))

    def settle(self) -> None:
        """Make sure that all of it is safe on the disk."""
        self._flush()
        if self._writer is not None:
            self._writer.sync()

    def _put(self, waiting: _Waiting) -> None:
        self._waiting.append(waiting)
        self._flush()

    def _flush(self) -> None:
        """Write what waits. Where that fails, it waits on, and the log is opened again before the next attempt."""
        while self._waiting:
            if self._writer is None or self._writer.is_closed:
                self._writer = self._opened()
            record, key, causes, actor = self._waiting[0]
            known = [self._numbers[cause] for cause in causes if cause in self._numbers]
            self._last = self._writer.append(record, self._run, known, actor)
            if key is not None:
                self._numbers[key] = self._last
            self._waiting.popleft()

    def report(self, result: Result, folder: Path) -> str | None:  # noqa: ARG002 - the log lies elsewhere
        """Say where the log is, and which of its records are of this run."""
        if self._path is None:
            return None
        self._left = tuple(
            number
            for number, status in zip(result.orders["order"].to_pylist(), result.orders["status"].to_pylist(), strict=True)
            if status in ("open", "held")
        )
        self._equity = result.equity["equity"][-1].as_py() if result.equity.num_rows else None
        return f"audit log {self._path}: {self._last - self._first + 1} records of this run"

    def end(self, status: str, reason: str) -> None:
        """Write down how the run ended, and close the log."""
        from tradekit_compliance.audit.coding import decimal_of
        from tradekit_compliance.audit.records import RunEnded

        if self._path is None:
            return
        try:
            ended = RunEnded(status, reason, self._orders, self._fills, self._left, decimal_of(self._equity))
            self._put(_Waiting(ended, None, ("run",), self._operator))
        finally:
            if self._writer is not None:
                self._writer.close()
            self._path = None
