"""The real ccxt, pointed at a local venue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import ccxt.pro
import pytest
from tradekit_venue.addresses import at_venue
from tradekit_venue.clock import Clock
from tradekit_venue.engine.market import Market
from tradekit_venue.serving import Opened, opened
from tradekit_venue.venue import Venue

LONGEST_S = 20
"""A test that takes longer has lost a message, or waits for one that nobody sends."""
START = 1_700_000_000_000
SECRETS = {"anna": "secret-of-anna", "bert": "secret-of-bert"}


def client(url: str, venue: Venue, name: str = "anna", options: dict[str, Any] | None = None) -> Any:
    """Return ccxt's client of Binance, whose clock is the venue's."""
    exchange = ccxt.pro.binance(
        {
            "apiKey": f"key-of-{name}",
            "secret": SECRETS[name],
            "enableRateLimit": False,
            "timeout_on_exit": 0,
            "timeout": 2000,
            "options": {
                "fetchMarkets": {"types": ["spot"]},
                "fetchCurrencies": False,
                "fetchMargins": False,
                "fetchOpenOrders": {"warnWithoutSymbol": False},
                "warnOnFetchOpenOrdersWithoutSymbol": False,  # its name in older versions
                **(options or {}),
            },
        }
    )
    exchange.urls["api"] = at_venue(exchange.urls["api"], url)
    exchange.milliseconds = venue.clock.told
    exchange.number = str
    return exchange


def new_venue() -> Venue:
    """Return a venue whose clock stands still, with one market and two accounts."""
    made = Venue(Clock(START))
    made.add_market(Market("BTC", "USDT"))
    for name in SECRETS:
        made.add_account(name, {"BTC": Decimal(10), "USDT": Decimal(1_000_000)}, f"key-of-{name}", SECRETS[name])
    return made


@asynccontextmanager
async def meet(made: Venue | None = None) -> AsyncIterator[tuple[Opened, Any, Any]]:
    """Open a venue, and give it with the clients of anna and bert, their markets loaded."""
    async with opened(new_venue() if made is None else made) as place:
        anna, bert = (client(place.url, place.venue, name) for name in SECRETS)
        try:
            async with asyncio.timeout(LONGEST_S):
                await anna.load_markets()
                bert.set_markets(anna.markets)
                yield place, anna, bert
        finally:
            place.venue.faults.clear()
            await anna.close()
            await bert.close()


@pytest.fixture
def venue() -> Venue:
    """Give a venue whose clock stands still, with one market and two accounts."""
    return new_venue()


@pytest.fixture
def meeting(venue: Venue) -> Any:
    """Give what opens that venue for the clients of anna and bert."""
    return lambda: meet(venue)


@pytest.fixture
def clients() -> SimpleNamespace:
    """Give what makes more venues and clients."""
    return SimpleNamespace(client=client, new_venue=new_venue, meet=meet, start=START, secrets=SECRETS)
