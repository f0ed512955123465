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
