"""What the venue answers has the fields, of the types, that Binance's own answers have."""

import hashlib
import hmac
import json
import os
import zlib
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tradekit_venue.binance_spot.dialect import BinanceSpot
from tradekit_venue.binance_spot.socket_api import ApiSession
from tradekit_venue.dialect import Sent
from tradekit_venue.okx.access import signature
from tradekit_venue.okx.dialect import Okx
from tradekit_venue.okx.streams import PrivateSession, PublicSession
from tradekit_venue.venue import Key

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


def shape(value):
    """Return the types of what is in a value, that of a list by its first element."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def missing(recorded, ours, where=""):
    """Give what the recorded value has and ours has not, or has in another type."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for name, one in recorded.items():
            yield from missing(one, ours[name], f"{where}.{name}") if name in ours else [f"{where}.{name}"]
    elif isinstance(recorded, list) and isinstance(ours, list):
        yield from missing(recorded[0], ours[0], f"{where}[]") if recorded and ours else []
    elif recorded != ours:
        yield f"{where}: {recorded}, ours {ours}"


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


OKX_LIMIT = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.1", "px": "30000"}
OKX_SELL = {"instId": "BTC-USDT", "tdMode": "cash", "side": "sell", "ordType": "market", "sz": "0.04"}


@pytest.fixture
def okx(clients):
    """Give OKX's dialect in front of a venue with two accounts, and a book in which one order is filled in part."""
    venue = clients.new_venue()
    venue.checks_timing = False
    for name, key in list(venue.keys.items()):
        venue.keys[name] = Key(key.account, key.secret, "passphrase")
    return Okx(venue)


def ask_okx(dialect, path, body=None, who="anna"):
    secret, stamp = dialect.venue.keys[f"key-of-{who}"].secret, "2023-11-14T22:13:20.000Z"
    method, text, query = ("GET", "", path.partition("?")[2]) if body is None else ("POST", json.dumps(body), "")
    headers = {"ok-access-key": f"key-of-{who}", "ok-access-passphrase": "passphrase", "ok-access-timestamp": stamp}
    headers["ok-access-sign"] = signature(secret, f"{stamp}{method}/api/v5/{path}{text}")
    return json.loads(dialect.answer(Sent(method, f"api/v5/{path.partition('?')[0]}", query, text, headers)).answer.body)


def trade_at(dialect):
    ask_okx(dialect, "trade/order", OKX_LIMIT)
    ask_okx(dialect, "trade/order", OKX_SELL, "bert")


def recorded_by_okx(folder, file):
    return json.loads((folder.parents[1] / "okx" / f"{file}.json").read_text())


OKX_CASES = [
    ("http_get_instruments_spot", "public/instruments?instType=SPOT"),
    ("http_get_order_book", "market/books?instId=BTC-USDT&sz=5"),
    ("http_get_trades", "market/trades?instId=BTC-USDT"),
    ("http_get_candlesticks", "market/candles?instId=BTC-USDT&bar=1m"),
    ("http_get_account_balance", "account/balance"),
    ("http_get_trade_fee_response", "account/trade-fee?instType=SPOT"),
    ("http_get_orders_pending", "trade/orders-pending?instType=SPOT"),
    ("http_get_orders_history", "trade/orders-history?instType=SPOT"),
]


@pytest.mark.parametrize(("file", "path"), OKX_CASES, ids=[case[0] for case in OKX_CASES])
def test_answer_has_what_okxs_own_has(okx, folder, file, path) -> None:
    trade_at(okx)
    who = "bert" if file == "http_get_orders_history" else "anna"
    assert [*missing(shape(recorded_by_okx(folder, file)), shape(ask_okx(okx, path, who=who)))] == []


@pytest.mark.parametrize(
    ("file", "path", "body"),
    [
        ("http_transaction_detail", "trade/fills-history?instType=SPOT", None),
        ("http_place_order_response", "trade/order", OKX_LIMIT),
    ],
)
def test_row_has_what_okxs_own_has(okx, folder, file, path, body) -> None:
    trade_at(okx)
    (row,) = ask_okx(okx, path, body)["data"]
    assert [*missing(shape(recorded_by_okx(folder, file)), shape(row))] == []


@pytest.mark.parametrize("file", ["ws_orders", "ws_account"])
def test_message_of_an_account_has_what_okxs_own_has(okx, folder, file) -> None:
    sent = []
    session = PrivateSession(okx, lambda topic, payload: sent.append((topic, payload)))
    okx.venue.exchange.listeners.append(session.on_event)
    told = {"apiKey": "key-of-anna", "passphrase": "passphrase", "timestamp": "1700000000"}
    told["sign"] = signature(okx.venue.keys["key-of-anna"].secret, "1700000000GET/users/self/verify")
    session.on_text(json.dumps({"op": "login", "args": [told]}))
    session.on_text(json.dumps({"op": "subscribe", "args": [{"channel": "orders", "instType": "SPOT"}, {"channel": "account"}]}))
    trade_at(okx)
    ours = [payload for topic, payload in sent if topic == file.removeprefix("ws_")][-1]
    assert [*missing(shape(recorded_by_okx(folder, file)), shape(ours))] == []


@pytest.mark.parametrize(
    ("file", "channel"),
    [
        ("ws_trades", "trades"),
        ("ws_tickers", "tickers"),
        ("ws_books_snapshot", "books"),
        ("ws_bbo_tbt", "bbo-tbt"),
        ("ws_candle", "candle1m"),
    ],
)
def test_message_of_a_market_has_what_okxs_own_has(okx, folder, file, channel) -> None:
    sent = []
    kind = "business" if channel.startswith("candle") else "public"
    session = PublicSession(okx, lambda topic, payload: sent.append(payload), kind)
    okx.venue.exchange.listeners.append(session.on_event)
    ask_okx(okx, "trade/order", OKX_LIMIT)
    session.on_text(json.dumps({"op": "subscribe", "args": [{"channel": channel, "instId": "BTC-USDT"}]}))
    ask_okx(okx, "trade/order", OKX_SELL, "bert")
    ours = next(payload for payload in sent if "data" in payload)
    assert [*missing(shape(recorded_by_okx(folder, file)), shape(ours))] == []


def test_book_has_the_checksum_that_its_rows_have(okx, folder) -> None:
    session_sent = []
    session = PublicSession(okx, lambda topic, payload: session_sent.append(payload), "public")
    for price, size in (("3366.1", "7"), ("3366", "6")):
        ask_okx(okx, "trade/order", OKX_LIMIT | {"px": price, "sz": size})
    for price, size in (("3366.8", "5"), ("3368", "4")):
        ask_okx(okx, "trade/order", OKX_LIMIT | {"px": price, "sz": size, "side": "sell"}, "bert")
    session.on_text(json.dumps({"op": "subscribe", "args": [{"channel": "books", "instId": "BTC-USDT"}]}))
    words = "3366.1:7:3366.8:5:3366:6:3368:4"
    found = zlib.crc32(words.encode())
    assert session_sent[-1]["data"][0]["checksum"] == (found - 2**32 if found >= 2**31 else found)
