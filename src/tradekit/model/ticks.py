"""What is finer than bars: single trades, quotes, and updates of an order book."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tradekit.errors import DataError
from tradekit.model.bars import Floats, Stored, Times
from tradekit.model.demands import demand, freeze, in_order

__all__ = ["BookUpdates", "Quotes", "Trades", "trade_number"]

_NO_SIDES = np.zeros(0, dtype=np.int8)
_NO_NUMBERS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Trades:
    """The trades of one instrument, oldest first, those of one time in the order in which they were made.

    `time` is int64, UTC nanoseconds; `price` and `size` are float64. `side` is int8: 1 where a buyer took, -1 where a seller took,
    0 where nobody says. `number` is int64, the venue's own number of the trade, 0 where there is none; one that is no whole number
    is stood for by `trade_number`. Both may be left out. The arrays are read-only. Raises `DataError` for times that go back, and
    for prices, sizes and sides that can't be.
    """

    time: Times
    price: Floats
    size: Floats
    origin: str = ""
    """Where they came from, as a person would name it."""
    side: NDArray[np.int8] = field(default_factory=lambda: _NO_SIDES)
    number: NDArray[np.int64] = field(default_factory=lambda: _NO_NUMBERS)
    stored: Stored | None = None
    """Where in a store they are from, if they are from one."""

    def __post_init__(self) -> None:
        for name, none in (("side", _NO_SIDES), ("number", _NO_NUMBERS)):
            if getattr(self, name) is none:
                object.__setattr__(self, name, np.zeros(len(self.time), none.dtype))
        freeze(self, {"price": np.float64, "size": np.float64, "side": np.int8, "number": np.int64})
        in_order(self.time, "trades")
        demand(self.time, self.price, (self.price > 0) & (self.price < np.inf), "the price of a trade must be finite and above 0")
        demand(self.time, self.size, (self.size >= 0) & (self.size < np.inf), "the size of a trade must be finite and 0 or more")
        demand(self.time, self.side, abs(self.side) <= 1, "the side of a trade must be 1 (a buyer took), -1 (a seller took) or 0")

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Quotes:
    """The best bid and ask of one instrument, oldest first, each from its time on.

    `time` is int64, UTC nanoseconds; the others are float64: prices, and units on offer at them. Where a side is empty, its price
    is NaN and its size 0. A bid above the ask is kept as it is: checks of the data find it. The arrays are read-only. Raises
    `DataError` for times that go back, and for prices and sizes that can't be.
    """

    time: Times
    bid: Floats
    bid_size: Floats
    ask: Floats
    ask_size: Floats
    origin: str = ""
    """Where they came from, as a person would name it."""
    stored: Stored | None = None
    """Where in a store they are from, if they are from one."""

    def __post_init__(self) -> None:
        freeze(self, dict.fromkeys(("bid", "bid_size", "ask", "ask_size"), np.float64))
        in_order(self.time, "quotes")
        for side in ("bid", "ask"):
            price, size = getattr(self, side), getattr(self, f"{side}_size")
            demand(self.time, price, np.isnan(price) | ((price > 0) & (price < np.inf)), f"the {side} of a quote must be above 0")
            demand(self.time, size, (size >= 0) & (size < np.inf), f"the size of the {side} must be finite and 0 or more")

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class BookUpdates:
    """Changes of the order book of one instrument by price level, oldest first.

    `time` is int64, UTC nanoseconds. `sequence` is int64, the venue's number of the message that a row belongs to, 0 where there is
    none: rows that follow each other with the same time and sequence are one update, seen as a whole. `side` is int8, 1 for bids
    and -1 for asks; `price` is float64; `size` float64, the units now on offer at it, 0 if the level is gone. `is_snapshot` is
    bool: such rows are the whole book, which what was known before gives way to. The arrays are read-only. Raises `DataError` for
    times that go back, and for values that can't be.
    """

    time: Times
    sequence: NDArray[np.int64]
    side: NDArray[np.int8]
    price: Floats
    size: Floats
    is_snapshot: NDArray[np.bool_]
    origin: str = ""
    """Where they came from, as a person would name it."""
    stored: Stored | None = None
    """Where in a store they are from, if they are from one."""

    def __post_init__(self) -> None:
        types = {"sequence": np.int64, "side": np.int8, "price": np.float64, "size": np.float64, "is_snapshot": np.bool_}
        freeze(self, types)
        in_order(self.time, "book updates")
        demand(self.time, self.side, abs(self.side) == 1, "the side of a book update must be 1 (bid) or -1 (ask)")
        demand(self.time, self.price, (self.price > 0) & (self.price < np.inf), "the price of a level must be finite and above 0")
        demand(self.time, self.size, (self.size >= 0) & (self.size < np.inf), "the size of a level must be finite and 0 or more")

    def __len__(self) -> int:
        return len(self.time)


def trade_number(text: str) -> int:
    """Return a venue's number of a trade as a whole number: itself, or 63 bits of its SHA-256 if it is none that fits.

    Raises `DataError` for an empty text.

    >>> trade_number("28457")
    28457
    >>> trade_number("8f1e54c7-1d33") == trade_number("8f1e54c7-1d33") > 0
    True
    """
    if not text:
        raise DataError("a trade's number is empty; leave numbers out where there are none")
    if text.isascii() and text.isdigit() and int(text) < 2**63:
        return int(text)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
