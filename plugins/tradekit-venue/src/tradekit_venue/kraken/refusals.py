"""What Kraken answers when it refuses: a list of texts, with status 200."""

from __future__ import annotations

from tradekit_venue.engine.order import Reason

__all__ = ["CODES", "RefusedError", "of_reason"]

CODES = {
    1: "EService:Unavailable",
    2: "EService:Timeout",
    3: "EService:Busy",
    4: "EGeneral:Internal error",
    5: "EAPI:Rate limit exceeded",
    6: "EGeneral:Temporary lockout",
    7: "EAPI:Invalid nonce",
    8: "EOrder:Rate limit exceeded",
    9: "EOrder:Insufficient funds",
    10: "EService:Deadline elapsed",
    11: "EService:Market in cancel_only mode",
}
"""Its errors have no numbers: these are what a fault's `code` calls them."""

TEXTS = {
    Reason.PRICE: "EOrder:Invalid price",
    Reason.PERCENT: "EOrder:Invalid price",
    Reason.LOT: "EGeneral:Invalid arguments:volume",
    Reason.NOTIONAL: "EOrder:Order minimum not met",
    Reason.COUNT: "EOrder:Orders limit exceeded",
    Reason.FUNDS: "EOrder:Insufficient funds",
    Reason.DUPLICATE: "EOrder:Duplicate client order id",
    Reason.WOULD_TAKE: "EOrder:Post only order",
    Reason.WOULD_TRIGGER: "EOrder:Invalid price",
    Reason.NO_LIQUIDITY: "EOrder:Insufficient liquidity",
    Reason.CLOSED: "EService:Market in cancel_only mode",
    Reason.UNKNOWN: "EOrder:Unknown order",
}


class RefusedError(Exception):
    """A request that is answered with an error."""


def of_reason(reason: Reason) -> RefusedError:
    """Return the answer to an order that the engine has refused."""
    return RefusedError(TEXTS.get(reason, "EOrder:Invalid order"))
