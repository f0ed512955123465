"""Reference data from CSV files: lists with effective dates, sectors, traded volumes, approved algorithms.

A file has a header, one row an entry, dates as YYYY-MM-DD, and is UTF-8. Empty cells are *not stated*; lines that begin with `#`
are comments. It is read once, when the run is composed.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tradekit import ConfigError

__all__ = ["ReferenceFile", "Row", "day_of", "read_reference"]

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReferenceFile:
    """A file that was read: its name with the beginning of its SHA-256, and its rows with where each stands."""

    name: str
    rows: tuple[tuple[int, Row], ...]

    def __iter__(self) -> Iterator[Row]:
        return (row for _, row in self.rows)

    def dated(self, day: date, first: str = "from", last: str = "until") -> Iterator[Row]:
        """Yield the rows in effect on a day; both ends belong to it, and an empty one is open."""
        for row in self:
            begins, ends = row.get(first, ""), row.get(last, "")
            if (not begins or begins <= day.isoformat()) and (not ends or day.isoformat() <= ends):
                yield row


def read_reference(path: Path, needed: Sequence[str], optional: Sequence[str] = (), dates: Sequence[str] = ()) -> ReferenceFile:
    """Read a file. Raises `ConfigError` for one that can't be read, lacks a column or a value, or has a date that is none."""
    try:
        content = path.read_bytes()
        lines = content.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"reference file {str(path)!r} can't be read: {reason}") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    header = next(csv.reader([numbered[0][1]]), []) if numbered else []
    names = [name.strip() for name in header]
    known = (*needed, *optional)
    wrong = [name for name in names if name not in known]
    lacking = [name for name in needed if name not in names]
    if wrong or lacking:
        what = f"has no column {lacking[0]!r}" if lacking else f"has a column {wrong[0]!r} that is not known"
        raise ConfigError(f"reference file {str(path)!r} {what}; its columns are {', '.join(known)}")
    rows = []
    for number, line in numbered[1:]:
        values = [value.strip() for value in next(csv.reader([line]))]
        if len(values) != len(names):
            raise ConfigError(f"{str(path)!r}, line {number}: {len(values)} values for {len(names)} columns")
        row = dict(zip(names, values, strict=True))
        _check(path, number, row, needed, dates)
        rows.append((number, row))
    return ReferenceFile(f"{path.name} {hashlib.sha256(content).hexdigest()[:8]}", tuple(rows))


def _check(path: Path, number: int, row: Row, needed: Sequence[str], dates: Sequence[str]) -> None:
    for name in needed:
        if not row[name]:
            raise ConfigError(f"{str(path)!r}, line {number}: {name} is empty")
    for name in dates:
        value = row.get(name, "")
        try:
            is_date = not value or date.fromisoformat(value).isoformat() == value
        except ValueError:
            is_date = False
        if not is_date:
            raise ConfigError(f"{str(path)!r}, line {number}: {name} must be a date such as 2024-06-28, not {value!r}")


def day_of(time: int) -> date:
    """Return the UTC date of a time in nanoseconds."""
    return datetime.fromtimestamp(time // 10**9, UTC).date()
