"""What indicator steps share: reading columns, and the two forms, bar by bar and whole, over one compiled `next`."""

from __future__ import annotations

import operator
from typing import cast

import cython
import numpy as np

from tradekit.errors import ConfigError, DataError
from tradekit.model.bars import Floats

if not cython.compiled:  # compiled, this name comes from the .pxd
    from math import nan

__all__ = ["LONGEST", "OneColumn", "ThreeLines", "checked", "columns", "view", "zeros"]

LONGEST = 100_000_000
"""Bars in the longest window: far above any use, far below what overflows."""


def columns(*arrays: Floats) -> list[memoryview[float]]:
    """Return the arrays as float64 buffers; raise `DataError` unless all have one dimension and the same length."""
    shapes = [np.shape(array) for array in arrays]
    if len(shapes[0]) != 1 or len(set(shapes)) != 1:
        listed = ", ".join(str(shape) for shape in shapes)
        raise DataError(f"an indicator step can't read columns of shapes {listed}; it takes one dimension and equal lengths")
    return [view(np.ascontiguousarray(array, dtype=np.float64)) for array in arrays]


def view(array: Floats) -> memoryview[float]:
    """Return the array's memory; uncompiled, its items are plain floats, whose arithmetic is that of C."""
    return cast("memoryview[float]", array.data)


def checked(length: int) -> int:
    """Return the length; raise `ConfigError` if it is out of bounds, and `TypeError` if it isn't whole."""
    if not 1 <= operator.index(length) <= LONGEST:
        raise ConfigError(f"an indicator step can't have the length {length!r}; it takes 1 to {LONGEST:,} bars")
    return length


def zeros(length: int) -> memoryview[float]:
    """Return a new buffer of `checked(length)` values."""
    return view(np.zeros(checked(length)))


class OneColumn:
    """One column in, one value out; an input that is not finite is a bar that doesn't exist: its value is NaN, the state stays."""

    def push(self, value: float) -> float:
        """Take in one bar and return the value on it; NaN during warm-up."""
        number = float(value)
        return self.next(number) if number - number == 0.0 else nan

    def run(self, column: Floats) -> Floats:
        """Take in a column, float64 [time], and return the values on its bars, float64 [time]: the same numbers as `push` gives.

        It goes on from the state it finds. It releases the GIL, but one step must not be used by two threads at once. Raises
        `DataError` for more than one dimension.
        """
        (values,) = columns(column)
        out = np.empty(len(values))
        self.fill(values, view(out))
        return out

    def fill(self, values: memoryview[float], out: memoryview[float]) -> None:
        with cython.nogil:
            for row in range(len(out)):
                out[row] = self.next(values[row]) if values[row] - values[row] == 0.0 else nan

    def next(self, value: float) -> float:  # noqa: ARG002 - each step has its own
        return nan


class ThreeLines:
    """One column in, three values out; else as `OneColumn`."""

    def push(self, value: float) -> tuple[float, float, float]:
        """Take in one bar and return the three values on it; NaN during warm-up."""
        self.first = self.second = self.third = nan
        number = float(value)
        if number - number == 0.0:
            self.next(number)
        return self.first, self.second, self.third

    def run(self, column: Floats) -> Floats:
        """Take in a column, float64 [time], and return the values on its bars, float64 [3, time]; else as `OneColumn.run`."""
        (values,) = columns(column)
        out = np.empty((3, len(values)))
        self.fill(values, view(out))
        return out

    def fill(self, values: memoryview[float], out: memoryview[float]) -> None:
        with cython.nogil:
            for row in range(len(values)):
                self.first = self.second = self.third = nan
                if values[row] - values[row] == 0.0:
                    self.next(values[row])
                out[0, row] = self.first
                out[1, row] = self.second
                out[2, row] = self.third

    def next(self, value: float) -> None:
        """Set the three values, if there are any yet."""
