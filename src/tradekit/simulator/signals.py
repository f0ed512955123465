"""Whole columns at once, for the array form of strategies: where one crosses another, and which rows have targets."""

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

__all__ = ["crossings", "decisions"]

_INFINITE = cython.declare(cython.double, float("inf"))


def crossings(upper: Floats, lower: Floats, start: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where `upper` comes to be above `lower`, and where below it: two of bool [time, instrument], False before `start`.

    It comes to be above where it was at or below one row before. Both are float64 [time, instrument]; NaN crosses nothing. The GIL
    is released.
    """
    rows, size = upper.shape
    if lower.shape != upper.shape:
        raise ValueError(f"columns of shape {upper.shape} and {lower.shape} can't cross")
    above, below = np.empty((2, rows, size), dtype=np.bool_)
    begin = cython.declare(cython.Py_ssize_t, min(max(start, 1), rows))
    for i in range(size):
        first = cython.declare(cython.const[cython.double][::1], np.ascontiguousarray(upper[:, i]))
        second = cython.declare(cython.const[cython.double][::1], np.ascontiguousarray(lower[:, i]))
        column = np.empty((2, rows), dtype=np.bool_) if size > 1 else (above[:, 0], below[:, 0])
        over = cython.declare(cython.uchar[::1], column[0].view(np.uint8))
        under = cython.declare(cython.uchar[::1], column[1].view(np.uint8))
        with cython.nogil:
            cross(first, second, over, under, begin)
        if size > 1:
            above[:, i], below[:, i] = column
    return above, below


def cross(upper: Any, lower: Any, over: Any, under: Any, start: int) -> None:
    """Find the crossings of one column from a row on, which is not the first. Most of the time one is above the other for long."""
    rows = upper.shape[0]
    for row in range(rows):
        over[row] = 0
        under[row] = 0
    row = start
    while row < rows:
        if upper[row - 1] > lower[row - 1]:
            while row < rows and upper[row] > lower[row]:
                row += 1
        elif upper[row - 1] < lower[row - 1]:
            while row < rows and upper[row] < lower[row]:
                row += 1
        if row < rows:
            over[row] = (upper[row - 1] <= lower[row - 1]) & (upper[row] > lower[row])
            under[row] = (upper[row - 1] >= lower[row - 1]) & (upper[row] < lower[row])
            row += 1


def decisions(weights: Floats, start: int = 0) -> tuple[NDArray[np.int64], bool]:
    """Return the rows from `start` on that have a target, int64 [decision], and whether any is infinite, even before.

    `weights` are float64 [time, instrument]; NaN is no target. No rows are told where one is infinite. The GIL is released.
    """
    found = np.empty(len(weights), dtype=np.int64)
    read = cython.declare(cython.const[cython.double][::1], np.ascontiguousarray(weights).reshape(-1))
    into = cython.declare(cython.longlong[::1], found)
    size = cython.declare(cython.Py_ssize_t, weights.shape[1])
    first = cython.declare(cython.Py_ssize_t, start)
    count = cython.declare(cython.Py_ssize_t, 0)
    with cython.nogil:
        count = decided(read, into, size, first)
    return found[: max(count, 0)].copy(), bool(count < 0)


def decided(weights: Any, into: Any, size: int, start: int) -> int:
    """Write down the rows from `start` on that have a number, and return how many there are; -1 if one is infinite.

    Most have none: sixteen numbers that are none are passed over at once.
    """
    count, edge, k, end = 0, 0, 0, weights.shape[0]
    while k < end:
        stop = end
        if k + 16 <= end:
            stop = k + 16
            numbers = weights[k] == weights[k]
            for j in range(1, 16):
                numbers += weights[k + j] == weights[k + j]
            if numbers == 0:
                k = stop
        while k < stop:
            if weights[k] == weights[k]:
                if fabs(weights[k]) == _INFINITE:
                    return -1
                if k >= edge:  # the first of its row
                    row = k // size
                    edge = (row + 1) * size
                    if row >= start:
                        into[count] = row
                        count += 1
            k += 1
    return count
