"""The real ccxt at a local venue that speaks as OKX does."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import ccxt.pro
import pytest
from meeting import START, SYMBOL, meet, new_venue, subscribed
from tradekit_venue.faults import Fault


def test_session_of_orders_is_what_ccxt_expects() -> None:
    async def session() -> None:
        async with meet(new_venue("okx")) as (place, anna, bert):
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
        async with meet(new_venue("okx")) as (_, anna, bert):
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
        async with meet(new_venue("okx")) as (_, anna, bert):
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
        async with meet(new_venue("okx")) as (place, anna, bert):
            orders = asyncio.ensure_future(anna.watch_orders())
            trades = asyncio.ensure_future(anna.watch_my_trades())
            money = asyncio.ensure_future(anna.watch_balance())
            await subscribed(place, 3)
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
        async with meet(new_venue("okx")) as (place, anna, bert):
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
            await subscribed(place, 4)
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
        async with meet(new_venue("okx")) as (place, anna, _):
            for code, error in ((51008, ccxt.InsufficientFunds), (50004, ccxt.RequestTimeout), (50011, ccxt.RateLimitExceeded)):
                place.venue.faults.add(Fault("POST trade/batch-orders", "status", status=200, code=code))
                with pytest.raises(error, match=str(code)):
                    await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000")

    asyncio.run(session())
