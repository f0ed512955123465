"""Trades, quotes and order books as they are made, from ccxt's streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tradekit import BookUpdates, DataError, Quotes, Reconnected, Trades, VenueError, trade_number
from tradekit_ccxt.library import Client
from tradekit_ccxt.listening import Heard, Pause, listen
from tradekit_ccxt.streaming import attached

__all__ = ["BookFollower", "books_as_made", "quotes_as_made", "trades_as_made", "trades_of"]

_MS = 1_000_000
_SIDES = {"buy": 1, "sell": -1}
_KEPT = 1000
"""So many trades are kept by ccxt until it is asked; of more that come at once, the first are lost without a word."""

Levels = dict[tuple[int, float], float]
"""The size on offer, by side (1: bids, -1: asks) and price."""


def trades_of(found: Sequence[Mapping[str, Any]], origin: str) -> Trades:
    """Return trades as ccxt gives them, in order of time."""
    ordered = sorted(found, key=lambda trade: int(trade["timestamp"]))
    return Trades(
        np.array([int(trade["timestamp"]) * _MS for trade in ordered], dtype=np.int64),
        np.array([float(trade["price"]) for trade in ordered], dtype=np.float64),
        np.array([float(trade["amount"]) for trade in ordered], dtype=np.float64),
        origin,
        np.array([_SIDES.get(trade["side"], 0) for trade in ordered], dtype=np.int8),
        np.array([trade_number(str(trade["id"])) if trade["id"] else 0 for trade in ordered], dtype=np.int64),
    )


async def trades_as_made(
    client: Client, symbols: Sequence[str], origin: str, pause: Pause = asyncio.sleep
) -> AsyncIterator[Mapping[str, Trades] | Reconnected]:
    """Yield trades as they are made, and `Reconnected` where some may be missing."""
    _demand(client, "watchTrades", "trades")
    heard: Heard[Mapping[str, Trades]] = Heard()
    attached(client, heard.gap)

    def take(symbol: str, found: Sequence[Mapping[str, Any]]) -> None:
        if len(found) >= _KEPT:
            heard.gap()
        heard.put({symbol: trades_of(found, origin)})

    def listening(symbol: str) -> Any:
        return listen(lambda: client.watch_trades(symbol), lambda found: take(symbol, found), client.id, pause)

    heard.gap()
    async for told in heard.while_doing([listening(symbol) for symbol in symbols]):
        yield told


async def quotes_as_made(
    client: Client, symbols: Sequence[str], origin: str, pause: Pause = asyncio.sleep
) -> AsyncIterator[Mapping[str, Quotes] | Reconnected]:
    """Yield best bid and ask as they change, and `Reconnected` where a change may be missing.

    Where the exchange doesn't say when, it is when the message came, by this machine's clock.
    """
    _demand(client, "watchBidsAsks", "quotes")
    heard: Heard[Mapping[str, Quotes]] = Heard()
    attached(client, heard.gap)

    def take(found: Mapping[str, Mapping[str, Any]]) -> None:
        for symbol, ticker in found.items():
            heard.put({symbol: _quote(ticker, client.milliseconds(), origin)})

    heard.gap()
    works = [listen(lambda: client.watch_bids_asks(list(symbols)), take, client.id, pause)]
    async for told in heard.while_doing(works):
        yield told


def _quote(ticker: Mapping[str, Any], now_ms: int, origin: str) -> Quotes:
    time = np.array([int(ticker.get("timestamp") or now_ms) * _MS], dtype=np.int64)
    prices = {side: np.array([float(ticker.get(side) or np.nan)]) for side in ("bid", "ask")}
    sizes = {side: np.array([float(ticker.get(f"{side}Volume") or 0.0) if ticker.get(side) else 0.0]) for side in prices}
    return Quotes(time, prices["bid"], sizes["bid"], prices["ask"], sizes["ask"], origin)


async def books_as_made(
    client: Client, symbols: Sequence[str], depth: int, origin: str, pause: Pause = asyncio.sleep
) -> AsyncIterator[Mapping[str, BookUpdates] | Reconnected]:
    """Yield the best `depth` levels of both sides as they change: whole at first and after each gap, changes after that.

    ccxt puts the books together, checks the exchange's numbers, and begins anew with a snapshot where one is missing.
    """
    _demand(client, "watchOrderBook", "order books")
    heard: Heard[Mapping[str, BookUpdates]] = Heard()
    followers = {symbol: BookFollower(symbol, depth, origin) for symbol in symbols}

    def gap() -> None:
        for follower in followers.values():
            follower.forget()
        heard.gap()

    attached(client, gap)

    def take(symbol: str, book: Mapping[str, Any]) -> None:
        follower = followers[symbol]
        if follower.goes_back(book):
            follower.forget()
            heard.gap()
        if (changes := follower.take(book, client.milliseconds())) is not None:
            heard.put({symbol: changes})

    async def ask(symbol: str) -> Any:
        try:
            return await client.watch_order_book(symbol)
        except Exception:
            # Whatever it was, ccxt begins anew, and what came before it is of another book.
            followers[symbol].forget()
            heard.gap()
            raise

    gap()
    works = [listen(lambda s=symbol: ask(s), lambda book, s=symbol: take(s, book), client.id, pause) for symbol in symbols]  # type: ignore[misc]  # a lambda of its own for each
    async for told in heard.while_doing(works):
        yield told


@dataclass
class BookFollower:
    """Turns whole books of one instrument into what has changed since the one before."""

    symbol: str
    depth: int
    origin: str
    _levels: Levels | None = field(default=None, init=False)
    """What was told of the book; `None` if nothing was that still holds."""
    _sequence: int = field(default=0, init=False)
    _time: int = field(default=0, init=False)

    def forget(self) -> None:
        """Begin anew: the next book is told whole."""
        self._levels, self._sequence = None, 0

    def goes_back(self, book: Mapping[str, Any]) -> bool:
        """Say whether a book is of another count than the one before, which began anew without a word."""
        return 0 < int(book.get("nonce") or 0) < self._sequence

    def take(self, book: Mapping[str, Any], now_ms: int) -> BookUpdates | None:
        """Return what has changed, `None` if nothing has. Raises `VenueError` for a book in which a bid reaches an ask."""
        bids, asks = (_best(book[side], self.depth) for side in ("bids", "asks"))
        if bids and asks and bids[0][0] >= asks[0][0]:
            raise VenueError(f"the book of {self.symbol!r} is crossed: bid {bids[0][0]:g}, ask {asks[0][0]:g}", is_passing=True)
        levels = {(side, price): size for side, rows in ((1, bids), (-1, asks)) for price, size in rows}
        is_whole, before = self._levels is None, self._levels or {}
        gone = {level: 0.0 for level in before if level not in levels}
        changed = gone | {level: size for level, size in levels.items() if before.get(level) != size}
        self._levels, self._sequence = levels, int(book.get("nonce") or 0)
        # Some exchanges stamp a snapshot earlier than the change that came before it.
        self._time = max(int(book.get("timestamp") or now_ms) * _MS, self._time)
        return self._told(changed, is_whole) if changed else None

    def _told(self, changed: Levels, is_whole: bool) -> BookUpdates:
        count = len(changed)
        return BookUpdates(
            np.full(count, self._time),
            np.full(count, self._sequence),
            np.array([side for side, _ in changed], dtype=np.int8),
            np.array([price for _, price in changed], dtype=np.float64),
            np.array(list(changed.values()), dtype=np.float64),
            np.full(count, is_whole),
            self.origin,
        )


def _best(rows: Sequence[Sequence[Any]], depth: int) -> list[tuple[float, float]]:
    return [(float(row[0]), float(row[1])) for row in rows[:depth]]


def _demand(client: Client, ability: str, what: str) -> None:
    if not client.has.get(ability):
        raise DataError(f"ccxt knows no stream of {what} at {client.id}")
