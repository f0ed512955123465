"""What Binance answers when it refuses: a status, a code and a sentence."""

from __future__ import annotations

from tradekit_venue.engine.order import Reason

__all__ = ["RefusedError", "of_reason"]

FILTERS = {Reason.PRICE, Reason.LOT, Reason.NOTIONAL, Reason.PERCENT, Reason.COUNT}

REJECTIONS = {
    Reason.FUNDS: "Account has insufficient balance for requested action.",
    Reason.DUPLICATE: "Duplicate order sent.",
    Reason.WOULD_TAKE: "Order would immediately match and take.",
    Reason.WOULD_TRIGGER: "Order would trigger immediately.",
    Reason.NO_LIQUIDITY: "Order book liquidity is less than `LOT_SIZE` filter minimum quantity.",
    Reason.CLOSED: "Market is closed.",
}


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: int, message: str, status: int = 400, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.more: dict[str, object] = {}
        """What else is in the answer."""

    def body(self) -> dict[str, object]:
        """Return the answer as JSON has it."""
        return {"code": self.code, "msg": self.message, **self.more}


def of_reason(reason: Reason) -> RefusedError:
    """Return the answer to an order that the engine has refused."""
    if reason in FILTERS:
        return RefusedError(-1013, f"Filter failure: {reason.value}")
    if reason is Reason.UNKNOWN:
        return RefusedError(-2011, "Unknown order sent.")
    return RefusedError(-2010, REJECTIONS[reason])
