"""Labels: what was decided on which bar came to what, from when to when that took, and how much it counts."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from tradekit import Bars, DataError
from tradekit_ml.labels.weights import return_weights, time_decay, uniqueness

__all__ = ["Floats", "Labels", "Rows", "label_uniqueness", "weighted"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labels:
    """One label for each decision that has an outcome: arrays of equal length, in order of `bar`, then of `instrument`.

    A decision falls at the close of a bar and is filled at the open of the instrument's next one, from which the label counts.
    Decisions whose outcome the data don't show have no label. The features of label `k` are those of row `bar[k]` and column
    `instrument[k]`: `x = features.values(bars)[labels.bar, labels.instrument]`.
    """

    bar: Rows
    """Clock row at whose close it was decided."""
    instrument: Rows
    """Column of the instrument."""
    first: Rows
    """Clock row of the bar at whose open it was filled."""
    last: Rows
    """Clock row of the bar at whose close the outcome is known."""
    t0: Rows
    """When the bar of the fill opened: UTC nanoseconds."""
    t1: Rows
    """When the outcome is known, the close of row `last`: UTC nanoseconds. Splits take `t0` and `t1`."""
    value: Floats
    """What is learnt: a return, or a class (-1, 0, 1 or 0, 1)."""
    ret: Floats
    """Log return from the fill to the end, of a long position, or of the side where there is one."""
    weight: Floats
    """How much it counts, mean 1; as labels are made, by its uniqueness."""
    is_ambiguous: NDArray[np.bool_]
    """Whether one bar touched stop and target, of which the stop was taken."""

    def __post_init__(self) -> None:
        lengths = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        odd = [name for name, length in lengths.items() if length != lengths["bar"]]
        if odd:
            raise DataError(f"labels have {lengths['bar']} bars and {lengths[odd[0]]} of {odd[0]!r}; give each one of all")

    def __len__(self) -> int:
        return len(self.bar)

    def taken(self, places: Rows | NDArray[np.bool_]) -> Labels:
        """Return some of the labels, by their places or by a mask."""
        return Labels(*(getattr(self, field.name)[places] for field in fields(self)))


def label_uniqueness(labels: Labels) -> Floats:
    """Return the uniqueness of each label among those of its instrument, 0 to 1; their sum is how much they tell in all."""
    found = np.ones(len(labels))
    for i in np.unique(labels.instrument):
        mine = labels.instrument == i
        found[mine] = uniqueness(labels.first[mine], labels.last[mine])
    return found


def weighted(labels: Labels, bars: Bars, by_return: bool = False, oldest: float = 1.0) -> Labels:
    """Return labels that weigh what their uniqueness says, and if asked for also by how far prices moved, and by age; mean 1.

    `oldest` is that of `time_decay`; ages are compared within each instrument.
    """
    weight = label_uniqueness(labels)
    for i in np.unique(labels.instrument):
        mine = np.flatnonzero(labels.instrument == i)
        unique = weight[mine].copy()
        if by_return:
            close = bars.close[:, i]
            own = np.flatnonzero(np.isfinite(close))
            moved = np.full(len(close), np.nan)
            moved[own[1:]] = np.diff(np.log(close[own]))
            # What was shared by concurrency is in the uniqueness as well; here it counts once.
            weight[mine] = return_weights(moved, labels.first[mine], labels.last[mine])
        weight[mine] *= time_decay(unique, labels.t1[mine], oldest)
    return replace(labels, weight=normalised(weight))


def normalised(weight: Floats) -> Floats:
    """Return weights of mean 1; all 1 where none weighs anything."""
    mean = float(weight.mean()) if len(weight) else 1.0
    found: Floats = weight / mean if mean > 0.0 else np.ones(len(weight))
    return found
