"""Funding rates and corporate actions out of tables, and the rows of any table whose times have no extent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.data.columns import Header, Mark, Roles
from tradekit.data.files import files_of, has_symbol
from tradekit.data.interval import DAY, time_text
from tradekit.data.options import ActionOptions, ActionTable, EventTable, SplitTable, TableFile, TableOptions
from tradekit.data.rows import Rows, TableSource, by_symbol, read_rows
from tradekit.data.words import read_kinds
from tradekit.errors import DataError
from tradekit.model.bars import Times
from tradekit.model.reference import ActionKind, Actions, FundingRates, whole_seconds

__all__ = ["INSTANT", "Dated", "naming", "read_actions", "read_dated", "read_funding"]

_VALUES = ("value", "rate", "funding_rate", "ratio", "amount", "price")

_KINDS = ("kind", "type", "action")

INSTANT = 1
"""The interval of what has no extent, so that none of its times is taken for the date of a session."""


@dataclass(frozen=True, slots=True)
class Dated:
    """The rows of one instrument, those of several files one after the other."""

    time: Times
    values: Mapping[str, NDArray[Any]]
    origin: str

    def take(self, rows: NDArray[Any]) -> Dated:
        """Return some of the rows, by number or by flag."""
        return Dated(self.time[rows], {role: values[rows] for role, values in self.values.items()}, self.origin)


def read_funding(source: TableSource, symbols: Sequence[str]) -> dict[str, FundingRates]:
    """Return the funding rates of each symbol from the tables that the options of `source` describe; nothing if they describe none.

    Raises `DataError` for what can't be read, and for a symbol that the table of rates does not have.
    """
    options: TableOptions = source.options
    if options.funding is None:
        return {}
    rates = _read(source, "funding", options.funding, symbols, INSTANT)
    mark = options.funding.mark
    marks = _read(source, "funding.mark", mark, symbols, INSTANT) if mark is not None else {}
    found = {}
    for symbol in symbols:
        if symbol not in rates or not len(rates[symbol].time):
            raise DataError(f"no funding rates of {symbol!r} in {str(options.funding.path)!r}")
        rate = _sorted(rates[symbol])
        with naming("funding rates", symbol, rate.origin):
            unmarked = FundingRates(rate.time, rate.values["value"], np.full(len(rate.time), np.nan), rate.origin)
        found[symbol] = unmarked if symbol not in marks else _marked(symbol, unmarked, _sorted(marks[symbol]))
    return found


def _marked(symbol: str, rates: FundingRates, marks: Dated) -> FundingRates:
    """Return funding rates with the mark prices of their times, to the second."""
    times, prices = whole_seconds(marks.time), marks.values["value"]
    place = np.searchsorted(times, rates.time)
    is_known = np.append(times, np.iinfo(np.int64).max)[place] == rates.time
    origin = f"{rates.origin}, mark prices from {marks.origin}"
    with naming("mark prices", symbol, marks.origin):
        if (np.diff(times) == 0).any():
            raise DataError(f"{time_text(times[1:][np.diff(times) == 0][0])} is there twice")
        return FundingRates(rates.time, rates.rate, np.where(is_known, np.append(prices, np.nan)[place], np.nan), origin)


def read_actions(source: TableSource, symbols: Sequence[str]) -> dict[str, Actions]:
    """Return the corporate actions of those symbols that have any, from the tables that the options of `source` describe.

    Raises `DataError` for what can't be read.
    """
    options: ActionOptions = source.options.actions
    tables = {ActionKind.SPLIT: options.splits, ActionKind.DIVIDEND: options.dividends, ActionKind.DELISTING: options.delistings}
    parts: dict[str, list[tuple[ActionKind, Dated]]] = {symbol: [] for symbol in symbols}
    if options.events is not None:
        for symbol, dated in _read(source, "actions.events", options.events, symbols, DAY).items():
            for kind in tables:
                parts[symbol].append((kind, _real(kind, options.events, dated.take(dated.values["kind"] == kind))))
    for kind, table in tables.items():
        if table is not None:
            for symbol, dated in _read(source, f"actions.{kind.name.lower()}s", table, symbols, DAY).items():
                parts[symbol].append((kind, _real(kind, table, dated)))
    found = {symbol: _actions(symbol, part) for symbol, part in parts.items()}
    return {symbol: actions for symbol, actions in found.items() if len(actions)}


def _real(kind: ActionKind, table: EventTable, dated: Dated) -> Dated:
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
    return Dated(dated.time[keep], {"value": value}, dated.origin)


def _actions(symbol: str, parts: Sequence[tuple[ActionKind, Dated]]) -> Actions:
    none = (np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0))
    time = np.concatenate([none[0], *(dated.time for _, dated in parts)])
    kind = np.concatenate([none[1], *(np.full(len(dated.time), kind, np.int32) for kind, dated in parts)])
    value = np.concatenate([none[2], *(dated.values["value"] for _, dated in parts)])
    origin = " and ".join(dict.fromkeys(dated.origin for _, dated in parts if len(dated.time)))
    order = np.lexsort((kind, time))
    with naming("corporate actions", symbol, origin):
        return Actions(time[order], kind[order], value[order], origin)


def _read(source: TableSource, place: str, table: EventTable, symbols: Sequence[str], interval: int) -> dict[str, Dated]:
    """Return the dated values of those symbols that a table has; `place` is where it stands among the options."""

    def roles(names: Sequence[str], file: Path) -> Roles:
        columns, header = table.columns, Header(names, file, f"{place}.columns")
        marks = {}
        if isinstance(table, ActionTable):
            marks["kind"] = Mark(header.value("kind", table.columns.kind, _KINDS), read_kinds)
        return Roles(
            header.times(columns.time),
            {"value": header.value("value", columns.value, _VALUES)},
            header.filters(table),
            header.symbol(columns.symbol, table.path),
            may_be_empty=True,
            marks=marks,
        )

    return read_dated(source, (place, table), roles, symbols, interval)


def read_dated(
    source: TableSource,
    named: tuple[str, TableFile],
    roles: Callable[[Sequence[str], Path], Roles],
    symbols: Sequence[str],
    interval: int,
) -> dict[str, Dated]:
    """Return the rows of those symbols that a table has, which is named by its place among the options.

    `roles` says of a file what its columns are.
    """
    place, table = named

    def rows(file: Path) -> Rows:
        return read_rows(source, file, roles(source.column_names(file), file), table, interval)

    parts: dict[str, list[tuple[Path, Rows]]] = {}
    if has_symbol(table.path):
        parts = {symbol: [(file, rows(file)) for file in files_of(table.path, symbol)] for symbol in symbols}
    else:
        for file in files_of(table.path):
            found = rows(file)
            for symbol, part in _owners(found, symbols, Header((), file, f"{place}.columns")).items():
                parts.setdefault(symbol, []).append((file, part))
    return {symbol: _join(part) for symbol, part in parts.items()}


def _owners(rows: Rows, symbols: Sequence[str], header: Header) -> dict[str, Rows]:
    """Return whose the rows are."""
    if rows.codes is not None:
        return by_symbol(rows, symbols)
    if not len(rows.times):
        return {}
    if len(symbols) == 1:
        return {symbols[0]: rows}
    what = f"{str(header.file)!r} is about one instrument, but {len(symbols)} are asked for"
    raise DataError(f"{what}; put {{symbol}} into the path, or name the column that tells: {header.way_out('symbol', '...')}")


def _join(parts: Sequence[tuple[Path, Rows]]) -> Dated:
    (first, rows), *others = parts
    origin = str(first) if not rows.notes else f"{first} ({', '.join(rows.notes)})"
    if not others:
        return Dated(rows.times, rows.values, origin)
    for file, part in others:
        if part.values.keys() != rows.values.keys():
            role = next(iter(part.values.keys() ^ rows.values.keys()))
            has, lacks = (file, first) if role in part.values else (first, file)
            raise DataError(
                f"{str(has)!r} has a column for the {role}, and {str(lacks)!r} has none; read them as tables of their own"
            )
    values = {role: np.concatenate([part.values[role] for _, part in parts]) for role in rows.values}
    return Dated(np.concatenate([part.times for _, part in parts]), values, f"{origin} and {len(others)} more")


def _sorted(dated: Dated) -> Dated:
    """Return dated values oldest first: the order of their rows means nothing."""
    return dated.take(np.argsort(dated.time, kind="stable"))


@contextmanager
def naming(what: str, symbol: str, origin: str) -> Iterator[None]:
    """Put what is wrong, whose it is and where it came from before a message about values."""
    try:
        yield
    except DataError as error:
        raise DataError(f"the {what} of {symbol!r} from {origin!r} are refused: {error}") from None
