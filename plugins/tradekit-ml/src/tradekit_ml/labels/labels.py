"""Labels: what was decided on which bar came to what, from when to when that took, and how much it counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Labels"]

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labels:
    """One label for each decision that has an outcome: arrays of equal length, in order of `bar`, then of `instrument`.

    A decision falls at the close of a bar and is filled at the open of the instrument's next one, from which the label counts.
    Decisions whose outcome the data don't show have no label. The features of label `k` are those of row `bar[k]` and column
    `instrument[k]`: `x = features.values(bars)[labels.bar, labels.instrument]`.
    """

    bar: Times
    """Clock row at whose close it was decided."""
    instrument: Times
    """Column of the instrument."""
    first: Times
    """Clock row of the bar at whose open it was filled."""
    last: Times
    """Clock row of the bar at whose close the outcome is known."""
    t0: Times
    """When the bar of the fill opened: UTC nanoseconds."""
    t1: Times
    """When the outcome is known, the close of row `last`: UTC nanoseconds. Splits take `t0` and `t1`."""
    value: Floats
    """What is learnt: a return, or a class (-1, 0, 1 or 0, 1)."""
    ret: Floats
    """Log return from the fill to the end, of a long position, or of the side where there is one."""
    weight: Floats
    """How much it counts, mean 1; at first its uniqueness."""
    is_ambiguous: NDArray[np.bool_]
    """Whether one bar touched stop and target, of which the stop was taken."""

    def __len__(self) -> int:
        return len(self.bar)
