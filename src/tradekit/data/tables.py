"""Series out of tables of bars: one instrument to a table, many in a long one, or a column of closes for each in a wide one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tradekit.data.arrays import code_column
from tradekit.data.columns import Header, Mark, Roles, guess, listed
from tradekit.data.files import files_of, has_symbol, symbols_in
from tradekit.data.interval import interval_text, parse_interval
from tradekit.data.options import TableOptions
from tradekit.data.rows import Rows, TableSource, by_symbol, read_rows
from tradekit.data.stamps import open_times
from tradekit.errors import DataError
from tradekit.model.bars import BAR_COLUMNS, Series, Times
from tradekit.plugin.contracts import BarRequest

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["list_symbols", "read_series"]

TableKind = Literal["bars", "trades", "quotes", "book", "funding", "actions"]

_PRICES = ("open", "high", "low", "close")


def read_series(source: TableSource, request: BarRequest) -> dict[str, Series]:
    """Return the series of each requested symbol, with all its rows as they stand in the files: nothing is sorted, cut or mended.

    `source` is a data source whose options extend `TableOptions`, and that has two methods more: `column_names(path)`, and
    `read_table(path, numbers, others)`, which gives those columns as an Arrow table; `numbers` hold prices and volumes.

    Raises `DataError` for a file that is missing or empty, a column that is missing, a cell that is not what it should be, and a
    symbol that the files don't have. The message names the file and the row or column.
    """
    options: TableOptions = source.options
    path = _path(options, request.interval)
    if has_symbol(path):
        return {symbol: _join(_one(source, files_of(path, symbol), request.interval)) for symbol in request.symbols}
    files = files_of(path)
    if options.layout == "wide":
        found = [_wide(source, file, request) for file in files]
    elif _roles(Header(source.column_names(files[0]), files[0]), options, path, request.interval).symbol is not None:
        found = [_long(source, file, request) for file in files]
    elif len(request.symbols) == 1:
        found = [{request.symbols[0]: series} for series in _one(source, files, request.interval)]
    else:
        what = f"{str(path)!r} holds one instrument, but {len(request.symbols)} are asked for"
        raise DataError(f"{what}; put {{symbol}} into the path, or name the column that tells: columns = {{ symbol = ... }}")
    for symbol in request.symbols:
        if not any(symbol in part for part in found):
            raise DataError(f"no {symbol!r} in {str(path)!r}; {listed(_symbols(source, path), symbol)}")
    return {symbol: _join([part[symbol] for part in found if symbol in part]) for symbol in request.symbols}


def list_symbols(source: TableSource, kind: TableKind = "bars") -> list[str]:
    """Return the symbols that the files have, sorted: from their names, their symbol column, or the columns of wide tables.

    They are those of the bars, or of another kind of table that the options describe. A file with one instrument gives its own name
    up to the first dot. Raises `DataError` as `read_series` does.
    """
    options: TableOptions = source.options
    if kind == "bars":
        return _symbols(source, _path(options, 0) if options.path is None else options.path)
    actions = options.actions
    table = (
        (actions.events or actions.splits or actions.dividends or actions.delistings)
        if kind == "actions"
        else getattr(options, kind)
    )
    if table is None:
        raise DataError(f"no table of {kind} is named")
    if has_symbol(table.path):
        return symbols_in(table.path)
    return _owners(source, files_of(table.path), table.path, table.columns.symbol)


def _symbols(source: TableSource, path: Path) -> list[str]:
    options: TableOptions = source.options
    if has_symbol(path):
        return symbols_in(path)
    files = files_of(path)
    if options.layout == "wide":
        return sorted({name for file in files for name in _closes(Header(source.column_names(file), file), options)} - {""})
    return _owners(source, files, path, options.columns.symbol)


def _owners(source: TableSource, files: Sequence[Path], path: Path, named: str | bool | None) -> list[str]:
    """Return what the symbol columns of files hold, or the name of the first that has none."""
    found = set[str]()
    for file in files:
        symbol = Header(source.column_names(file), file).symbol(named, path)
        if symbol is None:
            return [files[0].name.partition(".")[0]]
        found.update(code_column(source.read_table(file, (), (symbol,))[symbol])[1])
    return sorted(found - {""})


def _path(options: TableOptions, interval: int) -> Path:
    """Return where bars of a length are."""
    path = next((path for text, path in options.intervals.items() if parse_interval(text) == interval), options.path)
    if path is None:
        what = f"bars of {interval_text(interval)}" if interval else "bars"
        raise DataError(f"no file of {what} is named; say where they are: path = '...'")
    return path


def _one(source: TableSource, files: Sequence[Path], interval: int) -> list[Series]:
    series = []
    for file in files:
        header = Header(source.column_names(file), file)
        roles = _roles(header, source.options, _path(source.options, interval), interval)
        series.append(_series(_read(source, file, roles, interval), interval, file))
    return series


def _long(source: TableSource, file: Path, request: BarRequest) -> dict[str, Series]:
    header = Header(source.column_names(file), file)
    roles = _roles(header, source.options, _path(source.options, request.interval), request.interval)
    rows = _read(source, file, roles, request.interval)
    if rows.codes is None:
        raise DataError(
            f"{str(file)!r} has no symbol column, unlike the other files of {str(_path(source.options, request.interval))!r}"
        )
    parts = by_symbol(rows, request.symbols)
    return {symbol: _series(part, request.interval, file) for symbol, part in parts.items()}


def _wide(source: TableSource, file: Path, request: BarRequest) -> dict[str, Series]:
    options: TableOptions = source.options
    header = Header(source.column_names(file), file)
    closes = _closes(header, options)
    wanted = {symbol: symbol for symbol in request.symbols if symbol in closes}
    roles = Roles(header.times(options.columns.time), wanted, header.filters(options))
    rows = _read(source, file, roles, request.interval)
    series = {}
    for symbol in wanted:
        close = rows.values[symbol]
        exists = ~np.isnan(close)
        values = dict.fromkeys(_PRICES, close[exists])
        part = Rows(rows.times[exists], values, None, (), (*rows.notes, "closes only"))
        series[symbol] = _series(part, request.interval, file)
    return series


def _closes(header: Header, options: TableOptions) -> list[str]:
    apart = {*header.times(options.columns.time), *header.filters(options)}
    return [name for name in header.names if name not in apart]


def _roles(header: Header, options: TableOptions, path: Path, interval: int) -> Roles:
    """Find out which column is what."""
    columns = options.columns
    values = {role: header.find(role, getattr(columns, role) or role, getattr(columns, role) in (None, role)) for role in _PRICES}
    if columns.volume:
        values["volume"] = header.find("volume", columns.volume, columns.volume == "volume")
    elif columns.volume is None and (volumes := guess(("volume",), header.names)):
        values["volume"] = volumes[0]
    marks = {}
    if columns.close_time is not None:
        read = partial(_close_times, options=options, interval=interval)
        marks["close_time"] = Mark(header.find("close_time", columns.close_time), read)
    symbol = header.symbol(columns.symbol, path)
    return Roles(header.times(columns.time), values, header.filters(options), symbol, marks=marks)


def _close_times(column: pa.ChunkedArray, options: TableOptions, interval: int) -> Times:
    return open_times(column, options, interval or 1)[0]


def _read(source: TableSource, file: Path, roles: Roles, interval: int) -> Rows:
    return read_rows(source, file, roles, source.options, interval, source.options.label)


def _series(rows: Rows, interval: int, file: Path) -> Series:
    notes = list(rows.notes)
    columns: dict[str, Any] = dict(rows.values)
    if "volume" not in columns or np.isnan(columns["volume"]).all():
        columns["volume"] = np.zeros(len(rows.times))
        notes.append("no volume")
    origin = f"{file} ({', '.join(notes)})" if notes else str(file)
    close_time = columns.pop("close_time", rows.times + interval)
    return Series(rows.times, close_time, **columns, origin=origin)


def _join(parts: Iterable[Series]) -> Series:
    """Put the series of several files one after the other, in the order of the files."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in BAR_COLUMNS}
    return Series(**columns, origin=f"{parts[0].origin} and {len(parts) - 1} more")
