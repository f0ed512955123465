"""What the venue answers as Kraken has the fields, of the types, that Kraken's own answers have."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tradekit_venue.clock import Clock
from tradekit_venue.dialect import Sent
from tradekit_venue.engine.market import Market
from tradekit_venue.kraken.dialect import Kraken
from tradekit_venue.kraken.streams import Socket
from tradekit_venue.venue import Venue

SECRETS = {name: base64.b64encode(name.encode()).decode() for name in ("anna", "bert")}
LIMIT = {"pair": "XBTUSDT", "type": "buy", "ordertype": "limit", "volume": "0.1", "price": "30000", "cl_ord_id": "tk-one"}
SELL = {"pair": "XBTUSDT", "type": "sell", "ordertype": "market", "volume": "0.04"}
PAIR = {"pair": "XBTUSDT"}


@pytest.fixture(scope="module")
def folder() -> Path:
    found = os.environ.get("TRADEKIT_TEST_DATA", "")
    if not found:
        pytest.skip("TRADEKIT_TEST_DATA is not set")
    return Path(found) / "exchange_traffic" / "nautilus" / "kraken"


@pytest.fixture
def dialect() -> Kraken:
    """Give a dialect with a market, an order that is filled in part, and one that was cancelled."""
    venue = Venue(Clock(1_700_000_000_000), dialect="kraken")
    venue.add_market(Market("BTC", "USDT"))
    for name, secret in SECRETS.items():
        venue.add_account(name, {"BTC": Decimal(10), "USDT": Decimal(1_000_000)}, f"key-of-{name}", secret)
    made = Kraken(venue)
    venue.exchange.listeners.append(lambda _event: None)
    ask(made, "AddOrder", LIMIT | {"cl_ord_id": "tk-two"})
    ask(made, "CancelOrder", {"cl_ord_id": "tk-two"})
    ask(made, "AddOrder", LIMIT)
    ask(made, "AddOrder", SELL, "bert")
    return made


def ask(dialect: Kraken, name: str, params: dict[str, str], who: str = "anna") -> Any:
    """Return the answer to a request, signed where it has to be."""
    if not dialect.endpoints[name].is_private:
        return json.loads(dialect.answer(Sent("GET", f"0/public/{name}", urlencode(params))).answer.body)
    key = f"key-of-{who}"
    nonce = str(dialect.nonces.get(key, 0) + 1)
    body = urlencode({"nonce": nonce, **params})
    digest = hashlib.sha256((nonce + body).encode()).digest()
    signed = hmac.new(base64.b64decode(SECRETS[who]), f"/0/private/{name}".encode() + digest, hashlib.sha512).digest()
    headers = {"api-key": key, "api-sign": base64.b64encode(signed).decode()}
    return json.loads(dialect.answer(Sent("POST", f"0/private/{name}", "", body, headers)).answer.body)


def missing(recorded: Any, ours: Any, where: str = "") -> list[str]:
    """Return what the recorded value has and ours has not, or has in another type; of what is keyed by ids, the first counts."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        if where.endswith(("result", "open", "closed", "trades")) and not recorded.keys() & ours.keys() and recorded and ours:
            return missing(next(iter(recorded.values())), next(iter(ours.values())), f"{where}.*")
        found = [f"{where}.{name}" for name in recorded if name not in ours]
        return found + [one for name in recorded if name in ours for one in missing(recorded[name], ours[name], f"{where}.{name}")]
    if isinstance(recorded, list) and isinstance(ours, list):
        return missing(recorded[0], ours[0], f"{where}[]") if recorded and ours else []
    kinds = [type(value).__name__.replace("int", "float") for value in (recorded, ours)]
    return [] if kinds[0] == kinds[1] else [f"{where}: {kinds[0]}, ours {kinds[1]}"]


CASES = [
    ("http_add_order_spot", "AddOrder", LIMIT | {"cl_ord_id": "tk-three"}),
    ("http_cancel_order_spot", "CancelOrder", {"cl_ord_id": "tk-one"}),
    ("http_closed_orders", "ClosedOrders", {}),
    ("http_open_orders", "OpenOrders", {}),
    ("http_trades_history", "TradesHistory", {}),
    ("http_asset_pairs", "AssetPairs", {}),
    ("http_ohlc", "OHLC", PAIR),
    ("http_order_book", "Depth", PAIR),
    ("http_server_time", "Time", {}),
    ("http_system_status", "SystemStatus", {}),
    ("http_ticker", "Ticker", PAIR),
    ("http_trades", "Trades", PAIR),
]


@pytest.mark.parametrize(("file", "name", "params"), CASES, ids=[case[0] for case in CASES])
def test_answer_has_what_krakens_own_has(dialect, folder, file, name, params) -> None:
    recorded, ours = json.loads((folder / f"{file}.json").read_text()), ask(dialect, name, params)
    assert ours["error"] == []
    assert ours["result"]
    assert missing(recorded, ours) == []


@pytest.mark.parametrize("channel", ["ohlc", "trade", "book", "ticker"])
def test_message_of_a_market_has_what_krakens_own_has(dialect, folder, channel) -> None:
    sent: list[Any] = []
    socket = Socket(dialect, lambda _topic, payload: sent.append(payload))
    dialect.venue.exchange.listeners.append(socket.on_event)
    params = {"channel": channel, "symbol": ["BTC/USDT"], **({"interval": 1} if channel == "ohlc" else {})}
    socket.on_text(json.dumps({"method": "subscribe", "params": params, "req_id": 1}))
    ask(dialect, "AddOrder", SELL, "bert")
    answer = next(one for one in sent if one.get("method") == "subscribe")
    assert missing(json.loads((folder / "ws_subscribe_response.json").read_text()), answer) == []
    for file in folder.glob(f"ws_{channel}_*.json"):
        recorded = json.loads(file.read_text())
        ours = next(one for one in sent if (one.get("channel"), one.get("type")) == (channel, recorded["type"]))
        assert missing(recorded, ours) == [], file.name
