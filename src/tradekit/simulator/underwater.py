"""The stretches in which an account is below its highest value so far."""

from __future__ import annotations

import cython
import numpy as np

from tradekit.model.bars import Floats, Times

__all__ = ["deepest", "extremes", "underwater"]

# Booking fills leaves rounding of this order: a fall smaller than it is none.
_ROUNDING = cython.declare(cython.double, 1e-12)
_NAN = cython.declare(cython.double, float("nan"))
_INFINITE = cython.declare(cython.double, float("inf"))
_NEAR = cython.declare(cython.double, 1.0 - 2e-12)
"""What is at or below this part of the highest value has surely fallen by more than rounding."""


def extremes(values: Floats) -> tuple[float, float]:
    """Return the lowest and the highest of some values, float64 [row]; NaN for both if one is NaN, or if there are none."""
    read = cython.declare(cython.const[cython.double][::1], np.ascontiguousarray(values, dtype=np.float64))
    lowest = cython.declare(cython.double, _NAN)
    highest = cython.declare(cython.double, _NAN)
    row = cython.declare(cython.Py_ssize_t, 0)
    if len(values):
        lowest = highest = float(values[0])
    with cython.nogil:
        while row < read.shape[0] and read[row] == read[row]:
            lowest = read[row] if read[row] < lowest else lowest
            highest = read[row] if read[row] > highest else highest
            row += 1
    return (_NAN, _NAN) if row < len(values) else (float(lowest), float(highest))


class Stretches:
    """Finds one stretch after the other. The highest value so far is `capital` (> 0) at first; `equity` must be finite.

    Of the last one found, `first`, `trough` and `back` are the rows on which it begins, is deepest for the first time, and has been
    made up for (-1: not yet), `depth` is how deep it gets, as a positive fraction of the highest value, and `lowest` what is left
    there. `is_finite` tells whether all values that were looked at are.
    """

    def __init__(self, equity: Floats, capital: float) -> None:
        self.equity = np.ascontiguousarray(equity, dtype=np.float64)
        self.capital = capital
        self.renew()

    def renew(self) -> None:
        """Go back to before the first stretch."""
        self.peak = self.lowest = self.capital
        self.first = self.trough = self.back = 0
        self.depth = 0.0
        self.is_finite = True

    def find(self) -> bool:
        """Find the next stretch, behind the last one; say whether there is one."""
        if self.back < 0:
            return False
        self.begin()
        self.follow()
        if not (self.lowest > -_INFINITE and self.peak < _INFINITE):
            self.is_finite = False
        return self.first < self.equity.shape[0]

    def begin(self) -> None:
        """Find where the next stretch begins, and the highest value before it."""
        rows = self.equity.shape[0]
        row, peak = self.back, self.peak
        near = peak * _NEAR
        while row < rows:
            value = self.equity[row]
            if value >= peak:
                peak = value
                near = peak * _NEAR
            # Dividing takes longer than all the rest: it is done only where it can tell something.
            elif value <= near or 1.0 - value / peak > _ROUNDING:
                break
            elif value != value:
                self.is_finite = False
            row += 1
        self.first, self.peak = row, peak

    def follow(self) -> None:
        """Follow the stretch to its end."""
        rows = self.equity.shape[0]
        row, peak, lowest = self.first, self.peak, self.peak
        near = peak * _NEAR
        self.back, self.depth = -1, 0.0
        while row < rows:
            # Most rows go no deeper, and are not back yet.
            while row < rows and self.equity[row] >= lowest and self.equity[row] <= near:
                row += 1
            if row == rows:
                break
            value = self.equity[row]
            if value >= peak or (value > near and 1.0 - value / peak <= _ROUNDING):
                self.back = row
                break
            if value < lowest:
                lowest = value
                fall = 1.0 - value / peak
                if fall > self.depth:
                    self.depth = fall
                    self.trough = row
            elif value != value:
                self.is_finite = False
            row += 1
        self.lowest = lowest


def underwater(equity: Floats, capital: float) -> tuple[Times, Times, Times, Floats]:
    """Return the rows on which each stretch begins, is deepest for the first time, and has been made up for, and how deep it gets.

    The highest value so far is `capital` (> 0) at first; `equity`, float64 [row], must be finite. Depth is a positive fraction of
    the highest value; the row of the recovery is -1 where there is none yet. The GIL is released.
    """
    stretch = Stretches(equity, capital)
    count = cython.declare(cython.Py_ssize_t, 0)
    with cython.nogil:
        while stretch.find():
            count += 1
        stretch.renew()
    rows = np.empty((3, count), dtype=np.int64)
    depths = np.empty(count)
    row = cython.declare(cython.longlong[:, ::1], rows)
    depth = cython.declare(cython.double[::1], depths)
    k = cython.declare(cython.Py_ssize_t, 0)
    with cython.nogil:
        while stretch.find():
            row[0, k] = stretch.first
            row[1, k] = stretch.trough
            row[2, k] = stretch.back
            depth[k] = stretch.depth
            k += 1
    return rows[0], rows[1], rows[2], depths


def deepest(equity: Floats, capital: float, close_time: Times, start: int) -> tuple[float, float, int, int]:
    """Return the lowest value there is, and what the stretches come to; NaN for the first, if not all values are finite.

    That is how deep the deepest is, and for how many nanoseconds it, and the longest one, have lasted; 0 without any. The `capital`
    counts as a value. `close_time` are the times of the rows, `start` that of the capital. A stretch lasts from the highest value
    before it to its recovery, or to the last row. The rest is as in `underwater`, and means nothing where a value is not finite.
    """
    stretch = Stretches(equity, capital)
    times = cython.declare(cython.const[cython.longlong][::1], close_time)
    begun = cython.declare(cython.longlong, start)
    last = cython.declare(cython.Py_ssize_t, len(close_time) - 1)
    lowest = cython.declare(cython.double, capital)
    depth = cython.declare(cython.double, 0.0)
    lasted = cython.declare(cython.longlong, 0)
    longest = cython.declare(cython.longlong, 0)
    time = cython.declare(cython.longlong, 0)
    with cython.nogil:
        while stretch.find():
            time = times[stretch.back if stretch.back >= 0 else last] - (times[stretch.first - 1] if stretch.first > 0 else begun)
            if stretch.lowest < lowest:
                lowest = stretch.lowest
            if stretch.depth > depth:
                depth = stretch.depth
                lasted = time
            if time > longest:
                longest = time
    return float(lowest) if stretch.is_finite else _NAN, float(depth), int(lasted), int(longest)
