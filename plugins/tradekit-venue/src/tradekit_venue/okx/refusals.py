"""What OKX answers when it refuses: a code and a sentence, most of them with status 200."""

from __future__ import annotations

from typing import Any

from tradekit_venue.engine.order import Reason

__all__ = ["RefusedError", "of_reason"]

REJECTIONS = {
    Reason.PRICE: (51000, "Parameter px error"),
    Reason.LOT: (51121, "Order quantity must be a multiple of the lot size."),
    Reason.NOTIONAL: (51020, "Your order should meet or exceed the minimum order amount."),
    Reason.PERCENT: (51006, "Order price is not within the price limit."),
    Reason.COUNT: (51174, "The number of pending orders has reached its limit."),
    Reason.FUNDS: (51008, "Order failed. Insufficient balance in account."),
    Reason.MARGIN: (51008, "Order failed. Insufficient margin in account."),
    Reason.REDUCE_ONLY: (51169, "Order failed because there is no position in this direction to reduce or close."),
    Reason.DUPLICATE: (51016, "Client order ID already exists."),
    Reason.NO_LIQUIDITY: (51020, "Your order should meet or exceed the minimum order amount."),
    Reason.CLOSED: (51022, "Instrument suspended."),
}


class RefusedError(Exception):
    """A request, or one order of a request, that is answered with an error."""

    def __init__(self, code: int, message: str, status: int = 200, data: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.data = [] if data is None else data

    def body(self) -> dict[str, Any]:
        """Return the answer as JSON has it."""
        return {"code": str(self.code), "msg": self.message, "data": self.data}


def of_reason(reason: Reason) -> RefusedError:
    """Return what is said of an order that the engine has refused."""
    return RefusedError(*REJECTIONS[reason])
