"""A request to an endpoint, what an endpoint is, and who asks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tradekit_venue import request
from tradekit_venue.dialect import Sent
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.listing import Listing
from tradekit_venue.kraken.names import is_called
from tradekit_venue.kraken.refusals import RefusedError
from tradekit_venue.venue import Venue

__all__ = ["Endpoint", "Request", "authorise"]


@dataclass(slots=True)
class Request(request.Request):
    """What an endpoint is given."""

    params: Mapping[str, str]
    tokens: dict[str, Account]
    """Whose streams a token opens."""

    def listing(self, name: str = "pair") -> Listing:
        """Return the market that a parameter names. Raises `RefusedError` for none."""
        called = self.params.get(name, "")
        for listing in self.venue.exchange.listings.values():
            if is_called(listing.market, called):
                return listing
        raise RefusedError("EQuery:Unknown asset pair")

    def decimal(self, name: str) -> Decimal:
        """Return an amount, 0 where it was not sent."""
        try:
            value = Decimal(self.params.get(name, "") or "0")
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or value < 0:
            raise RefusedError(f"EGeneral:Invalid arguments:{name}")
        return value

    def integer(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number."""
        text = self.params.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit()):
            raise RefusedError(f"EGeneral:Invalid arguments:{name}")
        return int(text)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers requests of one name, and what a private one counts."""

    answer: Callable[[Request], Any]
    weight: int = 0
    is_private: bool = False


def authorise(venue: Venue, sent: Sent, params: Mapping[str, str], nonces: dict[str, int]) -> str:
    """Return the key that has signed a request with a number above all before it. Raises `RefusedError`."""
    key = sent.headers.get("api-key", "")
    known = venue.keys.get(key)
    if known is None:
        raise RefusedError("EAPI:Invalid key")
    nonce = params.get("nonce", "")
    try:
        secret = base64.b64decode(known.secret)
    except binascii.Error:
        raise ValueError("the secret of a key to a venue that speaks as Kraken does must be base64") from None
    digest = hashlib.sha256((nonce + sent.body).encode()).digest()
    signed = base64.b64encode(hmac.new(secret, f"/{sent.path}".encode() + digest, hashlib.sha512).digest()).decode()
    if not hmac.compare_digest(signed, sent.headers.get("api-sign", "")):
        raise RefusedError("EAPI:Invalid signature")
    if not (nonce.isascii() and nonce.isdigit()) or int(nonce) <= nonces.get(key, 0):
        raise RefusedError("EAPI:Invalid nonce")
    nonces[key] = int(nonce)
    return key
