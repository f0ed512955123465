"""The trades, quotes and books that a run goes through: read, checked and put into one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tradekit.data.fetch.whole import all_trades
from tradekit.data.interval import time_text
from tradekit.data.lacking import where_to_say
from tradekit.data.quality.report import Inspected, inspected_ticks
from tradekit.data.reference import facts_of, given
from tradekit.errors import DataError
from tradekit.model.bars import Bars
from tradekit.model.tape import Tape, update_starts
from tradekit.model.ticks import BookUpdates, Quotes, Trades
from tradekit.plugin.contracts import BarRequest, DataSource
from tradekit.simulator.depth import Depth, levels_of

__all__ = ["LoadedTape", "load_tape", "since"]


@dataclass(frozen=True, slots=True)
class LoadedTape:
    """The tape of a run, and what a reader of its result should know about it."""

    tape: Tape
    facts: Mapping[str, Mapping[str, Any]]
    """By symbol, then by kind: origin, rows, first, last (UTC) and sha256 of what was read."""
    notes: tuple[str, ...]
    inspected: Mapping[str, Mapping[str, Inspected]]
    """By kind, then by symbol: what was found in what was read."""


def load_tape(source: DataSource, bars: Bars, kinds: Sequence[str]) -> LoadedTape:
    """Read `kinds` of ticks of all instruments, from the open of the first bar to the close of the last.

    Raises `DataError` for what the source does not have.
    """
    request = BarRequest(bars.symbols, 0, int(bars.open_time[0]), int(bars.close_time[-1]))
    read = {kind: _read(source, kind, request) for kind in kinds}
    tape = Tape.of(
        bars.close_time,
        trades=[one for one in read.get("trades", ()) if isinstance(one, Trades)],
        quotes=[one for one in read.get("quotes", ()) if isinstance(one, Quotes)],
        book=[one for one in read.get("book", ()) if isinstance(one, BookUpdates)],
    )
    facts = {symbol: {kind: facts_of(read[kind][i]) for kind in kinds} for i, symbol in enumerate(bars.symbols)}
    inspected = {kind: dict(zip(bars.symbols, map(inspected_ticks, read[kind]), strict=True)) for kind in kinds}
    return LoadedTape(tape, facts, tuple(_notes(bars, read)), inspected)


def _read(source: DataSource, kind: str, request: BarRequest) -> list[Trades | Quotes | BookUpdates]:
    if kind == "trades":
        found: Mapping[str, Any] = given(source, Trades, all_trades(source, request))
    elif kind == "quotes":
        found = given(source, Quotes, source.quotes(request))
    else:
        # A book is known from its snapshot on, wherever the run begins.
        whole = given(source, BookUpdates, source.book(replace(request, start=None)))
        found = {symbol: since(book, request.start or 0) for symbol, book in whole.items()}
    for symbol in request.symbols:
        if symbol not in found:
            what = f"data.ticks has {kind!r}, and the data source {source.name!r} gave none of {symbol!r}"
            raise DataError(f"{what}{where_to_say(source, kind)}")
    return [found[symbol] for symbol in request.symbols]


def since(book: BookUpdates, start: int) -> BookUpdates:
    """Return the updates from a time on, behind a snapshot of the book as it stands then."""
    rows = int(np.searchsorted(book.time, start))
    if rows == 0:
        return book
    depth, starts = Depth(""), update_starts(book)
    depth.best_after(levels_of(book), np.append(starts[(starts > 0) & (starts < rows)], rows))
    bids, asks = depth.bids(), depth.asks()
    count = len(bids) + len(asks)
    side = np.repeat(np.array([1, -1], np.int8), [len(bids), len(asks)])
    price, size = np.concatenate((bids, asks)).T
    return BookUpdates(
        np.concatenate((np.full(count, start), book.time[rows:])),
        np.concatenate((np.full(count, book.sequence[rows - 1]), book.sequence[rows:])),
        np.concatenate((side, book.side[rows:])),
        np.concatenate((price, book.price[rows:])),
        np.concatenate((size, book.size[rows:])),
        np.concatenate((np.ones(count, np.bool_), book.is_snapshot[rows:])),
        book.origin,
        book.stored,
    )


def _notes(bars: Bars, read: Mapping[str, Sequence[Trades | Quotes | BookUpdates]]) -> list[str]:
    """Say where a book is not known from the first bar on: what is decided before it is can't be filled."""
    notes = []
    for kind in ("quotes", "book"):
        for symbol, one in zip(bars.symbols, read.get(kind, ()), strict=False):
            if len(one) and one.time[0] >= bars.close_time[0]:
                notes.append(f"{symbol}: its {kind} begin at {time_text(one.time[0])}, after the first bar has closed.")
    return notes
