"""Trades, quotes and book updates out of tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tradekit.data.columns import Header, Mark, Roles
from tradekit.data.dated import INSTANT, Dated, naming, read_dated
from tradekit.data.options import BookTable, LevelColumns, QuoteTable, TableOptions, TradeTable
from tradekit.data.rows import TableSource
from tradekit.data.words import read_flags, read_numbers, read_sides, read_takers
from tradekit.errors import DataError
from tradekit.model.ticks import BookUpdates, Quotes, Trades
from tradekit.plugin.contracts import BarRequest

__all__ = ["read_book", "read_quotes", "read_trades"]

_SIZES = ("size", "quantity", "qty", "volume", "amount")
_SIDE_SIZES = ("size", "amount", "qty", "quantity", "volume")
_TAKERS = ("buyer_maker", "is_buyer_maker", "isBuyerMaker")
_NUMBERS = ("id", "trade_id", "number")
_SEQUENCES = ("sequence", "update_id", "last_update_id")
_SNAPSHOTS = ("is_snapshot", "update_type")


def read_trades(source: TableSource, request: BarRequest) -> dict[str, Trades]:
    """Return the trades of each requested symbol in the requested range, in the order of the files; nothing without such a table.

    Raises `DataError` for what can't be read, for a symbol that the table does not have, and for trades out of order.
    """
    options: TableOptions = source.options
    table = options.trades
    if table is None:
        return {}
    found = {}
    for symbol, dated in _ticks(source, table, request, "trades").items():
        marks: dict[str, Any] = {role: dated.values[role] for role in ("side", "number") if role in dated.values}
        with naming("trades", symbol, dated.origin):
            found[symbol] = Trades(dated.time, dated.values["price"], dated.values["size"], dated.origin, **marks)
    return found


def read_quotes(source: TableSource, request: BarRequest) -> dict[str, Quotes]:
    """Return the quotes of each requested symbol in the requested range, in the order of the files; nothing without such a table.

    Raises `DataError` for what can't be read, for a symbol that the table does not have, and for quotes out of order.
    """
    options: TableOptions = source.options
    if options.quotes is None:
        return {}
    found = {}
    for symbol, dated in _ticks(source, options.quotes, request, "quotes").items():
        columns: dict[str, Any] = {}
        for side in ("bid", "ask"):
            price = columns[side] = dated.values[side]
            size = dated.values.get(f"{side}_size", np.zeros(len(price)))
            columns[f"{side}_size"] = np.where(np.isnan(price) & np.isnan(size), 0.0, size)
        sizes = len([role for role in dated.values if role.endswith("_size")])
        origin = dated.origin if sizes == 2 else f"{dated.origin} ({'no sizes' if not sizes else 'sizes of one side only'})"
        with naming("quotes", symbol, origin):
            found[symbol] = Quotes(dated.time, **columns, origin=origin)
    return found


def read_book(source: TableSource, request: BarRequest) -> dict[str, BookUpdates]:
    """Return the book updates of each requested symbol in the requested range, in the order of the files; nothing without a table.

    Where a row is a whole book, each becomes an update of its own, numbered by its row if the table has no numbers. Raises
    `DataError` for what can't be read, for a symbol that the table does not have, and for updates out of order.
    """
    options: TableOptions = source.options
    if options.book is None:
        return {}
    found = {}
    for symbol, dated in _ticks(source, options.book, request, "book updates").items():
        with naming("book updates", symbol, dated.origin):
            found[symbol] = _changes(dated) if options.book.levels is None else _books(dated)
    return found


def _changes(dated: Dated) -> BookUpdates:
    count, values = len(dated.time), dated.values
    return BookUpdates(
        dated.time,
        values.get("sequence", np.zeros(count, np.int64)),
        values["side"],
        values["price"],
        values["size"],
        values.get("snapshot", np.zeros(count, np.bool_)),
        dated.origin,
    )


def _books(dated: Dated) -> BookUpdates:
    """Return whole books, a row for each level that they have."""
    count = len(dated.time)
    prices = [role for role in dated.values if role.endswith("price")]
    sides = np.array([1 if role.startswith("bid") else -1 for role in prices], dtype=np.int8)
    price = np.column_stack([dated.values[role] for role in prices])
    size = np.column_stack([dated.values[role.removesuffix("price") + "size"] for role in prices])
    sequence = dated.values.get("sequence", np.arange(1, count + 1))
    exists = ~np.isnan(price)
    row, level = np.nonzero(exists)
    return BookUpdates(
        dated.time[row], sequence[row], sides[level], price[exists], size[exists], np.ones(len(row), np.bool_), dated.origin
    )


def _ticks(source: TableSource, table: TradeTable | QuoteTable | BookTable, request: BarRequest, what: str) -> dict[str, Dated]:
    """Return the rows of each requested symbol in the requested range."""
    place = "book" if isinstance(table, BookTable) else what

    def roles(names: Sequence[str], file: Path) -> Roles:
        header = Header(names, file, f"{place}.columns")
        values, marks = _columns(table, header)
        return Roles(
            header.times(table.columns.time),
            values,
            header.filters(table),
            header.symbol(table.columns.symbol, table.path),
            may_be_empty=True,
            marks=marks,
        )

    found = {}
    for symbol, dated in read_dated(source, (place, table), roles, request.symbols, INSTANT).items():
        keep = np.ones(len(dated.time), dtype=np.bool_)
        keep &= True if request.start is None else dated.time >= request.start
        keep &= True if request.end is None else dated.time < request.end
        found[symbol] = dated if keep.all() else dated.take(keep)
    for symbol in request.symbols:
        if symbol not in found:
            raise DataError(f"no {what} of {symbol!r} in {str(table.path)!r}")
    return found


def _columns(table: TradeTable | QuoteTable | BookTable, header: Header) -> tuple[dict[str, str], dict[str, Mark]]:
    """Return the columns that hold values, and those that hold marks, by role."""
    columns = table.columns
    if isinstance(table, QuoteTable):
        values = {side: header.value(side, getattr(columns, side), (side, f"{side}_price")) for side in ("bid", "ask")}
        for side in ("bid", "ask"):
            role = f"{side}_size"
            column = header.usual(role, getattr(columns, role), [f"{side}_{size}" for size in _SIDE_SIZES])
            values |= {role: column} if column is not None else {}
        return values, {}
    if isinstance(table, BookTable):
        sequence = header.usual("sequence", table.columns.sequence, _SEQUENCES)
        marks = {"sequence": Mark(sequence, read_numbers)} if sequence is not None else {}
        if table.levels is not None:
            return _level_columns(table.levels, replace(header, option="book.levels")), marks
        marks["side"] = Mark(header.value("side", table.columns.side, ("side",)), read_sides)
        snapshot = header.usual("snapshot", table.columns.snapshot, _SNAPSHOTS)
        marks |= {"snapshot": Mark(snapshot, read_flags)} if snapshot is not None else {}
    else:
        marks = _trade_marks(table, header)
    price = header.value("price", table.columns.price, ("price",))
    return {"price": price, "size": header.value("size", table.columns.size, _SIZES)}, marks


def _trade_marks(table: TradeTable, header: Header) -> dict[str, Mark]:
    columns = table.columns
    marks = {}
    side = None if columns.buyer_maker is not None else header.usual("side", columns.side, ("side",))
    if side is not None:
        marks["side"] = Mark(side, partial(read_sides, way_out=header.way_out("side", "false")))
    elif columns.side is None:
        maker = header.usual("buyer_maker", columns.buyer_maker, _TAKERS)
        marks |= {"side": Mark(maker, read_takers)} if maker is not None else {}
    number = header.usual("number", columns.number, _NUMBERS)
    return marks | ({"number": Mark(number, read_numbers)} if number is not None else {})


def _level_columns(levels: LevelColumns, header: Header) -> dict[str, str]:
    """Return the columns of all levels, by side, level and what they hold."""
    patterns: dict[str, str] = dict(levels)
    names = header.names
    first = 0 if levels.bid_price.replace("{level}", "0") in names else 1
    values: dict[str, str] = {}
    level = first
    while level == first or levels.bid_price.replace("{level}", str(level)) in names:
        for role, pattern in patterns.items():
            side, what = role.split("_")
            values[f"{side}{level} {what}"] = header.find(role, pattern.replace("{level}", str(level)), is_usual=True)
        level += 1
    return values
