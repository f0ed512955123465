"""Series out of tables of bars: one instrument to a table, many in a long one, or a column of closes for each in a wide one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tradekit.data.arrays import code_column
from tradekit.data.columns import Roles, filters, find_column, guess, listed, symbol_column, time_columns
from tradekit.data.files import files_of, has_symbol, symbols_in
from tradekit.data.interval import interval_text, parse_interval
from tradekit.data.options import TableOptions
from tradekit.data.rows import Rows, TableSource, by_symbol, read_rows
from tradekit.errors import DataError
from tradekit.model.bars import BAR_COLUMNS, Series
from tradekit.plugin.contracts import BarRequest

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
    elif _roles(source.column_names(files[0]), options, files[0], path).symbol is not None:
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
    table = (actions.splits or actions.dividends or actions.delistings) if kind == "actions" else getattr(options, kind)
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
        return sorted({name for file in files for name in _closes(source.column_names(file), options, file)} - {""})
    return _owners(source, files, path, options.columns.symbol)


def _owners(source: TableSource, files: Sequence[Path], path: Path, named: str | bool | None) -> list[str]:
    """Return what the symbol columns of files hold, or the name of the first that has none."""
    found = set[str]()
    for file in files:
        symbol = symbol_column(source.column_names(file), named, path, file)
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
        roles = _roles(source.column_names(file), source.options, file, _path(source.options, interval))
        series.append(_series(_read(source, file, roles, interval), interval, file))
    return series


def _long(source: TableSource, file: Path, request: BarRequest) -> dict[str, Series]:
    roles = _roles(source.column_names(file), source.options, file, _path(source.options, request.interval))
    rows = _read(source, file, roles, request.interval)
    if rows.codes is None:
        raise DataError(
            f"{str(file)!r} has no symbol column, unlike the other files of {str(_path(source.options, request.interval))!r}"
        )
    parts = by_symbol(rows, request.symbols)
    return {symbol: _series(part, request.interval, file) for symbol, part in parts.items()}


def _wide(source: TableSource, file: Path, request: BarRequest) -> dict[str, Series]:
    options: TableOptions = source.options
    names = source.column_names(file)
    closes = _closes(names, options, file)
    wanted = {symbol: symbol for symbol in request.symbols if symbol in closes}
    roles = Roles(time_columns(names, options.columns.time, file), wanted, filters(names, options, file))
    rows = _read(source, file, roles, request.interval)
    series = {}
    for symbol in wanted:
        close = rows.values[symbol]
        exists = ~np.isnan(close)
        values = dict.fromkeys(_PRICES, close[exists])
        part = Rows(rows.times[exists], values, None, (), (*rows.notes, "closes only"))
        series[symbol] = _series(part, request.interval, file)
    return series


def _closes(names: Sequence[str], options: TableOptions, file: Path) -> list[str]:
    apart = {*time_columns(names, options.columns.time, file), *filters(names, options, file)}
    return [name for name in names if name not in apart]


def _roles(names: Sequence[str], options: TableOptions, file: Path, path: Path) -> Roles:
    """Find out which column is what."""
    columns = options.columns
    values = {role: find_column(role, getattr(columns, role) or role, names, file) for role in _PRICES}
    if columns.volume:
        values["volume"] = find_column("volume", columns.volume, names, file)
    elif columns.volume is None and (volumes := guess(("volume",), names)):
        values["volume"] = volumes[0]
    symbol = symbol_column(names, columns.symbol, path, file)
    return Roles(time_columns(names, options.columns.time, file), values, filters(names, options, file), symbol)


def _read(source: TableSource, file: Path, roles: Roles, interval: int) -> Rows:
    return read_rows(source, file, roles, source.options, interval, source.options.label)


def _series(rows: Rows, interval: int, file: Path) -> Series:
    notes = list(rows.notes)
    columns: dict[str, Any] = dict(rows.values)
    if "volume" not in columns or np.isnan(columns["volume"]).all():
        columns["volume"] = np.zeros(len(rows.times))
        notes.append("no volume")
    origin = f"{file} ({', '.join(notes)})" if notes else str(file)
    return Series(rows.times, rows.times + interval, **columns, origin=origin)


def _join(parts: Iterable[Series]) -> Series:
    """Put the series of several files one after the other, in the order of the files."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in BAR_COLUMNS}
    return Series(**columns, origin=f"{parts[0].origin} and {len(parts) - 1} more")
