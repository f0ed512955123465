"""Real clients of ccxt whose requests go into a list, and are answered from a script; and a local exchange."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ccxt
import pytest
from tradekit_ccxt import library
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_ccxt.link import Link
from tradekit_venue.clock import Clock
from tradekit_venue.engine.market import Market
from tradekit_venue.venue import Venue

from tradekit import Intent

CLIENT_ID = "tkab12cd00000001"
"""As long as the kernel makes them."""
START_MS = 1_700_000_000_000
# A secret of some exchanges must be base64, and that of Coinbase a private key.
SECRET = "c2VjcmV0LW9mLXRlc3Rz"  # noqa: S105 - it opens nothing
PLACES = {
    "okx": ("BTC-USDT", "BTC-USDT-SWAP"),
    "kraken": ("XBTUSDT", ""),
    "gate": ("BTC_USDT", "BTC_USDT"),
    "coinbase": ("BTC-USDT", ""),
}


def market(client: Any, kind: str) -> dict[str, Any]:
    """Return one instrument as an exchange would have it."""
    is_spot = kind == "spot"
    lot = "1" if (client.id, kind) == ("gate", "swap") else "0.00001"
    return client.safe_market_structure(
        {
            "id": PLACES.get(client.id, ("BTCUSDT", "BTCUSDT"))[0 if is_spot else 1],
            "symbol": "BTC/USDT" if is_spot else "BTC/USDT:USDT",
            "base": "BTC",
            "quote": "USDT",
            "baseId": "BTC",
            "quoteId": "USDT",
            "type": kind,
            "spot": is_spot,
            "swap": not is_spot,
            "margin": False,
            "future": False,
            "option": False,
            "active": True,
            "contract": not is_spot,
            "linear": not is_spot or None,
            "inverse": None if is_spot else False,
            **({} if is_spot else {"settle": "USDT", "settleId": "USDT", "contractSize": "1", "subType": "linear"}),
            "precision": {"price": "0.01", "amount": lot},
            "limits": {"amount": {"min": lot, "max": "9000"}, "cost": {"min": "5"}, "price": {}, "leverage": {}},
            "info": {
                "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", *_TRIGGERED],
                "timeInForce": ["GTC", "IOC", "FOK"],
            },
        }
    )


_TRIGGERED = ("STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")


@dataclass
class Sent:
    """A request that would have left."""

    method: str
    path: str
    query: dict[str, str]
    body: Any

    @property
    def all(self) -> dict[str, Any]:
        """Everything that it says."""
        body = self.body[0] if isinstance(self.body, list) else self.body
        return {**self.query, **(body or {})}


class UnansweredError(Exception):
    """A request had no answer in the script."""


@dataclass
class Wire:
    """Where requests go: the list of what was sent, and what is answered, in order."""

    sent: list[Sent] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    client: Any = None

    async def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        parts = urlsplit(url)
        self.sent.append(Sent(method, parts.path, dict(parse_qsl(parts.query)), _read(body)))
        if not self.answers:
            raise UnansweredError(f"{method} {url}")
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        status, text = answer if isinstance(answer, tuple) else (200, answer)
        text = text if isinstance(text, str) else json.dumps(text)
        text = self.client.on_rest_response(status, "", url, method, {"Content-Type": "application/json"}, text, headers, body)
        found = self.client.parse_json(text)
        self.client.handle_errors(status, "", url, method, {}, text, found, headers, body)
        self.client.handle_http_status_code(status, "", url, method, text)
        return text if found is None else found


def _read(body: Any) -> Any:
    if not isinstance(body, str) or not body:
        return body
    return json.loads(body) if body[0] in "[{" else dict(parse_qsl(body))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give what connects an executor to a wire that leads nowhere."""
    secret = _private_key()

    @asynccontextmanager
    async def connected(
        exchange: str, kind: str = "spot", may_trade: bool = True, **more: Any
    ) -> AsyncIterator[tuple[CcxtExecutor, Wire]]:
        monkeypatch.setenv("TRADEKIT_DESK_KEY", "the-key-of-tests")
        monkeypatch.setenv("TRADEKIT_DESK_SECRET", secret if exchange == "coinbase" else SECRET)
        monkeypatch.setenv("TRADEKIT_DESK_PASSWORD", "the-password-of-tests")
        make, wire = library.make, Wire()

        def wired(*given: Any, **named: Any) -> Any:
            client = make(*given, **named)
            client.set_markets([market(client, kind)], _currencies())
            client.load_markets = _loaded(client)
            client.fetch, wire.client = wire.fetch, client
            client.options["unifiedAccount"] = False
            client.options["enableUnifiedMargin"], client.options["enableUnifiedAccount"] = False, True
            return client

        monkeypatch.setattr(library, "make", wired)
        monkeypatch.setattr(Link, "set_clock", _stopped)
        monkeypatch.setattr(CcxtExecutor, "_margined", _as_they_are)
        executor = CcxtExecutor(CcxtExecutor.Options(exchange=exchange, market=kind, keys="desk", **more))
        try:
            await executor.connect([symbol_of(kind)], may_trade)
            yield executor, wire
        finally:
            await executor.close()
            monkeypatch.setattr(library, "make", make)

    return connected


def symbol_of(kind: str) -> str:
    """Return the one instrument of a market."""
    return "BTC/USDT" if kind == "spot" else "BTC/USDT:USDT"


def an_intent(market: str = "spot", quantity: str = "2", **more: Any) -> Intent:
    """Return an intent to buy at the market."""
    return Intent(CLIENT_ID, symbol_of(market), Decimal(quantity), **more)


def _loaded(client: Any) -> Callable[..., Any]:
    async def load_markets(*_: Any) -> Any:
        return client.markets

    return load_markets


async def _stopped(self: Link) -> int:
    return START_MS * 1_000_000


async def _as_they_are(self: CcxtExecutor, found: Any, may_trade: bool) -> Any:
    return found


def _currencies() -> dict[str, Any]:
    return {code: {"id": code, "code": code, "precision": "0.00000001"} for code in ("BTC", "USDT")}


def _private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.derive_private_key(12345, ec.SECP256R1())
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.fixture
def desk_market() -> Callable[..., dict[str, Any]]:
    """Give what makes an instrument as an exchange would have it."""
    return market


@pytest.fixture
def intent() -> Callable[..., Intent]:
    """Give what makes an intent of two units, by default to buy at the market."""
    return an_intent


@pytest.fixture
def venue() -> Venue:
    """Give a local exchange whose clock stands still, with one market and two accounts."""
    made = Venue(Clock(START_MS), checks_timing=False)
    made.add_market(Market("BTC", "USDT"))
    for name in ("anna", "bert"):
        made.add_account(name, {"BTC": Decimal(10), "USDT": Decimal(1_000_000)}, f"key-of-{name}", f"secret-of-{name}")
    return made


@pytest.fixture
def version() -> tuple[int, ...]:
    """Give the version of ccxt."""
    return tuple(int(part) for part in ccxt.__version__.split("."))
