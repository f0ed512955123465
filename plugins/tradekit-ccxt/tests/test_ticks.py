"""Trades, quotes and books as they are made, against a local exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from tradekit_ccxt import library
from tradekit_ccxt.source import CcxtSource
from tradekit_ccxt.ticks import BookFollower, trades_of
from tradekit_venue.binance.streams import MarketSession
from tradekit_venue.clock import Clock
from tradekit_venue.engine.candles import Candle
from tradekit_venue.engine.events import BookMoved
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Side
from tradekit_venue.faults import Fault
from tradekit_venue.recording import Print, Recording
from tradekit_venue.serving import Thread, serving
from tradekit_venue.venue import Venue

from tradekit import BarRequest, BookUpdates, DataError, Quotes, Reconnected, Trades, VenueError

SYMBOL = "BTC/USDT"
MS = 1_000_000
OPENED_MS = 1_700_000_040_000
COUNT = 5000


@pytest.fixture(autouse=True)
def books(monkeypatch: pytest.MonkeyPatch) -> dict[int, dict[tuple[int, float], float]]:
    """Keep the exchange's own book after each of its changes, by number."""
    kept: dict[int, dict[tuple[int, float], float]] = {}
    tell = MarketSession.on_event

    def on_event(self: MarketSession, event: Any) -> None:
        if isinstance(event, BookMoved):
            book = self._venue.exchange.listings[SYMBOL].book
            sides = ((1, book.bids), (-1, book.asks))
            kept[event.last] = {(side, float(price)): float(size) for side, rows in sides for price, size in rows.depth()}
        tell(self, event)

    monkeypatch.setattr(MarketSession, "on_event", on_event)
    return kept


@pytest.fixture
def place() -> Iterator[Thread]:
    """Give an open exchange that replays a trade a second, a buyer's and a seller's in turn."""
    venue = Venue(Clock(OPENED_MS), checks_timing=False)
    prints = iter(
        [
            Print(OPENED_MS + 1000 * k, Decimal(31_000 + k), Decimal("0.25"), Side.BUY if k % 2 else Side.SELL)
            for k in range(1, COUNT)
        ]
    )
    first = Candle(OPENED_MS - 60_000, OPENED_MS, *[Decimal(31_000)] * 4, Decimal(1))
    venue.replay(Recording(Market("BTC", "USDT"), OPENED_MS, OPENED_MS + COUNT * 1000, "1m", (first,), prints, Decimal(1)))
    with serving(venue) as opened:
        yield opened


def source(url: str, **more: Any) -> CcxtSource:
    return CcxtSource(CcxtSource.Options(exchange="binance", url=url, timeout_s=2.0, **more))


def heard(place: Thread, kind: str, count: int, symbols: tuple[str, ...] = (SYMBOL,), **more: Any) -> list[Any]:
    """Return what a stream tells until it has told something so many times besides gaps, while time goes on at the exchange."""

    async def listen() -> list[Any]:
        told: list[Any] = []
        stream = getattr(source(place.url, **more), f"live_{kind}")(BarRequest(symbols, 0))
        try:
            async for one in stream:
                told.append(one)
                if sum(not isinstance(found, Reconnected) for found in told) == count:
                    return told
        finally:
            await stream.aclose()
        raise AssertionError("the stream has ended")

    async def run() -> list[Any]:
        async with asyncio.timeout(60):
            task = asyncio.create_task(listen())
            while not task.done():
                await asyncio.to_thread(place.do, lambda venue: venue.advance(1000))
                await asyncio.wait({task}, timeout=0.02)
            return await task

    return asyncio.run(run())


def of(told: list[Any]) -> list[Any]:
    return [one[SYMBOL] for one in told if not isinstance(one, Reconnected)]


def test_live_trades_are_those_of_the_exchange(place: Thread) -> None:
    told = heard(place, "trades", 5)
    assert told[0] == Reconnected()
    found: list[Trades] = of(told)
    number = np.concatenate([one.number for one in found])
    np.testing.assert_array_equal(np.diff(number), 1)
    for one in found:
        seconds = (one.time // MS - OPENED_MS) // 1000
        np.testing.assert_array_equal(one.price, 31_000 + seconds)
        np.testing.assert_array_equal(one.side, np.where(seconds % 2, 1, -1))
        assert set(one.size) == {0.25}
    assert found[0].origin == "binance spot"


@pytest.mark.parametrize("do", ["close", "reset", "malformed"])
def test_live_trades_that_may_be_missing_are_said_to_be(place: Thread, do: str) -> None:
    place.do(lambda venue: venue.faults.add(Fault("STREAM trade", do, nth=3)))
    told = heard(place, "trades", 5)
    first = next(k for k, one in enumerate(told) if not isinstance(one, Reconnected))
    assert Reconnected() in told[first:]


def test_live_quotes_are_the_best_of_the_book(place: Thread) -> None:
    found: list[Quotes] = of(heard(place, "quotes", 4))
    for one in found:
        assert len(one) == 1
        assert 31_000 <= one.bid[0] < one.ask[0] <= 31_000 + COUNT
        assert one.bid_size[0] > 0
        assert one.ask_size[0] > 0
    assert found[0].bid[0] < found[-1].bid[0]


def book_of(updates: list[BookUpdates]) -> dict[tuple[int, float], float]:
    """Return the book that updates lead to."""
    book: dict[tuple[int, float], float] = {}
    for one in updates:
        if one.is_snapshot.any():
            assert one.is_snapshot.all()
            book.clear()
        for side, price, size in zip(one.side.tolist(), one.price.tolist(), one.size.tolist(), strict=True):
            book[side, price] = size
            if not size:
                del book[side, price]
    return book


def test_live_book_leads_to_the_book_of_the_exchange(place: Thread, books: Any) -> None:
    told = heard(place, "book", 6)
    found: list[BookUpdates] = of(told)
    assert found[0].is_snapshot.all()
    assert not any(one.is_snapshot.any() for one in found[-2:])
    sequences = [one.sequence[0] for one in found]
    assert sequences == sorted(sequences)
    there = place.do(lambda venue: venue.exchange.listings[SYMBOL].book)
    expected = {
        (side, float(price)): float(size) for side, rows in ((1, there.bids), (-1, there.asks)) for price, size in rows.depth()
    }
    assert book_of(found) == expected


@pytest.mark.parametrize("do", ["drop", "reorder"])
def test_live_book_with_a_gap_is_told_whole_again(place: Thread, books: Any, do: str) -> None:
    place.do(lambda venue: venue.faults.add(Fault("STREAM depthUpdate", do, nth=4)))
    told = heard(place, "book", 9)
    found = of(told)
    wholes = [k for k, one in enumerate(found) if one.is_snapshot.all()]
    assert len(wholes) > 1
    assert book_of(found) == books[found[-1].sequence[0]]


def test_live_book_has_so_many_levels_at_most(place: Thread) -> None:
    found = of(heard(place, "book", 3, book_depth=1))
    book = book_of(found)
    assert sorted(side for side, _ in book) == [-1, 1]


def test_stream_of_an_exchange_without_one_is_refused(place: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    make = library.make

    def silent(*given: Any, **named: Any) -> Any:
        client = make(*given, **named)
        client.has["watchBidsAsks"] = None
        return client

    monkeypatch.setattr(library, "make", silent)
    with pytest.raises(DataError, match=r"^ccxt knows no stream of quotes at binance$"):
        heard(place, "quotes", 1)


def test_stream_of_an_instrument_that_is_not_there_is_refused(place: Thread) -> None:
    with pytest.raises(DataError, match=r"^binance has no spot instrument 'BTC/USDC'; did you mean 'BTC/USDT'\?"):
        heard(place, "trades", 1, ("BTC/USDC",))


BOOK = {"bids": [[10.0, 1.0], [9.0, 2.0]], "asks": [[11.0, 1.0]], "nonce": 5, "timestamp": 1000}


def test_book_follower_tells_only_what_has_changed() -> None:
    follower = BookFollower(SYMBOL, 10, "here")
    assert follower.take(BOOK, 0) is not None
    assert follower.take(BOOK, 0) is None
    changes = follower.take({**BOOK, "bids": [[10.0, 3.0]], "nonce": 6, "timestamp": 900}, 0)
    assert changes is not None
    assert list(zip(changes.side.tolist(), changes.price.tolist(), changes.size.tolist(), strict=True)) == [
        (1, 9.0, 0.0),
        (1, 10.0, 3.0),
    ]
    assert changes.time.tolist() == [1000 * MS, 1000 * MS]
    assert changes.sequence.tolist() == [6, 6]
    assert follower.goes_back(BOOK)
    follower.forget()
    assert not follower.goes_back(BOOK)


def test_book_follower_refuses_a_crossed_book() -> None:
    with pytest.raises(VenueError, match=r"^the book of 'BTC/USDT' is crossed: bid 11, ask 11$") as raised:
        BookFollower(SYMBOL, 10, "here").take({**BOOK, "bids": [[11.0, 1.0]]}, 0)
    assert raised.value.is_passing


def test_trades_of_one_message_are_put_in_order() -> None:
    rows = [
        {"timestamp": when, "price": "1", "amount": "2", "side": side, "id": number}
        for when, side, number in ((2, None, "7"), (1, "sell", "6"))
    ]
    found = trades_of(rows, "here")
    assert (found.time.tolist(), found.side.tolist(), found.number.tolist()) == ([1 * MS, 2 * MS], [-1, 0], [6, 7])
