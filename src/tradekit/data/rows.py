"""Rows of files: the part that tables of bars share with those of anything else that is dated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tradekit.data.arrays import code_column, fixed_width, nulls_of, text_scalar
from tradekit.data.columns import Roles, listed
from tradekit.data.options import TableForm
from tradekit.data.stamps import first_bad, open_times
from tradekit.errors import DataError
from tradekit.model.bars import Floats, Times

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Rows", "TableSource", "by_symbol", "read_rows"]


class TableSource(Protocol):
    """What `read_series` and `list_symbols` ask of a data source that reads files."""

    options: Any
    """Its `TableOptions`."""

    def column_names(self, path: Path) -> Sequence[str]:
        """Return the names of a file's columns."""
        ...

    def read_table(self, path: Path, numbers: Sequence[str], others: Sequence[str]) -> pa.Table:
        """Return the columns named: `numbers` as float64 where the file doesn't say, `others` as the file has them, or as text."""
        ...


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one file, in columns."""

    times: Times
    values: Mapping[str, NDArray[Any]]
    """By role: float64 of measured values, and what the marks make of theirs."""
    codes: NDArray[np.int32] | None
    symbols: Sequence[str]
    notes: tuple[str, ...]


def read_rows(
    source: TableSource, file: Path, roles: Roles, table: TableForm, interval: int, label: Literal["open", "close"] = "open"
) -> Rows:
    """Return the columns of a file that have a role, without the rows that `table` leaves out; times are as in `open_times`."""
    numbers = tuple(dict.fromkeys(roles.values.values()))
    marked = (mark.column for mark in roles.marks.values())
    others = dict.fromkeys((*roles.time, *((roles.symbol,) if roles.symbol else ()), *roles.where, *marked))
    clash = next((name for name in numbers if name in others), None)
    if clash is not None:
        raise DataError(f"column {clash!r} of {str(file)!r} can't be both a number and the time, the symbol or a filter")
    found = source.read_table(file, numbers, tuple(others))
    if not found.num_rows:
        if roles.may_be_empty:
            nothing = {role: mark.read(found[mark.column]) for role, mark in roles.marks.items()}
            return Rows(np.empty(0, np.int64), {role: np.empty(0) for role in roles.values} | nothing, None, (), ())
        raise DataError(f"{str(file)!r} has columns and no rows")
    with _naming(file, *roles.time):
        times, how = open_times(_joined(found, roles.time), table, interval, label)
    floats = {name: _floats(found[name], name, file) for name in numbers}
    values: dict[str, NDArray[Any]] = {role: floats[name] for role, name in roles.values.items()}
    for role, mark in roles.marks.items():
        with _naming(file, mark.column):
            values[role] = mark.read(found[mark.column])
    codes: NDArray[np.int32] | None = None
    symbols: list[str] = []
    if roles.symbol is not None:
        codes, symbols = code_column(found[roles.symbol])
    rows = Rows(times, values, codes, symbols, (how,) if how else ())
    return _where(rows, found, roles, file)


def _where(rows: Rows, table: pa.Table, roles: Roles, file: Path) -> Rows:
    keep = np.ones(len(rows.times), dtype=np.bool_)
    for name, value in roles.where.items():
        codes, texts = code_column(table[name])
        if value not in texts and not roles.may_be_empty:
            raise DataError(f"where: no {value!r} in column {name!r} of {str(file)!r}; {listed(texts, value)}")
        keep &= codes == (texts.index(value) if value in texts else -1)
    if keep.all():
        return rows
    if not keep.any() and not roles.may_be_empty:
        raise DataError(f"where: no row of {str(file)!r} has {dict(roles.where)!r}")
    kept = None if rows.codes is None else rows.codes[keep]
    return replace(rows, times=rows.times[keep], values=_map_values(rows.values, keep), codes=kept)


def by_symbol(rows: Rows, symbols: Iterable[str]) -> dict[str, Rows]:
    """Return the rows of each of `symbols` that a long table has, in the order of the file."""
    if rows.codes is None:
        raise ValueError("these rows have no symbols")
    # One stable sort by symbol serves all instruments.
    order = np.argsort(rows.codes, kind="stable")
    edges = np.searchsorted(rows.codes[order], np.arange(len(rows.symbols) + 1))
    place = {symbol: code for code, symbol in enumerate(rows.symbols)}
    times, values = rows.times[order], _map_values(rows.values, order)
    found = {}
    for symbol in symbols:
        if symbol in place:
            cut = slice(edges[place[symbol]], edges[place[symbol] + 1])
            found[symbol] = Rows(times[cut], {role: column[cut] for role, column in values.items()}, None, (), rows.notes)
    return found


def _map_values(values: Mapping[str, NDArray[Any]], index: NDArray[Any]) -> dict[str, NDArray[Any]]:
    chosen: dict[int, NDArray[Any]] = {}
    for column in values.values():
        if id(column) not in chosen:
            chosen[id(column)] = column[index]
    return {role: chosen[id(column)] for role, column in values.items()}


def _joined(table: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    if len(names) == 1:
        return table[names[0]]
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*(table[name].cast(pa.string()) for name in names), text_scalar(" "))


def _floats(column: pa.ChunkedArray, name: str, file: Path) -> Floats:
    """Return a column as float64, with NaN for blanks; exact, because Arrow reads decimals and texts as Python does."""
    import pyarrow as pa

    kind = column.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if pa.types.is_decimal(kind):
        column = column.cast(pa.string())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or is_text or pa.types.is_null(kind)):
        raise DataError(f"column {name!r} of {str(file)!r} holds {kind}, not numbers")
    try:
        floats = column.cast(pa.float64(), safe=False)
    except pa.ArrowInvalid:
        row = first_bad(column, lambda part: part.cast(pa.float64()))
        raise DataError(f"{str(file)!r}, row {row + 1}: {str(column[row])!r} in column {name!r} is not a number") from None
    values: Floats = fixed_width(floats, np.float64)
    return np.where(nulls_of(floats), np.nan, values) if floats.null_count else values


@contextmanager
def _naming(file: Path, *columns: str) -> Iterator[None]:
    """Put the file and the columns before a message about their cells."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{str(file)!r}, column {' + '.join(repr(name) for name in columns)}: {error}") from None
