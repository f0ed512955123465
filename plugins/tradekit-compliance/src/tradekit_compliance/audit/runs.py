"""The runs in a log: which there are, and the records of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tradekit import DataError
from tradekit_compliance.audit.reading import Entry, entries
from tradekit_compliance.audit.records import Record, RunBegun, RunEnded

__all__ = ["AuditedRun", "read_run"]

_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class AuditedRun:
    """The records of a run, with the entries around them, in order."""

    id: str
    entries: tuple[Entry, ...]
    records: tuple[Record, ...]

    def first(self, kind: type[_Kind]) -> _Kind | None:
        """Return the first record of a kind, `None` if there is none."""
        return next((record for record in self.records if isinstance(record, kind)), None)

    @property
    def begun(self) -> RunBegun | None:
        """Return what the run was made of, `None` if that is missing."""
        return self.first(RunBegun)

    @property
    def ended(self) -> RunEnded | None:
        """Return how the run ended, `None` if it has not, or if that is missing."""
        return self.first(RunEnded)

    def of_order(self, order: int) -> list[tuple[Entry, Any]]:
        """Return the records of an order."""
        pairs = zip(self.entries, self.records, strict=True)
        return [(entry, record) for entry, record in pairs if getattr(record, "order", None) == order]


def read_run(folder: Path, run: str | None = None) -> AuditedRun:
    """Return a run of a log: the one whose id begins with `run`, or the last one. Raises `DataError` if there is none."""
    by_run: dict[str, list[Entry]] = {}
    for entry in entries(folder):
        if entry.run:
            by_run.setdefault(entry.run, []).append(entry)
    found = [name for name in by_run if run is None or name.startswith(run)]
    if not found or (run is not None and len(found) > 1):
        raise DataError(
            f"{'several runs' if found else 'no run'} of log {str(folder)!r} begin with {run or ''!r}; {_known(by_run)}"
        )
    own = by_run[found[-1]]
    return AuditedRun(found[-1], tuple(own), tuple(entry.record for entry in own))


def _known(by_run: Mapping[str, Sequence[Entry]]) -> str:
    shown = list(by_run)[-5:]
    return f"the last ones are {', '.join(shown)}" if shown else "it holds no run"
