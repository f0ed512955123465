"""The real ccxt at a local venue that speaks as Bybit does."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import ccxt.pro
import pytest
from meeting import START, SYMBOL, meet, new_venue, subscribed
from tradekit_venue.faults import Fault


def test_session_of_orders_is_what_ccxt_expects() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit")) as (_, anna, bert):
            placed = await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000", {"clientOrderId": "tkone"})
            assert (placed["clientOrderId"], placed["id"]) == ("tkone", "1")
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            (seen,) = await anna.fetch_open_orders(SYMBOL, None, None, {"orderLinkId": "tkone"})
            assert (seen["id"], seen["status"], Decimal(seen["filled"])) == (placed["id"], "open", Decimal("0.04"))
            assert [order["id"] for order in await anna.fetch_open_orders(SYMBOL)] == [placed["id"]]
            (trade,) = await anna.fetch_my_trades(SYMBOL, START - 1, None, {"until": START})
            assert (trade["id"], trade["order"], trade["takerOrMaker"], trade["side"]) == ("1", placed["id"], "maker", "buy")
            assert (Decimal(trade["fee"]["cost"]), trade["fee"]["currency"]) == (Decimal("0.00004"), "BTC")
            balance = await anna.fetch_balance()
            assert (Decimal(balance["BTC"]["free"]), Decimal(balance["USDT"]["used"])) == (Decimal("10.03996"), 1800)
            await anna.cancel_order(None, SYMBOL, {"orderLinkId": "tkone"})
            with pytest.raises(ccxt.OrderNotFound):
                await anna.cancel_order(None, SYMBOL, {"orderLinkId": "tkone"})

    asyncio.run(session())


def test_order_that_has_ended_is_looked_up_among_the_open_ones_for_a_while_and_then_in_the_history() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit")) as (place, anna, _):
            await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000", {"clientOrderId": "tkone"})
            await anna.cancel_order(None, SYMBOL, {"orderLinkId": "tkone"})
            named = {"orderLinkId": "tkone"}
            (gone,) = await anna.fetch_open_orders(SYMBOL, None, None, named)
            assert (gone["status"], await anna.fetch_open_orders(SYMBOL)) == ("canceled", [])
            place.venue.advance(600_001)
            assert await anna.fetch_open_orders(SYMBOL, None, None, named) == []
            (gone,) = await anna.fetch_canceled_and_closed_orders(SYMBOL, None, None, named)
            assert (gone["clientOrderId"], gone["status"]) == ("tkone", "canceled")

    asyncio.run(session())


def test_orders_of_other_kinds_are_what_ccxt_makes_of_them() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit")) as (_, anna, bert):
            await bert.create_order(SYMBOL, "limit", "buy", "0.5", "30000")
            part = await anna.create_order(SYMBOL, "limit", "sell", "1", "30000", {"timeInForce": "IOC"})
            await bert.create_order(SYMBOL, "limit", "buy", "0.5", "30000")
            none = await anna.create_order(SYMBOL, "limit", "sell", "1", "30000", {"timeInForce": "FOK"})
            post = await anna.create_order(SYMBOL, "limit", "sell", "1", "30000", {"postOnly": True})
            rests = await anna.create_order(SYMBOL, "limit", "sell", "1", "30001", {"postOnly": True, "clientOrderId": "tk1"})
            whole = await anna.create_order(SYMBOL, "market", "sell", "0.5")
            states = []
            for placed in (part, none, post, rests, whole):
                (order,) = await anna.fetch_open_orders(SYMBOL, None, None, {"orderId": placed["id"]})
                states.append((order["info"]["orderStatus"], order["status"], Decimal(order["filled"])))
            half = Decimal("0.5")
            assert states[0] == ("PartiallyFilledCanceled", "closed", half)
            assert states[1:3] == [("Cancelled", "canceled", 0)] * 2
            assert states[3:] == [("New", "open", 0), ("Filled", "closed", half)]
            with pytest.raises(ccxt.InvalidOrder, match="170141"):
                await anna.create_order(SYMBOL, "limit", "sell", "1", "30002", {"clientOrderId": "tk1"})
            with pytest.raises(ccxt.InsufficientFunds, match="170131"):
                await anna.create_order(SYMBOL, "limit", "buy", "100", "30000")

    asyncio.run(session())


def test_request_that_is_signed_wrong_or_late_is_refused() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit")) as (place, anna, _):
            await anna.fetch_balance()
            for skew in (6_000, -1_001):
                place.venue.clock.skew = skew
                anna.milliseconds = lambda: START
                with pytest.raises(ccxt.InvalidNonce, match="10002"):
                    await anna.fetch_balance()
            place.venue.clock.skew = 0
            anna.secret = anna.secret[::-1]
            with pytest.raises(ccxt.AuthenticationError, match="10004"):
                await anna.fetch_balance()

    asyncio.run(session())


def test_trades_and_orders_come_page_by_page() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit")) as (_, anna, bert):
            for number in range(3):
                await bert.create_order(SYMBOL, "limit", "buy", "0.1", "30000")
                await anna.create_order(SYMBOL, "market", "sell", "0.1", None, {"clientOrderId": f"tk{number}"})
            for ask in (anna.privateGetV5ExecutionList, anna.privateGetV5OrderHistory):
                seen, cursor = [], {}
                while True:
                    result = (await ask({"category": "spot", "limit": 2, **cursor}))["result"]
                    seen.append([row["orderLinkId"] for row in result["list"]])
                    cursor = {"cursor": result["nextPageCursor"]}
                    if not result["nextPageCursor"]:
                        break
                assert seen == [["tk2", "tk1"], ["tk0"]]
            with pytest.raises(ccxt.BadRequest, match="7 days"):
                await anna.fetch_my_trades(SYMBOL, START, None, {"until": START + 8 * 86_400_000})

    asyncio.run(session())


def test_public_data_is_what_ccxt_makes_of_it() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit")) as (_, anna, bert):
            market = anna.markets[SYMBOL]
            assert [market["precision"][name] for name in ("price", "amount")] == ["0.01", "0.00001"]
            await bert.create_order(SYMBOL, "limit", "buy", "0.1", "30000")
            await bert.create_order(SYMBOL, "limit", "sell", "0.2", "30100")
            await anna.create_order(SYMBOL, "market", "buy", "0.05")
            book = await anna.fetch_order_book(SYMBOL, 5)
            assert [list(map(float, row[:2])) for row in (book["bids"][0], book["asks"][0])] == [[30_000.0, 0.1], [30_100.0, 0.15]]
            ticker = await anna.fetch_ticker(SYMBOL)
            prices = [Decimal(ticker[name]) for name in ("last", "bid", "ask", "baseVolume")]
            assert prices == [30_100, 30_000, 30_100, Decimal("0.05")]
            (trade,) = await anna.fetch_trades(SYMBOL)
            assert (trade["side"], Decimal(trade["price"]), trade["timestamp"]) == ("buy", 30_100, START)
            ((opened_at, *prices),) = await anna.fetch_ohlcv(SYMBOL, "1m", START - 60_000)
            assert (opened_at, [Decimal(price) for price in prices]) == (START // 60_000 * 60_000, [30_100] * 4 + [Decimal("0.05")])
            assert await anna.fetch_time() == START

    asyncio.run(session())


def test_account_is_told_over_its_socket_of_each_order_and_trade() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit")) as (place, anna, bert):
            orders = asyncio.ensure_future(anna.watch_orders())
            trades = asyncio.ensure_future(anna.watch_my_trades())
            money = asyncio.ensure_future(anna.watch_balance())
            await subscribed(place, 3)
            await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000", {"clientOrderId": "tkone"})
            (told,) = await orders
            assert (told["clientOrderId"], told["status"], Decimal(told["amount"])) == ("tkone", "open", Decimal("0.1"))
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            (trade,) = await trades
            assert (trade["id"], trade["order"], trade["takerOrMaker"], trade["symbol"]) == ("1", "1", "maker", SYMBOL)
            assert (Decimal(trade["fee"]["cost"]), trade["fee"]["currency"]) == (Decimal("0.00004"), "BTC")
            assert Decimal((await money)["USDT"]["total"]) == 1_000_000
            asked = [one for one in place.venue.received if one["method"] == "WS"]
            assert all("key-of-anna" not in str(one["params"]) for one in asked)

    asyncio.run(session())


def test_log_in_that_is_late_is_refused() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit")) as (place, anna, _):
            place.venue.clock.skew = 11_000
            anna.milliseconds = lambda: START
            with pytest.raises(ccxt.InvalidNonce, match="10002"):
                await anna.authenticate(anna.implode_hostname(anna.urls["api"]["ws"]["private"]["contract"]))

    asyncio.run(session())


def test_market_is_told_over_public_sockets() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit")) as (place, anna, bert):
            await bert.create_order(SYMBOL, "limit", "buy", "0.1", "30000")
            waits = [
                anna.watch_order_book(SYMBOL),
                anna.watch_trades(SYMBOL),
                anna.watch_ohlcv(SYMBOL, "1m"),
                anna.watch_ticker(SYMBOL),
            ]
            book, trades, bars, ticker = [asyncio.ensure_future(one) for one in waits]
            assert [*map(float, (await book)["bids"][0])] == [30_000.0, 0.1]
            assert (await ticker)["symbol"] == SYMBOL
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


def test_fault_with_a_code_is_an_error_of_bybit() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit")) as (place, anna, _):
            for code, error in ((170131, ccxt.InsufficientFunds), (170007, ccxt.RequestTimeout), (10006, ccxt.RateLimitExceeded)):
                place.venue.faults.add(Fault("POST order/create", "status", status=200, code=code))
                with pytest.raises(error, match=str(code)):
                    await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000")

    asyncio.run(session())
