"""The stretches in which an account is below its highest value so far."""

from __future__ import annotations

import cython
import numpy as np

from tradekit.model.bars import Floats, Times

__all__ = ["underwater"]

# Booking fills leaves rounding of this order: a fall smaller than it is none.
_ROUNDING = cython.declare(cython.double, 1e-12)
_NEAR = cython.declare(cython.double, 1.0 - 2e-12)
"""What is at or below this part of the highest value has surely fallen by more than rounding."""


def underwater(equity: Floats, capital: float) -> tuple[Times, Times, Times, Floats]:
    """Return the rows on which each stretch begins, is deepest for the first time, and has been made up for, and how deep it gets.

    The highest value so far is `capital` (> 0) at first; `equity`, float64 [row], must be finite. Depth is a positive fraction of
    the highest value; the row of the recovery is -1 where there is none yet. The GIL is released.
    """
    values = cython.declare(cython.const[cython.double][::1], np.ascontiguousarray(equity, dtype=np.float64))
    start = cython.declare(cython.double, capital)
    count = cython.declare(cython.Py_ssize_t)
    with cython.nogil:
        count = most_stretches(values, start)
    rows = np.full((3, count), -1, dtype=np.int64)
    depths = np.zeros(count)
    first = cython.declare(cython.longlong[::1], rows[0])
    trough = cython.declare(cython.longlong[::1], rows[1])
    back = cython.declare(cython.longlong[::1], rows[2])
    depth = cython.declare(cython.double[::1], depths)
    with cython.nogil:
        count = follow(values, start, first, trough, back, depth)
    return rows[0, :count], rows[1, :count], rows[2, :count], depths[:count]


def most_stretches(equity: Floats, capital: float) -> int:
    """Return how many stretches there can be: what is close to the highest value may begin or end one."""
    peak, near, below, count = capital, capital * _NEAR, False, 0
    for row in range(equity.shape[0]):
        if equity[row] >= peak:
            peak = equity[row]
            near = peak * _NEAR
            below = False
        elif equity[row] > near:
            below = False
            count += 1
        elif not below:
            below = True
            count += 1
    return count


def follow(equity: Floats, capital: float, first: Times, trough: Times, back: Times, depth: Floats) -> int:
    """Fill in each stretch, and return how many there are."""
    peak, near, lowest, deepest, below, count = capital, capital * _NEAR, capital, 0.0, False, 0
    for row in range(equity.shape[0]):
        if equity[row] >= peak:
            peak = equity[row]
            near = peak * _NEAR
            if below:
                below = False
                back[count - 1] = row
            continue
        # Dividing takes longer than all the rest: it is done only where it can tell something.
        if equity[row] > near and 1.0 - equity[row] / peak <= _ROUNDING:
            if below:
                below = False
                back[count - 1] = row
            continue
        if not below:
            below = True
            first[count] = row
            count += 1
            deepest = 0.0
            lowest = peak
        if equity[row] < lowest:
            lowest = equity[row]
            fall = 1.0 - lowest / peak
            if fall > deepest:
                deepest = fall
                trough[count - 1] = row
                depth[count - 1] = fall
    return count
