"""The data source: what an exchange tells everybody, as history and as a stream of bars. It has no keys."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, TypeVar

import numpy as np

from tradekit import (
    BarRequest,
    BookUpdates,
    DataError,
    DataSource,
    Field,
    FundingRates,
    Instrument,
    LiveBar,
    Paging,
    Quotes,
    Reconnected,
    Series,
    TradekitError,
    Trades,
    interval_text,
)
from tradekit_ccxt import library
from tradekit_ccxt.errand import Errand
from tradekit_ccxt.failures import venue_error
from tradekit_ccxt.history import FUNDING_UNTIL, TRADES_FROM, first_funding, first_trades, funding_since, newest_only
from tradekit_ccxt.markets import instrument, market_of, on_offer
from tradekit_ccxt.options import ExchangeOptions
from tradekit_ccxt.streaming import bars_as_made
from tradekit_ccxt.ticks import books_as_made, quotes_as_made, trades_as_made, trades_of
from tradekit_ccxt.transport import retry_after

__all__ = ["CcxtSource"]

_MS = 1_000_000
_USUAL_ROWS = 500
Answer = TypeVar("Answer")


class CcxtSource(DataSource):
    """Bars, trades, funding rates and instruments from any exchange that ccxt knows, and its streams.

    Bars, trades, quotes and order books come as they are made.

    It is asked page by page. History that is used more than once belongs into the store: `tradekit data fetch`.
    """

    name = "ccxt"
    has_live_bars: ClassVar[bool] = True
    has_live_trades: ClassVar[bool] = True

    class Options(ExchangeOptions):
        """Which exchange, and how it is asked."""

        limit: int | None = Field(
            None, ge=1, description="rows in one answer at most; the default is what ccxt knows of the exchange"
        )
        per_second: float | None = Field(
            None, gt=0, description="requests a second at most; the default is half of what the exchange allows, as ccxt knows it"
        )
        book_depth: int = Field(100, ge=1, description="price levels of each side that a stream of order books has at most")
        poll_s: float = Field(5.0, gt=0, description="seconds between requests where the exchange has no stream of bars")

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._one_at_a_time = threading.RLock()
        self._made: library.Client = None
        self._asked_at: int | None = None
        self._errand, self._began = Errand(), 0

    @property
    def paging(self) -> Paging | None:
        """Return how much one answer holds, and how fast the exchange may be asked. It takes a client to know, and that seconds."""
        return self._paging()

    @paging.setter
    def paging(self, value: Paging | None) -> None:
        raise AttributeError(f"paging of data source 'ccxt' is what the exchange has, not {value!r}")

    def _paging(self) -> Paging:
        options, client = self.options, self._client()
        sub = "linear" if options.market == "swap" else None
        rows = options.limit or client.feature_value_by_type(options.market, sub, "fetchOHLCV", "limit") or _USUAL_ROWS
        return Paging(int(rows), options.per_second or 500.0 / float(client.rateLimit or 1000))

    def venue_time(self) -> int | None:
        """Return the exchange's time when it was last asked, from the `Date` of its answer."""
        return self._asked_at

    def instruments(self) -> Sequence[Instrument]:
        """Return the instruments of the market, with tick, lot and smallest order."""
        client = self._loaded()
        return [instrument(client, market) for market in on_offer(client, self.options.market)]

    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        """Return the finished bars of one answer for each symbol."""
        return {symbol: self._bars(symbol, request) for symbol in request.symbols}

    def trades(self, request: BarRequest) -> Mapping[str, Trades]:
        """Return the trades of one answer for each symbol; nothing if the exchange tells only of its newest."""
        if self.options.exchange not in TRADES_FROM:
            return {}
        return {symbol: self._trades(symbol, request) for symbol in request.symbols}

    def funding(self, symbols: Sequence[str]) -> Mapping[str, FundingRates]:
        """Return all funding rates of perpetuals that the exchange tells of; nothing if it doesn't tell of older ones."""
        if self.options.market != "swap" or self.options.exchange not in FUNDING_UNTIL:
            return {}
        return {symbol: self._funding(symbol) for symbol in symbols}

    def funding_page(self, request: BarRequest) -> Mapping[str, FundingRates] | None:
        """Return the first funding rates from a time on; nothing if the exchange doesn't tell of older ones."""
        if self.options.market != "swap" or self.options.exchange not in FUNDING_UNTIL:
            return {}
        return {symbol: self._funding_page(symbol, request) for symbol in request.symbols}

    def streams_bars(self) -> bool:
        """Say whether ccxt knows a stream of bars at the exchange."""
        return bool(library.make(self.options).has.get("watchOHLCV"))

    async def live_trades(self, request: BarRequest) -> AsyncIterator[Mapping[str, Trades] | Reconnected]:
        """Yield trades as they are made."""
        async with self._streaming(request.symbols) as client:
            async for heard in trades_as_made(client, request.symbols, self._origin):
                yield heard

    async def live_quotes(self, request: BarRequest) -> AsyncIterator[Mapping[str, Quotes] | Reconnected]:
        """Yield best bid and ask as they change."""
        async with self._streaming(request.symbols) as client:
            async for heard in quotes_as_made(client, request.symbols, self._origin):
                yield heard

    async def live_book(self, request: BarRequest) -> AsyncIterator[Mapping[str, BookUpdates] | Reconnected]:
        """Yield the best levels of order books as they change."""
        async with self._streaming(request.symbols) as client:
            async for heard in books_as_made(client, request.symbols, self.options.book_depth, self._origin):
                yield heard

    async def live_bars(self, request: BarRequest) -> AsyncIterator[LiveBar | Reconnected]:
        """Yield bars as they are made, from a stream, or by asking again where the exchange has none."""
        timeframe = await asyncio.to_thread(self._timeframe, request.interval)
        async with self._streaming(request.symbols) as client:
            async for heard in bars_as_made(client, request, timeframe, self.options.poll_s):
                yield heard

    @asynccontextmanager
    async def _streaming(self, symbols: Sequence[str]) -> AsyncIterator[library.Client]:
        """Give a client for an event loop that knows the instruments, for as long as somebody listens."""
        client = await asyncio.to_thread(self._opened, symbols)
        try:
            yield client
        finally:
            await library.close(client)

    def _opened(self, symbols: Sequence[str]) -> library.Client:
        known = self._loaded()
        for symbol in symbols:
            market_of(known, symbol, self.options.market)
        client = library.make(self.options)
        client.set_markets(list(known.markets.values()), known.currencies)
        client.number = float  # what ccxt puts together itself, such as a book, it can't put together of text
        return client

    def _bars(self, symbol: str, request: BarRequest) -> Series:
        client, timeframe = self._loaded(), self._timeframe(request.interval)
        market_of(client, symbol, self.options.market)
        rows = self._paging().rows
        if request.start is not None and request.end is not None:
            rows = max(min(rows, -(-(request.end - request.start) // request.interval)), 1)
        since = None if request.start is None else -(-request.start // _MS)
        found = self._ask("give bars", lambda: client.fetch_ohlcv(symbol, timeframe, since, rows))
        now = min(self._asked_at or time.time_ns(), time.time_ns())
        newest_only(found, request, self._paging().rows, now, f"{client.id} {symbol} {timeframe}")
        opened = np.array([int(row[0]) * _MS for row in found], dtype=np.int64)
        values = np.array([[float("nan" if value is None else value) for value in row[1:6]] for row in found]).reshape(-1, 5)
        is_wanted = opened + request.interval <= now
        if request.start is not None:
            is_wanted &= opened >= request.start
        if request.end is not None:
            is_wanted &= opened < request.end
        opened = opened[is_wanted]
        first, high, low, last, volume = (np.ascontiguousarray(column) for column in values[is_wanted].T)
        return Series(opened, opened + request.interval, first, high, low, last, volume, origin=self._origin)

    def _trades(self, symbol: str, request: BarRequest) -> Trades:
        client = self._loaded()
        market_of(client, symbol, self.options.market)
        start, end, rows = request.start or 0, request.end or time.time_ns(), self._paging().rows

        def ask(since: int) -> Any:
            return self._ask("give trades", lambda: client.fetch_trades(symbol, since, rows), is_more=True)

        until = min(end, time.time_ns()) // _MS
        found = first_trades(ask, -(-start // _MS), until, TRADES_FROM[self.options.exchange])
        return trades_of([trade for trade in found if start <= int(trade["timestamp"]) * _MS < end], self._origin)

    def _funding(self, symbol: str) -> FundingRates:
        created = int(market_of(self._loaded(), symbol, self.options.market).get("created") or 0)
        return self._rates(funding_since(self._asking_funding(symbol), created, time.time_ns() // _MS))

    def _funding_page(self, symbol: str, request: BarRequest) -> FundingRates:
        created = int(market_of(self._loaded(), symbol, self.options.market).get("created") or 0)
        first, end = -(-(request.start or 0) // _MS), -(-(request.end or time.time_ns()) // _MS)
        return self._rates(first_funding(self._asking_funding(symbol), max(first, created), end))

    def _asking_funding(self, symbol: str) -> Callable[[int, int, int], Any]:
        client, name = self._loaded(), FUNDING_UNTIL[self.options.exchange]

        def ask(since: int, limit: int, until: int) -> Any:
            first = since if name == "until" else None  # ccxt's own word for both ends; others take one
            return self._ask(
                "give funding rates",
                lambda: client.fetch_funding_rate_history(symbol, first, limit, {name: until}),
                is_more=True,
            )

        return ask

    def _rates(self, found: Sequence[Mapping[str, Any]]) -> FundingRates:
        times, rates = [int(row["timestamp"]) * _MS for row in found], [float(row["fundingRate"]) for row in found]
        marks = np.full(len(found), np.nan)
        return FundingRates(np.array(times, dtype=np.int64), np.array(rates, dtype=np.float64), marks, self._origin)

    @property
    def _origin(self) -> str:
        return f"{self.options.exchange} {self.options.market}"

    def _timeframe(self, interval: int) -> str:
        client, wanted = self._client(), interval_text(interval)
        known: dict[str, Any] = client.timeframes or {}
        if not client.has.get("fetchOHLCV") or wanted not in known:
            offered = f"those of {', '.join(known)}" if known else "none"
            raise DataError(f"{client.id} has no bars of {wanted!r}; it has {offered}, and longer ones can be made of those")
        return wanted

    def _client(self) -> library.Client:
        with self._one_at_a_time:
            if self._made is None:
                self._made = library.make(self.options, is_blocking=True)
                self._made.on_rest_response = self._note
            return self._made

    def _loaded(self) -> library.Client:
        client = self._client()
        if not client.markets:
            self._ask("tell what it trades", client.load_markets)
        return client

    def _note(self, code: int, *rest: Any) -> str:
        """Take note of when an answer was made, and of what it asks for: ccxt gives reason, url, method, headers and body."""
        headers, body = rest[3], rest[4]
        self._errand.status = int(code)
        self._errand.retry_after_s = retry_after(headers)
        date = {name.lower(): value for name, value in headers.items()}.get("date")
        if date:
            made = parsedate_to_datetime(date)
            moment = made.replace(tzinfo=UTC) if made.tzinfo is None else made
            self._asked_at = int(moment.timestamp()) * 1_000_000_000 - (time.monotonic_ns() - self._began)
        return str(body).strip()

    def _ask(self, what: str, work: Callable[[], Answer], is_more: bool = False) -> Answer:
        """Ask the exchange one thing at a time; what goes wrong is raised as a `VenueError`.

        The kernel keeps the pace of what it asks for; `is_more` is what that takes besides.
        """
        with self._one_at_a_time:
            if is_more:
                early_ns = round(1e9 / self._paging().per_second) - (time.monotonic_ns() - self._began)
                if early_ns > 0:
                    time.sleep(early_ns / 1e9)
            self._errand, self._began = Errand(), time.monotonic_ns()
            try:
                return work()
            except TradekitError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again for what it means
                raise venue_error(error, self._errand, self.options.exchange, what) from None
