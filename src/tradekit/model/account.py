"""What is held: positions and the account around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tradekit.model.order import Order

__all__ = ["Account", "Position"]


@dataclass(frozen=True, slots=True)
class Position:
    """Units held of one instrument (negative when short), their average entry price, and the last price seen."""

    symbol: str
    quantity: float
    average_price: float
    last_price: float
    unit: float = 1.0
    """What one unit is worth in account currency at a price of 1: its multiplier times the rate of its currency."""

    @property
    def value(self) -> float:
        """Return the position's market value in account currency, negative when short."""
        return self.quantity * self.last_price * self.unit


@dataclass(frozen=True, slots=True)
class Account:
    """The account at one moment: what a risk rule judges an order against. `time` is UTC nanoseconds."""

    time: int
    currency: str
    cash: float
    equity: float
    positions: Mapping[str, Position]
    open_orders: tuple[Order, ...]
    prices: Mapping[str, float]
    """Last price of each instrument of the run that has had one."""
    price_times: Mapping[str, int] = field(default_factory=dict)
    """When the market gave that price, UTC nanoseconds: the close of a bar or the time of a tick; what is missing is not known."""
