"""All that the local venue can do wrong, one by one and at random."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tradekit_venue.faults import MESSAGE_FAULTS, REQUEST_FAULTS, Fault
from tradekit_venue.venue import Venue

REQUESTS = (
    "POST order",
    "DELETE order",
    "GET order",
    "GET openOrders",
    "GET myTrades",
    "GET account",
    "GET time",
    "CONNECT ws-api",
    "CONNECT ws",
    "WS userDataStream*",
)
MESSAGES = ("STREAM executionReport", "STREAM outboundAccountPosition", "STREAM kline", "STREAM kline.closed")
OF_PERPETUALS: Mapping[str, tuple[str, ...]] = {
    "GET myTrades": ("GET userTrades", "GET positionRisk", "GET income"),
    "CONNECT ws-api": ("CONNECT private",),
    "WS userDataStream*": ("POST listenKey",),
    "STREAM executionReport": ("STREAM ORDER_TRADE_UPDATE",),
    "STREAM outboundAccountPosition": ("STREAM ACCOUNT_UPDATE",),
}
"""What requests and messages are called, of perpetuals, that are not called the same."""
ERRORS: tuple[dict[str, Any], ...] = (
    {"status": 503, "accepts": True},
    {"status": 504, "accepts": True, "code": -1007},
    {"status": 502},
    {"status": 500, "code": -1000},
    {"status": 503, "code": -1008},
    {"status": 429, "code": -1003, "retry_after": 3},
    {"status": 418, "code": -1003, "retry_after": 20},
    {"status": 400, "code": -1015},
    {"status": 400, "code": -1021},
    {"status": 403},
)
"""What an error may be: one that a gateway makes of an order that was taken, or one without any order."""


def named(everything: tuple[str, ...], dialect: str) -> list[str]:
    """Return what requests or messages are called in a dialect."""
    return [name for one in everything for name in (OF_PERPETUALS.get(one, (one,)) if dialect == "binance-usdm" else (one,))]


def cases(dialect: str = "binance") -> list[Fault]:
    """Return every fault where it may happen: each request and message, and each error."""
    found = [
        Fault(match, do, **detail)
        for match in named(REQUESTS, dialect)
        for do in REQUEST_FAULTS
        if match == "POST order" or do not in ("forget", "split")  # which are about new orders
        for detail in details(do)
    ]
    return found + [
        Fault(match, do, **detail) for match in named(MESSAGES, dialect) for do in MESSAGE_FAULTS for detail in details(do)
    ]


def details(do: str) -> tuple[dict[str, Any], ...]:
    """Return in which ways a fault is tried: shorter and longer than an order may take, or until it is released."""
    if do == "status":
        return ERRORS
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
    happened: list[Fault] = field(default_factory=list)

    async def run(self) -> None:
        """Add one fault after the other."""
        draw, everything = np.random.default_rng(self.seed), cases(self.venue.dialect)
        while True:
            await asyncio.sleep(float(draw.exponential(15.0)))
            fault = everything[draw.integers(len(everything))]
            self.happened.append(fault)
            self.venue.faults.add(fault)
            if draw.random() < 0.3:
                self.venue.faults.release()
            if draw.random() < 0.2:
                self.venue.clock.skew = 0

    def end(self) -> None:
        """Let the venue be as it should."""
        self.venue.faults.clear()
        self.venue.clock.skew = 0
