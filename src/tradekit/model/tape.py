"""All that happens in the markets of a run, in one order: trades, quotes and updates of books as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Times
from tradekit.model.ticks import BookUpdates, Quotes, Trades

__all__ = ["Tape", "TickKind", "update_starts"]

_COLUMNS: Mapping[type[Any], Mapping[str, type[np.generic]]] = {
    Trades: {"price": np.float64, "size": np.float64, "side": np.int8},
    Quotes: dict.fromkeys(("bid", "bid_size", "ask", "ask_size"), np.float64),
    BookUpdates: {"side": np.int8, "price": np.float64, "size": np.float64, "is_snapshot": np.bool_},
}


class TickKind(IntEnum):
    """What something on a tape is; of one time, in this order."""

    TRADE = 0
    QUOTE = 1
    BOOK = 2


@dataclass(frozen=True, eq=False)
class Tape:
    """Everything that happens, by time; of one time trades before quotes before books, then in the order of the instruments.

    `time` is int64, UTC nanoseconds; `kind` is int8 (`TickKind`), `instrument` int32; `place` is int64: which row of the columns of
    its kind it is, or for a book which update: these are the rows `update[place] <= row < update[place + 1]` of `book`. `first` is
    int64 [rows + 1]: what is `first[row] <= n < first[row + 1]` happens before row `row` of the clock closes, and not before the
    one before does.
    `trades`, `quotes` and `book` are the columns of what they hold, by name, one instrument behind the other.
    """

    time: Times
    kind: NDArray[np.int8]
    instrument: NDArray[np.int32]
    place: Times
    first: Times
    trades: Mapping[str, NDArray[Any]]
    quotes: Mapping[str, NDArray[Any]]
    book: Mapping[str, NDArray[Any]]
    update: Times
    has_trades: bool
    has_depth: bool
    """Whether there are quotes or books."""

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def of(
        cls,
        close_time: Times,
        trades: Sequence[Trades] = (),
        quotes: Sequence[Quotes] = (),
        book: Sequence[BookUpdates] = (),
    ) -> Tape:
        """Return the tape of a clock; each kind is given for all instruments, in their order, or for none."""
        updates = [update_starts(one) for one in book]
        counts = [len(one) for one in book]
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        update = np.concatenate([*(start + offset for start, offset in zip(updates, offsets, strict=False)), offsets[-1:]])
        times = [[one.time for one in trades], [one.time for one in quotes]]
        times.append([one.time[start] for one, start in zip(book, updates, strict=True)])
        time = np.concatenate([np.zeros(0, np.int64), *(part for kind in times for part in kind)])
        kind = np.concatenate([np.full(sum(map(len, parts)), code, np.int8) for code, parts in enumerate(times)])
        instrument = np.concatenate(
            [np.zeros(0, np.int32), *(np.full(len(part), i, np.int32) for parts in times for i, part in enumerate(parts))]
        )
        place = np.concatenate([np.arange(sum(map(len, parts)), dtype=np.int64) for parts in times])
        order = np.argsort(time, kind="stable")
        time = time[order]
        first = np.concatenate(([0], np.searchsorted(time, close_time, side="left"))).astype(np.int64)
        return cls(
            time,
            kind[order],
            instrument[order],
            place[order],
            first,
            _joined(Trades, trades),
            _joined(Quotes, quotes),
            _joined(BookUpdates, book),
            update.astype(np.int64),
            bool(trades),
            bool(quotes) or bool(book),
        )


def update_starts(book: BookUpdates) -> Times:
    """Return the first row of each update: rows that follow each other with one time and one sequence number are one."""
    is_new = np.ones(len(book), dtype=np.bool_)
    is_new[1:] = (np.diff(book.time) > 0) | (np.diff(book.sequence) != 0)
    return np.flatnonzero(is_new).astype(np.int64)


def _joined(kind: type[Any], parts: Sequence[Trades | Quotes | BookUpdates]) -> dict[str, NDArray[Any]]:
    """Return the columns of all instruments, one behind the other."""
    if len(parts) == 1:
        return {name: getattr(parts[0], name) for name in _COLUMNS[kind]}
    return {
        name: np.concatenate([np.zeros(0, dtype), *(getattr(one, name) for one in parts)]) for name, dtype in _COLUMNS[kind].items()
    }
