"""What ccxt leaves out or gets wrong at Kraken."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
from tradekit_ccxt import library
from tradekit_ccxt.options import ExchangeOptions

from tradekit import Keys

NEW = {
    "order_id": "OA",
    "cl_ord_id": "tk-one",
    "order_userref": 0,
    "symbol": "BTC/USDT",
    "side": "buy",
    "order_type": "limit",
    "order_qty": 0.5,
    "cum_qty": 0.0,
    "exec_type": "new",
    "order_status": "new",
    "timestamp": "2023-11-14T22:13:20.000000Z",
}
GONE = {
    "order_id": "OA",
    "order_userref": 0,
    "exec_type": "canceled",
    "order_status": "canceled",
    "cum_qty": 0.2,
    "timestamp": "2023-11-14T22:13:21.000000Z",
}
TRADE = {
    "order_id": "OA",
    "cl_ord_id": "tk-one",
    "exec_id": "T1",
    "exec_type": "trade",
    "symbol": "BTC/USDT",
    "side": "buy",
    "last_qty": 0.2,
    "last_price": 30000.0,
    "fees": [{"asset": "USDT", "qty": 6.0}],
    "timestamp": "2023-11-14T22:13:20.000000Z",
}


@pytest.fixture
def client() -> Any:
    """Give a client of Kraken that can't ask anything: there is no loop."""
    made = library.make(ExchangeOptions(exchange="kraken"), Keys("key", "c2VjcmV0", ""), is_blocking=False)
    made.milliseconds = lambda: 1_700_000_000_000
    return made


def hear(client: Any, *rows: dict[str, Any]) -> None:
    stream = SimpleNamespace(resolve=lambda *_: None)
    for row in rows:
        client.handle_message(stream, {"channel": "executions", "type": "update", "data": [row]})


def test_order_that_was_cancelled_keeps_what_was_told_before(client: Any) -> None:
    hear(client, NEW, GONE)
    last = client.orders[-1]
    assert (last["symbol"], last["side"], last["status"]) == ("BTC/USDT", "buy", "canceled")
    assert (last["clientOrderId"], float(last["filled"]), float(last["amount"])) == ("tk-one", 0.2, 0.5)


def test_order_without_an_id_of_ours_has_none(client: Any) -> None:
    hear(client, {name: value for name, value in NEW.items() if name != "cl_ord_id"})
    assert client.orders[-1]["clientOrderId"] is None


def test_trade_has_our_id_of_its_order(client: Any) -> None:
    hear(client, TRADE)
    assert (client.myTrades[-1]["clientOrderId"], client.myTrades[-1]["id"]) == ("tk-one", "T1")


def test_order_is_sent_with_a_deadline_by_the_clock_of_the_exchange(client: Any) -> None:
    client.options |= {"recvWindow": 5000, "timeDifference": 60_000}
    sent = parse_qs(client.sign("AddOrder", ["private"], "POST", {"pair": "XBTUSDT"})["body"])
    assert sent["deadline"] == ["2023-11-14T22:12:25.000Z"]
    assert "deadline" not in client.sign("CancelOrder", ["private"], "POST", {"txid": "OA"})["body"]


def test_requests_are_numbered_upwards_whatever_the_clock_of_the_exchange(client: Any) -> None:
    numbers = []
    for difference in (0, 60_000, -60_000):
        client.options["timeDifference"] = difference
        numbers.append(int(parse_qs(client.sign("BalanceEx", ["private"], "POST", {})["body"])["nonce"][0]))
    assert numbers == [1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_002]
