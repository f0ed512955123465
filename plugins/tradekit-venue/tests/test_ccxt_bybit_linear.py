"""The real ccxt trades perpetuals at a local venue that speaks as Bybit does."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import ccxt.pro
import pytest
from meeting import PERPETUAL, START, meet, new_venue, subscribed
from tradekit_venue.engine.perpetual import FUNDING_EVERY_MS


def test_market_carries_the_rules_and_its_funding() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit-linear")) as (place, anna, _):
            market = anna.market(PERPETUAL)
            assert (market["linear"], market["swap"], market["contractSize"], market["settle"]) == (True, True, "1", "USDT")
            assert (market["precision"], market["limits"]["cost"]["min"]) == ({"price": "0.1", "amount": "0.001"}, "5")
            due = (START // FUNDING_EVERY_MS + 1) * FUNDING_EVERY_MS
            assert (await anna.fetch_funding_rate(PERPETUAL))["fundingTimestamp"] == due
            place.venue.carry.fund(PERPETUAL, Decimal("0.0002"))
            (rate,) = await anna.fetch_funding_rate_history(PERPETUAL)
            assert (rate["fundingRate"], rate["timestamp"]) == ("0.0002", START)
            (tier,) = await anna.fetch_market_leverage_tiers(PERPETUAL)
            assert (tier["maintenanceMarginRate"], tier["maxLeverage"]) == ("0.004", "125")

    asyncio.run(session())


def test_session_of_orders_positions_and_funding_is_what_ccxt_expects() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit-linear")) as (place, anna, bert):
            await bert.create_order(PERPETUAL, "limit", "sell", "1", "30000")
            placed = await anna.create_order(PERPETUAL, "market", "buy", "0.5", None, {"clientOrderId": "tkone"})
            (position,) = await anna.fetch_positions([PERPETUAL])
            assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", "0.5", "30000")
            rests = await anna.create_order(PERPETUAL, "limit", "sell", "0.2", "31000", {"reduceOnly": True})
            (seen,) = await anna.fetch_open_orders(PERPETUAL)
            assert (seen["id"], seen["reduceOnly"]) == (rests["id"], True)
            (trade,) = await anna.fetch_my_trades(PERPETUAL)
            assert (trade["order"], trade["side"], Decimal(trade["fee"]["cost"])) == (placed["id"], "buy", Decimal(15))
            place.venue.carry.fund(PERPETUAL, Decimal("0.0002"))
            (paid,) = await anna.fetch_funding_history(PERPETUAL)
            assert (paid["amount"], paid["rate"], paid["id"]) == ("3", "0.0002", "funding-3")
            assert len(await anna.fetch_my_trades(PERPETUAL)) == 1
            await bert.create_order(PERPETUAL, "limit", "buy", "1", "30100")
            balance = await anna.fetch_balance()
            (coin,) = balance["info"]["result"]["list"][0]["coin"]
            assert (coin["walletBalance"], coin["equity"], coin["totalPositionIM"]) == ("999982", "999982", "750")
            await anna.cancel_order(rests["id"], PERPETUAL)
            await anna.create_order(PERPETUAL, "market", "sell", "9", None, {"reduceOnly": True})
            (position,) = await anna.fetch_positions([PERPETUAL])
            assert (position["side"], position["contracts"], position["realizedPnl"]) == (None, "0", None)
            (last,) = await anna.fetch_canceled_orders(PERPETUAL, None, 1)
            assert (last["filled"], last["info"]["cancelType"]) == ("0.5", "CancelByReduceOnly")

    asyncio.run(session())


REFUSED = [
    (("market", "sell", "1", None, {"reduceOnly": True}), ccxt.InvalidOrder, 110017),
    (("limit", "buy", "2000", "30000"), ccxt.InsufficientFunds, 110007),
    (("limit", "buy", "0.001", "4000"), ccxt.InvalidOrder, 110094),
    (("limit", "buy", "1", "30001", {"clientOrderId": "twice"}), ccxt.InvalidOrder, 110072),
    (("limit", "buy", "1", "30000", {"positionIdx": 1}), ccxt.BadRequest, 10001),
    (("market", "sell", "1", None, {"stopLossPrice": "29000"}), ccxt.BadRequest, 10001),
]


def test_order_that_is_none_is_refused() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit-linear")) as (_, anna, _bert):
            await anna.create_order(PERPETUAL, "limit", "buy", "1", "29000", {"clientOrderId": "twice"})
            for order, error, code in REFUSED:
                with pytest.raises(error, match=str(code)):
                    await anna.create_order(PERPETUAL, *order)
            with pytest.raises(ccxt.OrderNotFound, match="110001"):
                await anna.cancel_order("77", PERPETUAL)

    asyncio.run(session())


def test_leverage_margin_and_position_mode_are_set_and_read_back() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit-linear")) as (place, anna, _):
            await anna.set_leverage(7, PERPETUAL)
            assert (await anna.fetch_leverage(PERPETUAL))["longLeverage"] == 7
            with pytest.raises(ccxt.BadRequest, match="110043"):
                await anna.set_leverage(7, PERPETUAL)
            with pytest.raises(ccxt.BadRequest, match="110013"):
                await anna.set_leverage(126, PERPETUAL)
            await anna.set_margin_mode("cross", PERPETUAL)
            with pytest.raises(ccxt.ExchangeError, match="3400045"):
                await anna.set_margin_mode("isolated", PERPETUAL)
            assert (await anna.fetch_margin_mode(PERPETUAL))["marginMode"] == "cross"
            with pytest.raises(ccxt.NoChange, match="110025"):
                await anna.set_position_mode(False, PERPETUAL)
            await anna.set_position_mode(True, PERPETUAL)
            assert [one["hedged"] for one in await anna.fetch_positions([PERPETUAL])] == [True, True]
            assert place.venue.exchange.accounts["anna"].is_hedged

    asyncio.run(session())


def test_streams_tell_of_orders_trades_positions_and_liquidation() -> None:
    async def session() -> None:
        async with meet(new_venue("bybit-linear")) as (place, anna, bert):
            await bert.create_order(PERPETUAL, "limit", "sell", "100", "30000")
            account = place.venue.exchange.accounts["anna"]
            account.free["USDT"] = Decimal(100_000)
            orders, trades = asyncio.ensure_future(anna.watch_orders()), asyncio.ensure_future(anna.watch_my_trades())
            anna.options["watchPositions"] = {"fetchPositionsSnapshot": False, "awaitPositionsSnapshot": False}
            positions, bars = (
                asyncio.ensure_future(anna.watch_positions()),
                asyncio.ensure_future(anna.watch_ohlcv(PERPETUAL, "1m")),
            )
            await subscribed(place, 4)
            await anna.create_order(PERPETUAL, "market", "buy", "50", None, {"clientOrderId": "tkone"})
            assert (await orders)[0]["clientOrderId"] == "tkone"
            (trade,) = await trades
            assert (trade["symbol"], trade["fee"]["currency"], trade["takerOrMaker"]) == (PERPETUAL, "USDT", "taker")
            (position,) = await positions
            assert (position["side"], position["entryPrice"]) == ("long", "30000")
            assert [Decimal(value) for value in (await bars)[0][1:]] == [30_000] * 4 + [50]
            trades = asyncio.ensure_future(anna.watch_my_trades())
            place.venue.carry.fund(PERPETUAL, Decimal("0.0001"))
            place.venue.exchange.listings[PERPETUAL].last = Decimal(28_000)
            place.venue.carry.close_out(PERPETUAL)
            (trade,) = await trades
            told = trade["info"]
            assert (told["execType"], told["orderLinkId"], told["closedSize"], trade["side"]) == ("BustTrade", "", "50", "sell")
            # The wallet is empty: what it owed, insurance has paid.
            assert account.total("USDT") == 0
            assert Decimal(trade["fee"]["cost"]) == Decimal(-1650)
            kinds = [
                one["info"]["execType"] for one in await anna.fetch_my_trades(PERPETUAL, None, None, {"execType": "BustTrade"})
            ]
            assert kinds == ["BustTrade"]

    asyncio.run(session())
