# cython: annotation_typing=False
"""What a venue does to a price and a size: steps, minimums, fees and slippage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.libc.math import ceil, fabs, floor
else:
    from math import ceil, fabs, floor

if TYPE_CHECKING:
    from tradekit.simulator.setup import Setup

__all__ = ["Venue"]

# A price a millionth of a step off the grid is on it: the rest is the error of binary fractions.
_SLACK = cython.declare(cython.double, 1e-6)


class Venue:
    """Rules and costs of each instrument; 0 stands for a step or minimum that is not known."""

    def __init__(self, setup: Setup) -> None:
        self.tick = np.array([instrument.tick or 0.0 for instrument in setup.instruments], dtype=np.float64)
        self.lot = np.array([instrument.lot or 0.0 for instrument in setup.instruments], dtype=np.float64)
        self.min_notional = np.array([instrument.min_notional or 0.0 for instrument in setup.instruments], dtype=np.float64)
        self.ticks_per_one = _per_one(np.asarray(self.tick))
        self.lots_per_one = _per_one(np.asarray(self.lot))
        self.fee_rate = setup.fee_rate
        self.fee_per_unit = setup.fee_per_unit
        self.slippage_rate = setup.slippage_rate

    def price_down(self, i: int, price: float) -> float:
        step = self.tick[i]
        if step <= 0.0:
            return price
        if self.ticks_per_one[i] > 0.0:
            return floor(price * self.ticks_per_one[i] + _SLACK) / self.ticks_per_one[i]
        return floor(price / step + _SLACK) * step

    def price_up(self, i: int, price: float) -> float:
        step = self.tick[i]
        if step <= 0.0:
            return price
        if self.ticks_per_one[i] > 0.0:
            return ceil(price * self.ticks_per_one[i] - _SLACK) / self.ticks_per_one[i]
        return ceil(price / step - _SLACK) * step

    def whole_lots(self, i: int, quantity: float) -> float:
        """Cut a signed size to whole lots, toward zero."""
        step = self.lot[i]
        if step <= 0.0:
            return quantity
        size = fabs(quantity)
        if self.lots_per_one[i] > 0.0:
            size = floor(size * self.lots_per_one[i] + _SLACK) / self.lots_per_one[i]
        else:
            size = floor(size / step + _SLACK) * step
        return size if quantity > 0.0 else -size

    def settled(self, i: int, quantity: float, traded: float) -> float:
        """Remove from a position the rounding error that adding `traded` may have left."""
        step = self.lot[i]
        if step <= 0.0:
            return 0.0 if fabs(quantity) <= 1e-12 * fabs(traded) else quantity
        if self.lots_per_one[i] > 0.0:
            return floor(quantity * self.lots_per_one[i] + 0.5) / self.lots_per_one[i]
        return floor(quantity / step + 0.5) * step

    def fee(self, i: int, quantity: float, price: float) -> float:
        return fabs(quantity) * self.fee_of_one(i, price)

    def fee_of_one(self, i: int, price: float) -> float:
        return price * self.fee_rate[i] + self.fee_per_unit[i]

    def slipped(self, i: int, quantity: float, price: float) -> float:
        """Return the price that a market or stop order gets: worse by the slippage, and on the venue's grid."""
        rate = self.slippage_rate[i]
        if rate <= 0.0:
            return price
        if quantity > 0.0:
            return self.price_up(i, price * (1.0 + rate))
        return self.price_down(i, price * (1.0 - rate))


def _per_one(steps: np.ndarray) -> np.ndarray:
    """Return how many steps make one, where that is a whole number, else 0: n / 100 is exact where n * 0.01 is not."""
    known = steps > 0
    inverse = np.divide(1.0, steps, out=np.zeros_like(steps), where=known)
    whole = np.round(inverse)
    is_whole = known & (whole >= 1) & (np.abs(inverse - whole) <= 1e-9 * whole)
    return np.where(is_whole, whole, 0.0)
