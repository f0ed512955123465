"""Funding rates, corporate actions and trades out of tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tradekit.data.columns import Roles, filters, find_column, guess, listed, symbol_column, time_columns
from tradekit.data.files import files_of, has_symbol
from tradekit.data.interval import DAY, time_text
from tradekit.data.options import ActionOptions, EventTable, SplitTable, TableOptions, TradeTable
from tradekit.data.rows import Rows, TableSource, by_symbol, read_rows
from tradekit.errors import DataError
from tradekit.model.bars import Floats, Times
from tradekit.model.reference import ActionKind, Actions, FundingRates, whole_seconds
from tradekit.model.ticks import Trades
from tradekit.plugin.contracts import BarRequest

__all__ = ["read_actions", "read_funding", "read_trades"]

_VALUES = {"value": ("value", "rate", "funding_rate", "ratio", "amount", "price")}
_TRADES = {"price": ("price",), "size": ("size", "quantity", "qty", "volume", "amount")}
_INSTANT = 1
"""The interval of what has no extent, so that none of its times is taken for the date of a session."""


@dataclass(frozen=True, slots=True)
class _Dated:
    """The rows of one instrument, those of several files one after the other."""

    time: Times
    values: Mapping[str, Floats]
    origin: str


def read_funding(source: TableSource, symbols: Sequence[str]) -> dict[str, FundingRates]:
    """Return the funding rates of each symbol from the tables that the options of `source` describe; nothing if they describe none.

    Raises `DataError` for what can't be read, and for a symbol that the table of rates does not have.
    """
    options: TableOptions = source.options
    if options.funding is None:
        return {}
    rates = _read(source, options.funding, _VALUES, symbols, _INSTANT)
    marks = _read(source, options.funding.mark, _VALUES, symbols, _INSTANT) if options.funding.mark is not None else {}
    found = {}
    for symbol in symbols:
        if symbol not in rates or not len(rates[symbol].time):
            raise DataError(f"no funding rates of {symbol!r} in {str(options.funding.path)!r}")
        rate = _sorted(rates[symbol])
        with _naming("funding rates", symbol, rate.origin):
            unmarked = FundingRates(rate.time, rate.values["value"], np.full(len(rate.time), np.nan), rate.origin)
        found[symbol] = unmarked if symbol not in marks else _marked(symbol, unmarked, _sorted(marks[symbol]))
    return found


def _marked(symbol: str, rates: FundingRates, marks: _Dated) -> FundingRates:
    """Return funding rates with the mark prices of their times, to the second."""
    times, prices = whole_seconds(marks.time), marks.values["value"]
    place = np.searchsorted(times, rates.time)
    is_known = np.append(times, np.iinfo(np.int64).max)[place] == rates.time
    origin = f"{rates.origin}, mark prices from {marks.origin}"
    with _naming("mark prices", symbol, marks.origin):
        if (np.diff(times) == 0).any():
            raise DataError(f"{time_text(times[1:][np.diff(times) == 0][0])} is there twice")
        return FundingRates(rates.time, rates.rate, np.where(is_known, np.append(prices, np.nan)[place], np.nan), origin)


def read_actions(source: TableSource, symbols: Sequence[str]) -> dict[str, Actions]:
    """Return the corporate actions of those symbols that have any, from the tables that the options of `source` describe.

    Raises `DataError` for what can't be read.
    """
    options: ActionOptions = source.options.actions
    tables = {ActionKind.SPLIT: options.splits, ActionKind.DIVIDEND: options.dividends, ActionKind.DELISTING: options.delistings}
    parts: dict[str, list[tuple[ActionKind, _Dated]]] = {symbol: [] for symbol in symbols}
    for kind, table in tables.items():
        if table is not None:
            for symbol, dated in _read(source, table, _VALUES, symbols, DAY).items():
                parts[symbol].append((kind, _real(kind, table, dated)))
    found = {symbol: _actions(symbol, part) for symbol, part in parts.items()}
    return {symbol: actions for symbol, actions in found.items() if len(actions)}


def _real(kind: ActionKind, table: EventTable, dated: _Dated) -> _Dated:
    """Return actions without those that change nothing, which fill a table that has a row for each day."""
    value = dated.values["value"]
    keep = np.ones(len(value), dtype=np.bool_)
    if kind is ActionKind.SPLIT:
        keep = (value != 1) & (value != 0)
    elif kind is ActionKind.DIVIDEND:
        keep = value != 0
    value = value[keep]
    if isinstance(table, SplitTable) and table.multiplies == "prices":
        value = 1 / value
    return _Dated(dated.time[keep], {"value": value}, dated.origin)


def _actions(symbol: str, parts: Sequence[tuple[ActionKind, _Dated]]) -> Actions:
    none = (np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0))
    time = np.concatenate([none[0], *(dated.time for _, dated in parts)])
    kind = np.concatenate([none[1], *(np.full(len(dated.time), kind, np.int32) for kind, dated in parts)])
    value = np.concatenate([none[2], *(dated.values["value"] for _, dated in parts)])
    origin = " and ".join(dict.fromkeys(dated.origin for _, dated in parts if len(dated.time)))
    order = np.lexsort((kind, time))
    with _naming("corporate actions", symbol, origin):
        return Actions(time[order], kind[order], value[order], origin)


def read_trades(source: TableSource, request: BarRequest) -> dict[str, Trades]:
    """Return the trades of each requested symbol in the requested range, in the order of the files; nothing without such a table.

    Raises `DataError` for what can't be read, for a symbol that the table does not have, and for trades out of order.
    """
    options: TableOptions = source.options
    if options.trades is None:
        return {}
    found = {}
    for symbol, dated in _read(source, options.trades, _TRADES, request.symbols, _INSTANT).items():
        keep = np.ones(len(dated.time), dtype=np.bool_)
        keep &= True if request.start is None else dated.time >= request.start
        keep &= True if request.end is None else dated.time < request.end
        with _naming("trades", symbol, dated.origin):
            found[symbol] = Trades(dated.time[keep], dated.values["price"][keep], dated.values["size"][keep], dated.origin)
    for symbol in request.symbols:
        if symbol not in found:
            raise DataError(f"no trades of {symbol!r} in {str(options.trades.path)!r}")
    return found


def _read(
    source: TableSource, table: EventTable | TradeTable, values: Mapping[str, Sequence[str]], symbols: Sequence[str], interval: int
) -> dict[str, _Dated]:
    """Return the rows of those symbols that a table has; `values` are the roles of its columns and how those may be called."""

    def rows(file: Path) -> Rows:
        return read_rows(source, file, _roles(source.column_names(file), table, values, file), table, interval)

    parts: dict[str, list[tuple[Path, Rows]]] = {}
    if has_symbol(table.path):
        parts = {symbol: [(file, rows(file)) for file in files_of(table.path, symbol)] for symbol in symbols}
    else:
        for file in files_of(table.path):
            found = rows(file)
            for symbol, part in _owners(found, symbols, file).items():
                parts.setdefault(symbol, []).append((file, part))
    return {symbol: _join(part) for symbol, part in parts.items()}


def _owners(rows: Rows, symbols: Sequence[str], file: Path) -> dict[str, Rows]:
    """Return whose the rows are."""
    if rows.codes is not None:
        return by_symbol(rows, symbols)
    if not len(rows.times):
        return {}
    if len(symbols) == 1:
        return {symbols[0]: rows}
    what = f"{str(file)!r} is about one instrument, but {len(symbols)} are asked for"
    raise DataError(f"{what}; put {{symbol}} into the path, or name the column that tells: columns = {{ symbol = ... }}")


def _roles(names: Sequence[str], table: EventTable | TradeTable, values: Mapping[str, Sequence[str]], file: Path) -> Roles:
    columns = table.columns
    return Roles(
        time_columns(names, columns.time, file),
        {role: _value_column(role, getattr(columns, role), values[role], names, file) for role in values},
        filters(names, table, file),
        symbol_column(names, columns.symbol, table.path, file),
        may_be_empty=True,
    )


def _value_column(role: str, named: str | None, usual: Sequence[str], names: Sequence[str], file: Path) -> str:
    if named is not None:
        return find_column(role, named, names, file)
    found = guess(usual, names)
    if len(found) == 1:
        return found[0]
    way_out = f'columns = {{ {role} = "..." }}'
    if not found:
        raise DataError(
            f"no column of {str(file)!r} is called {' or '.join(map(repr, usual))}; {listed(names)}; name it: {way_out}"
        )
    raise DataError(f"{', '.join(map(repr, found))} in {str(file)!r} could each be the {role}; name one: {way_out}")


def _join(parts: Sequence[tuple[Path, Rows]]) -> _Dated:
    first, rows = parts[0]
    origin = str(first) if not rows.notes else f"{first} ({', '.join(rows.notes)})"
    if len(parts) == 1:
        return _Dated(rows.times, rows.values, origin)
    values = {role: np.concatenate([part.values[role] for _, part in parts]) for role in rows.values}
    return _Dated(np.concatenate([part.times for _, part in parts]), values, f"{origin} and {len(parts) - 1} more")


def _sorted(dated: _Dated) -> _Dated:
    """Return dated values oldest first: the order of their rows means nothing."""
    order = np.argsort(dated.time, kind="stable")
    return _Dated(dated.time[order], {role: values[order] for role, values in dated.values.items()}, dated.origin)


@contextmanager
def _naming(what: str, symbol: str, origin: str) -> Iterator[None]:
    """Put what is wrong, whose it is and where it came from before a message about values."""
    try:
        yield
    except DataError as error:
        raise DataError(f"the {what} of {symbol!r} from {origin!r} are refused: {error}") from None
