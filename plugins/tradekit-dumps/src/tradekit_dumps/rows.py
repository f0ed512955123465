"""Rows that are collected one by one, and become what a data source gives."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from tradekit import BarRequest, BookUpdates, DataError, Quotes, Trades

__all__ = ["BookRows", "QuoteRows", "TradeRows"]


@contextmanager
def _naming(what: str, symbol: str, origin: str) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise DataError(f"the {what} of {symbol!r} from {origin!r} are refused: {error}") from None


class TradeRows:
    """Trades of one instrument."""

    def __init__(self) -> None:
        self.times, self.sides, self.numbers = array("q"), array("b"), array("q")
        self.prices, self.sizes = array("d"), array("d")

    def add(self, time: int, price: float, size: float, side: int, number: int) -> None:
        """Take note of a trade."""
        self.times.append(time)
        self.prices.append(price)
        self.sizes.append(size)
        self.sides.append(side)
        self.numbers.append(number)

    def result(self, request: BarRequest, symbol: str, origin: str) -> Trades:
        """Return those in the requested range."""
        keep = _within(np.array(self.times, np.int64), request)
        time, price, size = (np.array(column)[keep] for column in (self.times, self.prices, self.sizes))
        with _naming("trades", symbol, origin):
            return Trades(time, price, size, origin, np.array(self.sides)[keep], np.array(self.numbers)[keep])


class QuoteRows:
    """Quotes of one instrument."""

    def __init__(self) -> None:
        self.times = array("q")
        self.values = array("d")

    def add(self, time: int, values: Iterable[float]) -> None:
        """Take note of a quote: bid, its size, ask, its size."""
        self.times.append(time)
        self.values.extend(values)

    def result(self, request: BarRequest, symbol: str, origin: str) -> Quotes:
        """Return those in the requested range."""
        times = np.array(self.times, np.int64)
        keep = _within(times, request)
        bid, bid_size, ask, ask_size = np.array(self.values).reshape(len(times), 4)[keep].T
        with _naming("quotes", symbol, origin):
            return Quotes(times[keep], bid, bid_size, ask, ask_size, origin)


class BookRows:
    """Changes of one order book."""

    def __init__(self) -> None:
        self.times, self.sequences, self.sides, self.flags = array("q"), array("q"), array("b"), array("b")
        self.prices, self.sizes = array("d"), array("d")

    def add(self, time: int, sequence: int, side: int, levels: Iterable[tuple[float, float]], is_snapshot: bool) -> None:
        """Take note of levels of one side of an update."""
        before = len(self.prices)
        for price, size in levels:
            self.prices.append(price)
            self.sizes.append(size)
        count = len(self.prices) - before
        self.times.extend([time] * count)
        self.sequences.extend([sequence] * count)
        self.sides.extend([side] * count)
        self.flags.extend([is_snapshot] * count)

    def result(self, request: BarRequest, symbol: str, origin: str) -> BookUpdates:
        """Return those in the requested range."""
        times = np.array(self.times, np.int64)
        keep = _within(times, request)
        is_snapshot = np.array(self.flags, np.bool_)[keep]
        sequence, side, price, size = (np.array(column)[keep] for column in (self.sequences, self.sides, self.prices, self.sizes))
        with _naming("book updates", symbol, origin):
            return BookUpdates(times[keep], sequence, side, price, size, is_snapshot, origin)


def _within(times: NDArray[np.int64], request: BarRequest) -> NDArray[np.bool_]:
    keep = np.ones(len(times), dtype=np.bool_)
    if request.start is not None:
        keep &= times >= request.start
    if request.end is not None:
        keep &= times < request.end
    return keep
