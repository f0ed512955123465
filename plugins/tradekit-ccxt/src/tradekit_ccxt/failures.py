"""What an exception of ccxt means: an order that was refused for certain, a failure that passes, or one that does not.

ccxt's tree is no guide to that. A time-out leaves open whether the order is there, and so does an answer that was cut off, which is
a bare `ExchangeError`; a rate limit does not, although it counts as a failure of the network.
"""

from __future__ import annotations

import re

from tradekit import OrderRefused, VenueError
from tradekit_ccxt.errand import Errand
from tradekit_ccxt.library import errors

__all__ = ["is_about_time", "is_refusal", "refused", "venue_error"]

_REFUSALS = (
    "InsufficientFunds",
    "InvalidOrder",
    "BadRequest",
    "AuthenticationError",
    "OperationRejected",
    "NotSupported",
    "ArgumentsRequired",
    "InvalidNonce",
    "RateLimitExceeded",
    "DDoSProtection",
)
"""What an exchange answers that has not taken an order, and never will."""
_NO_REFUSALS = ("OrderNotFound", "DuplicateOrderId", "ChecksumError")
"""What would count among them, and leaves open whether the order is there."""
_OPEN = ('"retcode":170146',)
"""Codes whose class in ccxt says more than the exchange does: an order that it did not take in time may be there all the same."""
_TWICE = ("duplicate", "client order id already exists", '"51016"')
"""What an exchange answers that has an order of this id already."""
_LATE = '"code":"50036"'
_PASSING = ("OperationFailed",)
"""Failures of the network, overload, maintenance: asking again may help."""
_ADDRESS = re.compile(r"(https?://[^\s?]+)\?\S*")


def is_refusal(error: BaseException, errand: Errand) -> bool:
    """Say whether an order is definitely not at the exchange, and never will be.

    It is not if nothing has left this process. It is not if the exchange has answered the request itself with one of a few errors,
    and with no status that says that it is in trouble. Whatever goes wrong after that, such as reading the answer, says nothing.
    """
    if not isinstance(error, Exception):
        return False
    if not errand.has_left:
        return True
    kinds = errors()
    if error is errand.failure and _is_late(errand):
        return True
    if error is not errand.failure or not isinstance(error, tuple(getattr(kinds, name) for name in _REFUSALS)):
        return False
    if errand.status >= 500 or isinstance(error, tuple(getattr(kinds, name) for name in _NO_REFUSALS)):
        return False
    # ccxt has no class of its own for this one at Binance and OKX.
    said = str(error).lower()
    return not any(word in said for word in (*_TWICE, *_OPEN))


def is_about_time(errand: Errand) -> bool:
    """Say whether the exchange has refused the last request because of the time that it was stamped with."""
    return isinstance(errand.failure, errors().InvalidNonce) or _is_late(errand)


def _is_late(errand: Errand) -> bool:
    """Say whether OKX has refused an order for its deadline, which ccxt has no class for."""
    return isinstance(errand.failure, errors().ExchangeError) and _LATE in str(errand.failure)


def refused(error: Exception, errand: Errand, exchange: str) -> OrderRefused:
    """Return what to raise for an order that is definitely not there."""
    held_back = error if isinstance(error, VenueError) else None
    retry_after_s = errand.retry_after_s if held_back is None else held_back.retry_after_s
    text = _text(error, errand, exchange, "send the order")
    return OrderRefused(text, held_back is not None and held_back.is_passing, retry_after_s)


def venue_error(error: Exception, errand: Errand, exchange: str, doing: str) -> VenueError:
    """Return what to raise for anything else."""
    is_passing = isinstance(error, tuple(getattr(errors(), name) for name in _PASSING)) or errand.status >= 500
    return VenueError(_text(error, errand, exchange, doing), is_passing, errand.retry_after_s)


def _text(error: Exception, errand: Errand, exchange: str, doing: str) -> str:
    """Return a message without keys, and without what stands behind the ? of an address, where some exchanges put them."""
    if isinstance(error, VenueError):
        return f"{exchange} was not asked to {doing}: {error}"
    said = _ADDRESS.sub(r"\1", str(error)).removeprefix(f"{exchange} ").strip()
    said = " ".join(said.split())[:300] or "no reason given"
    return errand.hidden(f"{exchange} did not {doing}: {type(error).__name__}: {said}")
