"""What the venue answers as OKX has the fields, of the types, that OKX's own answers have, at spot and of perpetuals."""

import json
import os
import zlib
from decimal import Decimal
from pathlib import Path

import pytest
from shapes import missing, shape
from tradekit_venue.clock import Clock
from tradekit_venue.dialect import Sent
from tradekit_venue.dialects import DIALECTS
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.okx.access import signature
from tradekit_venue.okx.streams import PrivateSession, PublicSession
from tradekit_venue.venue import Key, Venue

START = 1_700_000_000_000
SECRET, PASSPHRASE = "secret", "passphrase"
MARKETS = {
    "okx": Market("BTC", "USDT"),
    "okx-swap": Perpetual("BTC", "USDT", tick=Decimal("0.1"), lot=Decimal("0.0001"), contract=Decimal("0.01")),
}
NAMES = {"okx": "BTC-USDT", "okx-swap": "BTC-USDT-SWAP"}


@pytest.fixture(scope="module")
def folder() -> Path:
    found = os.environ.get("TRADEKIT_TEST_DATA", "")
    if not found:
        pytest.skip("TRADEKIT_TEST_DATA is not set")
    return Path(found) / "exchange_traffic" / "nautilus" / "okx"


def speaking(name):
    """Return a dialect in front of a venue with two accounts."""
    venue = Venue(Clock(START), checks_timing=False, dialect=name)
    venue.add_market(MARKETS[name])
    for who in ("anna", "bert"):
        account = venue.add_account(who, {"BTC": Decimal(10), "USDT": Decimal(1_000_000)}, f"key-of-{who}", SECRET)
        venue.keys[f"key-of-{who}"] = Key(account, SECRET, PASSPHRASE)
    return DIALECTS[name](venue)


def ask(dialect, path, body=None, who="anna"):
    stamp = "2023-11-14T22:13:20.000Z"
    method, text, query = ("GET", "", path.partition("?")[2]) if body is None else ("POST", json.dumps(body), "")
    headers = {"ok-access-key": f"key-of-{who}", "ok-access-passphrase": PASSPHRASE, "ok-access-timestamp": stamp}
    headers["ok-access-sign"] = signature(SECRET, f"{stamp}{method}/api/v5/{path}{text}")
    return json.loads(dialect.answer(Sent(method, f"api/v5/{path.partition('?')[0]}", query, text, headers)).answer.body)


def order(dialect, **more):
    """Return a new order: to buy at a limit, if nobody says otherwise."""
    asked = {"side": "buy", "ordType": "limit", "sz": "0.1", "px": "30000"} | more
    return {"instId": NAMES[dialect.venue.dialect], "tdMode": "cross" if dialect.has_perpetuals else "cash"} | asked


def trade_at(dialect):
    ask(dialect, "trade/order", order(dialect))
    ask(dialect, "trade/order", order(dialect, side="sell", ordType="market", sz="0.04"), "bert")


def recorded_by_okx(folder, file):
    return json.loads((folder / f"{file}.json").read_text())


def lacks(folder, file, ours):
    return [*missing(shape(recorded_by_okx(folder, file)), shape(ours))]


CASES = [
    ("okx", "http_get_instruments_spot", "public/instruments?instType=SPOT"),
    ("okx", "http_get_order_book", "market/books?instId=BTC-USDT&sz=5"),
    ("okx", "http_get_trades", "market/trades?instId=BTC-USDT"),
    ("okx", "http_get_candlesticks", "market/candles?instId=BTC-USDT&bar=1m"),
    ("okx", "http_get_account_balance", "account/balance"),
    ("okx", "http_get_trade_fee_response", "account/trade-fee?instType=SPOT"),
    ("okx", "http_get_orders_pending", "trade/orders-pending?instType=SPOT"),
    ("okx", "http_get_orders_history", "trade/orders-history?instType=SPOT"),
    ("okx-swap", "http_get_instruments_swap", "public/instruments?instType=SWAP"),
    ("okx-swap", "http_get_account_balance", "account/balance"),
    ("okx-swap", "http_get_positions", "account/positions?instId=BTC-USDT-SWAP"),
    ("okx-swap", "http_get_orders_pending", "trade/orders-pending?instType=SWAP"),
    ("okx-swap", "http_get_orders_history", "trade/orders-history?instType=SWAP"),
    ("okx-swap", "http_get_mark_price", "public/mark-price?instType=SWAP"),
    ("okx-swap", "http_get_position_tiers", "public/position-tiers?instType=SWAP&tdMode=cross&instFamily=BTC-USDT"),
    ("okx-swap", "http_get_funding_rate_history", "public/funding-rate-history?instId=BTC-USDT-SWAP"),
]


@pytest.mark.parametrize(("name", "file", "path"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES])
def test_answer_has_what_okxs_own_has(folder, name, file, path) -> None:
    dialect = speaking(name)
    trade_at(dialect)
    if name == "okx-swap":
        dialect.venue.carry.fund("BTC/USDT:USDT", Decimal("0.0001"))
    answer = ask(dialect, path, who="bert" if file == "http_get_orders_history" else "anna")
    assert answer["data"]
    assert lacks(folder, file, answer) == []


def test_position_mode_that_was_set_is_told_as_okx_tells_it(folder) -> None:
    answer = ask(speaking("okx-swap"), "account/set-position-mode", {"posMode": "long_short_mode"})
    assert answer == recorded_by_okx(folder, "http_set_position_mode_response")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("file", ["http_transaction_detail", "http_place_order_response"])
def test_row_has_what_okxs_own_has(folder, name, file) -> None:
    dialect = speaking(name)
    trade_at(dialect)
    kind, body = dialect.kind, order(dialect) if file == "http_place_order_response" else None
    (row,) = ask(dialect, "trade/order" if body else f"trade/fills-history?instType={kind}", body)["data"]
    assert lacks(folder, file, row) == []


def told(dialect, *channels):
    """Log in, subscribe, trade, and return the messages that came."""
    sent = []
    session = PrivateSession(dialect, lambda topic, payload: sent.append((topic, payload)))
    dialect.venue.exchange.listeners.append(session.on_event)
    said = {"apiKey": "key-of-anna", "passphrase": PASSPHRASE, "timestamp": "1700000000"}
    said["sign"] = signature(SECRET, "1700000000GET/users/self/verify")
    session.on_text(json.dumps({"op": "login", "args": [said]}))
    session.on_text(json.dumps({"op": "subscribe", "args": [{"channel": one, "instType": dialect.kind} for one in channels]}))
    trade_at(dialect)
    return sent


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("file", ["ws_orders", "ws_account"])
def test_message_of_an_account_has_what_okxs_own_has(folder, name, file) -> None:
    ours = [payload for topic, payload in told(speaking(name), "orders", "account") if topic == file.removeprefix("ws_")]
    assert lacks(folder, file, ours[-1]) == []


def test_message_of_positions_has_what_the_answer_about_them_has(folder) -> None:
    ours = [payload for topic, payload in told(speaking("okx-swap"), "positions") if topic == "positions"]
    assert lacks(folder, "http_get_positions", {"code": "0", "msg": "", "data": ours[-1]["data"]}) == []
    assert (ours[-1]["data"][0]["pos"], ours[-1]["data"][0]["avgPx"]) == ("0.04", "30000")


def test_liquidation_is_told_as_okx_tells_it(folder) -> None:
    dialect = speaking("okx-swap")
    sent = told(dialect, "orders")
    dialect.venue.exchange.accounts["anna"].free["USDT"] = Decimal(-100)
    dialect.venue.carry.close_out("BTC/USDT:USDT")
    ours, recorded = sent[-1][1], recorded_by_okx(folder, "ws_orders_liquidation")
    assert lacks(folder, "ws_orders_liquidation", ours) == []
    for name in ("category", "clOrdId", "execType", "ordType", "side", "state", "reduceOnly"):
        wanted = "true" if name == "reduceOnly" else recorded["data"][0][name]
        assert (name, ours["data"][0][name]) == (name, wanted)


@pytest.mark.parametrize("name", NAMES)
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
def test_message_of_a_market_has_what_okxs_own_has(folder, name, file, channel) -> None:
    sent, dialect = [], speaking(name)
    kind = "business" if channel.startswith("candle") else "public"
    session = PublicSession(dialect, lambda topic, payload: sent.append(payload), kind)
    dialect.venue.exchange.listeners.append(session.on_event)
    ask(dialect, "trade/order", order(dialect))
    session.on_text(json.dumps({"op": "subscribe", "args": [{"channel": channel, "instId": NAMES[name]}]}))
    ask(dialect, "trade/order", order(dialect, side="sell", ordType="market", sz="0.04"), "bert")
    ours = next(payload for payload in sent if "data" in payload)
    assert lacks(folder, file, ours) == []


@pytest.mark.parametrize("name", NAMES)
def test_book_has_the_checksum_that_its_rows_have(name) -> None:
    sent, dialect = [], speaking(name)
    session = PublicSession(dialect, lambda topic, payload: sent.append(payload), "public")
    for price, size in (("3366.1", "7"), ("3366", "6")):
        ask(dialect, "trade/order", order(dialect, px=price, sz=size))
    for price, size in (("3366.8", "5"), ("3368", "4")):
        ask(dialect, "trade/order", order(dialect, px=price, sz=size, side="sell"), "bert")
    session.on_text(json.dumps({"op": "subscribe", "args": [{"channel": "books", "instId": NAMES[name]}]}))
    words = "3366.1:7:3366.8:5:3366:6:3368:4"
    found = zlib.crc32(words.encode())
    assert sent[-1]["data"][0]["checksum"] == (found - 2**32 if found >= 2**31 else found)


def test_sizes_of_perpetuals_are_told_and_taken_in_contracts() -> None:
    dialect = speaking("okx-swap")
    trade_at(dialect)
    made = dialect.venue.exchange.accounts["anna"].trades[0][1]
    assert made.quantity == Decimal("0.0004")
    candles = ask(dialect, "market/candles?instId=BTC-USDT-SWAP&bar=1m")["data"]
    assert candles[0][5:8] == ["0.04", "0.0004", "12"]
    assert ask(dialect, "market/books?instId=BTC-USDT-SWAP")["data"][0]["bids"] == [["30000", "0.06", "0", "1"]]
    assert ask(dialect, "trade/order", order(dialect, sz="0.045"))["data"][0]["sCode"] == "51121"
