"""Who asks: the headers of a signed request, and the log-in of a private socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from tradekit_venue.dialect import Sent
from tradekit_venue.engine.account import Account
from tradekit_venue.okx.refusals import RefusedError
from tradekit_venue.venue import Key, Venue

__all__ = ["authorise", "logged_in", "signature"]

WINDOW_MS = 30_000
HEADERS = {
    "ok-access-key": (50103, 'Request header "OK-ACCESS-KEY" cannot be empty.'),
    "ok-access-passphrase": (50104, 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.'),
    "ok-access-sign": (50106, 'Request header "OK-ACCESS-SIGN" cannot be empty.'),
    "ok-access-timestamp": (50107, 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.'),
}


def signature(secret: str, text: str) -> str:
    """Return what signs a text: its HMAC by SHA-256, in base 64."""
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def authorise(venue: Venue, sent: Sent) -> Account:
    """Return the account that a request is for. Raises `RefusedError` for headers that can't be right."""
    for name, (code, message) in HEADERS.items():
        if not sent.headers.get(name):
            raise RefusedError(code, message, 401)
    stamp = sent.headers["ok-access-timestamp"]
    query = f"?{sent.query}" if sent.query else ""
    known = venue.keys.get(sent.headers["ok-access-key"])
    if known is None:
        raise RefusedError(50111, "Invalid OK-ACCESS-KEY", 401)
    if not same(known.passphrase, sent.headers["ok-access-passphrase"]):
        raise RefusedError(50105, 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', 401)
    if not same(signature(known.secret, f"{stamp}{sent.method}/{sent.path}{query}{sent.body}"), sent.headers["ok-access-sign"]):
        raise RefusedError(50113, "Invalid Sign", 401)
    time = moment(stamp)
    if time is None:
        raise RefusedError(50112, "Invalid OK-ACCESS-TIMESTAMP", 401)
    if not is_timely(venue, time):
        raise RefusedError(50102, "Timestamp request expired", 401)
    return known.account


def logged_in(venue: Venue, args: Mapping[str, str]) -> Account:
    """Return the account that a socket has logged in to. Raises `RefusedError` for a log-in that can't be right."""
    stamp = args.get("timestamp", "")
    known = venue.keys.get(args.get("apiKey", ""))
    if known is None:
        raise RefusedError(60005, "Invalid apiKey")
    if not stamp.isdigit() or not is_timely(venue, int(stamp) * 1000):
        raise RefusedError(60004, "Invalid timestamp")
    if not is_signed(known, args, stamp):
        raise RefusedError(60009, "Login failed.")
    return known.account


def is_signed(known: Key, args: Mapping[str, str], stamp: str) -> bool:
    """Say whether a log-in has the passphrase and the signature of its key."""
    right = signature(known.secret, f"{stamp}GET/users/self/verify")
    return same(known.passphrase, args.get("passphrase", "")) and same(right, args.get("sign", ""))


def same(right: str, given: str) -> bool:
    """Compare two secrets in a time that tells nothing of them."""
    return hmac.compare_digest(right.encode(), given.encode())


def moment(stamp: str) -> int | None:
    """Return the milliseconds of a time such as 2020-12-08T09:08:57.715Z; `None` for what is none."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return round(found.replace(tzinfo=found.tzinfo or UTC).timestamp() * 1000)


def is_timely(venue: Venue, time: int) -> bool:
    """Say whether a request was made within the window, by the venue's clock."""
    return not venue.checks_timing or abs(venue.clock.told() - time) <= WINDOW_MS
