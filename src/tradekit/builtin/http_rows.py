"""Rows of an answer, JSON or CSV, as columns of numbers; what is wrong with them is said with the row."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from tradekit import VenueError

__all__ = ["TIMES", "Column", "collect", "csv_rows", "json_rows", "number", "text", "time"]

Column = int | str
"""Which cell of a row: its place from 0 on, its name, or a path of names such as `price.close`."""
Value = TypeVar("Value")
Row = Sequence[Any] | Mapping[str, Any]

TIMES = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
"""Nanoseconds in the units that times are counted in."""
_SHOWN = 160
_FRACTION = re.compile(r"\.([0-9]{1,9})[0-9]*")
_EARLIEST, _LATEST = 0, 4_102_444_800_000_000_000
"""A time before 1970 or after 2100 was counted in another unit."""


class _CellError(Exception):
    """A cell that is not what it should be."""


def json_rows(content: str, path: str, origin: str) -> list[Row]:
    """Return the list that an answer is, or that is in it at `path`; decimals stay as exact as they were written."""
    try:
        found = json.loads(content, parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError):
        ending = " ".join(content.split())[-_SHOWN:]
        raise VenueError(f"{origin!r} answered with what is no whole JSON; it ends in {ending!r}", is_passing=True) from None
    whole = found
    for name in path.split(".") if path else ():
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list):
        where = f"at {path!r} of" if path else "in"
        said = " ".join(json.dumps(whole, default=str).split())[:_SHOWN]
        raise VenueError(f"{origin!r} answered without a list of rows {where} the answer: {said}", is_passing=True)
    return found


def csv_rows(content: str, has_length: bool, origin: str) -> list[Row]:
    """Return the rows below the header, by name and by place; an answer that may have been cut off must end with its line."""
    if not has_length and not content.endswith("\n"):
        raise VenueError(f"{origin!r} answered without saying its length, and its last line has no end", is_passing=True)
    lines = [line for line in csv.reader(io.StringIO(content, newline="")) if line]
    header = lines[0]
    for number_of, line in enumerate(lines[1:], start=1):
        if len(line) != len(header):
            what = f"row {number_of} has {len(line)} cells where there are {len(header)} columns: {line!r}"
            raise VenueError(f"{origin!r}: {what}", is_passing=True)
    places = [str(place) for place in range(len(header))]
    return [dict(zip([*places, *header], line * 2, strict=True)) for line in lines[1:]]


def collect(
    rows: Sequence[Row], columns: Mapping[str, tuple[Column, Callable[[Any], Value]]], origin: str
) -> dict[str, list[Value]]:
    """Return each column's values, in the order of the rows.

    Raises `VenueError`: one that may pass if some rows are broken, and one that won't if all are, for then it is the options.
    """
    found: dict[str, list[Value]] = {role: [] for role in columns}
    first, count = "", 0
    for place, row in enumerate(rows, start=1):
        try:
            values = {role: _cell(row, role, column, convert) for role, (column, convert) in columns.items()}
        except _CellError as bad:
            first, count = first or f"row {place}: {bad} in {_shown(row)}", count + 1
            continue
        for role, value in values.items():
            found[role].append(value)
    if not count:
        return found
    if count == len(rows) > 1:
        hint = "; does the option columns say where each value stands?"
        raise VenueError(f"no row of {origin!r} is what was expected; {first}{hint}")
    raise VenueError(f"{count} of {len(rows)} rows of {origin!r} are wrong; {first}", is_passing=True)


def _cell(row: Row, role: str, column: Column, convert: Callable[[Any], Value]) -> Value:
    value = _at(row, column)
    try:
        return convert(value)
    except (TypeError, ValueError, InvalidOperation, OverflowError):
        raise _CellError(f"{_shown(value)} is no {role}") from None


def _at(row: Row, column: Column) -> Any:
    """Return the cell of a row."""
    if isinstance(row, list) and isinstance(column, int):
        if column < len(row):
            return row[column]
        raise _CellError(f"no value at place {column}")
    found: Any = row
    if isinstance(row, dict) and str(column) in row:
        return row[str(column)]
    for name in str(column).split("."):
        if not isinstance(found, dict) or name not in found:
            raise _CellError(f"nothing called {column!r}")
        found = found[name]
    return found


def _shown(value: object) -> str:
    written = json.dumps(value, default=str)
    return written if len(written) <= _SHOWN else written[: _SHOWN - 3] + "..."


def number(value: Any) -> float:
    """Return a cell as a finite number, whether it came as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise TypeError
    if isinstance(value, str) and "_" in value:
        raise ValueError
    found = float(value)
    if not math.isfinite(found):
        raise ValueError
    return found


def text(value: Any) -> str:
    """Return a cell as text, as JSON writes it."""
    if value is None or isinstance(value, list | dict):
        raise TypeError
    return str(value).lower() if isinstance(value, bool) else str(value)


def time(value: Any, scale: int) -> int:
    """Return a cell as UTC nanoseconds: a count of units `scale` nanoseconds long since 1970, or an ISO 8601 text."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise TypeError
    if isinstance(value, str) and re.search("[-:TZ]", value):
        found = _written(value)
    else:
        found = int(Decimal(value) * scale)
    if not _EARLIEST <= found < _LATEST:
        raise ValueError
    return found


def _written(value: str) -> int:
    fraction = _FRACTION.search(value)
    moment = datetime.fromisoformat(_FRACTION.sub("", value.strip()))
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return int(moment.timestamp()) * TIMES["s"] + (int(fraction[1].ljust(9, "0")) if fraction else 0)
