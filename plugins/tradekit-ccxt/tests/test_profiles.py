"""The requests that ccxt makes for each exchange that is recorded. What a profile lists is tried here, whole."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from tradekit_ccxt.profiles import UNRECORDED, abilities, profile_of, recorded

from tradekit import Abilities, OrderKind, VenueError

CLIENT_ID = "tkab12cd00000001"
SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
ALL = [(exchange, kind) for exchange, kind, _ in recorded()]

# What an order is told by: where it goes, the names of our id, its size and its price, and how each variant differs.
WIRE: dict[tuple[str, str], dict[str, Any]] = {
    ("binance", "spot"): {
        "at": ("POST", "/api/v3/order"),
        "names": ("newClientOrderId", "quantity", "price"),
        "market": {"type": "MARKET", "side": "BUY"},
        "limit": {"type": "LIMIT", "timeInForce": "GTC"},
        "ioc": {"type": "LIMIT", "timeInForce": "IOC"},
        "fok": {"type": "LIMIT", "timeInForce": "FOK"},
        "post": {"type": "LIMIT_MAKER"},
        "stop": {"type": "STOP_LOSS", "stopPrice": "90"},
        "stop limit": {"type": "STOP_LOSS_LIMIT", "stopPrice": "90", "price": "100.5"},
        "take profit": {"type": "TAKE_PROFIT", "stopPrice": "90"},
        "take profit limit": {"type": "TAKE_PROFIT_LIMIT", "stopPrice": "90", "price": "100.5"},
    },
    ("binance", "swap"): {
        "at": ("POST", "/fapi/v1/order"),
        "names": ("newClientOrderId", "quantity", "price"),
        "market": {"type": "MARKET", "side": "BUY"},
        "limit": {"type": "LIMIT", "timeInForce": "GTC"},
        "ioc": {"type": "LIMIT", "timeInForce": "IOC"},
        "fok": {"type": "LIMIT", "timeInForce": "FOK"},
        "post": {"type": "LIMIT", "timeInForce": "GTX"},
        "reduce": {"type": "MARKET", "reduceOnly": "true"},
    },
    ("bybit", "spot"): {
        "at": ("POST", "/v5/order/create"),
        "names": ("orderLinkId", "qty", "price"),
        "market": {"orderType": "Market", "side": "Buy", "category": "spot", "marketUnit": "baseCoin"},
        "limit": {"orderType": "Limit", "category": "spot"},
        "ioc": {"orderType": "Limit", "timeInForce": "IOC"},
        "fok": {"orderType": "Limit", "timeInForce": "FOK"},
        "post": {"orderType": "Limit", "timeInForce": "PostOnly"},
    },
    ("bybit", "swap"): {
        "at": ("POST", "/v5/order/create"),
        "names": ("orderLinkId", "qty", "price"),
        "market": {"orderType": "Market", "side": "Buy", "category": "linear"},
        "limit": {"orderType": "Limit", "category": "linear"},
        "ioc": {"orderType": "Limit", "timeInForce": "IOC"},
        "fok": {"orderType": "Limit", "timeInForce": "FOK"},
        "post": {"orderType": "Limit", "timeInForce": "PostOnly"},
        "reduce": {"orderType": "Market", "reduceOnly": True},
    },
    ("okx", "spot"): {
        "at": ("POST", "/api/v5/trade/batch-orders"),
        "names": ("clOrdId", "sz", "px"),
        "market": {"ordType": "market", "side": "buy", "tdMode": "cash", "tgtCcy": "base_ccy"},
        "limit": {"ordType": "limit", "tdMode": "cash"},
        "ioc": {"ordType": "ioc"},
        "fok": {"ordType": "fok"},
        "post": {"ordType": "post_only"},
    },
    ("okx", "swap"): {
        "at": ("POST", "/api/v5/trade/batch-orders"),
        "names": ("clOrdId", "sz", "px"),
        "market": {"ordType": "market", "side": "buy", "instId": "BTC-USDT-SWAP"},
        "limit": {"ordType": "limit"},
        "ioc": {"ordType": "ioc"},
        "fok": {"ordType": "fok"},
        "post": {"ordType": "post_only"},
        "reduce": {"ordType": "market", "reduceOnly": True},
    },
    ("kraken", "spot"): {
        "at": ("POST", "/0/private/AddOrder"),
        "names": ("cl_ord_id", "volume", "price"),
        "market": {"ordertype": "market", "type": "buy"},
        "limit": {"ordertype": "limit"},
        "ioc": {"ordertype": "limit", "timeinforce": "IOC"},
        "fok": {"ordertype": "limit", "timeinforce": "FOK"},
        "post": {"ordertype": "limit", "oflags": "post"},
    },
    ("gate", "spot"): {
        "at": ("POST", "/api/v4/spot/orders"),
        "names": ("text", "amount", "price"),
        "limit": {"type": "limit", "account": "spot"},
        "ioc": {"type": "limit", "time_in_force": "ioc"},
        "fok": {"type": "limit", "time_in_force": "fok"},
        "post": {"type": "limit", "time_in_force": "poc"},
    },
    ("gate", "swap"): {
        "at": ("POST", "/api/v4/futures/USDT/orders"),
        "names": ("text", "size", "price"),
        "market": {"tif": "ioc", "contract": "BTC_USDT"},
        "limit": {"contract": "BTC_USDT"},
        "ioc": {"tif": "ioc"},
        "fok": {"tif": "fok"},
        "post": {"tif": "poc"},
        "reduce": {"tif": "ioc", "reduce_only": True},
    },
    ("bitget", "spot"): {
        "at": ("POST", "/api/v2/spot/trade/place-order"),
        "names": ("clientOid", "size", "price"),
        "limit": {"orderType": "limit", "force": "GTC"},
        "ioc": {"orderType": "limit", "force": "IOC"},
        "fok": {"orderType": "limit", "force": "FOK"},
        "post": {"orderType": "limit", "force": "post_only"},
    },
    ("bitget", "swap"): {
        "at": ("POST", "/api/v2/mix/order/place-order"),
        "names": ("clientOid", "size", "price"),
        "market": {"orderType": "market", "side": "buy"},
        "limit": {"orderType": "limit", "force": "GTC"},
        "ioc": {"orderType": "limit", "force": "IOC"},
        "fok": {"orderType": "limit", "force": "FOK"},
        "post": {"orderType": "limit", "force": "post_only"},
        "reduce": {"orderType": "market", "reduceOnly": "YES"},
    },
    ("mexc", "spot"): {
        "at": ("POST", "/api/v3/order"),
        "names": ("newClientOrderId", "quantity", "price"),
        "market": {"type": "MARKET", "side": "BUY"},
        "limit": {"type": "LIMIT"},
        "ioc": {"type": "IMMEDIATE_OR_CANCEL"},
        "fok": {"type": "FILL_OR_KILL"},
        "post": {"type": "LIMIT_MAKER"},
    },
    ("coinbase", "spot"): {
        "at": ("POST", "/api/v3/brokerage/orders"),
        "names": ("client_order_id", None, None),
        "limit": {"order_configuration": {"limit_limit_gtc": {"base_size": "2", "limit_price": "100.5", "post_only": False}}},
        "ioc": {"order_configuration": {"sor_limit_ioc": {"base_size": "2", "limit_price": "100.5"}}},
        "fok": {"order_configuration": {"limit_limit_fok": {"base_size": "2", "limit_price": "100.5"}}},
        "post": {"order_configuration": {"limit_limit_gtc": {"base_size": "2", "limit_price": "100.5", "post_only": True}}},
    },
}
WIRE["binanceusdm", "swap"] = WIRE["binance", "swap"]

LIMIT, STOP = Decimal("100.5"), Decimal(90)
VARIANTS: dict[str, dict[str, Any]] = {
    "market": {},
    "limit": {"kind": OrderKind.LIMIT, "limit": LIMIT},
    "ioc": {"kind": OrderKind.LIMIT, "limit": LIMIT, "time_in_force": "ioc"},
    "fok": {"kind": OrderKind.LIMIT, "limit": LIMIT, "time_in_force": "fok"},
    "post": {"kind": OrderKind.LIMIT, "limit": LIMIT, "post_only": True},
    "reduce": {"quantity": "-2", "reduce_only": True},
    "stop": {"quantity": "-2", "kind": OrderKind.STOP, "stop": STOP},
    "stop limit": {"quantity": "-2", "kind": OrderKind.STOP_LIMIT, "stop": STOP, "limit": LIMIT},
    "take profit": {"quantity": "-2", "kind": OrderKind.TAKE_PROFIT, "stop": STOP},
    "take profit limit": {"quantity": "-2", "kind": OrderKind.TAKE_PROFIT_LIMIT, "stop": STOP, "limit": LIMIT},
}


def variants(able: Abilities) -> set[str]:
    """Return the orders that something able takes."""
    found = {kind.text for kind in able.kinds} | (able.time_in_force - {"gtc"})
    return found | ({"post"} if able.post_only else set()) | ({"reduce"} if able.reduce_only else set())


@pytest.mark.parametrize(("exchange", "kind"), ALL)
def test_profile_lists_what_is_recorded_and_ccxt_does_not_deny_it(desk: Any, exchange: str, kind: str) -> None:
    async def look() -> Abilities:
        async with desk(exchange, kind) as (executor, _):
            return executor.abilities(SPOT if kind == "spot" else SWAP)

    able = asyncio.run(look())
    profile = profile_of(exchange, kind)
    assert profile is not None
    assert able == Abilities(
        profile.kinds, profile.times, profile.post_only, profile.reduce_only, 5.0 if profile.has_window else None
    )
    assert variants(able) == set(WIRE[exchange, kind]) - {"at", "names"}


@pytest.mark.parametrize(
    ("exchange", "kind", "variant"),
    [(*place, variant) for place in ALL for variant in WIRE[place] if variant not in ("at", "names")],
)
def test_order_is_sent_as_recorded(desk: Any, intent: Any, exchange: str, kind: str, variant: str) -> None:
    async def send() -> list[Any]:
        async with desk(exchange, kind) as (executor, wire):
            with pytest.raises(VenueError, match="did not say what became of the order"):
                await executor.send(intent(kind, **VARIANTS[variant]))
            return list(wire.sent)

    (sent,) = asyncio.run(send())
    expected = WIRE[exchange, kind]
    own, size, price = expected["names"]
    profile = profile_of(exchange, kind)
    assert profile is not None
    assert (sent.method, sent.path) == expected["at"]
    assert sent.all[own] == profile.prefix + CLIENT_ID
    said = {name: str(sent.all[name]) for name in (size, price) if name is not None and name in sent.all}
    if size is not None:
        assert said[size].lstrip("-") == "2"
    if price is not None and VARIANTS[variant].get("limit"):
        assert said[price] == "100.5"
    assert {name: sent.all.get(name) for name in expected[variant]} == expected[variant]


@pytest.mark.parametrize(
    ("exchange", "kind", "expected"),
    [
        ("binance", "spot", ("DELETE", "/api/v3/order", {"origClientOrderId": CLIENT_ID, "symbol": "BTCUSDT"})),
        ("binance", "swap", ("DELETE", "/fapi/v1/order", {"origClientOrderId": CLIENT_ID})),
        ("binanceusdm", "swap", ("DELETE", "/fapi/v1/order", {"origClientOrderId": CLIENT_ID})),
        ("bybit", "spot", ("POST", "/v5/order/cancel", {"orderLinkId": CLIENT_ID, "category": "spot"})),
        ("bybit", "swap", ("POST", "/v5/order/cancel", {"orderLinkId": CLIENT_ID, "category": "linear"})),
        ("okx", "spot", ("POST", "/api/v5/trade/cancel-order", {"clOrdId": CLIENT_ID, "instId": "BTC-USDT"})),
        ("okx", "swap", ("POST", "/api/v5/trade/cancel-order", {"clOrdId": CLIENT_ID, "instId": "BTC-USDT-SWAP"})),
        ("kraken", "spot", ("POST", "/0/private/CancelOrder", {"cl_ord_id": CLIENT_ID})),
        ("gate", "spot", ("DELETE", f"/api/v4/spot/orders/t-{CLIENT_ID}", {"currency_pair": "BTC_USDT"})),
        ("gate", "swap", ("DELETE", f"/api/v4/futures/USDT/orders/t-{CLIENT_ID}", {})),
        ("bitget", "spot", ("POST", "/api/v2/spot/trade/cancel-order", {"clientOid": CLIENT_ID})),
        ("bitget", "swap", ("POST", "/api/v2/mix/order/cancel-order", {"clientOid": CLIENT_ID})),
        ("mexc", "spot", ("DELETE", "/api/v3/order", {"origClientOrderId": CLIENT_ID})),
        ("coinbase", "spot", ("POST", "/api/v3/brokerage/orders/batch_cancel", {"order_ids": ["theirs-7"]})),
    ],
)
def test_order_is_cancelled_as_recorded(desk: Any, exchange: str, kind: str, expected: tuple[str, str, dict[str, Any]]) -> None:
    async def cancel() -> list[Any]:
        async with desk(exchange, kind) as (executor, wire):
            with pytest.raises(VenueError, match="did not cancel an order"):
                await executor.cancel(CLIENT_ID, "theirs-7", SPOT if kind == "spot" else SWAP)
            return list(wire.sent)

    (sent,) = asyncio.run(cancel())
    method, path, said = expected
    assert (sent.method, sent.path) == (method, path)
    assert {name: sent.all.get(name) for name in said} == said


@pytest.mark.parametrize(
    ("exchange", "kind", "expected"),
    [
        ("binance", "spot", ("GET", "/api/v3/order", {"origClientOrderId": CLIENT_ID})),
        ("binance", "swap", ("GET", "/fapi/v1/order", {"origClientOrderId": CLIENT_ID})),
        ("binanceusdm", "swap", ("GET", "/fapi/v1/order", {"origClientOrderId": CLIENT_ID})),
        ("bybit", "spot", ("GET", "/v5/order/realtime", {"orderLinkId": CLIENT_ID, "category": "spot"})),
        ("bybit", "swap", ("GET", "/v5/order/realtime", {"orderLinkId": CLIENT_ID, "category": "linear"})),
        ("okx", "spot", ("GET", "/api/v5/trade/order", {"clOrdId": CLIENT_ID, "instId": "BTC-USDT"})),
        ("okx", "swap", ("GET", "/api/v5/trade/order", {"clOrdId": CLIENT_ID, "instId": "BTC-USDT-SWAP"})),
        ("kraken", "spot", ("POST", "/0/private/OpenOrders", {"cl_ord_id": CLIENT_ID})),
        ("gate", "spot", ("GET", f"/api/v4/spot/orders/t-{CLIENT_ID}", {"currency_pair": "BTC_USDT"})),
        ("gate", "swap", ("GET", f"/api/v4/futures/USDT/orders/t-{CLIENT_ID}", {})),
        ("bitget", "spot", ("GET", "/api/v2/spot/trade/orderInfo", {"clientOid": CLIENT_ID})),
        ("bitget", "swap", ("GET", "/api/v2/mix/order/detail", {"clientOid": CLIENT_ID})),
        ("mexc", "spot", ("GET", "/api/v3/order", {"origClientOrderId": CLIENT_ID})),
        ("coinbase", "spot", ("GET", "/api/v3/brokerage/orders/historical/batch", {"order_status": "OPEN"})),
    ],
)
def test_order_is_looked_up_as_recorded(desk: Any, exchange: str, kind: str, expected: tuple[str, str, dict[str, Any]]) -> None:
    async def find() -> list[Any]:
        async with desk(exchange, kind) as (executor, wire):
            with pytest.raises(VenueError, match="did not look an order up"):
                await executor.find(CLIENT_ID, SPOT if kind == "spot" else SWAP)
            return list(wire.sent)

    (sent,) = asyncio.run(find())
    method, path, said = expected
    assert (sent.method, sent.path) == (method, path)
    assert {name: sent.all.get(name) for name in said} == said


@pytest.mark.parametrize(("exchange", "kind"), ALL)
def test_trades_of_the_account_are_asked_for_within_a_range(desk: Any, exchange: str, kind: str) -> None:
    async def fills() -> list[Any]:
        async with desk(exchange, kind) as (executor, wire):
            with pytest.raises(VenueError, match="did not list trades"):
                await executor.fills(SPOT if kind == "spot" else SWAP, (1_700_000_000_000 - 60_000) * 1_000_000)
            return list(wire.sent)

    (sent,) = asyncio.run(fills())
    said = " ".join(str(value) for value in sent.all.values())
    assert any(begin in said for begin in ("1699999940", "2023-11-14T22:12:20"))
    assert any(end in said for end in ("1700000000", "1700000001", "2023-11-14T22:13:20"))


def test_abilities_keep_only_what_ccxt_does_not_deny() -> None:
    profile = profile_of("binance", "spot")
    features = {"timeInForce": {"IOC": True, "FOK": False, "PO": False}, "triggerPrice": False, "stopLossPrice": False}
    found = abilities(profile, features, 5.0)
    assert found.kinds == {OrderKind.MARKET, OrderKind.LIMIT}
    assert (found.time_in_force, found.post_only, found.arrival_s) == ({"gtc", "ioc"}, False, 5.0)


def test_abilities_of_an_exchange_that_nobody_recorded_are_the_least() -> None:
    assert profile_of("hollaex", "spot") is None
    found = abilities(None, None, 5.0)
    assert found == Abilities(frozenset({OrderKind.LIMIT}), frozenset({"gtc"}), False, False, None)
    assert UNRECORDED.find == UNRECORDED.cancel == ""
