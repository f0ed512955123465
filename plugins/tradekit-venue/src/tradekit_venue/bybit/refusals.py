"""What Bybit answers when it refuses: a code and a sentence, with status 200."""

from __future__ import annotations

from tradekit_venue.engine.order import Reason

__all__ = ["GONE", "RefusedError", "of_reason"]

SPOT_REJECTIONS = {
    Reason.PRICE: (170134, "Order price decimal too long."),
    Reason.LOT: (170137, "Order volume decimal too long"),
    Reason.NOTIONAL: (170140, "Order value exceeded lower limit."),
    Reason.PERCENT: (170193, "Buy order price cannot be higher than the limit, nor sell order price lower."),
    Reason.COUNT: (170005, "Too many new orders; the limit of open orders has been reached."),
    Reason.FUNDS: (170131, "Insufficient balance."),
    Reason.DUPLICATE: (170141, "Duplicate clientOrderId."),
    Reason.NO_LIQUIDITY: (170210, "New order rejected."),
    Reason.CLOSED: (170115, "The current symbol is not open for trading."),
}
CONTRACT_REJECTIONS = {
    Reason.PRICE: (10001, "Price invalid"),
    Reason.LOT: (10001, "Qty invalid"),
    Reason.NOTIONAL: (110094, "Order does not meet minimum order value."),
    Reason.PERCENT: (110003, "Order price exceeds the allowable range."),
    Reason.COUNT: (110020, "You have too many active orders."),
    Reason.MARGIN: (110007, "ab not enough for new order"),
    Reason.REDUCE_ONLY: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Reason.DUPLICATE: (110072, "OrderLinkedID is duplicate"),
    Reason.CLOSED: (110066, "Trading is currently not allowed."),
}
"""Of perpetuals."""
GONE = {"spot": (170213, "Order does not exist."), "linear": (110001, "order not exists or too late to cancel")}
"""What is said of an order that can't be cancelled, by category."""


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def of_reason(reason: Reason, category: str) -> RefusedError:
    """Return what is said of an order that the engine has refused, in a market of a category."""
    return RefusedError(*(SPOT_REJECTIONS if category == "spot" else CONTRACT_REJECTIONS)[reason])
