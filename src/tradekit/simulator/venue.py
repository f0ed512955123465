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
    from tradekit.model.bars import Floats
    from tradekit.simulator.setup import Setup

__all__ = ["Venue"]

# A number of steps that is so close to a whole one is whole: the rest is the error of binary fractions.
_SLACK = cython.declare(cython.double, 1e-6)
# The same as a part of the number, which is more than the above where there are very many steps.
_ROUNDING = cython.declare(cython.double, 4e-15)
# So small a part of an amount of money, or of a trade, is what rounding has left.
_NOTHING = cython.declare(cython.double, 1e-9)


class Venue:
    """Rules and costs of each instrument; 0 stands for a step or minimum that is not known."""

    def __init__(self, setup: Setup) -> None:
        self.tick = np.array([instrument.tick or 0.0 for instrument in setup.instruments], dtype=np.float64)
        self.lot = np.array([instrument.lot or 0.0 for instrument in setup.instruments], dtype=np.float64)
        self.min_notional = np.array([instrument.min_notional or 0.0 for instrument in setup.instruments], dtype=np.float64)
        self.ticks_per_one = _per_one(np.asarray(self.tick))
        self.lots_per_one = _per_one(np.asarray(self.lot))
        multiplier = np.array([instrument.multiplier for instrument in setup.instruments], dtype=np.float64)
        self.fee_asset = np.zeros(len(setup.instruments), dtype=np.int64) if setup.fee_asset is None else setup.fee_asset
        self.fee_rate = setup.fee_rate * multiplier
        self.fee_per_unit = setup.fee_per_unit
        self.slippage_rate = setup.slippage_rate

    def price_down(self, i: int, price: float) -> float:
        if self.tick[i] <= 0.0:
            return price
        ticks = in_steps(price, self.tick[i], self.ticks_per_one[i])
        return of_steps(floor(ticks + (ticks * _ROUNDING + _SLACK)), self.tick[i], self.ticks_per_one[i])

    def price_up(self, i: int, price: float) -> float:
        if self.tick[i] <= 0.0:
            return price
        ticks = in_steps(price, self.tick[i], self.ticks_per_one[i])
        return of_steps(ceil(ticks - (ticks * _ROUNDING + _SLACK)), self.tick[i], self.ticks_per_one[i])

    def whole_lots(self, i: int, quantity: float) -> float:
        """Cut a signed size that was asked for to whole lots, toward zero."""
        return self.cut_to_lots(i, quantity, _SLACK)

    def lots_within(self, i: int, quantity: float) -> float:
        """Cut a signed size to whole lots that are never more than it: a limit of money allows no slack."""
        return self.cut_to_lots(i, quantity, 0.0)

    def cut_to_lots(self, i: int, quantity: float, slack: float) -> float:
        if self.lot[i] <= 0.0:
            return quantity
        lots = in_steps(fabs(quantity), self.lot[i], self.lots_per_one[i])
        size = of_steps(floor(lots + (lots * _ROUNDING + slack)), self.lot[i], self.lots_per_one[i])
        return size if quantity > 0.0 else -size

    def settled(self, i: int, quantity: float, traded: float) -> float:
        """Remove from a position the rounding error that adding `traded` may have left."""
        if self.lot[i] <= 0.0:
            return 0.0 if fabs(quantity) <= fabs(traded) * _NOTHING else quantity
        lots = floor(in_steps(quantity, self.lot[i], self.lots_per_one[i]) + 0.5)
        return of_steps(lots, self.lot[i], self.lots_per_one[i])

    def is_too_small(self, i: int, quantity: float, price: float) -> bool:
        """Say whether an order is worth less than the venue takes."""
        return fabs(quantity) * price < self.min_notional[i] * (1.0 - _NOTHING)

    def fee(self, i: int, quantity: float, price: float) -> float:
        return fabs(quantity) * self.fee_of_one(i, price)

    def fee_of_one(self, i: int, price: float) -> float:
        return price * self.fee_rate[i] + self.fee_per_unit[i]

    def most_fee_of_one(self, i: int, price: float) -> float:
        return self.fee_of_one(i, price)

    def least_fee(self, i: int) -> float:  # noqa: ARG002 - none is known yet
        return 0.0

    def slipped(self, i: int, quantity: float, price: float) -> float:
        """Return the price that a market or stop order gets: worse by the slippage, and on the venue's grid."""
        rate = self.slippage_rate[i]
        if rate <= 0.0:
            return price
        if quantity > 0.0:
            return self.price_up(i, price * (1.0 + rate))
        return self.price_down(i, price * (1.0 - rate))


def in_steps(size: float, step: float, per_one: float) -> float:
    return size * per_one if per_one > 0.0 else size / step


def of_steps(steps: float, step: float, per_one: float) -> float:
    return steps / per_one if per_one > 0.0 else steps * step


def _per_one(steps: Floats) -> Floats:
    """Return how many steps make one, where that is a whole number, else 0: n / 100 is exact where n * 0.01 is not."""
    known = steps > 0
    inverse = np.divide(1.0, steps, out=np.zeros_like(steps), where=known)
    whole = np.round(inverse)
    is_whole = known & (whole >= 1) & (np.abs(inverse - whole) <= 1e-9 * whole)
    return np.where(is_whole, whole, 0.0)
