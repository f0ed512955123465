"""The real ccxt trades linear swaps at a local venue that speaks as OKX does."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from itertools import pairwise

import ccxt.pro
import pytest
from meeting import PERPETUAL, START, meet, new_venue, subscribed


def test_market_carries_the_rules_and_the_contracts_size() -> None:
    async def session() -> None:
        async with meet(new_venue("okx-swap")) as (_, anna, _bert):
            market = anna.market(PERPETUAL)
            assert (market["linear"], market["swap"], market["settle"], market["contractSize"]) == (True, True, "USDT", "0.01")
            assert [market["precision"][name] for name in ("amount", "price")] == ["0.1", "0.1"]
            assert market["limits"]["leverage"]["max"] == "125"

    asyncio.run(session())


def test_session_of_orders_positions_and_funding_is_what_ccxt_expects() -> None:
    async def session() -> None:
        async with meet(new_venue("okx-swap")) as (place, anna, bert):
            await bert.create_order(PERPETUAL, "limit", "sell", "100", "30000")
            bought = await anna.create_order(PERPETUAL, "market", "buy", "50", None, {"clientOrderId": "tkone"})
            seen = await anna.fetch_order(None, PERPETUAL, {"clientOrderId": "tkone"})
            assert (seen["id"], seen["status"], Decimal(seen["filled"]), Decimal(seen["average"])) == (
                bought["id"],
                "closed",
                50,
                30_000,
            )
            (position,) = await anna.fetch_positions([PERPETUAL])
            told = [position[name] for name in ("side", "contracts", "entryPrice", "marginMode", "leverage", "hedged")]
            assert told == ["long", "50", "30000", "cross", "20", False]
            rests = await anna.create_order(
                PERPETUAL, "limit", "sell", "20", "31000", {"reduceOnly": True, "clientOrderId": "tktwo"}
            )
            (waiting,) = await anna.fetch_open_orders(PERPETUAL)
            assert (waiting["id"], waiting["reduceOnly"], waiting["side"]) == (rests["id"], True, "sell")
            (trade,) = await anna.fetch_my_trades(PERPETUAL, START - 1, None, {"until": START})
            assert (trade["order"], trade["side"], Decimal(trade["amount"]), trade["fee"]) == (
                bought["id"],
                "buy",
                50,
                {"cost": "15", "currency": "USDT"},
            )
            place.venue.carry.fund(PERPETUAL, Decimal("0.0002"))
            (paid,) = await anna.fetch_funding_history(PERPETUAL)
            assert (paid["amount"], paid["code"], paid["symbol"]) == ("-3", "USDT", PERPETUAL)
            (rate,) = await anna.fetch_funding_rate_history(PERPETUAL)
            assert (rate["fundingRate"], rate["timestamp"]) == ("0.0002", START)
            assert (await anna.fetch_funding_rate(PERPETUAL))["fundingRate"] == "0.0001"
            await anna.cancel_order(None, PERPETUAL, {"clientOrderId": "tktwo"})
            assert await anna.fetch_open_orders(PERPETUAL) == []
            balance = await anna.fetch_balance()
            (money,) = balance["info"]["data"][0]["details"]
            assert [Decimal(money[name]) for name in ("cashBal", "eq", "upl")] == [1_000_000 - 18, 1_000_000 - 18, 0]

    asyncio.run(session())


def test_ledger_has_trades_with_their_fees_funding_and_what_a_liquidation_costs() -> None:
    async def session() -> None:
        async with meet(new_venue("okx-swap")) as (place, anna, bert):
            await bert.create_order(PERPETUAL, "limit", "sell", "100", "30000")
            await anna.create_order(PERPETUAL, "market", "buy", "100")
            place.venue.carry.fund(PERPETUAL, Decimal("0.0001"))
            place.venue.exchange.accounts["anna"].free["USDT"] = Decimal(100)
            place.venue.carry.close_out(PERPETUAL)
            rows = sorted((one["info"] for one in await anna.fetch_ledger("USDT")), key=lambda one: int(one["billId"]))
            assert [(one["type"], one["subType"], one["balChg"], one["pnl"], one["fee"]) for one in rows] == [
                ("2", "1", "-30", "0", "-30"),
                ("8", "173", "-3", "-3", "0"),
                ("5", "107", "-30", "0", "-30"),
                ("5", "109", "-70", "0", "0"),
            ]
            assert [Decimal(one["bal"]) - Decimal(two["bal"]) for one, two in pairwise(rows)] == [3, 30, 70]
            assert rows[-1]["bal"] == "0"
            (closing,) = [one for one in await anna.fetch_closed_orders(PERPETUAL) if one["info"]["category"] != "normal"]
            assert (closing["info"]["category"], closing["clientOrderId"], closing["side"]) == ("full_liquidation", None, "sell")

    asyncio.run(session())


def test_leverage_margin_and_position_mode_are_set_and_read_back() -> None:
    async def session() -> None:
        async with meet(new_venue("okx-swap")) as (_, anna, bert):
            await anna.set_leverage(7, PERPETUAL)
            one = await anna.fetch_leverage(PERPETUAL)
            assert (one["longLeverage"], one["marginMode"]) == (7, "cross")
            with pytest.raises(ccxt.ExchangeError, match="51000"):
                await anna.set_leverage(7, PERPETUAL, {"mgnMode": "isolated"})
            (tier,) = await anna.fetch_market_leverage_tiers(PERPETUAL)
            assert (tier["maintenanceMarginRate"], tier["maxLeverage"]) == ("0.004", "125")
            assert (await anna.fetch_position_mode(PERPETUAL))["hedged"] is False
            await anna.set_position_mode(True)
            assert (await anna.fetch_position_mode(PERPETUAL))["hedged"] is True
            with pytest.raises(ccxt.BadRequest, match="posSide"):
                await anna.create_order(PERPETUAL, "limit", "buy", "1", "30000")
            await bert.create_order(PERPETUAL, "limit", "buy", "1", "30000")
            with pytest.raises(ccxt.ExchangeError, match="59000"):
                await bert.set_position_mode(True)

    asyncio.run(session())


def test_order_that_the_venue_can_not_take_is_refused() -> None:
    async def session() -> None:
        async with meet(new_venue("okx-swap")) as (_, anna, bert):
            with pytest.raises(ccxt.ExchangeError, match="51169"):
                await anna.create_order(PERPETUAL, "limit", "sell", "1", "31000", {"reduceOnly": True})
            await bert.create_order(PERPETUAL, "limit", "sell", "50000", "30000")
            with pytest.raises(ccxt.InsufficientFunds, match="51008"):
                await anna.create_order(PERPETUAL, "market", "buy", "70000")
            with pytest.raises(ccxt.BadRequest, match="tdMode"):
                await anna.create_order(PERPETUAL, "limit", "buy", "1", "29000", {"marginMode": "isolated"})
            with pytest.raises(ccxt.BaseError):
                await anna.create_order(PERPETUAL, "market", "sell", "1", None, {"stopLossPrice": "29000"})
            assert await anna.fetch_open_orders(PERPETUAL) == []

    asyncio.run(session())


def test_account_is_told_over_its_socket_of_orders_trades_and_positions() -> None:
    async def session() -> None:
        async with meet(new_venue("okx-swap")) as (place, anna, bert):
            await bert.create_order(PERPETUAL, "limit", "sell", "100", "30000")
            waits = [anna.watch_orders(), anna.watch_my_trades(), anna.watch_positions([PERPETUAL]), anna.watch_balance()]
            orders, trades, positions, money = [asyncio.ensure_future(one) for one in waits]
            await subscribed(place, 3)
            await anna.create_order(PERPETUAL, "market", "buy", "25", None, {"clientOrderId": "tkone"})
            assert (await orders)[0]["clientOrderId"] == "tkone"
            (trade,) = await trades
            assert (trade["side"], trade["amount"], trade["symbol"], trade["takerOrMaker"]) == ("buy", "25", PERPETUAL, "taker")
            (position,) = await positions
            assert (position["side"], position["contracts"]) == ("long", "25")
            assert Decimal((await money)["USDT"]["total"]) == Decimal("999992.5")

    asyncio.run(session())


@pytest.mark.parametrize("dialect", ["okx", "okx-swap"])
def test_timer_cancels_all_orders(dialect: str) -> None:
    async def session() -> None:
        async with meet(new_venue(dialect)) as (place, anna, bert):
            symbol = next(iter(place.venue.exchange.listings))
            for one in (anna, bert):
                await one.create_order(symbol, "limit", "buy", "1", "20000")
            await anna.cancel_all_orders_after(60_000)
            place.venue.advance(40_000)
            (said,) = (await anna.cancel_all_orders_after(60_000))["data"]
            assert said["triggerTime"] == str(START + 100_000)
            place.venue.advance(59_999)
            assert len(await anna.fetch_open_orders(symbol)) == 1
            place.venue.advance(1)
            assert await anna.fetch_open_orders(symbol) == []
            assert len(await bert.fetch_open_orders(symbol)) == 1
            await bert.cancel_all_orders_after(10_000)
            await bert.cancel_all_orders_after(0)
            place.venue.advance(60_000)
            assert len(await bert.fetch_open_orders(symbol)) == 1
            for seconds in (9, 121):
                with pytest.raises(ccxt.BadRequest, match="timeOut"):
                    await bert.cancel_all_orders_after(seconds * 1000)

    asyncio.run(session())
