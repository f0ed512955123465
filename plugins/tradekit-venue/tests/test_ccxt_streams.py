import asyncio
from decimal import Decimal

SYMBOL = "BTC/USDT"


def test_streams_of_an_account_tell_ccxt_of_orders_and_trades(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, bert):
            orders = asyncio.ensure_future(anna.watch_orders(SYMBOL))
            trades = asyncio.ensure_future(anna.watch_my_trades(SYMBOL))
            while not any(entry["name"] == "userDataStream.subscribe.signature" for entry in place.venue.received):
                await asyncio.sleep(0.01)
            await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000", {"clientOrderId": "tk-one"})
            (order,) = await orders
            assert (order["clientOrderId"], order["status"]) == ("tk-one", "open")
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            (trade,) = await trades
            assert (Decimal(trade["amount"]), trade["fee"]["currency"]) == (Decimal("0.04"), "BTC")
            placed = await anna.create_order_ws(SYMBOL, "limit", "buy", "0.1", "29000", {"clientOrderId": "tk-ws"})
            assert placed["clientOrderId"] == "tk-ws"

    asyncio.run(session())


def test_market_streams_tell_ccxt_of_trades_candles_and_the_book(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, bert):
            tasks = [anna.watch_trades(SYMBOL), anna.watch_ohlcv(SYMBOL, "1m"), anna.watch_order_book(SYMBOL)]
            trades, candles, book = (asyncio.ensure_future(task) for task in tasks)
            while sum(entry["name"] == "subscribe" for entry in place.venue.received) < 3:
                await asyncio.sleep(0.01)
            assert (await book)["bids"] == []
            later = asyncio.ensure_future(anna.watch_order_book(SYMBOL))
            await bert.create_order(SYMBOL, "limit", "buy", "0.1", "30000")
            found = await later
            assert [[float(x) for x in level] for level in found["bids"]] == [[30_000.0, 0.1]]
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            (trade,) = await trades
            assert Decimal(trade["price"]) == 30_000
            (candle,) = await candles
            assert Decimal(candle[4]) == 30_000

    asyncio.run(session())
