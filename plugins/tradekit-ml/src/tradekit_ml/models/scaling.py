"""Features brought to mean 0 and deviation 1 while a model is fitted, and weights brought back to the features' own units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

__all__ = ["Scaling"]

Floats = npt.NDArray[np.float64]

_FLAT = 1e-12
"""A deviation below this share of the feature's size is rounding: the feature stands still, and gets no weight."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """The weighted mean and deviation of each feature over the training rows."""

    mean: Floats
    deviation: Floats
    """Infinite for a feature that never changes, so that it scales to 0."""

    @classmethod
    def of(cls, rows: Floats, weights: Floats) -> Self:
        """Measure rows [row, feature]."""
        total = weights.sum()
        mean = np.einsum("ni,n->i", rows, weights) / total
        deviation = np.sqrt(np.einsum("ni,n->i", (rows - mean) ** 2, weights) / total)
        return cls(mean, np.where(deviation <= _FLAT * np.abs(rows).max(axis=0), np.inf, deviation))

    def applied(self, rows: Floats) -> Floats:
        """Return the rows, scaled."""
        scaled: Floats = (rows - self.mean) / self.deviation
        return scaled

    def undone(self, weights: Floats, start: Floats) -> tuple[Floats, Floats]:
        """Return weights [feature, output] and start [output] for rows as they are, from those for scaled ones."""
        own = weights / self.deviation[:, None]
        return own, start - (own * self.mean[:, None]).sum(axis=0)
