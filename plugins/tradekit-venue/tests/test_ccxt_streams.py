import asyncio
from decimal import Decimal
from itertools import count

import ccxt
import pytest
from tradekit_venue.faults import Fault

SYMBOL = "BTC/USDT"


async def until(is_so):
    """Let the loop go on until something is so."""
    while not is_so():
        await asyncio.sleep(0.005)


def asked(place, name):
    return sum(entry["name"] == name for entry in place.venue.received)


async def watching(place, name, *watches):
    """Start to watch, and return the tasks when the venue has been asked for so much as they need."""
    before = asked(place, name)
    tasks = [asyncio.ensure_future(watch) for watch in watches]
    await until(lambda: asked(place, name) == before + len(tasks))
    await asyncio.sleep(0)
    return tasks


class Market:
    """What bert does, so that anna sees something: he sells to himself, at a price that tells the messages apart."""

    def __init__(self, place):
        self.exchange = place.venue.exchange
        self.prices = count(30_000)

    def trade(self):
        from tradekit_venue.engine.order import Kind, NewOrder, Side

        bert, price = self.exchange.accounts["bert"], Decimal(next(self.prices))
        self.exchange.place(bert, SYMBOL, NewOrder(Side.BUY, Kind.LIMIT, Decimal("0.01"), price))
        self.exchange.place(bert, SYMBOL, NewOrder(Side.SELL, Kind.MARKET, Decimal("0.01")))


def prices(trades):
    return [int(Decimal(trade["price"])) for trade in trades]


def test_streams_of_an_account_tell_ccxt_of_orders_and_trades(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, bert):
            (orders,) = await watching(place, "userDataStream.subscribe.signature", anna.watch_orders(SYMBOL))
            trades = asyncio.ensure_future(anna.watch_my_trades(SYMBOL))
            balance = asyncio.ensure_future(anna.watch_balance())
            await anna.create_order(SYMBOL, "limit", "buy", "0.1", "30000", {"clientOrderId": "tk-one"})
            (order,) = await orders
            assert (order["clientOrderId"], order["status"]) == ("tk-one", "open")
            assert Decimal((await balance)["USDT"]["used"]) == 3000
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            (trade,) = await trades
            assert (Decimal(trade["amount"]), trade["fee"]["currency"], trade["takerOrMaker"]) == (Decimal("0.04"), "BTC", "maker")
            later = asyncio.ensure_future(anna.watch_orders(SYMBOL))
            await anna.cancel_order(None, SYMBOL, {"clientOrderId": "tk-one"})
            states = [(one["clientOrderId"], one["status"], Decimal(one["filled"])) for one in await later]
            assert states[-1] == ("tk-one", "canceled", Decimal("0.04"))

    asyncio.run(session())


def test_orders_over_the_socket_are_placed_edited_fetched_and_cancelled(meeting) -> None:
    async def session() -> None:
        async with meeting() as (_, anna, _bert):
            placed = await anna.create_order_ws(SYMBOL, "limit", "buy", "0.1", "29000", {"clientOrderId": "tk-ws"})
            assert (placed["clientOrderId"], placed["status"]) == ("tk-ws", "open")
            edited = await anna.edit_order_ws(placed["id"], SYMBOL, "limit", "buy", "0.1", "28000")
            assert (await anna.fetch_order_ws(edited["id"], SYMBOL))["status"] == "open"
            assert len(await anna.fetch_open_orders_ws(SYMBOL)) == 1
            assert (await anna.cancel_order_ws(edited["id"], SYMBOL))["status"] == "canceled"
            with pytest.raises(ccxt.OrderNotFound):
                await anna.cancel_order_ws(edited["id"], SYMBOL)

    asyncio.run(session())


def test_market_streams_tell_ccxt_of_trades_candles_quotes_and_the_book(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, bert):
            watches = (anna.watch_trades(SYMBOL), anna.watch_ohlcv(SYMBOL, "1m"), anna.watch_order_book(SYMBOL))
            trades, candles, book = await watching(place, "subscribe", *watches)
            assert (await book)["bids"] == []
            later = asyncio.ensure_future(anna.watch_order_book(SYMBOL))
            await bert.create_order(SYMBOL, "limit", "buy", "0.1", "30000")
            assert [[float(number) for number in level] for level in (await later)["bids"]] == [[30_000.0, 0.1]]
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            assert prices(await trades) == [30_000]
            assert Decimal((await candles)[-1][4]) == 30_000
            (quotes,) = await watching(place, "subscribe", anna.watch_bids_asks([SYMBOL]))
            await bert.create_order(SYMBOL, "limit", "sell", "1", "31000")
            assert Decimal((await quotes)[SYMBOL]["ask"]) == 31_000

    asyncio.run(session())


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Fault("STREAM trade", "drop"), [30_001, 30_002]),
        (Fault("STREAM trade", "duplicate"), [30_000, 30_000, 30_001, 30_002]),
        (Fault("STREAM trade", "reorder"), [30_001, 30_000, 30_002]),
        (Fault("STREAM trade", "late", ms=500), [30_001, 30_002, 30_000]),
        (Fault("STREAM trade", "shutdown"), [30_000, 30_001, 30_002]),
        (Fault("STREAM trade", "drop", nth=2, times=0), [30_000]),
        (Fault("STREAM trade", "mute", nth=3), [30_000, 30_001]),
        (Fault("STREAM trade", "half-open", nth=3), [30_000, 30_001]),
    ],
    ids=lambda value: value.do if isinstance(value, Fault) else "",
)
def test_fault_of_a_message_changes_what_the_client_sees(meeting, fault, seen) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            market = Market(place)
            place.venue.faults.add(fault)
            (first,) = await watching(place, "subscribe", anna.watch_trades(SYMBOL))
            for _number in range(3):
                market.trade()
            place.venue.advance(500)
            await first
            # The cache, because who watches again may have missed what came in between.
            await until(lambda: len(anna.trades[SYMBOL]) == len(seen))
            assert prices(anna.trades[SYMBOL]) == seen

    asyncio.run(session())


@pytest.mark.parametrize("do", ["close", "reset"])
def test_socket_that_ends_is_an_error_and_another_one_is_opened(meeting, do) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            market = Market(place)
            place.venue.faults.add(Fault("STREAM trade", do))
            (trades,) = await watching(place, "subscribe", anna.watch_trades(SYMBOL))
            market.trade()
            with pytest.raises(ccxt.NetworkError):
                await trades
            (trades,) = await watching(place, "subscribe", anna.watch_trades(SYMBOL))
            market.trade()
            assert prices(await trades) == [30_001]

    asyncio.run(session())


def test_malformed_message_makes_the_client_deaf(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            market = Market(place)
            place.venue.faults.add(Fault("STREAM trade", "malformed"))
            (trades,) = await watching(place, "subscribe", anna.watch_trades(SYMBOL))
            market.trade()
            market.trade()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(trades), 0.2)
            trades.cancel()

    asyncio.run(session())


def test_half_open_socket_answers_no_ping(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            (trades,) = await watching(place, "subscribe", anna.watch_trades(SYMBOL))
            (client,) = anna.clients.values()
            before = client.lastPong
            await client.connection.ping()
            await until(lambda: client.lastPong != before)
            place.venue.faults.add(Fault("STREAM trade", "half-open"))
            Market(place).trade()
            before = client.lastPong
            await client.connection.ping()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(trades), 0.2)
            assert client.lastPong == before
            assert not client.connection.closed
            trades.cancel()

    asyncio.run(session())


def test_candle_may_be_revised_after_it_was_final(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            market = Market(place)
            (candles,) = await watching(place, "subscribe", anna.watch_ohlcv(SYMBOL, "1m"))
            market.trade()
            market.trade()
            await candles
            place.venue.faults.add(Fault("STREAM kline.closed", "revise"))
            place.venue.advance(60_000)
            # It closed at its high, and the revision says that this was the low.
            await until(
                lambda: [int(Decimal(price)) for price in anna.ohlcvs[SYMBOL]["1m"][-1][1:5]] == [30_000, 30_001, 30_000, 30_000]
            )

    asyncio.run(session())


def test_venue_that_opens_no_socket_is_an_error(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            place.venue.faults.add(Fault("CONNECT ws", "status", status=503))
            with pytest.raises(ccxt.NetworkError):
                await anna.watch_trades(SYMBOL)
            (trades,) = await watching(place, "subscribe", anna.watch_trades(SYMBOL))
            Market(place).trade()
            assert prices(await trades) == [30_000]

    asyncio.run(session())
