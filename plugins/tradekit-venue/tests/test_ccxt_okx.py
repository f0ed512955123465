"""The real ccxt at a local venue that speaks as OKX does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest
from tradekit_venue.addresses import at_venue
from tradekit_venue.clock import Clock
from tradekit_venue.engine.market import Market
from tradekit_venue.faults import Fault
from tradekit_venue.serving import Opened, opened
from tradekit_venue.venue import Key, Venue

LONGEST_S = 20
START = 1_700_000_000_000
SYMBOL = "BTC/USDT"


def client(place: Opened, name: str) -> Any:
    """Return ccxt's client of OKX, whose clock is the venue's."""
    exchange = ccxt.pro.okx(
        {
            "apiKey": f"key-of-{name}",
            "secret": f"secret-of-{name}",
            "password": f"passphrase-of-{name}",
            "enableRateLimit": False,
            "timeout_on_exit": 0,
            "timeout": 2000,
            "options": {"fetchMarkets": {"types": ["spot"]}},
        }
    )
    exchange.urls["api"] = at_venue(exchange.urls["api"], place.url)
    exchange.milliseconds = place.venue.clock.told
    exchange.seconds = lambda: place.venue.clock.told() // 1000
    exchange.number = str
    return exchange


def new_venue() -> Venue:
    """Return a venue whose clock stands still, with one market and two accounts."""
    made = Venue(Clock(START), dialect="okx")
    made.add_market(Market("BTC", "USDT"))
    for name in ("anna", "bert"):
        money = {"BTC": Decimal(10), "USDT": Decimal(1_000_000)}
        account = made.add_account(name, money, f"key-of-{name}", f"secret-of-{name}")
        made.keys[f"key-of-{name}"] = Key(account, f"secret-of-{name}", f"passphrase-of-{name}")
    return made


@asynccontextmanager
async def meet() -> AsyncIterator[tuple[Opened, Any, Any]]:
    """Open a venue, and give it with the clients of anna and bert, their markets loaded."""
    async with opened(new_venue()) as place:
        anna, bert = client(place, "anna"), client(place, "bert")
        try:
            async with asyncio.timeout(LONGEST_S):
                await anna.load_markets()
                bert.set_markets(anna.markets)
                yield place, anna, bert
        finally:
            place.venue.faults.clear()
            await anna.close()
            await bert.close()


def test_session_of_orders_is_what_ccxt_expects() -> None:
    async def session() -> None:
        async with meet() as (place, anna, bert):
            placed = await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000", {"clientOrderId": "tkone"})
            assert (placed["clientOrderId"], placed["id"]) == ("tkone", "1")
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            seen = await anna.fetch_order(None, SYMBOL, {"clientOrderId": "tkone"})
            assert (seen["id"], seen["status"], Decimal(seen["filled"])) == (placed["id"], "open", Decimal("0.04"))
            assert [order["id"] for order in await anna.fetch_open_orders(SYMBOL)] == [placed["id"]]
            (trade,) = await anna.fetch_my_trades(SYMBOL, START - 1, None, {"until": START})
            assert (trade["id"], trade["order"], trade["takerOrMaker"], trade["side"]) == ("1", placed["id"], "maker", "buy")
            assert (Decimal(trade["fee"]["cost"]), trade["fee"]["currency"]) == (Decimal("0.00004"), "BTC")
            balance = await anna.fetch_balance()
            assert (Decimal(balance["BTC"]["free"]), Decimal(balance["USDT"]["used"])) == (Decimal("10.03996"), 1800)
            await anna.cancel_order(None, SYMBOL, {"clientOrderId": "tkone"})
            gone = await anna.fetch_order(placed["id"], SYMBOL)
            assert (gone["status"], Decimal(gone["filled"])) == ("canceled", Decimal("0.04"))
            (done,) = await anna.fetch_canceled_orders(SYMBOL)
            assert done["id"] == placed["id"]
            with pytest.raises(ccxt.OrderNotFound):
                await anna.cancel_order(None, SYMBOL, {"clientOrderId": "tkone"})
            with pytest.raises(ccxt.OrderNotFound):
                await anna.fetch_order(None, SYMBOL, {"clientOrderId": "tktwo"})
            place.venue.clock.skew = 40_000
            anna.milliseconds = lambda: START
            with pytest.raises(ccxt.InvalidNonce, match="50102"):
                await anna.fetch_balance()

    asyncio.run(session())


def test_orders_of_other_kinds_are_what_ccxt_makes_of_them() -> None:
    async def session() -> None:
        async with meet() as (_, anna, bert):
            await bert.create_order(SYMBOL, "limit", "buy", "0.5", "30000")
            part = await anna.create_order(SYMBOL, "limit", "sell", "1", "30000", {"timeInForce": "IOC"})
            await bert.create_order(SYMBOL, "limit", "buy", "0.5", "30000")
            none = await anna.create_order(SYMBOL, "limit", "sell", "1", "30000", {"timeInForce": "FOK"})
            post = await anna.create_order(SYMBOL, "limit", "sell", "1", "30000", {"postOnly": True})
            rests = await anna.create_order(SYMBOL, "limit", "sell", "1", "30001", {"postOnly": True, "clientOrderId": "tk1"})
            states = {}
            for placed in (part, none, post, rests):
                order = await anna.fetch_order(placed["id"], SYMBOL)
                states[placed["id"]] = order["status"], Decimal(order["filled"])
            assert list(states.values()) == [("canceled", Decimal("0.5")), ("canceled", 0), ("canceled", 0), ("open", 0)]
            with pytest.raises(ccxt.InvalidOrder, match="51016"):
                await anna.create_order(SYMBOL, "limit", "sell", "1", "30002", {"clientOrderId": "tk1"})
            with pytest.raises(ccxt.InsufficientFunds, match="51008"):
                await anna.create_order(SYMBOL, "limit", "buy", "100", "30000")

    asyncio.run(session())


def test_public_data_is_what_ccxt_makes_of_it() -> None:
    async def session() -> None:
        async with meet() as (_, anna, bert):
            market = anna.markets[SYMBOL]
            assert [market["precision"][name] for name in ("price", "amount")] == ["0.01", "0.00001"]
            await bert.create_order(SYMBOL, "limit", "buy", "0.1", "30000")
            await bert.create_order(SYMBOL, "limit", "sell", "0.2", "30100")
            await anna.create_order(SYMBOL, "market", "buy", "0.05")
            book = await anna.fetch_order_book(SYMBOL, 5)
            assert [list(map(float, row[:2])) for row in (book["bids"][0], book["asks"][0])] == [[30_000.0, 0.1], [30_100.0, 0.15]]
            ticker = await anna.fetch_ticker(SYMBOL)
            assert [Decimal(ticker[name]) for name in ("last", "bid", "ask", "baseVolume")] == [
                30_100,
                30_000,
                30_100,
                Decimal("0.05"),
            ]
            (trade,) = await anna.fetch_trades(SYMBOL)
            assert (trade["side"], Decimal(trade["price"]), trade["timestamp"]) == ("buy", 30_100, START)
            ((opened_at, *prices),) = await anna.fetch_ohlcv(SYMBOL, "1m", START - 60_000)
            assert (opened_at, [Decimal(price) for price in prices]) == (START // 60_000 * 60_000, [30_100] * 4 + [Decimal("0.05")])
            assert await anna.fetch_time() == START

    asyncio.run(session())


def test_account_is_told_over_its_socket_of_each_order_and_trade() -> None:
    async def session() -> None:
        async with meet() as (place, anna, bert):
            orders = asyncio.ensure_future(anna.watch_orders())
            trades = asyncio.ensure_future(anna.watch_my_trades())
            money = asyncio.ensure_future(anna.watch_balance())
            while sum(one["name"] == "subscribe" for one in place.venue.received) < 3:
                await asyncio.sleep(0.01)
            await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000", {"clientOrderId": "tkone"})
            (told,) = await orders
            assert (told["clientOrderId"], told["status"], Decimal(told["amount"])) == ("tkone", "open", Decimal("0.1"))
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            (trade,) = await trades
            assert (trade["id"], trade["order"], trade["takerOrMaker"]) == ("1", "1", "maker")
            # ccxt does not turn the sign of a fee that it hears of, as it does with one that it asks for.
            assert (Decimal(trade["fee"]["cost"]), trade["fee"]["currency"]) == (Decimal("-0.00004"), "BTC")
            assert Decimal((await money)["USDT"]["total"]) == 1_000_000
            asked = [one for one in place.venue.received if one["method"] == "WS"]
            assert all("passphrase" not in str(one["params"]) for one in asked)
            pong = place.venue.faults.pending()
            assert pong == []

    asyncio.run(session())


def test_market_is_told_over_public_sockets() -> None:
    async def session() -> None:
        async with meet() as (place, anna, bert):
            await bert.create_order(SYMBOL, "limit", "buy", "0.1", "30000")
            waits = [
                anna.watch_order_book(SYMBOL),
                anna.watch_trades(SYMBOL),
                anna.watch_ohlcv(SYMBOL, "1m"),
                anna.watch_ticker(SYMBOL),
            ]
            book, trades, bars, ticker = [asyncio.ensure_future(one) for one in waits]
            assert [*map(float, (await book)["bids"][0])] == [30_000.0, 0.1]
            assert Decimal((await ticker)["bid"]) == 30_000
            while sum(one["name"] == "subscribe" for one in place.venue.received) < 4:
                await asyncio.sleep(0.01)
            changed = asyncio.ensure_future(anna.watch_order_book(SYMBOL))
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            (trade,) = await trades
            assert (trade["side"], trade["price"]) == ("sell", "30000")
            (bar,) = await bars
            assert [Decimal(value) for value in bar[1:]] == [30_000] * 4 + [Decimal("0.04")]
            book = await changed
            while book["bids"][0][1] != 0.06:
                book = await anna.watch_order_book(SYMBOL)

    asyncio.run(session())


def test_fault_with_a_code_is_an_error_of_okx() -> None:
    async def session() -> None:
        async with meet() as (place, anna, _):
            for code, error in ((51008, ccxt.InsufficientFunds), (50004, ccxt.RequestTimeout), (50011, ccxt.RateLimitExceeded)):
                place.venue.faults.add(Fault("POST trade/batch-orders", "status", status=200, code=code))
                with pytest.raises(error, match=str(code)):
                    await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000")

    asyncio.run(session())
