"""Tables from JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import model_validator

from tradekit import DataError, Field, Options, TableOptions
from tradekit.builtin.arrow_columns import number_array, text_array
from tradekit.builtin.table_files import OtherKind, TableFiles, opened

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["JsonFormat", "JsonSource"]

_BY_LINE = (".jsonl", ".ndjson")
_SHOWN = 60


class JsonFormat(Options):
    """How other files than those of the bars are written, where that differs."""

    records: str | None = Field(default=None, description="where in the file the list of rows is: names, with dots between them")
    names: tuple[str, ...] | None = Field(default=None, description="names of the columns, where a row is a list")
    lines: bool | None = Field(default=None, description="whether each line is a row")


@dataclass(frozen=True, slots=True)
class _Parsed:
    """The rows of one file."""

    path: Path
    rows: list[Any]

    def place(self, row: int) -> str:
        """Name the place of a row, counted from 1."""
        return f"{str(self.path)!r}, row {row + 1}"


class JsonSource(TableFiles):
    """Tables from JSON files, plain, compressed (.gz, .bz2, .zst) or alone in a .zip.

    A row is an object, whose keys are the names of the columns, or a list, whose columns `names` gives. The rows are a list, which
    may lie deeper in the file, or one to a line. Numbers may be written as texts; a null, or a key that is not there, is a missing
    value.
    """

    name = "json"

    class Options(TableOptions):
        """How the files are written, besides what every table has."""

        records: str = Field(
            default="",
            description="where in the file the list of rows is: names of keys, with dots between them ('result.list'); default: "
            "the file is the list",
        )
        names: tuple[str, ...] = Field(
            default=(), description="names of the columns, where a row is a list; further columns are left out"
        )
        lines: bool | None = Field(
            default=None, description="whether each line is a row; default: whether the file is called .jsonl or .ndjson"
        )
        formats: dict[OtherKind, JsonFormat] = Field(
            default={},
            description="how files of other tables, by kind, are written, where it is not as those of the bars are: "
            "{ trades = { lines = true } }",
        )

        @model_validator(mode="after")
        def _has_each_name_once(self) -> JsonSource.Options:
            twice = next((name for name in self.names if self.names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"names has {twice!r} twice")
            return self

    def __init__(self, options: JsonSource.Options | None = None) -> None:
        super().__init__(options)
        self._last: _Parsed | None = None

    def written_as(self, kind: OtherKind) -> JsonSource:
        """Return the source with the format of other files than those of the bars."""
        options = self.options
        if kind not in options.formats:
            return self
        changed = options.formats[kind].model_dump(exclude_none=True)
        return JsonSource(type(options).model_validate({**dict(options), **changed, "formats": {}}))

    def column_names(self, path: Path) -> Sequence[str]:
        """Return the keys of the first row, or the names that the options give to the columns of lists."""
        # Kept for `read_table`, which is asked next: reading is what takes time.
        self._last = self._parse(path)
        first = self._last.rows[0] if self._last.rows else {}
        if isinstance(first, dict):
            return list(first) if first else list(self.options.names)
        if not self.options.names:
            shown = json.dumps(first)[:_SHOWN]
            raise DataError(
                f"the rows of {str(path)!r} are lists, such as {shown}; say what they hold: names = ['time', 'open', ...]"
            )
        return list(self.options.names)

    def read_table(self, path: Path, numbers: Sequence[str], others: Sequence[str]) -> pa.Table:
        """Return `numbers` as float64, or as text where they are written as text, and `others` as int64, float64 or text."""
        import pyarrow as pa

        parsed = self._last if self._last is not None and self._last.path == path else self._parse(path)
        self._last = None
        names = [*numbers, *others]
        columns = _lists(parsed, names, self.options.names) if parsed.rows else {name: [] for name in names}
        arrays = [_arrow(parsed, name, columns[name], name in numbers) for name in names]
        return pa.Table.from_arrays(arrays, names=names)

    def _parse(self, path: Path) -> _Parsed:
        options = self.options
        with opened(path) as stream:
            raw = bytes(stream.read())
        if not raw.strip():
            raise DataError(f"{str(path)!r} is empty")
        suffixes = [suffix.lower() for suffix in path.suffixes]
        if options.lines or (options.lines is None and any(suffix in _BY_LINE for suffix in suffixes)):
            return _Parsed(path, _lines(path, raw, options.records))
        try:
            found = json.loads(raw)
        except ValueError as error:
            hint = "; if each line is a row, say lines = true" if str(error).startswith("Extra data") else ""
            raise DataError(f"{str(path)!r} is not JSON: {_reason(error)}{hint}") from None
        rows = _inside(found, options.records, repr(str(path)))
        if not isinstance(rows, list):
            where = f"records = {options.records!r} of {str(path)!r}" if options.records else repr(str(path))
            keys = f" with {', '.join(map(repr, list(rows)[:12]))}" if isinstance(rows, dict) else ""
            way_out = "; say where the list is: records = '...'" if isinstance(rows, dict) else ""
            raise DataError(f"{where} is {_kind(rows)}{keys}, not a list of rows{way_out}")
        return _Parsed(path, rows)


def _lines(path: Path, raw: bytes, records: str) -> list[Any]:
    lines = [(number, line) for number, line in enumerate(raw.splitlines(), 1) if line.strip()]
    try:
        # One call for all lines takes half the time of one for each.
        rows = json.loads(b"[" + b",".join(line for _, line in lines) + b"]")
    except ValueError:
        rows = []
    if len(rows) != len(lines):
        rows = [_line(path, number, line) for number, line in lines]
    return [_inside(row, records, f"{str(path)!r}, row {number}") for number, row in enumerate(rows, 1)] if records else rows


def _line(path: Path, number: int, line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise DataError(f"{str(path)!r}, line {number} is not JSON: {_reason(error)}") from None


def _inside(found: Any, records: str, where: str) -> Any:
    """Follow names of keys into a value."""
    for key in records.split(".") if records else ():
        if not isinstance(found, dict) or key not in found:
            has = f"it has {', '.join(map(repr, list(found)[:12]))}" if isinstance(found, dict) else f"there is {_kind(found)}"
            raise DataError(f"records: no {key!r} on the way {records!r} in {where}; {has}")
        found = found[key]
    return found


def _lists(parsed: _Parsed, wanted: Sequence[str], names: Sequence[str]) -> Mapping[str, list[Any]]:
    """Return the values of each column; raise `DataError` for a row that is of another kind than the first, or too short."""
    rows = parsed.rows
    kind = type(rows[0])
    if kind not in (list, dict) or set(map(type, rows)) != {kind}:
        number = next((number for number, row in enumerate(rows) if type(row) is not kind), 0)
        other = "" if kind not in (list, dict) else f", unlike the first, which is {_kind(rows[0])}"
        raise DataError(f"{parsed.place(number)} is {_kind(rows[number])}{other}; a row is an object or a list")
    if kind is dict:
        return {name: [row.get(name) for row in rows] for name in wanted}
    places = {name: names.index(name) for name in wanted}
    try:
        return {name: [row[place] for row in rows] for name, place in places.items()}
    except IndexError:
        last = max(places.values())
        number = next(number for number, row in enumerate(rows) if len(row) <= last)
        shown = json.dumps(rows[number])[:_SHOWN]
        raise DataError(
            f"{parsed.place(number)} has {len(rows[number])} values, and names puts {names[last]!r} at number {last + 1}: {shown}"
        ) from None


def _arrow(parsed: _Parsed, name: str, values: list[Any], is_number: bool) -> pa.Array:
    """Return a column as int64, float64 or text, whichever all its values are; what is missing is NaN, null or an empty text."""
    kinds = set(map(type, values)) - {type(None)}
    if not is_number and bool in kinds and kinds <= {bool, str}:
        return text_array([str(value).lower() if isinstance(value, bool) else value for value in values])
    if not is_number and kinds == {int}:
        if None in values or max(values) >= 2**63 or min(values) < -(2**63):
            return text_array([None if value is None else str(value) for value in values])
        return number_array(np.array(values, dtype=np.int64))
    if kinds <= {int, float}:
        return number_array(np.array(values, dtype=np.float64))
    if kinds == {str}:
        return text_array(values)
    if kinds <= {int, float, str}:
        return text_array([value if value is None or isinstance(value, str) else repr(value) for value in values])
    bad = next(number for number, value in enumerate(values) if type(value) not in (int, float, str, type(None)))
    what = "a number" if is_number else "a number or a text"
    raise DataError(f"{parsed.place(bad)}: {json.dumps(values[bad])[:_SHOWN]} in column {name!r} is not {what}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _reason(error: ValueError) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]
