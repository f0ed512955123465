"""What each fault looks like from the real client: which error it raises, and whether the order is on the venue all the same."""

import asyncio
import re
from decimal import Decimal

import ccxt
import pytest
from tradekit_venue.faults import Fault

SYMBOL = "BTC/USDT"
PLACE = "POST order"


def on_venue(place, client_id="tk-one"):
    return [order for order in place.venue.exchange.accounts["anna"].orders.values() if order.client_id == client_id]


async def create(client, client_id="tk-one"):
    return await client.create_order(SYMBOL, "limit", "buy", "0.1", "30000", {"clientOrderId": client_id})


CASES = [
    (Fault(PLACE, "late"), ccxt.RequestTimeout, 1),
    (Fault(PLACE, "drop-before"), ccxt.ExchangeNotAvailable, 0),
    (Fault(PLACE, "drop-after"), ccxt.ExchangeNotAvailable, 1),
    (Fault(PLACE, "cut"), ccxt.ExchangeError, 1),
    (Fault(PLACE, "status", status=502, accepts=True), ccxt.ExchangeNotAvailable, 1),
    (Fault(PLACE, "status", status=504, accepts=True), ccxt.RequestTimeout, 1),
    (Fault(PLACE, "status", status=408, code=-1007, accepts=True), ccxt.RequestTimeout, 1),
    (Fault(PLACE, "status", status=503, code=-1000, accepts=True), ccxt.OperationFailed, 1),
    (Fault(PLACE, "status", status=429, code=-1003, retry_after=7), ccxt.DDoSProtection, 0),
    (Fault(PLACE, "status", status=418, code=-1003, retry_after=120), ccxt.DDoSProtection, 0),
    (Fault(PLACE, "status", status=400, code=-1015), ccxt.RateLimitExceeded, 0),
    (Fault(PLACE, "status", status=400, code=-1021), ccxt.InvalidNonce, 0),
]


@pytest.mark.parametrize(
    ("fault", "error", "orders"),
    CASES,
    ids=lambda value: f"{value.do}-{value.status}{value.code}" if isinstance(value, Fault) else "",
)
def test_fault_of_a_new_order_is_the_error_that_ccxt_raises(meeting, fault, error, orders) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            anna.timeout = 200
            place.venue.faults.add(fault)
            with pytest.raises(error) as raised:
                await create(anna)
            assert fault.do != "cut" or type(raised.value) is ccxt.ExchangeError
            assert len(on_venue(place)) == orders
            assert place.venue.received[-1]["fault"] == fault.do
            if orders:
                assert (await anna.fetch_order(None, SYMBOL, {"clientOrderId": "tk-one"}))["status"] == "open"
            else:
                assert (await create(anna))["status"] == "open"

    asyncio.run(session())


@pytest.mark.parametrize(("do", "orders"), [("html", 1), ("empty", 0)])
def test_answer_that_is_no_json_is_an_order_without_a_number_to_ccxt(meeting, do, orders) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            place.venue.faults.add(Fault(PLACE, do))
            assert (await create(anna))["id"] is None
            assert len(on_venue(place)) == orders

    asyncio.run(session())


def test_order_that_is_held_arrives_after_the_client_gave_up(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            anna.timeout = 200
            place.venue.faults.add(Fault(PLACE, "hold", ms=5_000))
            with pytest.raises(ccxt.RequestTimeout):
                await create(anna)
            with pytest.raises(ccxt.OrderNotFound):
                await anna.fetch_order(None, SYMBOL, {"clientOrderId": "tk-one"})
            place.venue.advance(4_000)
            assert on_venue(place) == []
            place.venue.advance(1_000)
            assert (await anna.fetch_order(None, SYMBOL, {"clientOrderId": "tk-one"}))["status"] == "open"

    asyncio.run(session())


def test_order_that_is_held_longer_than_its_window_is_never_done(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            anna.timeout = 200
            place.venue.faults.add(Fault(PLACE, "hold"))
            with pytest.raises(ccxt.RequestTimeout):
                await create(anna)
            place.venue.advance(11_000)
            place.venue.faults.release()
            with pytest.raises(ccxt.OrderNotFound):
                await anna.fetch_order(None, SYMBOL, {"clientOrderId": "tk-one"})
            assert [entry["status"] for entry in place.venue.received if entry["name"] == "order"] == [400, 400]

    asyncio.run(session())


def test_forgotten_order_is_not_found_for_a_while(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            place.venue.faults.add(Fault(PLACE, "forget", ms=3_000))
            await create(anna)
            with pytest.raises(ccxt.OrderNotFound):
                await anna.fetch_order(None, SYMBOL, {"clientOrderId": "tk-one"})
            assert await anna.fetch_open_orders() == []
            place.venue.advance(3_000)
            assert (await anna.fetch_order(None, SYMBOL, {"clientOrderId": "tk-one"}))["status"] == "open"

    asyncio.run(session())


@pytest.mark.parametrize(("skew", "said"), [(-2_000, "ahead of the server's time"), (20_000, "outside of the recvWindow")])
def test_clock_that_is_off_refuses_requests_until_the_client_asks_for_the_time(meeting, skew, said) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            anna.milliseconds = place.venue.clock.now
            place.venue.faults.add(Fault("GET openOrders", "skew", ms=skew))
            with pytest.raises(ccxt.InvalidNonce, match=said):
                await anna.fetch_open_orders()
            await anna.load_time_difference()
            assert await anna.fetch_open_orders() == []

    asyncio.run(session())


def test_faults_come_at_their_turn_and_as_often_as_they_say(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            place.venue.faults.add(Fault("GET o*", "status", nth=2, times=2, code=-1000))
            raised = []
            for _number in range(4):
                try:
                    await anna.fetch_open_orders()
                    raised.append(None)
                except ccxt.OperationFailed as error:
                    raised.append(type(error))
            assert raised[0] is raised[3] is None
            assert raised[1] is raised[2] is not None
            assert place.venue.faults.pending() == []

    asyncio.run(session())


def test_weight_above_the_limit_is_told_and_refused_and_then_banned(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, _):
            await anna.fetch_open_orders()
            assert anna.last_response_headers["X-MBX-USED-WEIGHT-1M"] == "26"
            # 20 for what is listed, 6 for the open orders: two hundred and ninety-eight accounts of 20 fill the minute.
            for _number in range(298):
                await anna.private_get_account()
            statuses = []
            for _number in range(8):
                with pytest.raises(ccxt.DDoSProtection):
                    await anna.private_get_account()
                statuses.append((place.venue.received[-1]["status"], int(anna.last_response_headers["Retry-After"])))
            assert statuses[0] == (429, 41)
            assert [status for status, _ in statuses] == [429] * 5 + [418] * 3
            assert statuses[-1] == (418, 121)
            place.venue.advance(121_000)
            await anna.fetch_open_orders()

    asyncio.run(session())


def test_refusals_are_the_errors_that_ccxt_knows(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, bert):
            await create(anna)
            cases = [
                (ccxt.InvalidOrder, "Duplicate order sent", lambda: create(anna)),
                (ccxt.InsufficientFunds, "insufficient balance", lambda: anna.create_order(SYMBOL, "limit", "sell", "11", "40000")),
                (ccxt.BadRequest, "NOTIONAL", lambda: anna.create_order(SYMBOL, "limit", "buy", "0.0001", "30000")),
                (
                    ccxt.OrderImmediatelyFillable,
                    "immediately match",
                    lambda: bert.create_order(SYMBOL, "limit", "sell", "1", "29000", {"postOnly": True}),
                ),
                (ccxt.OrderNotFound, "Unknown order", lambda: anna.cancel_order("99", SYMBOL)),
                (ccxt.OrderNotFound, "does not exist", lambda: anna.fetch_order("99", SYMBOL)),
            ]
            for error, said, ask in cases:
                with pytest.raises(error, match=said):
                    await ask()
            place.venue.exchange.listings[SYMBOL].is_open = False
            with pytest.raises(ccxt.MarketClosed):
                await create(anna, "tk-two")
            anna.secret = anna.apiKey
            with pytest.raises(ccxt.AuthenticationError, match="Signature"):
                await anna.fetch_open_orders()
            bert.apiKey = "unknown"
            with pytest.raises((ccxt.AuthenticationError, ccxt.DDoSProtection), match="Invalid API-key"):
                await bert.fetch_open_orders()

    asyncio.run(session())


def test_client_id_of_a_filled_order_is_taken_again(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, bert):
            await create(anna)
            await bert.create_order(SYMBOL, "market", "sell", "0.1")
            await create(anna)
            assert [order.status.value for order in on_venue(place)] == ["FILLED", "NEW"]
            newest = await anna.fetch_order(None, SYMBOL, {"clientOrderId": "tk-one"})
            assert (newest["status"], Decimal(newest["filled"])) == ("open", 0)

    asyncio.run(session())


def test_split_fault_makes_several_trades_of_one_match(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, bert):
            await create(anna)
            place.venue.faults.add(Fault(PLACE, "split", parts=4))
            await bert.create_order(SYMBOL, "market", "sell", "0.1")
            assert [Decimal(trade["amount"]) for trade in await anna.fetch_my_trades(SYMBOL)] == [Decimal("0.025")] * 4

    asyncio.run(session())


def test_edit_after_a_partial_fill_is_exposure_to_more_than_was_asked_for(meeting) -> None:
    async def session() -> None:
        async with meeting() as (place, anna, bert):
            placed = await create(anna)
            await bert.create_order(SYMBOL, "market", "sell", "0.04")
            await anna.edit_order(placed["id"], SYMBOL, "limit", "buy", "0.1", "29000", {"clientOrderId": "tk-two"})
            orders = place.venue.exchange.accounts["anna"].orders.values()
            assert sum(order.filled if not order.status.is_open else order.quantity for order in orders) == Decimal("0.14")
            with pytest.raises(ccxt.ExchangeError, match=re.escape("-2022")):
                await anna.edit_order(placed["id"], SYMBOL, "limit", "buy", "0.1", "28000", {"clientOrderId": "tk-three"})

    asyncio.run(session())
