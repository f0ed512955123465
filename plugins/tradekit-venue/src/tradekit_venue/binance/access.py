"""Who asks: signatures, and the time window of a signed request."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.engine.account import Account
from tradekit_venue.venue import Key, Venue

__all__ = ["authorise", "holder", "sorted_payload", "unsigned"]

WINDOW_MS = 5000
WIDEST_MS = 60_000
AHEAD_MS = 1000


def unsigned(text: str) -> str:
    """Return an encoded query or body as it was signed: without its signature."""
    return "&".join(part for part in text.split("&") if part and not part.startswith("signature="))


def sorted_payload(params: Mapping[str, str]) -> str:
    """Return what a request of the WebSocket API signs: its parameters by name."""
    return "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "signature")


def holder(venue: Venue, key: str) -> Account:
    """Return the account that a key is of. Raises `RefusedError` for a key that can't be right."""
    return known_key(venue, key).account


def known_key(venue: Venue, key: str) -> Key:
    """Return a key that the venue knows."""
    if not key:
        raise RefusedError(-2014, "API-key format invalid.", 401)
    known = venue.keys.get(key)
    if known is None:
        raise RefusedError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
    return known


def authorise(venue: Venue, key: str, payload: str, params: Params) -> Account:
    """Return the account that a signed request is for. Raises `RefusedError` for a key, signature or time that can't be right."""
    known = known_key(venue, key)
    signature = params.text("signature").lower()
    right = hmac.new(known.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), signature.encode()):
        raise RefusedError(-1022, "Signature for this request is not valid.")
    check_time(venue, params)
    return known.account


def check_time(venue: Venue, params: Params) -> None:
    """Raise `RefusedError` for a request that was made too long ago by the venue's clock, or in its future."""
    timestamp = params.integer("timestamp")
    window = params.decimal("recvWindow") if "recvWindow" in params else WINDOW_MS
    if window > WIDEST_MS:
        raise RefusedError(-1131, f"recvWindow must be less than {WIDEST_MS}.")
    if not venue.checks_timing:
        return
    now = venue.clock.told()
    if timestamp >= now + AHEAD_MS:
        raise RefusedError(-1021, f"Timestamp for this request was {AHEAD_MS}ms ahead of the server's time.")
    if now - timestamp > window:
        raise RefusedError(-1021, "Timestamp for this request is outside of the recvWindow.")
