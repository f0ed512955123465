import asyncio
from decimal import Decimal


def test_session_of_orders_is_what_ccxt_expects(meeting) -> None:
    async def session() -> None:
        async with meeting() as (_, anna, bert):
            placed = await anna.create_order("BTC/USDT", "limit", "buy", "0.1", "30000", {"clientOrderId": "tk-one"})
            assert (placed["clientOrderId"], placed["status"], Decimal(placed["filled"])) == ("tk-one", "open", 0)
            await bert.create_order("BTC/USDT", "market", "sell", "0.04")
            seen = await anna.fetch_order(None, "BTC/USDT", {"clientOrderId": "tk-one"})
            assert (seen["id"], seen["status"], Decimal(seen["filled"])) == (placed["id"], "open", Decimal("0.04"))
            assert [order["id"] for order in await anna.fetch_open_orders()] == [placed["id"]]
            (trade,) = await anna.fetch_my_trades("BTC/USDT")
            assert (trade["order"], trade["takerOrMaker"], trade["side"]) == (placed["id"], "maker", "buy")
            assert (Decimal(trade["fee"]["cost"]), trade["fee"]["currency"]) == (Decimal("0.00004"), "BTC")
            balance = await anna.fetch_balance()
            assert (Decimal(balance["BTC"]["free"]), Decimal(balance["USDT"]["used"])) == (Decimal("10.03996"), 1800)
            ((opened, *prices),) = await anna.fetch_ohlcv("BTC/USDT", "1m")
            assert (opened % 60_000, [Decimal(price) for price in prices]) == (0, [30_000] * 4 + [Decimal("0.04")])
            edited = await anna.edit_order(placed["id"], "BTC/USDT", "limit", "buy", "0.06", "29000", {"clientOrderId": "tk-two"})
            assert (edited["clientOrderId"], edited["status"]) == ("tk-two", "open")
            gone = await anna.cancel_order(None, "BTC/USDT", {"clientOrderId": "tk-two"})
            assert gone["status"] == "canceled"

    asyncio.run(session())


def test_markets_load_with_ccxts_own_options_and_carry_the_rules(meeting, clients) -> None:
    async def session() -> None:
        async with meeting() as (place, _, _bert):
            everything = {"fetchMarkets": {"types": ["spot", "linear", "inverse"]}, "fetchCurrencies": True, "fetchMargins": True}
            anna = clients.client(place.url, place.venue, options=everything)
            try:
                market = (await anna.load_markets())["BTC/USDT"]
            finally:
                await anna.close()
            assert (Decimal(market["precision"]["price"]), Decimal(market["precision"]["amount"])) == (
                Decimal("0.01"),
                Decimal("0.00001"),
            )
            assert Decimal(market["limits"]["cost"]["min"]) == 5
            assert list(anna.markets) == ["BTC/USDT"]
            assert {"BTC", "USDT"} <= set(anna.currencies)
            asked = {entry["name"] for entry in place.venue.received}
            assert {"fapi/v1/exchangeInfo", "dapi/v1/exchangeInfo", "sapi/v1/capital/config/getall"} <= asked

    asyncio.run(session())


def test_public_data_is_what_ccxt_makes_of_it(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, bert):
            await bert.create_order("BTC/USDT", "limit", "buy", "0.1", "30000")
            await bert.create_order("BTC/USDT", "limit", "sell", "0.2", "30100")
            await anna.create_order("BTC/USDT", "market", "buy", "0.05")
            book = await anna.fetch_order_book("BTC/USDT")
            assert ([*map(float, book["bids"][0])], [*map(float, book["asks"][0])]) == ([30_000.0, 0.1], [30_100.0, 0.15])
            ticker = await anna.fetch_ticker("BTC/USDT")
            assert [Decimal(ticker[name]) for name in ("last", "bid", "ask", "baseVolume")] == [
                30_100,
                30_000,
                30_100,
                Decimal("0.05"),
            ]
            (trade,) = await anna.fetch_trades("BTC/USDT")
            assert (trade["side"], Decimal(trade["price"]), trade["timestamp"]) == ("buy", 30_100, place.venue.clock.now())
            assert await anna.fetch_time() == place.venue.clock.now()

    asyncio.run(session())


def test_orders_of_other_kinds_are_what_ccxt_makes_of_them(meeting) -> None:
    async def session() -> None:
        async with meeting() as (_, anna, bert):
            await bert.create_order("BTC/USDT", "limit", "buy", "0.5", "30000")
            await bert.create_order("BTC/USDT", "market", "sell", "0.1")
            stop = await anna.create_order("BTC/USDT", "limit", "sell", "0.1", "28900", {"stopLossPrice": "29000"})
            post = await anna.create_order("BTC/USDT", "limit", "sell", "0.1", "31000", {"postOnly": True})
            part = await anna.create_order("BTC/USDT", "limit", "sell", "1", "30000", {"timeInForce": "IOC"})
            none = await anna.create_order("BTC/USDT", "limit", "sell", "1", "30000", {"timeInForce": "FOK"})
            states = {order["id"]: (order["status"], Decimal(order["filled"])) for order in await anna.fetch_orders("BTC/USDT")}
            assert states[stop["id"]] == ("open", 0)
            assert states[post["id"]] == ("open", 0)
            assert states[part["id"]] == ("expired", Decimal("0.4"))
            assert states[none["id"]] == ("expired", 0)
            assert len(await anna.cancel_all_orders("BTC/USDT")) == 2

    asyncio.run(session())
