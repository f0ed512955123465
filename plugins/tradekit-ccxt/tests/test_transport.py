import asyncio
import logging
from decimal import Decimal
from typing import Any

import pytest
from tradekit_ccxt import library
from tradekit_ccxt.errand import Errand, on
from tradekit_ccxt.pacing import Governor, Priority
from tradekit_ccxt.source import CcxtSource
from tradekit_ccxt.transport import Transport, retry_after

from tradekit import Keys, OrderKind, OrderRefused, VenueError

ORDER = "https://api.binance.com/api/v3/order"


class Line:
    """A client whose requests are counted and answered with nothing, behind a transport."""

    def __init__(self, exchange: str = "binance", **more: Any) -> None:
        self.client = library.make(CcxtSource.Options(exchange=exchange), Keys("k", "c2VjcmV0"))
        self.left: list[tuple[str, str]] = []
        self.gaps = 0
        self.rests: list[float] = []

        async def fetch(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
            self.left.append((method, url))
            await asyncio.sleep(0)
            return {}

        def gap() -> None:
            self.gaps += 1

        self.client.fetch = fetch
        self.governor = Governor(1000.0, 1000.0)
        self.governor.rest = self.rests.append  # type: ignore[method-assign]  # to see what it is told
        self.transport = Transport(self.client, self.governor, on_gap=gap, **more)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_request_that_may_change_something_does_not_leave_without_leave(method: str) -> None:
    line = Line()
    with pytest.raises(VenueError, match=rf"^{method} /api/v3/order may change the account, and this run must not trade"):
        asyncio.run(line.client.fetch(ORDER, method))
    assert line.left == []
    asyncio.run(line.client.fetch(ORDER, "GET"))
    assert line.left == [("GET", ORDER)]


@pytest.mark.parametrize(
    "call",
    ["create_order", "cancel_order", "edit_order", "cancel_all_orders", "withdraw", "transfer", "set_leverage", "create_orders"],
)
def test_no_method_of_ccxt_gets_around_the_guard(desk: Any, call: str) -> None:
    given: dict[str, tuple[Any, ...]] = {
        "create_order": ("BTC/USDT:USDT", "limit", "buy", "1", "100"),
        "cancel_order": ("7", "BTC/USDT:USDT"),
        "edit_order": ("7", "BTC/USDT:USDT", "limit", "buy", "1", "100"),
        "cancel_all_orders": ("BTC/USDT:USDT",),
        "withdraw": ("USDT", "1", "address"),
        "transfer": ("USDT", "1", "spot", "swap"),
        "set_leverage": (3, "BTC/USDT:USDT"),
        "create_orders": ([{"symbol": "BTC/USDT:USDT", "type": "limit", "side": "buy", "amount": "1", "price": "100"}],),
    }

    async def run() -> int:
        async with desk("binanceusdm", "swap", may_trade=False) as (executor, wire):
            with pytest.raises(VenueError, match=r"may change the account.* and this run must not trade"):
                await getattr(executor._connected(), call)(*given[call])
            return len([sent for sent in wire.sent if sent.method != "GET"])

    assert asyncio.run(run()) == 0


def test_reading_requests_that_a_profile_lists_pass_though_they_are_no_get(desk: Any) -> None:
    async def run() -> list[str]:
        async with desk("kraken", may_trade=False) as (executor, wire):
            wire.answers = [{"error": [], "result": {"open": {}}}]
            assert await executor.open_orders(["BTC/USDT"]) == []
            with pytest.raises(VenueError, match="may change the account was asked of kraken"):
                await executor.cancel("tk1", "7", "BTC/USDT")
            return [sent.path for sent in wire.sent]

    assert asyncio.run(run()) == ["/0/private/OpenOrders"]


@pytest.mark.parametrize(
    ("exchange", "kind", "path"), [("binanceusdm", "swap", "/fapi/v1/listenKey"), ("mexc", "spot", "/api/v3/userDataStream")]
)
def test_key_of_a_private_stream_may_be_asked_for_in_any_run(desk: Any, exchange: str, kind: str, path: str) -> None:
    async def run() -> None:
        async with desk(exchange, kind, may_trade=False) as (executor, wire):
            wire.answers = [{"listenKey": "k"}]
            assert await executor._connected().fetch(f"https://{exchange}.com{path}", "POST") == {"listenKey": "k"}
            with pytest.raises(VenueError, match="may change the account"):
                await executor._connected().fetch(f"https://{exchange}.com{path}/order", "POST")

    asyncio.run(run())


def test_order_without_our_id_in_it_is_held_back() -> None:
    line = Line(may_trade=True)

    async def run() -> Errand:
        with on(Errand(Priority.NEW, carries="tk1")) as errand:
            with pytest.raises(VenueError, match=r"was held back: the order's own id 'tk1' is not in it"):
                await line.client.fetch(ORDER, "POST", None, "symbol=BTCUSDT&newClientOrderId=x-other")
            assert not errand.has_left
            await line.client.fetch(ORDER, "POST", None, "symbol=BTCUSDT&newClientOrderId=tk1")
            return errand

    assert asyncio.run(run()).has_left
    assert line.left == [("POST", ORDER)]


def test_order_that_is_called_off_while_it_waits_for_its_turn_does_not_leave() -> None:
    line, called = Line(may_trade=True), []

    def check() -> None:
        called.append(1)
        raise OrderRefused("not sent: news at ten")

    async def run() -> Errand:
        with on(Errand(Priority.NEW, carries="tk1", check=check)) as errand:
            with pytest.raises(OrderRefused, match="not sent: news at ten"):
                await line.client.fetch(ORDER, "POST", None, "symbol=BTCUSDT&newClientOrderId=tk1")
            return errand

    assert not asyncio.run(run()).has_left
    assert called == [1]
    assert line.left == []


def test_executor_asks_right_before_an_order_leaves_whether_it_may(desk: Any, intent: Any) -> None:
    asked: list[str] = []

    def check(client_id: str) -> None:
        asked.append(client_id)
        raise OrderRefused("not sent: news at ten")

    async def run() -> int:
        async with desk("binance") as (executor, wire):
            executor.before_sending(check)
            wire.client.fetch = Transport(wire.client, Governor(100.0, 100.0), may_trade=True).fetch
            with pytest.raises(OrderRefused, match="not sent: news at ten"):
                await executor.send(intent(kind=OrderKind.LIMIT, limit=Decimal("100.5")))
            return len(wire.sent)

    assert asyncio.run(run()) == 0
    assert len(asked) == 1


def test_exchange_that_drops_our_id_is_never_sent_an_order(desk: Any, intent: Any) -> None:
    # ccxt leaves our id out for crypto.com, and does not say so.
    async def run() -> int:
        async with desk("cryptocom", unrecorded=True) as (executor, wire):
            with pytest.raises(OrderRefused, match=r"the order's own id .* is not in it, so it could not be looked up"):
                await executor.send(intent(kind=OrderKind.LIMIT, limit=Decimal("100.5")))
            return len(wire.sent)

    assert asyncio.run(run()) == 0


def test_exchange_that_takes_orders_by_get_is_guarded_too(desk: Any, intent: Any) -> None:
    order = {"kind": OrderKind.LIMIT, "limit": Decimal("100.5")}

    async def run(may_trade: bool) -> list[Any]:
        async with desk("deribit", may_trade=may_trade, unrecorded=True) as (executor, wire):
            with pytest.raises(VenueError) as raised:
                await executor.send(intent(**order))
            assert isinstance(raised.value, OrderRefused) != may_trade
            return list(wire.sent)

    assert asyncio.run(run(may_trade=False)) == []
    (sent,) = asyncio.run(run(may_trade=True))
    assert (sent.method, sent.path) == ("GET", "/api/v2/private/buy")


def test_answer_that_asks_for_rest_holds_everybody_back() -> None:
    line = Line()

    def answer(code: int, headers: dict[str, str]) -> Errand:
        with on(Errand()) as errand:
            assert line.client.on_rest_response(code, "", ORDER, "GET", headers, " body ", None, None) == "body"
        return errand

    assert answer(429, {"Retry-After": "7"}).retry_after_s == 7.0
    assert answer(418, {}).retry_after_s is None
    assert answer(503, {"retry-after": "3"}).retry_after_s == 3.0
    assert answer(200, {"Retry-After": "9"}).retry_after_s is None
    assert line.rests == [7.0, 1.0, 3.0]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "2.5"}, 2.5),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:30 GMT", "Date": "Tue, 14 Nov 2023 22:13:20 GMT"}, 10.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:10 GMT", "Date": "Tue, 14 Nov 2023 22:13:20 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_from_a_number_or_a_time(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers) == expected


def test_requests_are_weighed_and_go_by_the_priority_of_what_they_are_for() -> None:
    line = Line()
    turns: list[tuple[Priority, float, float]] = []

    async def turn(priority: Priority, cost: float = 1.0, patience_s: float = 0.0) -> None:
        turns.append((priority, cost, patience_s))

    line.governor.turn = turn  # type: ignore[method-assign]  # to see who asks

    async def run() -> None:
        with on(Errand(Priority.CANCEL, 5.0)):
            await line.client.public_get_ping()
        await line.client.public_get_exchangeinfo()

    asyncio.run(run())
    assert turns[0][0] is Priority.CANCEL
    assert turns[0][2] == 5.0
    assert turns[1][0] is Priority.DATA
    assert turns[1][1] > turns[0][1]


def test_requests_that_are_numbered_do_not_overtake_each_other() -> None:
    line = Line("kraken", is_serial=True)
    inside: list[str] = []

    async def slow(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> None:
        inside.append("in")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        inside.append("out")

    line.transport._fetch = slow

    async def run() -> None:
        await asyncio.gather(*(line.client.fetch("https://x/y") for _ in range(3)))

    asyncio.run(run())
    assert inside == ["in", "out"] * 3


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "method": "userDataStream.subscribe.signature", "params": {}},
        {"method": "SUBSCRIBE", "params": ["btcusdt@kline_1m"]},
        {"op": "subscribe", "args": []},
        {"op": "login", "args": []},
        {"op": "auth", "args": []},
        {"op": "ping"},
        {"time": 1, "channel": "spot.orders", "event": "subscribe"},
        {"method": "public/auth"},
        {"sub": "market.btcusdt.kline.1min"},
        "ping",
    ],
)
def test_message_that_subscribes_or_logs_in_passes(message: Any) -> None:
    Line().transport._check_message(message)


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "method": "order.place", "params": {}},
        {"op": "order", "args": []},
        {"op": "order.create", "args": []},
        {"method": "add_order", "params": {}},
        {"time": 1, "channel": "spot.order_place", "event": "api"},
        {"method": "private/create-order"},
        {"method": "post", "request": {}},
        {"something": "else"},
    ],
)
def test_message_that_may_be_an_order_is_held_back_even_in_a_live_run(message: Any) -> None:
    with pytest.raises(VenueError, match="to a stream of binance was held back: orders are never sent over streams"):
        Line(may_trade=True).transport._check_message(message)


def test_message_that_ccxt_fails_at_does_not_silence_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    line = Line()

    def broken(*_: Any) -> None:
        raise KeyError("orderId")

    line.transport._handle = broken
    with caplog.at_level(logging.WARNING):
        line.client.handle_message(None, {"e": "executionReport"})
    assert (line.gaps, line.transport.broken) == (1, 1)
    assert "a message of binance could not be read (KeyError: 'orderId')" in caplog.text


def test_silence_of_a_stream_is_noticed_within_a_minute() -> None:
    line = Line()
    keep_alive, misses = line.client.streaming["keepAlive"], line.client.streaming["maxPingPongMisses"]
    assert keep_alive * (misses + 1) <= 60_000
