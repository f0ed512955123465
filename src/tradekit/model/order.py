"""Orders and fills, as people see them at the edges; inside the simulator they are columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Fill", "Order", "OrderKind", "OrderStatus", "Reason"]


class OrderKind(IntEnum):
    """How an order becomes a fill."""

    MARKET = 0
    LIMIT = 1
    STOP = 2


class OrderStatus(IntEnum):
    """Where an order is in its life; it only ever moves from `OPEN` to one of the others."""

    OPEN = 0
    FILLED = 1
    CANCELLED = 2
    REPLACED = 3
    REJECTED = 4


class Reason(IntEnum):
    """Why an order was rejected, cut or cancelled."""

    NONE = 0
    WARMING_UP = 1
    NO_PRICE = 2
    BELOW_LOT = 3
    BELOW_MIN_NOTIONAL = 4
    SHORT_IN_CASH_ACCOUNT = 5
    INSUFFICIENT_FUNDS = 6
    RISK_RULE = 7
    HALTED = 8
    BY_STRATEGY = 9
    NEW_TARGET = 10
    NO_SIZE = 11

    @property
    def text(self) -> str:
        """Return the reason in words."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Order:
    """An order for `quantity` units (positive buys, negative sells) of one instrument.

    `limit` and `stop` are prices, `None` where the kind has none. Times are UTC nanoseconds.
    """

    id: int
    symbol: str
    quantity: float
    kind: OrderKind = OrderKind.MARKET
    limit: float | None = None
    stop: float | None = None
    submitted: int = 0
    status: OrderStatus = OrderStatus.OPEN
    filled: float = 0.0


@dataclass(frozen=True, slots=True)
class Fill:
    """A (part of an) order that was done: signed `quantity` at `price`; `fee` and `slippage` are money, >= 0 when paid."""

    order: int
    symbol: str
    time: int
    quantity: float
    price: float
    fee: float
    slippage: float
