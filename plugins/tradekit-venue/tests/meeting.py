"""The real ccxt, pointed at a local venue that speaks as one exchange does."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import ccxt.pro
from tradekit_venue.addresses import at_venue
from tradekit_venue.clock import Clock
from tradekit_venue.dialects import DIALECTS
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.serving import Opened, opened
from tradekit_venue.venue import Key, Venue

LONGEST_S = 20
"""A test that takes longer has lost a message, or waits for one that nobody sends."""
START = 1_700_000_000_000
SYMBOL = "BTC/USDT"
PERPETUAL = "BTC/USDT:USDT"
CONTRACT = Decimal("0.01")
"""How many bitcoins a contract is, where they are counted in contracts."""
NAMES = ("anna", "bert")
OPTIONS: dict[str, dict[str, Any]] = {
    "binance": {
        "fetchMarkets": {"types": ["spot"]},
        "fetchCurrencies": False,
        "fetchMargins": False,
        "fetchOpenOrders": {"warnWithoutSymbol": False},
        "warnOnFetchOpenOrdersWithoutSymbol": False,  # its name in older versions
    },
    "bybit": {"fetchMarkets": {"types": ["spot"]}},
    "bybit-linear": {"fetchMarkets": {"types": ["linear"]}, "defaultType": "swap", "defaultSubType": "linear"},
    "okx": {"fetchMarkets": {"types": ["spot"]}},
    "okx-swap": {"fetchMarkets": {"types": ["swap"]}, "defaultType": "swap"},
}
"""What keeps ccxt from asking for markets that the venue doesn't have."""


def secret_of(name: str) -> str:
    """Return what somebody signs with: base64, which Kraken wants, and others take as any text."""
    return base64.b64encode(f"secret-of-{name}".encode()).decode()


def client(url: str, venue: Venue, name: str = "anna", options: dict[str, Any] | None = None) -> Any:
    """Return ccxt's client of the exchange that the venue stands for, whose clock is the venue's."""
    exchange = getattr(ccxt.pro, venue.dialect.partition("-")[0])(
        {
            "apiKey": f"key-of-{name}",
            "secret": secret_of(name),
            "password": f"passphrase-of-{name}",
            "enableRateLimit": False,
            "timeout_on_exit": 0,
            "timeout": 2000,
            "options": {**OPTIONS.get(venue.dialect, {}), **(options or {})},
        }
    )
    exchange.urls["api"] = at_venue(exchange.urls["api"], url)
    exchange.milliseconds = venue.clock.told
    exchange.seconds = lambda: venue.clock.told() // 1000
    exchange.number = str
    return exchange


def new_venue(dialect: str = "binance") -> Venue:
    """Return a venue whose clock stands still, with one market and two accounts."""
    made = Venue(Clock(START), dialect=dialect)
    is_perpetual, contract = DIALECTS[dialect].has_perpetuals, CONTRACT if DIALECTS[dialect].has_contracts else Decimal(1)
    perpetual = Perpetual("BTC", "USDT", Decimal("0.1"), Decimal("0.001"), contract=contract)
    made.add_market(perpetual if is_perpetual else Market("BTC", "USDT"))
    for name in NAMES:
        money = {"USDT": Decimal(1_000_000)} | ({} if is_perpetual else {"BTC": Decimal(10)})
        account = made.add_account(name, money, f"key-of-{name}", secret_of(name))
        made.keys[f"key-of-{name}"] = Key(account, secret_of(name), f"passphrase-of-{name}")
    return made


@asynccontextmanager
async def meet(made: Venue) -> AsyncIterator[tuple[Opened, Any, Any]]:
    """Open a venue, and give it with the clients of anna and bert, their markets loaded."""
    async with opened(made) as place:
        anna, bert = (client(place.url, place.venue, name) for name in NAMES)
        try:
            async with asyncio.timeout(LONGEST_S):
                await anna.load_markets()
                bert.set_markets(anna.markets)
                yield place, anna, bert
        finally:
            place.venue.faults.clear()
            await anna.close()
            await bert.close()


async def subscribed(place: Opened, count: int) -> None:
    """Wait until so many subscriptions have come."""
    while sum(one["name"] == "subscribe" for one in place.venue.received) < count:
        await asyncio.sleep(0.01)
