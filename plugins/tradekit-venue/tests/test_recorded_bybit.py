"""What the venue answers as Bybit has the fields, of the types, that Bybit's own answers have."""

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tradekit_venue.bybit.access import signature
from tradekit_venue.bybit.dialect import Bybit, BybitLinear
from tradekit_venue.bybit.streams import PrivateSession, PublicSession
from tradekit_venue.clock import Clock
from tradekit_venue.dialect import Sent
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.venue import Venue

START = 1_700_000_000_000
SPOT = "category=spot&symbol=BTCUSDT"
ORDER = {"category": "spot", "symbol": "BTCUSDT", "orderType": "Limit", "price": "30000"}
OFTEN_NULL = ("avgPrice", "blockTradeId", "nextPageCursor", "orderIv")


@pytest.fixture(scope="module")
def folder() -> Path:
    found = os.environ.get("TRADEKIT_TEST_DATA", "")
    if not found:
        pytest.skip("TRADEKIT_TEST_DATA is not set")
    return Path(found) / "exchange_traffic" / "nautilus" / "bybit"


@pytest.fixture
def bybit() -> Bybit:
    venue = Venue(Clock(START), dialect="bybit")
    venue.add_market(Market("BTC", "USDT"))
    venue.add_account("anna", {"BTC": Decimal(10), "USDT": Decimal(1_000_000)}, "key-of-anna", "secret-of-anna")
    return Bybit(venue)


@pytest.fixture
def linear() -> BybitLinear:
    venue = Venue(Clock(START), dialect="bybit-linear")
    venue.add_market(Perpetual("BTC", "USDT", Decimal("0.1"), Decimal("0.001")))
    for name in ("anna", "bert"):
        venue.add_account(name, {"USDT": Decimal(1_000_000)}, f"key-of-{name}", f"secret-of-{name}")
    return BybitLinear(venue)


def ask(bybit: Bybit, method: str, path: str, query: str = "", body: str = "", who: str = "anna"):
    text = f"{START}key-of-{who}5000{body or query}"
    named = {"api-key": f"key-of-{who}", "timestamp": str(START), "sign": signature(f"secret-of-{who}", text)}
    headers = {f"x-bapi-{name}": value for name, value in named.items()}
    return json.loads(bybit.answer(Sent(method, f"v5/{path}", query, body, headers)).answer.body)


def trade(bybit: Bybit) -> None:
    """Buy, and sell a part to oneself."""
    for side, size in (("Buy", "0.1"), ("Sell", "0.04")):
        said = ask(bybit, "POST", "order/create", body=json.dumps(ORDER | {"side": side, "qty": size, "orderLinkId": side}))
        assert said["retMsg"] == "OK"


def hold(linear: BybitLinear) -> None:
    """Sell short, let funding be paid, and let an order rest."""
    for who, side, size, price in (
        ("bert", "Buy", "0.1", "30000"),
        ("anna", "Sell", "0.1", "30000"),
        ("anna", "Buy", "0.1", "29000"),
    ):
        order = ORDER | {"category": "linear", "side": side, "qty": size, "price": price}
        assert ask(linear, "POST", "order/create", body=json.dumps(order), who=who)["retMsg"] == "OK"
    linear.venue.carry.fund("BTC/USDT:USDT", Decimal("0.0001"))


def missing(recorded, ours, where=""):
    """Give what the recorded value has and ours has not, or has in another type."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for name, one in recorded.items():
            if name not in ours:
                yield f"{where}.{name}"
            elif not (one is None and name in OFTEN_NULL):
                yield from missing(one, ours[name], f"{where}.{name}")
    elif isinstance(recorded, list) and isinstance(ours, list):
        yield from missing(recorded[0], ours[0], f"{where}[]") if recorded and ours else []
    elif type(recorded) is not type(ours):
        yield f"{where}: {recorded!r}, ours {ours!r}"


CASES = [
    ("get_account_info", "account/info", ""),
    ("get_executions", "execution/list", SPOT),
    ("get_fee_rate", "account/fee-rate", SPOT),
    ("get_instruments_spot", "market/instruments-info", SPOT),
    ("get_klines_linear", "market/kline", f"{SPOT}&interval=1"),
    ("get_orderbook", "market/orderbook", SPOT),
    ("get_orders_history", "order/history", SPOT),
    ("get_orders_realtime", "order/realtime", SPOT),
    ("get_trades_recent", "market/recent-trade", SPOT),
    ("get_wallet_balance", "account/wallet-balance", "accountType=UNIFIED"),
]


@pytest.mark.parametrize(("file", "path", "query"), CASES, ids=[case[0] for case in CASES])
def test_answer_has_what_bybits_own_has(bybit, folder, file, path, query) -> None:
    trade(bybit)
    recorded = json.loads((folder / f"http_{file}.json").read_text())
    assert [*missing(recorded, ask(bybit, "GET", path, query))] == []


LINEAR = "category=linear&symbol=BTCUSDT"
LINEAR_CASES = [
    ("get_executions", "execution/list", f"{LINEAR}&execType=Trade"),
    ("get_executions", "execution/list", f"{LINEAR}&execType=Funding"),
    ("get_funding_history", "market/funding/history", LINEAR),
    ("get_instruments_linear", "market/instruments-info", LINEAR),
    ("get_klines_linear", "market/kline", f"{LINEAR}&interval=1"),
    ("get_orders_history", "order/history", LINEAR),
    ("get_orders_realtime", "order/realtime", "category=linear&settleCoin=USDT"),
    ("get_positions", "position/list", LINEAR),
    ("get_wallet_balance", "account/wallet-balance", "accountType=UNIFIED"),
]


@pytest.mark.parametrize(("file", "path", "query"), LINEAR_CASES, ids=[f"{case[0]}-{case[2][-7:]}" for case in LINEAR_CASES])
def test_answer_about_perpetuals_has_what_bybits_own_has(linear, folder, file, path, query) -> None:
    hold(linear)
    recorded = json.loads((folder / f"http_{file}.json").read_text())
    ours = ask(linear, "GET", path, query)
    assert ours["result"]["list"]
    assert [*missing(recorded, ours)] == []


@pytest.mark.parametrize("file", ["execution", "order_filled", "position_short", "wallet"])
def test_message_of_an_account_of_perpetuals_has_what_bybits_own_has(linear, folder, file) -> None:
    sent = subscribed(linear)
    hold(linear)
    recorded = json.loads((folder / f"ws_account_{file}.json").read_text())
    found = [one for one in sent if one.get("topic") == file.partition("_")[0]]
    kinds = [one["data"][0]["execType"] for one in found if file == "execution"]
    assert found
    assert kinds in ([], ["Trade", "Funding"])
    for ours in found:
        assert [*missing(recorded, ours)] == []


def subscribed(bybit: Bybit) -> list[dict[str, Any]]:
    """Log in as anna, and return the list of what is told from then on."""
    sent: list[dict[str, Any]] = []
    session = PrivateSession(bybit, lambda topic, payload: sent.append(payload))
    bybit.venue.exchange.listeners.append(session.on_event)
    until = str(START + 10_000)
    log_in = ["key-of-anna", until, signature("secret-of-anna", f"GET/realtime{until}")]
    for op, args in (("auth", log_in), ("subscribe", ["order", "execution", "wallet", "position"])):
        session.on_text(json.dumps({"op": op, "args": args}))
    return sent


@pytest.mark.parametrize("file", ["execution", "order_filled", "wallet"])
def test_message_of_an_account_has_what_bybits_own_has(bybit, folder, file) -> None:
    sent = subscribed(bybit)
    assert [*missing(json.loads((folder / "ws_auth_success.json").read_text()), sent[0])] == []
    trade(bybit)
    topic = file.partition("_")[0]
    ours = [one for one in sent if one.get("topic") == topic]
    recorded = json.loads((folder / f"ws_account_{file}.json").read_text())
    assert ours
    assert [*missing(recorded, ours[-1])] == []


@pytest.mark.parametrize("file", ["kline", "orderbook_delta", "orderbook_snapshot", "public_trade", "subscription_ack"])
def test_message_of_a_market_has_what_bybits_own_has(bybit, folder, file) -> None:
    sent = []
    session = PublicSession(bybit, lambda _topic, payload: sent.append(payload))
    bybit.venue.exchange.listeners.append(session.on_event)
    topics = ["kline.1.BTCUSDT", "orderbook.50.BTCUSDT", "publicTrade.BTCUSDT"]
    session.on_text(json.dumps({"op": "subscribe", "req_id": "1", "args": topics}))
    trade(bybit)
    recorded = json.loads((folder / f"ws_{file}.json").read_text())
    kind = {"kline": "kline", "orderbook": "orderbook", "public": "publicTrade"}.get(file.partition("_")[0])
    ours = [
        one
        for one in sent
        if (one.get("op") == "subscribe" if kind is None else str(one.get("topic")).startswith(kind))
        and one.get("type") == recorded.get("type")
    ]
    assert ours
    assert [*missing(recorded, ours[-1])] == []


def test_prices_of_a_perpetual_have_what_bybits_own_have(linear, folder) -> None:
    sent: list[dict[str, Any]] = []
    session = PublicSession(linear, lambda _topic, payload: sent.append(payload))
    session.on_text(json.dumps({"op": "subscribe", "args": ["tickers.BTCUSDT"]}))
    recorded = json.loads((folder / "ws_ticker_linear.json").read_text())
    assert [*missing(recorded, sent[-1])] == []
