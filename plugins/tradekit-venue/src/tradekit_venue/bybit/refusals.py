"""What Bybit answers when it refuses: a code and a sentence, with status 200."""

from __future__ import annotations

from tradekit_venue.engine.order import Reason

__all__ = ["RefusedError", "of_reason"]

REJECTIONS = {
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


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def of_reason(reason: Reason) -> RefusedError:
    """Return what is said of an order that the engine has refused."""
    return RefusedError(*REJECTIONS[reason])
