"""Markets and their filters: which orders they take."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradekit_venue.engine.order import Kind, NewOrder, Reason, RejectError

__all__ = ["Market"]

EXACT_DECIMALS = 8
"""Prices times sizes must have no more decimals than this, so that money is exact."""


@dataclass(frozen=True, slots=True)
class Market:
    """A pair of currencies, and the rules for orders in it. Raises `ValueError` for steps that money can't be exact with."""

    base: str
    quote: str
    tick: Decimal = Decimal("0.01")
    lot: Decimal = Decimal("0.00001")
    min_notional: Decimal = Decimal(5)
    max_quantity: Decimal = Decimal(9000)
    max_price: Decimal = Decimal(1_000_000)
    max_orders: int = 200
    lowest: Decimal = Decimal("0.2")
    """How far below the last price an order may be, as a share of it."""
    highest: Decimal = Decimal(5)
    """How far above the last price an order may be, as a multiple of it."""

    def __post_init__(self) -> None:
        for name in ("tick", "lot"):
            step = getattr(self, name)
            if not step.is_finite() or step <= 0:
                raise ValueError(f"the {name} of {self.symbol!r} is {step}; it must be above 0")
        if decimals(self.tick) + decimals(self.lot) > EXACT_DECIMALS:
            raise ValueError(
                f"{self.symbol!r} has a tick of {self.tick} and a lot of {self.lot}: together they may have at most "
                f"{EXACT_DECIMALS} decimals, so that money is exact; make one of them coarser"
            )

    @property
    def symbol(self) -> str:
        return f"{self.base}/{self.quote}"

    def check(self, order: NewOrder, last: Decimal | None, open_orders: int) -> None:
        """Raise `RejectError` for an order that a filter does not let through."""
        if order.kind.has_limit:
            self._check_price(order.price, last)
        if order.kind.has_trigger and (order.trigger <= 0 or order.trigger % self.tick or order.trigger > self.max_price):
            raise RejectError(Reason.PRICE)
        if order.value:
            if order.value < self.min_notional:
                raise RejectError(Reason.NOTIONAL)
        elif order.quantity < self.lot or order.quantity > self.max_quantity or order.quantity % self.lot:
            raise RejectError(Reason.LOT)
        elif (
            (price := self._counted_price(order, last)) is not None
            and price * order.quantity < self.min_notional
            and not order.is_reduce_only
        ):
            raise RejectError(Reason.NOTIONAL)
        if open_orders >= self.max_orders and order.kind is not Kind.MARKET:
            raise RejectError(Reason.COUNT)

    def _check_price(self, price: Decimal, last: Decimal | None) -> None:
        if price <= 0 or price > self.max_price or price % self.tick:
            raise RejectError(Reason.PRICE)
        if last is not None and not last * self.lowest <= price <= last * self.highest:
            raise RejectError(Reason.PERCENT)

    def _counted_price(self, order: NewOrder, last: Decimal | None) -> Decimal | None:
        """Return what the value of an order is counted at: its limit, its trigger, or else the last price."""
        if order.kind.has_limit:
            return order.price
        return order.trigger if order.kind.has_trigger else last


def decimals(step: Decimal) -> int:
    """Return how many decimals a step has."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
