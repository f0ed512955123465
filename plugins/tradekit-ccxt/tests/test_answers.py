"""What exchanges answer, in their own words, and what the executor makes of it."""

import asyncio
import math
from decimal import Decimal
from typing import Any

import pytest
from tradekit_ccxt.leverage import one_way
from tradekit_ccxt.link import Link
from tradekit_ccxt.pacing import Priority

from tradekit import ConfigError, Holdings, OrderKind, OrderRefused, OrderStatus, Reconnected, VenueError, VenueOrder

# Taken before the fixture puts others in their place.
SET_CLOCK = Link.set_clock
CID = "tkab12cd00000001"
SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"

TAKEN: dict[tuple[str, str], tuple[Any, str]] = {
    ("binanceusdm", "swap"): (
        {
            "orderId": 7,
            "symbol": "BTCUSDT",
            "status": "NEW",
            "clientOrderId": CID,
            "price": "100.5",
            "avgPrice": "0",
            "origQty": "2",
            "executedQty": "0",
            "cumQuote": "0",
            "timeInForce": "GTC",
            "type": "LIMIT",
            "side": "BUY",
            "reduceOnly": False,
            "updateTime": 1700000000000,
        },
        "7",
    ),
    ("bybit", "spot"): ({"retCode": 0, "retMsg": "OK", "result": {"orderId": "b7", "orderLinkId": CID}, "time": 1}, "b7"),
    ("okx", "spot"): ({"code": "0", "msg": "", "data": [{"clOrdId": CID, "ordId": "o7", "sCode": "0", "sMsg": ""}]}, "o7"),
    ("kraken", "spot"): (
        {"error": [], "result": {"txid": ["OKRAKEN-7"], "descr": {"order": "buy 2.00000000 XBTUSDT @ limit 100.5"}}},
        "OKRAKEN-7",
    ),
    ("gate", "spot"): (
        {
            "id": "g7",
            "text": f"t-{CID}",
            "status": "open",
            "currency_pair": "BTC_USDT",
            "type": "limit",
            "side": "buy",
            "amount": "2",
            "price": "100.5",
            "left": "2",
            "create_time_ms": 1700000000000,
            "update_time_ms": 1700000000000,
            "account": "spot",
            "time_in_force": "gtc",
            "filled_total": "0",
            "fee": "0",
            "fee_currency": "BTC",
        },
        "g7",
    ),
    ("bitget", "spot"): ({"code": "00000", "msg": "success", "data": {"orderId": "t7", "clientOid": CID}}, "t7"),
    ("mexc", "spot"): (
        {"symbol": "BTCUSDT", "orderId": "m7", "price": "100.5", "origQty": "2", "type": "LIMIT", "side": "BUY"},
        "m7",
    ),
    ("coinbase", "spot"): (
        {
            "success": True,
            "success_response": {"order_id": "c7", "product_id": "BTC-USDT", "side": "BUY", "client_order_id": CID},
            "order_configuration": {"limit_limit_gtc": {"base_size": "2", "limit_price": "100.5", "post_only": False}},
        },
        "c7",
    ),
}

REFUSED: dict[tuple[str, str], Any] = {
    ("binanceusdm", "swap"): (400, {"code": -2019, "msg": "Margin is insufficient."}),
    ("bybit", "spot"): {"retCode": 170131, "retMsg": "Insufficient balance.", "result": {}, "time": 1},
    ("okx", "spot"): {"code": "1", "msg": "All operations failed", "data": [{"sCode": "51008", "sMsg": "Insufficient balance"}]},
    ("kraken", "spot"): {"error": ["EOrder:Insufficient funds"]},
    ("gate", "spot"): (400, {"label": "BALANCE_NOT_ENOUGH", "message": "Not enough balance"}),
    ("bitget", "spot"): (400, {"code": "43012", "msg": "Insufficient balance", "data": None}),
    ("mexc", "spot"): (400, {"code": 30004, "msg": "Insufficient position"}),
}

UNCLEAR: dict[tuple[str, str], list[Any]] = {
    ("binanceusdm", "swap"): [(408, {"code": -1007, "msg": "Timeout waiting for response from backend server."})],
    ("bybit", "spot"): [{"retCode": 10016, "retMsg": "Server error", "result": {}, "time": 1}, (502, "<html>bad gateway</html>")],
    ("okx", "spot"): [{"code": "50004", "msg": "Endpoint request timeout", "data": []}, (200, "")],
    ("kraken", "spot"): [{"error": ["EService:Timeout"]}, {"error": ["EGeneral:Internal error"]}],
    ("gate", "spot"): [(500, {"label": "SERVER_ERROR", "message": "Internal error"}), (504, "gateway time-out")],
    ("bitget", "spot"): [(500, {"code": "40725", "msg": "service return an error"}), (200, "<html></html>")],
    # Whether it is an answer to the request or to something else, ccxt does not say.
    ("coinbase", "spot"): [{"success": False, "error_response": {"error": "UNKNOWN_FAILURE_REASON", "message": "?"}}],
}

ABSENT: dict[tuple[str, str], list[Any]] = {
    ("binanceusdm", "swap"): [(400, {"code": -2013, "msg": "Order does not exist."})],
    ("bybit", "spot"): [{"retCode": 0, "retMsg": "OK", "result": {"list": [], "category": "spot"}, "time": 1}] * 2,
    ("okx", "spot"): [{"code": "51603", "data": [], "msg": "Order does not exist"}],
    ("kraken", "spot"): [{"error": [], "result": {"open": {}}}, {"error": [], "result": {"closed": {}, "count": 0}}],
    ("gate", "spot"): [(404, {"label": "ORDER_NOT_FOUND", "message": "Order not found"})],
}


def run(desk: Any, place: tuple[str, str], answers: list[Any], work: Any) -> Any:
    async def connected() -> Any:
        async with desk(*place) as (executor, wire):
            wire.answers = list(answers)
            found = await work(executor)
            assert wire.answers == []
            return found

    return asyncio.run(connected())


def sending(intent: Any, place: tuple[str, str]) -> Any:
    return lambda executor: executor.send(intent(place[1], kind=OrderKind.LIMIT, limit=Decimal("100.5")))


@pytest.mark.parametrize("place", TAKEN, ids="-".join)
def test_order_that_is_taken_has_both_ids_and_is_open(desk: Any, intent: Any, place: tuple[str, str]) -> None:
    answer, venue_id = TAKEN[place]
    found: VenueOrder = run(desk, place, [answer], sending(intent, place))
    assert (found.venue_id, found.client_id, found.status) == (venue_id, CID, OrderStatus.OPEN)
    assert (found.quantity, found.filled, found.symbol) == (2, 0, SPOT if place[1] == "spot" else SWAP)


@pytest.mark.parametrize("place", REFUSED, ids="-".join)
def test_order_without_the_money_for_it_is_refused(desk: Any, intent: Any, place: tuple[str, str]) -> None:
    with pytest.raises(OrderRefused, match=rf"^{place[0]} did not send the order: InsufficientFunds: "):
        run(desk, place, [REFUSED[place]], sending(intent, place))


@pytest.mark.parametrize(
    ("place", "answer"),
    [(place, answer) for place, answers in UNCLEAR.items() for answer in answers],
    ids=lambda value: str(value)[:40],
)
def test_order_whose_answer_is_no_answer_is_not_refused(desk: Any, intent: Any, place: tuple[str, str], answer: Any) -> None:
    with pytest.raises(VenueError) as raised:
        run(desk, place, [answer], sending(intent, place))
    assert not isinstance(raised.value, OrderRefused)


@pytest.mark.parametrize("place", ABSENT, ids="-".join)
def test_order_that_the_exchange_does_not_have_is_absent(desk: Any, place: tuple[str, str]) -> None:
    symbol = SPOT if place[1] == "spot" else SWAP
    assert run(desk, place, ABSENT[place], lambda executor: executor.find(CID, symbol)) is None


@pytest.mark.parametrize("place", ABSENT, ids="-".join)
def test_order_is_not_absent_where_the_exchange_is_in_trouble(desk: Any, place: tuple[str, str]) -> None:
    symbol = SPOT if place[1] == "spot" else SWAP
    with pytest.raises(VenueError):
        run(desk, place, [(503, "unavailable")], lambda executor: executor.find(CID, symbol))


def test_order_of_kraken_is_found_among_those_that_ended(desk: Any) -> None:
    closed = {
        "OKRAKEN-7": {
            "refid": None,
            "cl_ord_id": CID,
            "status": "closed",
            "opentm": 1700000000.5,
            "vol": "2.00000000",
            "vol_exec": "2.00000000",
            "cost": "201.0",
            "fee": "0.32",
            "price": "100.5",
            "closetm": 1700000001.5,
            "trades": [],
            "descr": {"pair": "XBTUSDT", "type": "buy", "ordertype": "limit", "price": "100.5", "price2": "0"},
        }
    }
    answers = [{"error": [], "result": {"open": {}}}, {"error": [], "result": {"closed": closed, "count": 1}}]
    found: VenueOrder = run(desk, ("kraken", "spot"), answers, lambda executor: executor.find(CID, SPOT))
    assert (found.venue_id, found.client_id, found.status, found.filled) == ("OKRAKEN-7", CID, OrderStatus.FILLED, 2)


def test_order_of_gate_has_our_id_without_the_prefix(desk: Any) -> None:
    answer, _ = TAKEN["gate", "spot"]
    ended = {**answer, "status": "cancelled", "left": "0.5", "finish_as": "cancelled"}
    found: VenueOrder = run(desk, ("gate", "spot"), [ended], lambda executor: executor.find(CID, SPOT))
    assert (found.client_id, found.status, found.filled) == (CID, OrderStatus.CANCELLED, Decimal("1.5"))


def test_trades_of_kraken_are_exact_where_it_writes_numbers_without_quotes(desk: Any) -> None:
    trade = (
        '{"error":[],"result":{"count":1,"trades":{"T7":{"ordertxid":"OKRAKEN-7","pair":"XBTUSDT","time":1699999999.1234,'
        '"type":"sell","ordertype":"limit","price":100.12345678901234567,"cost":1.0,"fee":0.000000000000000123,'
        '"vol":0.12345678901234567890,"margin":"0","misc":"","maker":true}}}}'
    )
    (found,) = run(desk, ("kraken", "spot"), [trade], lambda executor: executor.fills(SPOT, 1699999990 * 10**9))
    assert (found.quantity, found.price) == (Decimal("-0.12345678901234567890"), Decimal("100.12345678901234567"))
    assert (found.fee, found.fee_currency, found.is_maker) == (Decimal("0.000000000000000123"), "USDT", True)
    assert (found.trade_id, found.venue_id, found.time) == ("T7", "OKRAKEN-7", 1699999999123 * 10**6)


def test_holdings_of_perpetuals_have_signed_positions(desk: Any) -> None:
    balance = [
        {
            "accountAlias": "x",
            "asset": "USDT",
            "balance": "1000.00000001",
            "crossWalletBalance": "1000.00000001",
            "crossUnPnl": "0",
            "availableBalance": "900",
            "maxWithdrawAmount": "900",
            "marginAvailable": True,
            "updateTime": 1,
        }
    ]
    position = {
        "symbol": "BTCUSDT",
        "positionSide": "BOTH",
        "positionAmt": "-0.00300",
        "entryPrice": "30000",
        "markPrice": "30000",
        "unRealizedProfit": "0",
        "liquidationPrice": "0",
        "isolatedMargin": "0",
        "notional": "-90",
        "marginAsset": "USDT",
        "isolatedWallet": "0",
        "initialMargin": "9",
        "maintMargin": "0.36",
        "positionInitialMargin": "9",
        "updateTime": 1,
        "breakEvenPrice": "30000",
        "openOrderInitialMargin": "0",
        "adl": 1,
        "bidNotional": "0",
        "askNotional": "0",
    }

    async def hold(executor: Any) -> Holdings:
        # What a position may be levered to is asked for, once, and has no part in this.
        executor._connected().options["leverageBrackets"] = {SWAP: [["0", "0.004"]]}
        return await executor.holdings()

    found: Holdings = run(desk, ("binanceusdm", "swap"), [balance, [position]], hold)
    assert found.positions == {SWAP: Decimal("-0.00300")}
    assert found.balances == {"USDT": Decimal("1000.00000001")}


def test_account_that_holds_long_and_short_side_by_side_is_refused(desk: Any) -> None:
    place = ("binanceusdm", "swap")

    async def check(executor: Any) -> None:
        await one_way(executor._connected(), SWAP)

    run(desk, place, [{"dualSidePosition": False}], check)
    hedged = r"^the account at binanceusdm is in hedge mode, .*; close them, set the account to one-way mode at the exchange, and"
    with pytest.raises(ConfigError, match=hedged):
        run(desk, place, [{"dualSidePosition": True}], check)


def test_requests_are_stamped_by_the_clock_of_the_exchange(desk: Any) -> None:
    async def ask(executor: Any) -> tuple[int, str]:
        client = executor._connected()
        client.milliseconds = lambda: 1_700_000_005_000
        there = await SET_CLOCK(executor._linked())
        await executor.open_orders([SPOT])
        return there, str(client.nonce())

    there, stamp = run(desk, ("binance", "spot"), [{"serverTime": 1_700_000_000_000}, []], ask)
    assert there == 1_700_000_000_000 * 10**6
    assert stamp == "1700000000000"


def test_what_is_asked_has_its_priority_and_orders_do_not_wait_long(desk: Any, intent: Any) -> None:
    turns: list[tuple[Priority, float]] = []

    async def turn(priority: Priority, cost: float = 1.0, patience_s: float = math.inf) -> None:
        turns.append((priority, patience_s))

    async def ask(executor: Any) -> None:
        executor._linked().transport.governor.turn = turn
        limit = {"kind": OrderKind.LIMIT, "limit": Decimal("100.5")}
        for work in (
            executor.cancel(CID, "7", SWAP),
            executor.send(intent("swap", "-2", reduce_only=True, **limit)),
            executor.send(intent("swap", **limit)),
            executor.find(CID, SWAP),
            executor.open_orders([SWAP]),
            executor.fills(SWAP, 1_699_999_999 * 10**9),
        ):
            with pytest.raises(VenueError):
                await work

    run(desk, ("binanceusdm", "swap"), [], ask)
    asked = [Priority.CANCEL, Priority.REDUCE, Priority.NEW, Priority.RECONCILE, Priority.RECONCILE, Priority.RECONCILE]
    assert [priority for priority, _ in turns] == asked
    assert [patience for _, patience in turns] == [5.0, 5.0, 5.0, math.inf, math.inf, math.inf]


def test_message_of_an_account_that_can_not_be_read_asks_for_all_again(desk: Any, caplog: pytest.LogCaptureFixture) -> None:
    said = [{"symbol": SPOT, "id": "7", "side": "buy", "status": "odd", "amount": "1"}, {"symbol": "ETH/USDT", "id": "8"}]

    async def listen(executor: Any) -> list[Any]:
        client, left = executor._connected(), [said]
        client.has["watchMyTrades"] = False

        async def watch_orders() -> Any:
            if left:
                return left.pop()
            return await asyncio.Event().wait()

        client.watch_orders = watch_orders
        events = executor.events()
        found = [await anext(events), await anext(events)]
        await events.aclose()
        return found

    assert run(desk, ("binance", "spot"), [], listen) == [Reconnected(), Reconnected()]
    assert "an order came with the status 'odd'" in caplog.text
