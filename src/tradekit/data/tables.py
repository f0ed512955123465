"""Series out of tables of bars: one instrument to a table, many in a long one, or a column of closes for each in a wide one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tradekit.data.arrays import code_column, fixed_width, nulls_of, text_scalar
from tradekit.data.files import files_of, has_symbol, symbols_in
from tradekit.data.options import TableOptions
from tradekit.data.stamps import first_bad, open_times
from tradekit.errors import DataError, nearest
from tradekit.model.bars import Floats, Series, Times
from tradekit.plugin.contracts import BarRequest

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TableSource", "list_symbols", "read_series"]

_TIMES = ("time", "timestamp", "datetime", "date", "open_time", "timestamp_utc", "ts")
_SYMBOLS = ("symbol", "ticker")
_PRICES = ("open", "high", "low", "close")
_SHOWN = 12


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
class _Roles:
    """The columns of one file, by what they are."""

    time: tuple[str, ...]
    values: Mapping[str, str]
    where: Mapping[str, str]
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one file, in columns."""

    times: Times
    values: Mapping[str, Floats]
    codes: NDArray[np.int32] | None
    symbols: Sequence[str]
    notes: tuple[str, ...]


def read_series(source: TableSource, request: BarRequest) -> dict[str, Series]:
    """Return the series of each requested symbol, with all its rows as they stand in the files: nothing is sorted, cut or mended.

    `source` is a data source whose options extend `TableOptions`, and that has two methods more: `column_names(path)`, and
    `read_table(path, numbers, others)`, which gives those columns as an Arrow table; `numbers` hold prices and volumes.

    Raises `DataError` for a file that is missing or empty, a column that is missing, a cell that is not what it should be, and a
    symbol that the files don't have. The message names the file and the row or column.
    """
    options: TableOptions = source.options
    if has_symbol(options.path):
        return {symbol: _join(_one(source, files_of(options.path, symbol), request.interval)) for symbol in request.symbols}
    files = files_of(options.path)
    if options.layout == "wide":
        found = [_wide(source, file, request) for file in files]
    elif _roles(source.column_names(files[0]), options, files[0]).symbol is not None:
        found = [_long(source, file, request) for file in files]
    elif len(request.symbols) == 1:
        found = [{request.symbols[0]: series} for series in _one(source, files, request.interval)]
    else:
        what = f"{str(options.path)!r} holds one instrument, but {len(request.symbols)} are asked for"
        raise DataError(f"{what}; put {{symbol}} into the path, or name the column that tells: columns = {{ symbol = ... }}")
    for symbol in request.symbols:
        if not any(symbol in part for part in found):
            raise DataError(f"no {symbol!r} in {str(options.path)!r}; {_listed(list_symbols(source), symbol)}")
    return {symbol: _join([part[symbol] for part in found if symbol in part]) for symbol in request.symbols}


def list_symbols(source: TableSource) -> list[str]:
    """Return the symbols that the files have, sorted: from their names, their symbol column, or the columns of wide tables.

    A file with one instrument gives its own name up to the first dot. Raises `DataError` as `read_series` does.
    """
    options: TableOptions = source.options
    if has_symbol(options.path):
        return symbols_in(options.path)
    files, found = files_of(options.path), set[str]()
    for file in files:
        names = source.column_names(file)
        if options.layout == "wide":
            found.update(_closes(names, options, file))
            continue
        symbol = _roles(names, options, file).symbol
        if symbol is None:
            return [files[0].name.partition(".")[0]]
        found.update(code_column(source.read_table(file, (), (symbol,))[symbol])[1])
    return sorted(found - {""})


def _one(source: TableSource, files: Sequence[Path], interval: int) -> list[Series]:
    series = []
    for file in files:
        roles = _roles(source.column_names(file), source.options, file)
        series.append(_series(_rows(source, file, roles, interval), slice(None), interval, file))
    return series


def _long(source: TableSource, file: Path, request: BarRequest) -> dict[str, Series]:
    roles = _roles(source.column_names(file), source.options, file)
    rows = _rows(source, file, roles, request.interval)
    if rows.codes is None:
        raise DataError(f"{str(file)!r} has no symbol column, unlike the other files of {str(source.options.path)!r}")
    # One stable sort by symbol serves all instruments, and keeps the rows of each in the order of the file.
    order = np.argsort(rows.codes, kind="stable")
    edges = np.searchsorted(rows.codes[order], np.arange(len(rows.symbols) + 1))
    place = {symbol: code for code, symbol in enumerate(rows.symbols)}
    ordered = replace(rows, times=rows.times[order], values=_map_values(rows.values, order))
    cuts = {symbol: slice(edges[place[symbol]], edges[place[symbol] + 1]) for symbol in request.symbols if symbol in place}
    return {symbol: _series(ordered, cut, request.interval, file) for symbol, cut in cuts.items()}


def _wide(source: TableSource, file: Path, request: BarRequest) -> dict[str, Series]:
    options: TableOptions = source.options
    names = source.column_names(file)
    closes = _closes(names, options, file)
    wanted = {symbol: symbol for symbol in request.symbols if symbol in closes}
    roles = _Roles(_time_columns(names, options, file), wanted, _filters(names, options, file))
    rows = _rows(source, file, roles, request.interval)
    series = {}
    for symbol in wanted:
        close = rows.values[symbol]
        exists = ~np.isnan(close)
        values = dict.fromkeys(_PRICES, close[exists])
        part = _Rows(rows.times[exists], values, None, (), (*rows.notes, "closes only"))
        series[symbol] = _series(part, slice(None), request.interval, file)
    return series


def _closes(names: Sequence[str], options: TableOptions, file: Path) -> list[str]:
    apart = {*_time_columns(names, options, file), *_filters(names, options, file)}
    return [name for name in names if name not in apart]


def _roles(names: Sequence[str], options: TableOptions, file: Path) -> _Roles:
    """Find out which column is what."""
    columns = options.columns
    values = {role: _column(role, getattr(columns, role) or role, names, file) for role in _PRICES}
    if columns.volume:
        values["volume"] = _column("volume", columns.volume, names, file)
    elif columns.volume is None and (guess := _guess(("volume",), names)):
        values["volume"] = guess[0]
    symbol = None
    if columns.symbol:
        symbol = _column("symbol", columns.symbol, names, file)
    elif columns.symbol is None and not has_symbol(options.path):
        symbol = next(iter(_guess(_SYMBOLS, names)), None)
    return _Roles(_time_columns(names, options, file), values, _filters(names, options, file), symbol)


def _filters(names: Sequence[str], options: TableOptions, file: Path) -> dict[str, str]:
    return {_column("where", name, names, file): value for name, value in options.where.items()}


def _time_columns(names: Sequence[str], options: TableOptions, file: Path) -> tuple[str, ...]:
    named = options.columns.time
    if named is not None:
        return tuple(_column("time", name, names, file) for name in ([named] if isinstance(named, str) else named))
    guesses = _guess(_TIMES, names) or [name for name in names[:1] if not name]
    if len(guesses) == 1:
        return (guesses[0],)
    if not guesses:
        raise DataError(f'no column of times in {str(file)!r}; {_listed(names)}; name it: columns = {{ time = "..." }}')
    choice = ", ".join(repr(name) for name in guesses)
    raise DataError(f"{choice} in {str(file)!r} could each be the time; name one, or several to join: columns = {{ time = ... }}")


def _column(role: str, name: str, names: Sequence[str], file: Path) -> str:
    """Return the column that is spelled like `name`, or else the only one that differs from it in case."""
    found = [other for other in names if other == name] or _guess((name,), names)
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(f"{len(found)} columns of {str(file)!r} are called {name!r}; give the file other names")
    way_out = f'; name it: columns = {{ {role} = "..." }}' if role == name else ""
    raise DataError(f"no column {name!r} in {str(file)!r}; {_listed(names, name)}{way_out}")


def _guess(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    lowered = {name.lower() for name in wanted}
    return [name for name in names if name.strip().lower().replace(" ", "_") in lowered or name.lower() in lowered]


def _listed(names: Sequence[str], missing: str = "") -> str:
    shown = ", ".join(repr(name) for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"it has {shown or 'none'}{more}{nearest(missing, names) if missing else ''}"


def _rows(source: TableSource, file: Path, roles: _Roles, interval: int) -> _Rows:
    numbers = tuple(dict.fromkeys(roles.values.values()))
    others = dict.fromkeys((*roles.time, *((roles.symbol,) if roles.symbol else ()), *roles.where))
    clash = next((name for name in numbers if name in others), None)
    if clash is not None:
        raise DataError(f"column {clash!r} of {str(file)!r} can't be both a number and the time, the symbol or a filter")
    table = source.read_table(file, numbers, tuple(others))
    if not table.num_rows:
        raise DataError(f"{str(file)!r} has columns and no rows")
    with _naming(file, *roles.time):
        times, how = open_times(_joined(table, roles.time), source.options, interval)
    floats = {name: _floats(table[name], name, file) for name in numbers}
    values = {role: floats[name] for role, name in roles.values.items()}
    codes: NDArray[np.int32] | None = None
    symbols: list[str] = []
    if roles.symbol is not None:
        codes, symbols = code_column(table[roles.symbol])
    rows = _Rows(times, values, codes, symbols, (how,) if how else ())
    return _where(rows, table, roles.where, file)


def _where(rows: _Rows, table: pa.Table, where: Mapping[str, str], file: Path) -> _Rows:
    keep = np.ones(len(rows.times), dtype=np.bool_)
    for name, value in where.items():
        codes, texts = code_column(table[name])
        if value not in texts:
            raise DataError(f"where: no {value!r} in column {name!r} of {str(file)!r}; {_listed(texts, value)}")
        keep &= codes == texts.index(value)
    if keep.all():
        return rows
    if not keep.any():
        raise DataError(f"where: no row of {str(file)!r} has {dict(where)!r}")
    kept = None if rows.codes is None else rows.codes[keep]
    return replace(rows, times=rows.times[keep], values=_map_values(rows.values, keep), codes=kept)


def _map_values(values: Mapping[str, Floats], index: NDArray[Any]) -> dict[str, Floats]:
    chosen: dict[int, Floats] = {}
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


def _series(rows: _Rows, cut: slice, interval: int, file: Path) -> Series:
    times = rows.times[cut]
    notes = list(rows.notes)
    columns = {role: values[cut] for role, values in rows.values.items()}
    if "volume" not in columns or np.isnan(columns["volume"]).all():
        columns["volume"] = np.zeros(len(times))
        notes.append("no volume")
    origin = f"{file} ({', '.join(notes)})" if notes else str(file)
    return Series(times, times + interval, **columns, origin=origin)


def _join(parts: Iterable[Series]) -> Series:
    """Put the series of several files one after the other, in the order of the files."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    names = [field.name for field in fields(Series) if field.name != "origin"]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Series(**columns, origin=f"{parts[0].origin} and {len(parts) - 1} more")
