"""Reading a log in order, record by record. Whether it can be believed is for `verify` to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tradekit import DataError
from tradekit_compliance.audit.canonical import read_canonical
from tradekit_compliance.audit.coding import decode, time_of
from tradekit_compliance.audit.folder import LEAF_DIGITS, LogFolder
from tradekit_compliance.audit.records import KINDS, Record

__all__ = ["Entry", "Line", "entries", "lines", "segments"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A record, and what the log says around it.

    `number` counts from 0 over the whole log, `written` and `mono` are when it was written (UTC nanoseconds, and nanoseconds of a
    clock that never goes back), `run` the run it belongs to, `actor` who or what acted, `source` the package that wrote it,
    `causes` the numbers of the records that led to it, `leaf` its hash in hexadecimal.
    """

    number: int
    log: str
    written: int
    mono: int
    run: str
    kind: str
    actor: str
    source: str
    causes: tuple[int, ...]
    data: Mapping[str, Any]
    leaf: str

    @property
    def record(self) -> Record:
        """The record itself. Raises `DataError` for a kind that this version does not know, or that lacks what it must have."""
        if self.kind not in KINDS:
            raise DataError(
                f"record {self.number} is of kind {self.kind!r}, which this version of tradekit-compliance does not know"
            )
        try:
            return decode(self.kind, self.data)
        except (ValueError, ArithmeticError) as error:
            raise DataError(f"record {self.number} can't be read: {error}") from error


class Line(NamedTuple):
    """A line of a segment: where it begins, and its bytes without the line feed; `is_whole` if it has one."""

    segment: Path
    number: int
    """From 1 in its segment."""
    offset: int
    content: bytes
    is_whole: bool


def segments(folder: Path) -> list[Path]:
    """Return the files of a log, in order. Raises `DataError` if there are none."""
    found = LogFolder(folder).segments()
    if not found:
        raise DataError(f"there is no audit log in {str(folder)!r}: no file seg-00000000.tkl; name the folder of a log")
    return found


def lines(segment: Path) -> Iterator[Line]:
    """Yield the lines of a segment; only a line feed ends one."""
    offset = 0
    with segment.open("rb") as file:
        # A binary file is split at b"\n" only, whatever else its bytes may be.
        for number, line in enumerate(file, 1):
            is_whole = line.endswith(b"\n")
            yield Line(segment, number, offset, line[:-1] if is_whole else line, is_whole)
            offset += len(line)


def entries(folder: Path, run: str | None = None) -> Iterator[Entry]:
    """Yield the whole records of a log in order, or those of one run. Raises `DataError` for a line that is none.

    A last line without its line feed is left out: its writer had not finished it.
    """
    for segment in segments(folder):
        for line in lines(segment):
            if not line.is_whole:
                continue
            try:
                found = entry_of(line.content)
            except (ValueError, KeyError, TypeError) as error:
                where = f"line {line.number} of {str(segment)!r}"
                raise DataError(f"{where} is no record: {error}; 'tradekit audit verify' tells more") from error
            if run is None or found.run == run:
                yield found


def entry_of(content: bytes) -> Entry:
    """Return the entry that a line holds. Raises `ValueError`, `KeyError` or `TypeError` for one that holds none."""
    leaf, blank, body = content[:LEAF_DIGITS], content[LEAF_DIGITS : LEAF_DIGITS + 1], content[LEAF_DIGITS + 1 :]
    if blank != b" ":
        raise ValueError("it does not begin with a hash and a blank")
    return entry_from(leaf.decode("ascii"), read_canonical(body))


def entry_from(leaf: str, body: Mapping[str, Any]) -> Entry:
    """Return the entry of an object that was read. Raises `KeyError`, `TypeError` or `ValueError` for one that is none."""
    return Entry(
        number=body["seq"],
        log=body["log"],
        written=time_of(body["ts"]),
        mono=int(body["mono"]),
        run=body["run"],
        kind=body["type"],
        actor=body["actor"],
        source=body["src"],
        causes=tuple(body["cause"]),
        data=body["data"],
        leaf=leaf,
    )
