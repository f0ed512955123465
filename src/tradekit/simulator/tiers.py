"""Fees that depend on what was traded in the last 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cython
import numpy as np

if TYPE_CHECKING:
    from tradekit.model.bars import Floats
    from tradekit.simulator.costs import Tiers

__all__ = ["TieredFees"]

_DAYS = cython.declare(cython.Py_ssize_t, 30)
_ROWS = cython.declare(cython.Py_ssize_t, 3)
# The sum of 30 days may fall short of what it should be by rounding.
_SHY = cython.declare(cython.double, 1.0 - 1e-12)


class TieredFees:
    """Keeps `fees` and `floored`, [3, instrument], at what each model's volume of the 30 whole UTC days before makes of them."""

    def __init__(self, tiers: Sequence[Tiers], fees: Floats, floored: Floats, day: int) -> None:
        self.models = len(tiers)
        self.size = fees.shape[1]
        self.fees, self.floored = fees, floored
        self.fixed, self.fixed_floored = fees.copy(), floored.copy()
        most = max(len(model.from_volume) for model in tiers)
        from_volume = np.full((self.models, most), np.inf)
        choices = np.zeros((self.models, most, 3, self.size))
        for number, model in enumerate(tiers):
            from_volume[number, : len(model.from_volume)] = model.from_volume
            choices[number, : len(model.from_volume)] = model.fees
        self.from_volume, self.choices = from_volume, choices
        self.is_counted = np.array([model.is_counted for model in tiers], dtype=np.int8)
        self.is_floored = np.array([model.is_floored for model in tiers], dtype=np.int8)
        self.past = np.array([model.past_volume / _DAYS for model in tiers])
        self.first_day = day
        self.by_day = np.empty((self.models, _DAYS))
        self.today = np.empty(self.models)
        self.renew()

    def renew(self) -> int:
        """Go back to before the first day."""
        for model in range(self.models):
            self.today[model] = 0.0
            for k in range(_DAYS):
                self.by_day[model, k] = self.past[model]
        self.day = self.first_day
        self.place = 0
        self.choose()
        return 0

    def new_day(self, day: int) -> None:
        """Begin a UTC day, counted from 1970, which is the last one or later."""
        gone = day - self.day
        if gone <= 0:
            return
        for model in range(self.models):
            self.by_day[model, self.place] = self.today[model]
            self.today[model] = 0.0
            for k in range(1, gone if gone <= _DAYS else _DAYS + 1):
                self.by_day[model, (self.place + k) % _DAYS] = 0.0
        self.place = (self.place + gone) % _DAYS
        self.day = day
        self.choose()

    def traded(self, i: int, value: float) -> None:
        """Count the value of a fill, in account currency."""
        for model in range(self.models):
            if self.is_counted[model, i]:
                self.today[model] += value

    def choose(self) -> None:
        for row in range(_ROWS):
            for i in range(self.size):
                self.fees[row, i] = self.fixed[row, i]
                self.floored[row, i] = self.fixed_floored[row, i]
        for model in range(self.models):
            self.charge(model, self.tier(model))

    def tier(self, model: int) -> int:
        """Return the last tier whose volume was reached."""
        volume = cython.declare(cython.double, 0.0)
        for k in range(_DAYS):
            volume += self.by_day[model, k]
        found = 0
        for k in range(1, self.from_volume.shape[1]):
            if volume >= self.from_volume[model, k] * _SHY:
                found = k
        return found

    def charge(self, model: int, tier: int) -> None:
        for row in range(_ROWS):
            for i in range(self.size):
                self.fees[row, i] += self.choices[model, tier, row, i]
                if self.is_floored[model, i]:
                    self.floored[row, i] += self.choices[model, tier, row, i]
