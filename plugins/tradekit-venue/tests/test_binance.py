"""The dialect by itself: what it answers, without a network."""

import hashlib
import hmac
import json
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from tradekit_venue.binance.streams import MarketSession
from tradekit_venue.binance_spot.dialect import BinanceSpot
from tradekit_venue.binance_spot.socket_api import ApiSession
from tradekit_venue.dialect import Sent

LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1", "price": "30000"}
MARKET = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.1"}


@pytest.fixture
def ask(venue, clients):
    """Give what asks the venue, signed by anna unless somebody else is named; it returns the status and the answer."""
    dialect = BinanceSpot(venue)

    def asking(method, name, params=None, who="anna", **more):
        query = urlencode({**(params or {}), "timestamp": clients.start, **more})
        signature = hmac.new(clients.secrets[who].encode(), query.encode(), hashlib.sha256).hexdigest()
        answer = dialect.answer(
            Sent(method, f"/api/v3/{name}", f"{query}&signature={signature}", headers={"x-mbx-apikey": f"key-of-{who}"})
        ).answer
        return answer.status, json.loads(answer.body)

    return asking


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"symbol": "ABCUSD"}, -1121, "Invalid symbol."),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "PEGGED"}, -1116, "Invalid orderType."),
        ({"timeInForce": "DAY"}, -1115, "Invalid timeInForce."),
        ({"timeInForce": ""}, -1102, "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed."),
        ({"quantity": ""}, -1102, "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed."),
        ({"quantity": "much"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": "-1"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": "0.123456789"}, -1111, "Parameter 'quantity' has too much precision."),
        ({"quantity": "0.100001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"price": "30000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "30"}, -1013, "Filter failure: NOTIONAL"),
        ({"stopPrice": "3"}, -1106, "Parameter 'stopPrice' sent when not required."),
        ({"quoteOrderQty": "3"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
        ({"icebergQty": "0.01"}, -1020, "This operation is not supported: icebergQty."),
        ({"newClientOrderId": "a b"}, -1100, "Illegal characters found in parameter 'newClientOrderId'"),
        ({"newOrderRespType": "SOME"}, -1136, "Invalid newOrderRespType."),
        ({"recvWindow": "60001"}, -1131, "recvWindow must be less than 60000."),
    ],
)
def test_new_order_that_can_not_be_is_refused_with_binances_words(ask, change, code, said) -> None:
    params = {name: value for name, value in (LIMIT | change).items() if value or name not in change} | change
    status, answer = ask("POST", "order", params)
    assert (status, answer["code"]) == (400, code)
    assert answer["msg"].startswith(said)


def test_order_is_answered_in_the_form_that_was_asked_for(ask) -> None:
    assert ask("POST", "order", LIMIT, "bert")[1]["fills"] == []
    full = ask("POST", "order", MARKET)[1]
    assert (full["status"], full["cummulativeQuoteQty"]) == ("FILLED", "3000.00000000")
    assert full["fills"] == [
        {"price": "30000.00000000", "qty": "0.10000000", "commission": "3.00000000", "commissionAsset": "USDT", "tradeId": 1}
    ]
    assert sorted(ask("POST", "order", LIMIT | {"newOrderRespType": "ACK"})[1]) == [
        "clientOrderId",
        "orderId",
        "orderListId",
        "symbol",
        "transactTime",
    ]


def test_requests_come_from_who_has_the_key_and_in_their_time(venue, ask, clients) -> None:
    dialect = BinanceSpot(venue)
    assert json.loads(dialect.answer(Sent("GET", "api/v3/account", "timestamp=1")).answer.body)["code"] == -2014
    assert (
        json.loads(dialect.answer(Sent("GET", "api/v3/account", "timestamp=1", headers={"x-mbx-apikey": "stolen"})).answer.body)[
            "code"
        ]
        == -2015
    )
    assert ask("GET", "account", timestamp=clients.start + 999)[0] == 200
    assert ask("GET", "account", timestamp=clients.start + 1000)[1]["msg"].endswith("1000ms ahead of the server's time.")
    assert ask("GET", "account", timestamp=clients.start - 5000)[0] == 200
    assert ask("GET", "account", timestamp=clients.start - 5001)[1]["code"] == -1021
    assert ask("GET", "account", timestamp=clients.start - 5001, recvWindow=6000)[0] == 200
    venue.checks_timing = False
    assert ask("GET", "account", timestamp=1)[0] == 200


def test_too_many_orders_are_refused_for_ten_seconds(venue, ask, clients) -> None:
    orders = [ask("POST", "order", LIMIT | {"quantity": "0.001"}) for _ in range(101)]
    assert [status for status, _ in orders] == [200] * 100 + [429]
    assert orders[-1][1]["code"] == -1015
    venue.advance(10_000)
    assert ask("POST", "order", LIMIT, timestamp=clients.start + 10_000)[0] == 200


def test_cancel_replace_tells_what_became_of_each_half(ask) -> None:
    number = ask("POST", "order", LIMIT)[1]["orderId"]
    swap = LIMIT | {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": number, "price": "29000"}
    status, answer = ask("POST", "order/cancelReplace", swap | {"quantity": "100"})
    assert (status, answer["code"], answer["data"]["cancelResult"], answer["data"]["newOrderResult"]) == (
        409,
        -2021,
        "SUCCESS",
        "FAILURE",
    )
    status, answer = ask("POST", "order/cancelReplace", swap)
    assert (status, answer["code"], answer["data"]["newOrderResult"]) == (400, -2022, "NOT_ATTEMPTED")
    status, answer = ask("POST", "order/cancelReplace", swap | {"cancelReplaceMode": "ALLOW_FAILURE"})
    assert (status, answer["data"]["cancelResult"], answer["data"]["newOrderResponse"]["price"]) == (
        409,
        "FAILURE",
        "29000.00000000",
    )


def test_cancel_heeds_its_restrictions_and_cancels_all_of_a_market(ask) -> None:
    number = ask("POST", "order", LIMIT)[1]["orderId"]
    ask("POST", "order", MARKET | {"quantity": "0.04"}, "bert")
    which = {"symbol": "BTCUSDT", "orderId": number}
    assert (
        ask("DELETE", "order", which | {"cancelRestrictions": "ONLY_NEW"})[1]["msg"]
        == "Order was not canceled due to cancel restrictions."
    )
    assert ask("DELETE", "order", which | {"cancelRestrictions": "SOME"})[1]["code"] == -1145
    assert ask("DELETE", "order", which | {"origClientOrderId": "other"})[1]["code"] == -2011
    assert [one["orderId"] for one in ask("DELETE", "openOrders", {"symbol": "BTCUSDT"})[1]] == [number]
    assert ask("DELETE", "openOrders", {"symbol": "BTCUSDT"})[1]["code"] == -2011


def test_orders_and_trades_are_listed_from_a_number_or_the_last_ones(ask) -> None:
    numbers = [ask("POST", "order", LIMIT | {"price": str(29_000 + step)})[1]["orderId"] for step in range(3)]
    every = {"symbol": "BTCUSDT", "limit": 2}
    assert [one["orderId"] for one in ask("GET", "allOrders", every)[1]] == numbers[1:]
    assert [one["orderId"] for one in ask("GET", "allOrders", every | {"orderId": numbers[0]})[1]] == numbers[:2]
    ask("POST", "order", MARKET | {"quantity": "0.25"}, "bert")
    assert [one["price"] for one in ask("GET", "myTrades", every | {"fromId": 1})[1]] == ["29002.00000000", "29001.00000000"]
    assert [one["orderId"] for one in ask("GET", "myTrades", {"symbol": "BTCUSDT", "orderId": numbers[0]})[1]] == [numbers[0]]
    assert ask("GET", "myTrades", {"symbol": "BTCUSDT", "startTime": 0, "endTime": 86_400_001})[1]["code"] == -1127


def test_public_endpoints_tell_prices_depth_and_candles(ask) -> None:
    ask("POST", "order", LIMIT)
    ask("POST", "order", LIMIT | {"side": "SELL", "price": "31000"}, "bert")
    ask("POST", "order", MARKET | {"quantity": "0.05"}, "bert")
    assert ask("GET", "depth", {"symbol": "BTCUSDT"})[1] == {
        "lastUpdateId": 3,
        "bids": [["30000.00000000", "0.05000000"]],
        "asks": [["31000.00000000", "0.10000000"]],
    }
    assert ask("GET", "ticker/price", {"symbol": "BTCUSDT"})[1]["price"] == "30000.00000000"
    assert ask("GET", "ticker/bookTicker", {"symbols": '["BTCUSDT"]'})[1][0]["askPrice"] == "31000.00000000"
    assert ask("GET", "ticker/24hr")[1][0]["volume"] == "0.05000000"
    assert ask("GET", "avgPrice", {"symbol": "BTCUSDT"})[1]["price"] == "30000.00000000"
    assert [one["a"] for one in ask("GET", "aggTrades", {"symbol": "BTCUSDT", "fromId": 1})[1]] == [1]
    assert ask("GET", "klines", {"symbol": "BTCUSDT", "interval": "1m"})[1][0][1:6] == ["30000.00000000"] * 4 + ["0.05000000"]
    assert ask("GET", "klines", {"symbol": "BTCUSDT", "interval": "7m"})[1]["code"] == -1120
    assert ask("GET", "ticker/price", {"symbols": "BTCUSDT"})[1]["code"] == -1100
    assert ask("GET", "nothing")[0] == 404


def test_market_session_answers_subscriptions_and_wraps_what_is_combined(venue) -> None:
    sent = []
    session = MarketSession(venue, lambda topic, payload: sent.append(payload), "btcusdt@trade/0", is_combined=True)
    venue.exchange.listeners.append(session.on_event)
    for text in (
        '{"method": "LIST_SUBSCRIPTIONS", "id": 1}',
        '{"method": "SUBSCRIBE", "params": ["btcusdt@depth5"], "id": 2}',
        '{"method": "UNSUBSCRIBE", "params": ["btcusdt@trade"], "id": 3}',
        '{"method": "SUBSCRIBE", "params": ["btcusdt@kline_7m"], "id": 4}',
        '{"method": "SHOUT", "id": 5}',
        "no JSON",
    ):
        session.on_text(text)
    assert [one.get("result", one.get("error", {}).get("code")) for one in sent] == [["btcusdt@trade"], None, None, 2, 2, 3]
    sent.clear()
    BinanceSpot(venue)
    from tradekit_venue.engine.order import Kind, NewOrder, Side

    venue.exchange.place(venue.exchange.accounts["anna"], "BTC/USDT", NewOrder(Side.BUY, Kind.LIMIT, Decimal(1), Decimal(30_000)))
    (message,) = sent
    assert message["stream"] == "btcusdt@depth5"
    assert message["data"] == {"lastUpdateId": 1, "bids": [["30000.00000000", "1.00000000"]], "asks": []}


def test_api_session_refuses_what_it_does_not_know_and_subscribes_an_account_once(venue, clients) -> None:
    session = ApiSession(BinanceSpot(venue), lambda topic, payload: None)

    def say(method, **params):
        if params:
            payload = "&".join(f"{name}={params[name]}" for name in sorted(params))
            params["signature"] = hmac.new(clients.secrets["anna"].encode(), payload.encode(), hashlib.sha256).hexdigest()
        return json.loads(session.answer(session.read(json.dumps({"id": 7, "method": method, "params": params}))).answer.body)

    signed = {"apiKey": "key-of-anna", "timestamp": clients.start}
    assert say("userDataStream.subscribe.signature", **signed)["result"] == {"subscriptionId": 0}
    assert say("userDataStream.subscribe.signature", **signed)["error"]["code"] == -2035
    assert say("session.subscriptions")["result"] == [{"subscriptionId": 0}]
    assert say("account.status", **signed)["result"]["canTrade"] is True
    assert say("order.shout")["error"]["code"] == -1020
    assert json.loads(session.answer(session.read("no JSON")).answer.body)["status"] == 400
    assert say("userDataStream.unsubscribe")["result"] == {}
    assert say("session.subscriptions")["result"] == []
