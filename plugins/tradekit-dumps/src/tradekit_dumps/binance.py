"""Recordings of Binance's websocket streams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from tradekit import BarRequest, BookUpdates, DataError, Field, Quotes, Trades
from tradekit_dumps.messages import Message, Messages, RecordingOptions, messages, wanted
from tradekit_dumps.rows import BookRows, QuoteRows, TradeRows

__all__ = ["BinanceRecording"]

_SYMBOL = re.compile(rb'"s": ?"([^"]+)"')
_MS = 1_000_000


class BinanceRecording(Messages):
    """Recorded websocket streams of Binance, spot and futures: trades, best bids and asks, order books.

    A line is the time at which it came in (nanoseconds since 1970 UTC), a blank, and the message as it was sent, of a combined
    stream or a single one. Order books take the changes (`depthUpdate`) and at least one snapshot from the REST interface: changes
    that came before it are kept and those that it holds already are left out, as Binance prescribes.
    """

    name = "binance-recording"

    class Options(RecordingOptions):
        """Which files are read, which time counts, and what a gap in an order book does."""

        gaps: Literal["refuse", "wait"] = Field(
            default="refuse",
            description="what is done where changes of an order book are missing: nothing is read, or the book is left as it is "
            "until the next snapshot, and the origin counts the gaps",
        )

    def symbols(self) -> set[str]:
        """Return the symbols of all messages."""
        return self.found_in(_SYMBOL)

    def trades(self, request: BarRequest) -> Mapping[str, Trades]:
        """Return the trades of the stream `trade`."""
        found: dict[str, TradeRows] = {}
        for message in messages(self.options.path, [b'trade"']):
            data = message.content.get("data", message.content)
            if data.get("e") != "trade":
                continue
            try:
                side = -1 if data["m"] else 1
                row = (self._time(message, data, "T"), float(data["p"]), float(data["q"]), side, int(data["t"]))
                found.setdefault(data["s"], TradeRows()).add(*row)
            except (KeyError, TypeError, ValueError) as error:
                raise message.broken(error) from None
        wanted(request.symbols, found, self.options.path, "trades")
        return {symbol: found[symbol].result(request, symbol, str(self.options.path)) for symbol in request.symbols}

    def quotes(self, request: BarRequest) -> Mapping[str, Quotes]:
        """Return the best bids and asks of the stream `bookTicker`; spot's have no time of the exchange."""
        found: dict[str, QuoteRows] = {}
        for message in messages(self.options.path, [b'"B"']):
            data = message.content.get("data", message.content)
            if data.get("e", "bookTicker") != "bookTicker" or "B" not in data:
                continue
            try:
                values = [float(data[name]) for name in ("b", "B", "a", "A")]
                found.setdefault(data["s"], QuoteRows()).add(self._time(message, data, "T"), values)
            except (KeyError, TypeError, ValueError) as error:
                raise message.broken(error) from None
        wanted(request.symbols, found, self.options.path, "quotes")
        return {symbol: found[symbol].result(request, symbol, str(self.options.path)) for symbol in request.symbols}

    def book(self, request: BarRequest) -> Mapping[str, BookUpdates]:
        """Return order books: the snapshot, then the changes that it does not hold."""
        found: dict[str, _Book] = {}
        snapshots = []
        for message in messages(self.options.path, [b'depthUpdate"', b'"lastUpdateId"']):
            data = message.content.get("data", message.content)
            try:
                if "lastUpdateId" in data:
                    snapshots.append((len(found), message.where))
                    for book in found.values() or [found.setdefault("", _Book(self.options.gaps))]:
                        book.snapshot(message, data, self._snapshot_time(message, data))
                elif data.get("e") == "depthUpdate":
                    symbol = data["s"]
                    if symbol not in found:
                        found[symbol] = found.pop("") if "" in found else _Book(self.options.gaps)
                    # Spot's changes have the time of the message only.
                    found[symbol].change(message, data, self._time(message, data, "T" if "T" in data else "E"))
            except (KeyError, TypeError, ValueError) as error:
                raise message.broken(error) from None
        found.pop("", None)
        if len(found) > 1 and snapshots:
            names = ", ".join(map(repr, sorted(found)))
            raise DataError(f"{snapshots[0][1]}: a snapshot does not say whose it is, and the files have changes of {names}")
        wanted(request.symbols, found, self.options.path, "changes of an order book")
        return {symbol: found[symbol].result(request, symbol, str(self.options.path)) for symbol in request.symbols}

    def _time(self, message: Message, data: Mapping[str, Any], key: str) -> int:
        if self.options.clock == "arrival":
            return message.arrival
        if key not in data:
            raise DataError(f"{message.where}: this message has no time of the exchange; read it by clock = 'arrival'")
        return int(data[key]) * _MS

    def _snapshot_time(self, message: Message, data: Mapping[str, Any]) -> int | None:
        if self.options.clock == "arrival":
            return message.arrival
        return int(data["T"]) * _MS if "T" in data else None


class _Book:
    """One order book: it is known from a snapshot on, for as long as no change is missing."""

    def __init__(self, gaps: str) -> None:
        self.gaps_are_refused = gaps == "refuse"
        self.gaps = 0
        self.rows = BookRows()
        self.waiting: list[tuple[Message, Mapping[str, Any], int]] = []
        """Changes that can't be placed before a snapshot has come."""
        self.last: int | None = None
        """The number of the last change that is in the book; `None` while the book is not known."""
        self.start: tuple[Message, Mapping[str, Any], int | None] | None = None
        """A snapshot that no change has followed yet."""

    def snapshot(self, message: Message, data: Mapping[str, Any], time: int | None) -> None:
        """Begin with a whole book; a book that is known already needs none."""
        if self.last is not None:
            return
        self.start = (message, data, time)
        waiting, self.waiting = self.waiting, []
        for earlier, change, arrived in waiting:
            self.change(earlier, change, arrived if time is None else max(arrived, time))

    def change(self, message: Message, data: Mapping[str, Any], time: int) -> None:
        """Apply a change, or keep it until a snapshot has come."""
        number = int(data["u"])
        if self.last is None:
            if self.start is None:
                self.waiting.append((message, data, time))
                return
            if number <= int(self.start[1]["lastUpdateId"]):
                return
            self._begin(message, data, time)
            if self.last is None:
                return
        elif number <= self.last:
            return
        elif not _follows(data, self.last):
            self._miss(message, data, time, f"change {data['U']} does not follow on {self.last}: changes are missing")
            return
        self._put(time, number, data["b"], data["a"], is_snapshot=False)
        self.last = number

    def _begin(self, message: Message, data: Mapping[str, Any], time: int) -> None:
        """Write the snapshot, if the first change after it leaves nothing out."""
        if self.start is None:
            raise ValueError("there is no snapshot to begin with")
        _, whole, at = self.start
        self.start = None
        last = int(whole["lastUpdateId"])
        if not _follows(data, last, is_first=True):
            self._miss(message, data, time, f"change {data['U']} comes too late for the snapshot {last}: changes are missing")
            return
        self._put(time if at is None else at, last, whole["bids"], whole["asks"], is_snapshot=True)
        self.last = last

    def _miss(self, message: Message, data: Mapping[str, Any], time: int, what: str) -> None:
        if self.gaps_are_refused:
            raise DataError(f"{message.where}: {what}; to go on from the next snapshot, say gaps = 'wait'")
        self.gaps += 1
        self.last = None
        self.waiting.append((message, data, time))

    def _put(self, time: int, number: int, bids: Iterable[Any], asks: Iterable[Any], is_snapshot: bool) -> None:
        for side, levels in ((1, bids), (-1, asks)):
            self.rows.add(time, number, side, [(float(price), float(size)) for price, size in levels], is_snapshot)

    def result(self, request: BarRequest, symbol: str, path: str) -> BookUpdates:
        """Return what is known of the book."""
        if not len(self.rows.times):
            raise DataError(f"{path!r} has changes of the order book of {symbol!r}, and no snapshot that they follow on")
        origin = path if not self.gaps else f"{path} ({self.gaps} gap{'s' if self.gaps > 1 else ''})"
        return self.rows.result(request, symbol, origin)


def _follows(data: Mapping[str, Any], last: int, is_first: bool = False) -> bool:
    """Say whether a change goes on from `last`: futures name the change before, spot counts without holes."""
    if "pu" in data:
        before = int(data["pu"])
        return before <= last if is_first else before == last
    return int(data["U"]) <= last + 1 if is_first else int(data["U"]) == last + 1
