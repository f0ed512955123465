"""The real ccxt at a local venue that speaks as Kraken does at spot."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import ccxt.pro
import pytest
from meeting import START, SYMBOL, meet, new_venue, secret_of
from tradekit_venue.faults import Fault


def test_session_of_orders_is_what_ccxt_expects() -> None:
    async def session() -> None:
        async with meet(new_venue("kraken")) as (place, anna, bert):
            placed = await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000", {"clientOrderId": "tk-one"})
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            narrowed = {"cl_ord_id": "tk-one"}
            (seen,) = await anna.fetch_open_orders(SYMBOL, None, None, narrowed)
            assert (seen["id"], seen["clientOrderId"], seen["side"]) == (placed["id"], "tk-one", "buy")
            assert (Decimal(seen["filled"]), Decimal(seen["amount"])) == (Decimal("0.04"), Decimal("0.1"))
            assert await anna.fetch_closed_orders(SYMBOL, None, None, narrowed) == []
            (trade,) = await anna.fetch_my_trades(SYMBOL)
            assert (trade["id"], trade["order"], trade["takerOrMaker"]) == ("1", placed["id"], "maker")
            assert (Decimal(trade["fee"]["cost"]), trade["fee"]["currency"]) == (Decimal("1.2"), "USDT")
            balance = await anna.fetch_balance()
            assert (Decimal(balance["BTC"]["total"]), Decimal(balance["USDT"]["used"])) == (Decimal("10.04"), 1800)
            assert Decimal(balance["USDT"]["total"]) == Decimal("998798.8")
            await anna.cancel_order(None, SYMBOL, {"clientOrderId": "tk-one"})
            (gone,) = await anna.fetch_closed_orders(SYMBOL, None, None, narrowed)
            assert (gone["status"], Decimal(gone["filled"])) == ("canceled", Decimal("0.04"))
            with pytest.raises(ccxt.OrderNotFound):
                await anna.cancel_order(None, SYMBOL, {"clientOrderId": "tk-one"})
            assert await anna.fetch_time() == place.venue.clock.now()

    asyncio.run(session())


def test_markets_and_public_data_are_what_ccxt_makes_of_them() -> None:
    async def session() -> None:
        async with meet(new_venue("kraken")) as (_, anna, bert):
            market = anna.market(SYMBOL)
            assert (market["id"], market["wsId"], market["base"]) == ("XBTUSDT", "XBT/USDT", "BTC")
            assert (Decimal(market["precision"]["price"]), Decimal(market["limits"]["cost"]["min"])) == (Decimal("0.01"), 5)
            await bert.create_order(SYMBOL, "limit", "buy", "0.1", "30000")
            await bert.create_order(SYMBOL, "limit", "sell", "0.2", "30100")
            await anna.create_order(SYMBOL, "market", "buy", "0.05")
            book = await anna.fetch_order_book(SYMBOL)
            assert ([*map(float, book["bids"][0][:2])], [*map(float, book["asks"][0][:2])]) == ([30_000, 0.1], [30_100, 0.15])
            (trade,) = await anna.fetch_trades(SYMBOL)
            assert (trade["side"], Decimal(trade["price"]), trade["timestamp"]) == ("buy", 30_100, START)
            ticker = await anna.fetch_ticker(SYMBOL)
            assert [Decimal(ticker[name]) for name in ("last", "bid", "ask")] == [30_100, 30_000, 30_100]
            ((_, *prices),) = await anna.fetch_ohlcv(SYMBOL, "1m")
            assert [Decimal(price) for price in prices] == [*[30_100] * 4, Decimal("0.05")]

    asyncio.run(session())


@pytest.mark.parametrize(
    ("kind", "price", "params", "state"),
    [
        ("limit", "31000", {"postOnly": True}, "open"),
        ("limit", "30000", {"timeInForce": "IOC"}, "expired"),
        ("limit", "30000", {"timeInForce": "FOK"}, "expired"),
    ],
)
def test_order_of_another_kind_is_what_ccxt_asks_for(kind, price, params, state) -> None:
    async def session() -> None:
        async with meet(new_venue("kraken")) as (_, anna, bert):
            await bert.create_order(SYMBOL, "limit", "buy", "0.5", "30000")
            placed = await anna.create_order(SYMBOL, kind, "sell", "1", price, params)
            found = await anna.fetch_open_orders(SYMBOL) + await anna.fetch_closed_orders(SYMBOL)
            assert {order["id"]: order["status"] for order in found}[placed["id"]] == state

    asyncio.run(session())


@pytest.mark.parametrize(
    ("code", "kind"),
    [(1, "ExchangeNotAvailable"), (2, "ExchangeError"), (5, "DDoSProtection"), (6, "DDoSProtection"), (7, "InvalidNonce")],
)
def test_error_comes_with_status_200_and_is_ccxts(code, kind) -> None:
    async def session() -> None:
        async with meet(new_venue("kraken")) as (place, anna, _):
            place.venue.faults.add(Fault("POST AddOrder", "status", status=200, code=code))
            with pytest.raises(ccxt.BaseError) as caught:
                await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000")
            assert type(caught.value).__name__ == kind

    asyncio.run(session())


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"deadline": "2023-11-14T22:13:19Z"}, "EService:Deadline elapsed"),
        ({"deadline": "soon"}, "EGeneral:Invalid arguments:deadline"),
        ({"oflags": "post", "timeinforce": "IOC"}, "EGeneral:Invalid arguments:oflags"),
        ({"clientOrderId": "x" * 37}, "EGeneral:Invalid arguments:cl_ord_id"),
    ],
)
def test_order_that_makes_no_sense_is_refused(params, said) -> None:
    async def session() -> None:
        async with meet(new_venue("kraken")) as (place, anna, _):
            with pytest.raises(ccxt.ExchangeError, match=said):
                await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000", params)
            assert place.venue.exchange.accounts["anna"].orders == {}

    asyncio.run(session())


def test_number_that_does_not_grow_and_a_wrong_signature_are_refused() -> None:
    async def session() -> None:
        async with meet(new_venue("kraken")) as (_, anna, bert):
            await anna.fetch_balance()
            anna.options["lastNonce"] = 0
            anna.nonce = lambda: START - 1
            with pytest.raises(ccxt.InvalidNonce):
                await anna.fetch_balance()
            bert.secret = secret_of("anna")
            with pytest.raises(ccxt.ExchangeError, match="EAPI:Invalid signature"):
                await bert.fetch_balance()

    asyncio.run(session())


def test_timer_cancels_all_orders() -> None:
    async def session() -> None:
        async with meet(new_venue("kraken")) as (place, anna, _):
            await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000")
            await anna.cancel_all_orders_after(60_000)
            place.venue.advance(59_000)
            assert len(await anna.fetch_open_orders(SYMBOL)) == 1
            place.venue.advance(1_000)
            assert await anna.fetch_open_orders(SYMBOL) == []

    asyncio.run(session())


def test_streams_tell_of_orders_trades_bars_and_books() -> None:
    async def session() -> None:
        async with meet(new_venue("kraken")) as (place, anna, bert):
            waiting = [
                asyncio.create_task(anna.watch_my_trades()),
                asyncio.create_task(anna.watch_ohlcv(SYMBOL)),
                asyncio.create_task(anna.watch_trades(SYMBOL)),
            ]
            book = await anna.watch_order_book(SYMBOL)
            assert book["bids"] == []
            while {f"subscribe.{name}" for name in ("executions", "ohlc", "trade")} - {one["name"] for one in place.venue.received}:
                await asyncio.sleep(0)
            await bert.create_order(SYMBOL, "limit", "sell", "0.2", "30100")
            placed = await anna.create_order(SYMBOL, "market", "buy", "0.05", None, {"clientOrderId": "tk-one"})
            ((mine,), (bar,), (seen,)) = await asyncio.gather(*waiting)
            assert (mine["id"], mine["order"], mine["takerOrMaker"]) == ("1", placed["id"], "taker")
            assert (float(mine["fee"]["cost"]), mine["fee"]["currency"]) == (1.505, "USDT")
            assert [float(value) for value in bar] == [START // 60_000 * 60_000, 30_100, 30_100, 30_100, 30_100, 0.05]
            assert (seen["side"], float(seen["price"]), seen["id"]) == ("buy", 30_100, "1")

    asyncio.run(session())
