"""Trades, quotes and book updates out of tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tradekit.data.columns import Mark, Roles, filters, find_column, symbol_column, time_columns, usual_column
from tradekit.data.dated import INSTANT, Dated, naming, read_dated, value_column
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

    def roles(names: Sequence[str], file: Path) -> Roles:
        values, marks = _columns(table, names, file)
        return Roles(
            time_columns(names, table.columns.time, file),
            values,
            filters(names, table, file),
            symbol_column(names, table.columns.symbol, table.path, file),
            may_be_empty=True,
            marks=marks,
        )

    found = {}
    for symbol, dated in read_dated(source, table, roles, request.symbols, INSTANT).items():
        keep = np.ones(len(dated.time), dtype=np.bool_)
        keep &= True if request.start is None else dated.time >= request.start
        keep &= True if request.end is None else dated.time < request.end
        found[symbol] = dated if keep.all() else dated.take(keep)
    for symbol in request.symbols:
        if symbol not in found:
            raise DataError(f"no {what} of {symbol!r} in {str(table.path)!r}")
    return found


def _columns(
    table: TradeTable | QuoteTable | BookTable, names: Sequence[str], file: Path
) -> tuple[dict[str, str], dict[str, Mark]]:
    """Return the columns that hold values, and those that hold marks, by role."""
    columns = table.columns
    if isinstance(table, QuoteTable):
        values = {side: value_column(side, getattr(columns, side), (side, f"{side}_price"), names, file) for side in ("bid", "ask")}
        for side in ("bid", "ask"):
            role = f"{side}_size"
            column = usual_column(role, getattr(columns, role), [f"{side}_{size}" for size in _SIDE_SIZES], names, file)
            values |= {role: column} if column is not None else {}
        return values, {}
    if isinstance(table, BookTable):
        sequence = usual_column("sequence", table.columns.sequence, _SEQUENCES, names, file)
        marks = {"sequence": Mark(sequence, read_numbers)} if sequence is not None else {}
        if table.levels is not None:
            return _level_columns(table.levels, names, file), marks
        marks["side"] = Mark(value_column("side", table.columns.side, ("side",), names, file), read_sides)
        snapshot = usual_column("snapshot", table.columns.snapshot, _SNAPSHOTS, names, file)
        marks |= {"snapshot": Mark(snapshot, read_flags)} if snapshot is not None else {}
    else:
        marks = _trade_marks(table, names, file)
    price = value_column("price", table.columns.price, ("price",), names, file)
    return {"price": price, "size": value_column("size", table.columns.size, _SIZES, names, file)}, marks


def _trade_marks(table: TradeTable, names: Sequence[str], file: Path) -> dict[str, Mark]:
    columns = table.columns
    marks = {}
    side = None if columns.buyer_maker is not None else usual_column("side", columns.side, ("side",), names, file)
    if side is not None:
        marks["side"] = Mark(side, read_sides)
    elif columns.side is None:
        maker = usual_column("buyer_maker", columns.buyer_maker, _TAKERS, names, file)
        marks |= {"side": Mark(maker, read_takers)} if maker is not None else {}
    number = usual_column("number", columns.number, _NUMBERS, names, file)
    return marks | ({"number": Mark(number, read_numbers)} if number is not None else {})


def _level_columns(levels: LevelColumns, names: Sequence[str], file: Path) -> dict[str, str]:
    """Return the columns of all levels, by side, level and what they hold."""
    patterns: dict[str, str] = dict(levels)
    first = 0 if levels.bid_price.replace("{level}", "0") in names else 1
    values: dict[str, str] = {}
    level = first
    while level == first or levels.bid_price.replace("{level}", str(level)) in names:
        for role, pattern in patterns.items():
            side, what = role.split("_")
            values[f"{side}{level} {what}"] = find_column(f"levels.{role}", pattern.replace("{level}", str(level)), names, file)
        level += 1
    return values
