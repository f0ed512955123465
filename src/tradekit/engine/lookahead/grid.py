"""The grid that prices, or sizes, of a market lie on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from tradekit.model.bars import Floats

__all__ = ["Grid"]

_MOST_DECIMALS = 10
_ROUNDING = 1e-6
_COARSEST = 0.001
"""A step that is larger than this fraction of what usually stands there is one that only few values suggest."""


@dataclass(frozen=True)
class Grid:
    """Multiples of a step, told with some decimals; without decimals (-1) any number will do, and the step is a small one."""

    step: float
    decimals: int

    @classmethod
    def of(cls, values: Floats, known: float | None = None) -> Self:
        """Return the grid of some values; `known` is a step that they are said to have."""
        there = np.unique(values[np.isfinite(values) & (values > 0)])
        if not len(there):
            return cls(1.0, 0)
        usual = float(np.median(there))
        for decimals in range(_MOST_DECIMALS + 1):
            scaled = there * 10.0**decimals
            whole = np.rint(scaled)
            if np.abs(scaled - whole).max() <= max(_ROUNDING, float(whole.max()) * 2e-15):
                break
        else:
            return cls(usual * _ROUNDING, -1)
        if known is not None and np.abs(there / known - np.rint(there / known)).max() < _ROUNDING:
            return cls(known, max(decimals, _decimals(known)))
        step = float(np.gcd.reduce(whole.astype(np.int64))) * 10.0**-decimals
        return cls(step if step <= _COARSEST * usual else 10.0**-decimals, decimals)

    def steps(self, values: Floats) -> Floats:
        """Return how many steps values are, whole ones."""
        return np.rint(values / self.step)

    def on(self, values: Floats) -> Floats:
        """Return values that lie on the grid but for rounding as they are told; none is below a step."""
        told = values if self.decimals < 0 else np.round(values, self.decimals)
        found: Floats = np.maximum(told, self.step)
        return found

    def drawn(self, sizes: Floats, generator: np.random.Generator) -> Floats:
        """Return other sizes, about as large; what is 0 stays 0."""
        other = sizes * np.exp(generator.normal(0.0, 0.5, len(sizes)))
        if self.decimals >= 0:
            other = np.round(np.maximum(self.steps(other), 1.0) * self.step, self.decimals)
        found: Floats = np.where(sizes > 0, other, sizes)
        return found


def _decimals(step: float) -> int:
    return next((n for n in range(_MOST_DECIMALS + 1) if abs(step * 10**n - round(step * 10**n)) < _ROUNDING), _MOST_DECIMALS)
