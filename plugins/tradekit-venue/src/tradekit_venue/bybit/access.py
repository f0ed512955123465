"""Who asks: the headers of a signed request, and the log-in of a private socket."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from tradekit_venue.bybit.refusals import RefusedError
from tradekit_venue.dialect import Sent
from tradekit_venue.engine.account import Account
from tradekit_venue.venue import Venue

__all__ = ["authorise", "logged_in", "signature"]

WINDOW_MS = 5_000
AHEAD_MS = 1_000
"""How far a request may be stamped ahead of the venue's clock."""


def signature(secret: str, text: str) -> str:
    """Return what signs a text: its HMAC by SHA-256, as hexadecimal digits."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def authorise(venue: Venue, sent: Sent) -> Account:
    """Return the account that a request is for. Raises `RefusedError` for headers that can't be right."""
    key, stamp, given, window = (
        sent.headers.get(f"x-bapi-{name}", default)
        for name, default in (("api-key", ""), ("timestamp", ""), ("sign", ""), ("recv-window", str(WINDOW_MS)))
    )
    if not (key and stamp.isdigit() and given and window.isdigit()):
        said = f"apiTimestamp[{stamp}] apiKey[{key}] apiSignature[{given}]"
        raise RefusedError(10001, f"empty value: {said}: openapi sign params error!")
    known = venue.keys.get(key)
    if known is None:
        raise RefusedError(10003, "API key is invalid.")
    text = f"{stamp}{key}{window}{sent.body if sent.method == 'POST' else sent.query}"
    if not hmac.compare_digest(signature(known.secret, text), given):
        raise RefusedError(10004, "Error sign, please check your signature generation algorithm.")
    now = venue.clock.told()
    if venue.checks_timing and not now - int(window) <= int(stamp) < now + AHEAD_MS:
        said = f"req_timestamp[{stamp}],server_timestamp[{now}],recv_window[{window}]"
        raise RefusedError(10002, f"invalid request, please check your server timestamp or recv_window param. {said}")
    return known.account


def logged_in(venue: Venue, args: Sequence[str]) -> Account:
    """Return the account of a log-in: key, until when it is good, signature. Raises `RefusedError` for one that can't be right."""
    key, until, given = [*map(str, args), "", "", ""][:3]
    known = venue.keys.get(key)
    if known is None:
        raise RefusedError(10003, "Invalid apikey")
    if not until.isdigit() or (venue.checks_timing and int(until) <= venue.clock.told()):
        raise RefusedError(10002, "Request expired")
    if not hmac.compare_digest(signature(known.secret, f"GET/realtime{until}"), given):
        raise RefusedError(10004, "Invalid sign")
    return known.account
