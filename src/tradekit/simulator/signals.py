"""Whole columns at once, for the array form of strategies: where one crosses another, and targets from when they count."""

from __future__ import annotations

from typing import Any

import cython
import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Floats

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

__all__ = ["crossings", "targets_from"]

_NAN = cython.declare(cython.double, float("nan"))
_INFINITE = cython.declare(cython.double, float("inf"))


def crossings(upper: Floats, lower: Floats, start: int) -> NDArray[np.bool_]:
    """Return where `upper` was at or below `lower` one row before and is above it: bool [time, instrument], False before `start`.

    Both are float64 [time, instrument]; NaN crosses nothing. The GIL is released.
    """
    rows, size = upper.shape
    if lower.shape != upper.shape:
        raise ValueError(f"columns of shape {upper.shape} and {lower.shape} can't cross")
    found = np.empty((rows, size), dtype=np.bool_)
    begin = cython.declare(cython.Py_ssize_t, min(max(start, 1), rows))
    for i in range(size):
        first = cython.declare(cython.const[cython.double][::1], np.ascontiguousarray(upper[:, i]))
        second = cython.declare(cython.const[cython.double][::1], np.ascontiguousarray(lower[:, i]))
        column = found[:, 0] if size == 1 else np.empty(rows, dtype=np.bool_)
        into = cython.declare(cython.uchar[::1], column.view(np.uint8))
        with cython.nogil:
            cross(first, second, into, begin)
        if size > 1:
            found[:, i] = column
    return found


def cross(upper: Any, lower: Any, into: Any, start: int) -> None:
    """Find the crossings of one column from a row on, which is not the first."""
    for row in range(start):
        into[row] = 0
    for row in range(start, upper.shape[0]):
        into[row] = (upper[row - 1] <= lower[row - 1]) & (upper[row] > lower[row])


def targets_from(weights: Floats, start: int) -> tuple[Floats, bool]:
    """Return a copy of target weights, float64 [time, instrument], NaN before a row, and whether any is infinite, even there."""
    found = np.empty(weights.shape)
    read = cython.declare(cython.const[cython.double][::1], np.ascontiguousarray(weights).reshape(-1))
    into = cython.declare(cython.double[::1], found.reshape(-1))
    first = cython.declare(cython.Py_ssize_t, min(start, len(weights)) * weights.shape[1])
    is_infinite = cython.declare(cython.bint, False)
    with cython.nogil:
        is_infinite = take_over(read, into, first)
    return found, bool(is_infinite)


def take_over(weights: Any, into: Any, start: int) -> bool:
    """Copy numbers, but NaN for those before a place, and say whether any is infinite."""
    infinite, bound = 0, _INFINITE  # a local one: what is written might be the other, for all that a compiler knows
    for k in range(weights.shape[0]):
        infinite |= fabs(weights[k]) == bound
        into[k] = weights[k]
    for k in range(start):
        into[k] = _NAN
    return infinite != 0
