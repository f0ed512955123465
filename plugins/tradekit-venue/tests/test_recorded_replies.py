"""What the venue answers has the fields, of the types, that Binance's own answers have."""

import hashlib
import hmac
import json
import os
from pathlib import Path
from urllib.parse import urlencode

import pytest
from shapes import missing, shape
from tradekit_venue.binance_spot.dialect import BinanceSpot
from tradekit_venue.binance_spot.socket_api import ApiSession
from tradekit_venue.dialect import Sent

LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1", "price": "30000"}
SELL = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.04"}
SYMBOL = {"symbol": "BTCUSDT"}
SIGNED = {"order", "openOrders", "allOrders", "myTrades", "account"}


@pytest.fixture(scope="module")
def folder() -> Path:
    found = os.environ.get("TRADEKIT_TEST_DATA", "")
    if not found:
        pytest.skip("TRADEKIT_TEST_DATA is not set")
    return Path(found) / "exchange_traffic" / "nautilus" / "binance" / "spot"


def ask(venue, clients, method, name, params, who="anna"):
    params = params | {"timestamp": clients.start} if name in SIGNED else params
    query = urlencode(params)
    if name in SIGNED:
        query += "&signature=" + hmac.new(clients.secrets[who].encode(), query.encode(), hashlib.sha256).hexdigest()
    return json.loads(
        BinanceSpot(venue).answer(Sent(method, f"api/v3/{name}", query, headers={"x-mbx-apikey": f"key-of-{who}"})).answer.body
    )


CASES = [
    ("account_response", "GET", "account", {}),
    ("account_trades_response", "GET", "myTrades", SYMBOL),
    ("all_orders_response", "GET", "allOrders", SYMBOL),
    ("avg_price_response", "GET", "avgPrice", SYMBOL),
    ("book_ticker_response", "GET", "ticker/bookTicker", SYMBOL),
    ("cancel_open_orders_response", "DELETE", "openOrders", SYMBOL),
    ("cancel_order_response", "DELETE", "order", SYMBOL | {"orderId": 1}),
    ("depth_response", "GET", "depth", SYMBOL),
    ("exchange_info_response", "GET", "exchangeInfo", {}),
    ("klines_response", "GET", "klines", SYMBOL | {"interval": "1m"}),
    ("new_order_full_response", "POST", "order", LIMIT | {"side": "SELL"}),
    ("open_orders_response", "GET", "openOrders", SYMBOL),
    ("order_response", "GET", "order", SYMBOL | {"orderId": 1}),
    ("ping_response", "GET", "ping", {}),
    ("server_time_response", "GET", "time", {}),
    ("ticker_24hr_response", "GET", "ticker/24hr", SYMBOL),
    ("ticker_price_response", "GET", "ticker/price", SYMBOL),
    ("trades_response", "GET", "trades", SYMBOL),
]


@pytest.mark.parametrize(("file", "method", "name", "params"), CASES, ids=[case[0] for case in CASES])
def test_answer_has_what_binances_own_has(venue, clients, folder, file, method, name, params) -> None:
    ask(venue, clients, "POST", "order", LIMIT)
    ask(venue, clients, "POST", "order", SELL, "bert")
    recorded = json.loads((folder / "http_json" / f"{file}.json").read_text())
    found = [*missing(shape(recorded), shape(ask(venue, clients, method, name, params)))]
    assert found == []


@pytest.mark.parametrize("file", ["new", "trade", "canceled", "account"])
def test_message_of_an_account_has_what_binances_own_has(venue, clients, folder, file) -> None:
    sent = []
    session = ApiSession(BinanceSpot(venue), lambda topic, payload: sent.append(payload["event"]))
    venue.exchange.listeners.append(session.on_event)
    params = {"apiKey": "key-of-anna", "timestamp": str(clients.start)}
    payload = "&".join(f"{name}={params[name]}" for name in sorted(params))
    signature = hmac.new(clients.secrets["anna"].encode(), payload.encode(), hashlib.sha256).hexdigest()
    message = {"id": 1, "method": "userDataStream.subscribe.signature", "params": params | {"signature": signature}}
    session.answer(session.read(json.dumps(message)))
    ask(venue, clients, "POST", "order", LIMIT)
    ask(venue, clients, "POST", "order", SELL, "bert")
    ask(venue, clients, "DELETE", "order", SYMBOL | {"orderId": 1})
    reports = {one["x"].lower(): one for one in sent if one["e"] == "executionReport"}
    ours = next(one for one in sent if one["e"] == "outboundAccountPosition") if file == "account" else reports[file]
    name = "account_position" if file == "account" else f"execution_report_{file}"
    recorded = json.loads((folder / "user_data_json" / f"{name}.json").read_text())
    assert [*missing(shape(recorded), shape(ours))] == []
