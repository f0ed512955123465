"""The one place that imports ccxt, and the making of its clients.

ccxt takes seconds to import and tells mypy next to nothing, so it is imported when a client is made, and a client is `Any`.
"""

from __future__ import annotations

import asyncio
import difflib
import importlib
import json
import logging
from typing import Any
from urllib.parse import urlsplit

from tradekit import ConfigError, Keys
from tradekit_ccxt.mending import mend
from tradekit_ccxt.options import ExchangeOptions

__all__ = ["Client", "check_exchange", "close", "errors", "make", "rewritten"]

Client = Any
"""A client of ccxt."""

_OPENING_S = 1.0
_UNIFIED = {"enableUnifiedMargin": False, "enableUnifiedAccount": True, "unifiedMarginStatus": 6}
"""What all accounts at Bybit are by now."""
_QUIET = logging.getLogger("tradekit.ccxt.client")
_QUIET.setLevel(logging.WARNING)


def errors() -> Any:
    """Return the module that has ccxt's exceptions."""
    return importlib.import_module("ccxt.base.errors")


def check_exchange(name: str) -> None:
    """Raise `ConfigError` unless ccxt knows an exchange of this name."""
    known: list[str] = importlib.import_module("ccxt").exchanges
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else f"; it knows {len(known)}, such as 'binance' or 'kraken'"
        raise ConfigError(f"ccxt knows no exchange {name!r}{hint}")


def make(options: ExchangeOptions, keys: Keys | None = None, is_blocking: bool = False) -> Client:
    """Return a client for an exchange: one with streams for an event loop, or one that blocks.

    Numbers come as the exchange has written them, nothing is asked twice, and nothing of what is asked is logged. Raises
    `ConfigError` for an exchange that doesn't exist, or has no place for practice.
    """
    check_exchange(options.exchange)
    client = _kind(options.exchange, is_blocking)(
        {
            "number": str,
            "timeout": int(options.timeout_s * 1000),
            "enableRateLimit": False,
            "options": _settings(options),
            **({} if keys is None else {"apiKey": keys.key, "secret": keys.secret, "password": keys.password}),
        }
    )
    # What ccxt logs of a request has the key in it.
    client.logger = _QUIET
    client.on_json_response = _exactly
    client.timeout_on_exit = 0
    mend(client)
    if options.sandbox:
        _practise(client, options)
    if options.url is not None:
        client.urls["api"] = rewritten(client.urls["api"], options.url)
        _know_errors(client, options.url)
    return client


def _know_errors(client: Client, base: str) -> None:
    """Let a client tell what errors mean at another address: at Binance that depends on the host, which is a part of the path."""
    known = getattr(client, "get_exceptions_by_url", None)
    if known is not None:
        there = f"{urlsplit(base).scheme}://{urlsplit(base).netloc}/"
        client.get_exceptions_by_url = lambda url, kind: known(str(url).replace(there, "https://", 1), kind)


def _kind(name: str, is_blocking: bool) -> Any:
    if is_blocking:
        return getattr(importlib.import_module("ccxt"), name)
    streaming = importlib.import_module("ccxt.pro")
    return getattr(streaming, name, None) or getattr(importlib.import_module("ccxt.async_support"), name)


def _settings(options: ExchangeOptions) -> dict[str, Any]:
    """Return ccxt's options: the kind of market, nothing that asks about others, no second try, no warnings in place of answers."""
    kinds = {
        "binance": {"spot": "spot", "swap": "linear"},
        "binanceusdm": {"swap": "linear"},
        "bybit": {"spot": "spot", "swap": "linear"},
        "okx": {"spot": "spot", "swap": "swap"},
        "gate": {"spot": "spot", "swap": "swap"},
        "bitget": {"spot": "spot", "swap": "swap"},
    }
    only = kinds.get(options.exchange, {}).get(options.market)
    return {
        "defaultType": options.market,
        **({"defaultSubType": "linear"} if options.market == "swap" else {}),
        "maxRetriesOnFailure": 0,
        "warnOnFetchOpenOrdersWithoutSymbol": False,
        "fetchMargins": False,
        **({"fetchMarkets": {"types": [only]}} if only else {}),
        # Else newer versions ask what kind of account it is, and speak in ways that were not recorded.
        **({"uta": False} if options.exchange == "bitget" else {}),
        # Else it asks, and after an answer without a word takes the size of what is bought at the market for one in money.
        **(_UNIFIED if options.exchange == "bybit" else {}),
        **({"fetchCurrencies": False} if options.exchange.startswith("binance") else {}),
        # Else it asks for positions when trades are listened to, and fails at their numbers being text.
        "watchPositions": {"fetchPositionsSnapshot": False, "awaitPositionsSnapshot": False},
    }


def _practise(client: Client, options: ExchangeOptions) -> None:
    what = f"exchange {options.exchange!r} has no place for practice that ccxt knows"
    missing = ConfigError(f"{what}; leave out sandbox, or give the url of a server that stands for it")
    if not client.urls.get("test"):
        raise missing
    try:
        client.set_sandbox_mode(True)
    except errors().NotSupported:
        raise missing from None


def _exactly(body: str) -> Any:
    """Read JSON so that its numbers stay as they were written."""
    return json.loads(body, parse_float=str, parse_int=str)


def rewritten(urls: Any, base: str) -> Any:
    """Return addresses, of any nesting, at another server, with the host that they were for as the first part of the path.

    Streams are told apart by their address in ccxt, which is why that stays in it.

    >>> rewritten({"ws": "wss://stream.binance.com:9443/ws"}, "http://127.0.0.1:80")
    {'ws': 'ws://127.0.0.1:80/stream.binance.com:9443/ws'}
    """
    if isinstance(urls, dict):
        return {name: rewritten(value, base) for name, value in urls.items()}
    if not isinstance(urls, str):
        return urls
    scheme, _, rest = urls.partition("://")
    there = urlsplit(base)
    secure = "s" if there.scheme == "https" else ""
    return f"{'ws' if scheme.startswith('ws') else 'http'}{secure}://{there.netloc}/{rest}"


async def close(client: Client) -> None:
    """Close a client and all of its connections: what `close` of ccxt leaves open depends on its version."""
    # One that is just being opened would be left behind.
    opening = [stream.connected for stream in (client.clients or {}).values() if stream.connecting]
    if opening:
        await asyncio.wait(opening, timeout=_OPENING_S)
    await client.close()
    session = client.session
    if session is not None:
        await session.close()
        client.session = None
