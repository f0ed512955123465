"""An order of the run, as what follows it at the venue sees it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import cache, lru_cache

from tradekit.model.order import OrderKind, OrderStatus
from tradekit.simulator.book import Flag
from tradekit.simulator.outside import Outside

__all__ = ["LIMITED", "PLAIN", "Look", "exact", "look_at", "whole"]

PLAIN = (OrderKind.MARKET, OrderKind.LIMIT)
LIMITED = (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TAKE_PROFIT_LIMIT)
_TRIGGERED = int(Flag.TRIGGERED)  # as a plain integer: the & of flags makes one, which takes ten times as long
_ROUNDING, _NOTHING = Decimal("1e-6"), Decimal(0)


@dataclass(slots=True)
class Look:
    """An order of the run, as the simulation has it."""

    number: int
    place: int
    symbol: str
    kind: OrderKind
    status: OrderStatus
    flags: int
    left: float
    filled: float
    limit: float
    stop: float
    replaces: int
    is_idle: bool
    is_awaited: bool
    until: int

    @property
    def is_market(self) -> bool:
        """Whether it takes what the market gives, from the beginning or by now."""
        return self.kind is OrderKind.MARKET or (self.flags & _TRIGGERED != 0 and self.kind not in LIMITED)


def look_at(outside: Outside, order: int) -> Look:
    """Return what there is to know of an order."""
    found = outside.look(order)
    found["kind"], found["status"] = OrderKind(found["kind"]), OrderStatus(found["status"])
    return Look(order, **found)


@lru_cache(maxsize=4096)
def exact(value: float, step: float | None) -> Decimal:
    """Return a float that lies on a grid of steps as the number that it stands for, without the rounding of floats."""
    return _on_grid(value, step, ROUND_HALF_EVEN)


def whole(value: float, step: float | None) -> Decimal:
    """Return how much of a float above 0 is whole steps."""
    return _on_grid(value, step, ROUND_FLOOR, _ROUNDING)


def _on_grid(value: float, step: float | None, rounding: str, more: Decimal = _NOTHING) -> Decimal:
    """Return a float as a number of steps; `more` is a part of a step that is added first."""
    number = Decimal(repr(value))
    if step is None:
        return number
    exact_step = _exact_step(step)
    return ((number / exact_step + more).to_integral_value(rounding) * exact_step).normalize() + _NOTHING


@cache
def _exact_step(step: float) -> Decimal:
    return Decimal(repr(step))
