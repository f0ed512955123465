"""Where a limit order stands among those at its price, of which a book only tells the sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython

if cython.compiled:
    from cython.cimports.libc.math import log1p
    from cython.cimports.libc.math import pow as raised
else:
    from math import log1p
    from math import pow as raised

if TYPE_CHECKING:
    from tradekit.model.fills import FillRules
    from tradekit.simulator.conditions import Conditions

__all__ = ["Queueing"]

_MODELS = {"behind": 0, "power": 1, "log": 2}
_BEHIND = cython.declare(cython.int, 0)
_POWER = cython.declare(cython.int, 1)
_INFINITE = cython.declare(cython.double, float("inf"))


class Queueing:
    """Moves the orders of the run up in the queues at their prices; all methods take the row of an order's conditions.

    An order arrives behind all that the book shows at its price. What trades there comes off the front. What else the level loses
    was cancelled, and the model says where: `behind` the order, all of it, until none is left behind; or, with `power` and `log`,
    before it and behind it in proportion to f(ahead) and f(behind), f being a power or ln(1 + units).
    """

    def __init__(self, rules: FillRules, conditions: Conditions) -> None:
        self.conditions = conditions
        self.model = _MODELS[rules.queue]
        self.power = rules.queue_power

    def join(self, row: int, level: float) -> None:
        """Stand behind all units of a level; infinite where nobody knows how many these are."""
        self.conditions.ahead[row] = level
        self.conditions.level[row] = level
        self.conditions.traded[row] = 0.0

    def trade(self, row: int, used: float, size: float) -> None:
        """Take what has come through to a level off the front; `size` is all that was traded at its price."""
        ahead = self.conditions.ahead[row] - used
        self.conditions.ahead[row] = ahead if ahead > 0.0 else 0.0
        self.conditions.traded[row] += size

    def change(self, row: int, level: float) -> None:
        """Take note of what is on offer at a level now; infinite where that is not told."""
        if level == _INFINITE:
            return
        before = self.conditions.level[row]
        traded = self.conditions.traded[row]
        if level == before and traded == 0.0:
            return
        self.conditions.level[row] = level
        self.conditions.traded[row] = 0.0
        ahead = self.conditions.ahead[row]
        if before < _INFINITE and ahead > 0.0 and self.model != _BEHIND:
            cancelled = before - traded - level
            if cancelled > 0.0:
                behind = before - traded - ahead
                ahead = ahead - cancelled * self.share_ahead(ahead, behind if behind > 0.0 else 0.0)
                ahead = ahead if ahead > 0.0 else 0.0
        self.conditions.ahead[row] = ahead if ahead < level else level

    def share_ahead(self, ahead: float, behind: float) -> float:
        """Return which part of what is cancelled stood before an order."""
        before, after = self.weight(ahead), self.weight(behind)
        return before / (before + after) if before + after > 0.0 else 0.0

    def weight(self, units: float) -> float:
        return raised(units, self.power) if self.model == _POWER else log1p(units)
