"""All that the local venue can do wrong, one by one and at random."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from tradekit_venue.faults import MESSAGE_FAULTS, REQUEST_FAULTS, Fault
from tradekit_venue.venue import Venue

STATUSES: tuple[dict[str, Any], ...] = ({"status": 503, "accepts": True}, {"status": 502}, {"status": 403})
"""Errors that a gateway makes, of an order that was taken or without any order: they have no code of the exchange's."""


@dataclass(frozen=True)
class Spoken:
    """What a dialect of the local venue is called in a run file, and what its requests, messages and errors are called."""

    exchange: str
    place: str
    cancel: str
    requests: tuple[str, ...]
    """What the executor asks besides."""
    messages: tuple[str, ...]
    errors: tuple[dict[str, Any], ...]
    """Errors with a code of the exchange's: one that may be of an order that was taken, and refusals."""
    is_perpetual: bool = False
    moves: int = 8
    """What a strategy asks for on a bar, at most: less where so little may be looked up at a time that it would get no answers."""
    calm_s: float = 60.0
    """How long a session gets to catch up with a venue that is as it should be: longer where little may be looked up at a time."""
    contract: str = "1"
    """How many units one contract is, where it counts perpetuals in contracts."""
    payments: Mapping[str, str] = field(default_factory=dict)
    """What the journal calls what moves an account's wallet, of what the venue tells of."""
    paid: str = ""
    """What the ids of payments begin with, where the venue does not just count them."""

    @property
    def is_prompt(self) -> bool:
        """Say whether so much may be asked that a run keeps up with a clock sixty times as fast as its own."""
        return self.calm_s == Spoken.calm_s

    @property
    def where(self) -> dict[str, str]:
        """What a run file says of it."""
        return {"exchange": self.exchange, **({"market": "swap"} if self.is_perpetual else {})}


_BINANCE_ERRORS: tuple[dict[str, Any], ...] = (
    {"status": 504, "accepts": True, "code": -1007},
    {"status": 500, "code": -1000},
    {"status": 503, "code": -1008},
    {"status": 429, "code": -1003, "retry_after": 3},
    {"status": 418, "code": -1003, "retry_after": 20},
    {"status": 400, "code": -1015},
    {"status": 400, "code": -1021},
)
_OKX = Spoken(
    "okx",
    "POST trade/batch-orders",
    "POST trade/cancel-order",
    (
        "GET trade/order",
        "GET trade/orders-pending",
        "GET trade/fills-history",
        "GET account/balance",
        "GET public/time",
        "CONNECT private",
        "CONNECT business",
        "WS login",
        "WS subscribe",
    ),
    ("STREAM orders", "STREAM candle", "STREAM candle.closed"),
    (
        {"status": 400, "accepts": True, "code": 50004},
        {"status": 500, "code": 50026},
        {"status": 503, "code": 50001},
        {"status": 429, "code": 50013},
        {"status": 429, "code": 50011, "retry_after": 3},
        {"status": 401, "code": 50102},
        {"status": 200, "code": 50061},
    ),
)
_PAYMENTS = {"FUNDING_FEE": "funding", "INSURANCE_CLEAR": "liquidation fee"}
SPOKEN: Mapping[str, Spoken] = {
    "binance": Spoken(
        "binance",
        "POST order",
        "DELETE order",
        (
            "GET order",
            "GET openOrders",
            "GET myTrades",
            "GET account",
            "GET time",
            "CONNECT ws-api",
            "CONNECT ws",
            "WS userDataStream*",
        ),
        ("STREAM executionReport", "STREAM outboundAccountPosition", "STREAM kline", "STREAM kline.closed"),
        _BINANCE_ERRORS,
    ),
    "binance-usdm": Spoken(
        "binanceusdm",
        "POST order",
        "DELETE order",
        (
            "GET order",
            "GET openOrders",
            "GET userTrades",
            "GET positionRisk",
            "GET income",
            "GET account",
            "GET time",
            "CONNECT private",
            "CONNECT ws",
            "POST listenKey",
        ),
        ("STREAM ORDER_TRADE_UPDATE", "STREAM ACCOUNT_UPDATE", "STREAM kline", "STREAM kline.closed"),
        _BINANCE_ERRORS,
        is_perpetual=True,
        payments=_PAYMENTS,
    ),
    "bybit": Spoken(
        "bybit",
        "POST order/create",
        "POST order/cancel",
        (
            "GET order/realtime",
            "GET execution/list",
            "GET account/wallet-balance",
            "GET market/time",
            "CONNECT private",
            "CONNECT public",
            "WS auth",
            "WS subscribe",
        ),
        ("STREAM order", "STREAM execution", "STREAM kline", "STREAM kline.closed"),
        (
            {"status": 200, "accepts": True, "code": 10016},
            {"status": 200, "accepts": True, "code": 170007},
            {"status": 200, "accepts": True, "code": 170146},
            {"status": 200, "code": 10000},
            {"status": 200, "code": 10006},
            {"status": 403, "code": 10018, "retry_after": 3},
            {"status": 200, "code": 10002},
        ),
    ),
    "okx": _OKX,
    "okx-swap": replace(
        _OKX,
        requests=(*_OKX.requests, "GET account/positions", "GET account/bills"),
        is_perpetual=True,
        contract="0.1",
        payments=_PAYMENTS,
    ),
    "kraken": Spoken(
        "kraken",
        "POST AddOrder",
        "POST CancelOrder",
        (
            "POST OpenOrders",
            "POST ClosedOrders",
            "POST TradesHistory",
            "POST BalanceEx",
            "POST GetWebSocketsToken",
            "GET Time",
            "CONNECT v2",
            "WS subscribe.executions",
            "WS subscribe.ohlc",
        ),
        ("STREAM executions", "STREAM executions.trade", "STREAM ohlc"),
        (
            # Its errors come with status 200: unavailable and out of time, which say nothing of the order, and refusals.
            {"status": 200, "accepts": True, "code": 1},
            {"status": 200, "accepts": True, "code": 2},
            {"status": 200, "code": 3},
            {"status": 200, "code": 5},
            {"status": 200, "code": 6},
            {"status": 200, "code": 7},
            {"status": 200, "code": 10},
        ),
        moves=3,
        calm_s=120.0,
    ),
    "bybit-linear": Spoken(
        "bybit",
        "POST order/create",
        "POST order/cancel",
        (
            "GET order/realtime",
            "GET execution/list",
            "GET position/list",
            "GET account/wallet-balance",
            "GET market/time",
            "CONNECT private",
            "CONNECT public",
            "WS auth",
            "WS subscribe",
        ),
        ("STREAM order", "STREAM execution", "STREAM kline", "STREAM kline.closed"),
        (
            {"status": 200, "accepts": True, "code": 10000},
            {"status": 200, "accepts": True, "code": 10016},
            {"status": 200, "code": 10006},
            {"status": 403, "code": 10018, "retry_after": 3},
            {"status": 200, "code": 10002},
            {"status": 200, "code": 110007},
        ),
        is_perpetual=True,
        payments={"FUNDING_FEE": "funding"},
        paid="funding-",
    ),
}
"""By the dialect's name."""
_OTHERS = {SPOKEN[name].exchange: name for name in SPOKEN if not name.startswith("binance")}
TRIED = ["binance", "binance-usdm", *_OTHERS.values()]
"""Both dialects of Binance, and one of each other exchange: that of perpetuals, where there is one."""
PERPETUALS = [name for name in SPOKEN if SPOKEN[name].is_perpetual]
"""The dialects of perpetuals."""


def cases(dialect: str = "binance") -> list[Fault]:
    """Return every fault where it may happen: each request and message, and each error."""
    spoken = SPOKEN[dialect]
    found = [
        Fault(match, do, **detail)
        for match in (spoken.place, spoken.cancel, *spoken.requests)
        for do in REQUEST_FAULTS
        if match == spoken.place or do not in ("forget", "split")  # which are about new orders
        for detail in details(do, spoken)
    ]
    return found + [
        Fault(match, do, **detail) for match in spoken.messages for do in MESSAGE_FAULTS for detail in details(do, spoken)
    ]


def details(do: str, spoken: Spoken) -> tuple[dict[str, Any], ...]:
    """Return in which ways a fault is tried: shorter and longer than an order may take, or until it is released."""
    if do == "status":
        return STATUSES + spoken.errors
    if do == "skew":
        return ({"ms": -3_000}, {"ms": 20_000})
    if do == "split":
        return ({"parts": 3},)
    if do in ("late", "hold", "forget", "half-open"):
        return ({"ms": 2_000}, {"ms": 30_000}, {})
    return ({},)


@dataclass
class Trouble:
    """Makes a venue go wrong at random, for as long as it lasts."""

    venue: Venue
    seed: int
    every_s: float = 15.0
    """From one fault to the next, on average."""
    is_on: bool = True
    happened: list[Fault] = field(default_factory=list)

    async def run(self) -> None:
        """Add one fault after the other."""
        draw, everything = np.random.default_rng(self.seed), cases(self.venue.dialect)
        while self.is_on:
            await asyncio.sleep(float(draw.exponential(self.every_s)))
            fault = everything[draw.integers(len(everything))]
            self.happened.append(fault)
            self.venue.faults.add(fault)
            if draw.random() < 0.3:
                self.venue.faults.release()
            if draw.random() < 0.2:
                self.venue.clock.skew = 0

    def end(self) -> None:
        """Let the venue be as it should, from now on."""
        self.is_on = False
        self.venue.faults.clear()
        self.venue.clock.skew = 0
