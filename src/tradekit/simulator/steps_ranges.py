"""Indicator steps of extremes, ranges and changes; `steps_averages` tells how windows are kept."""

from __future__ import annotations

import cython
import numpy as np

from tradekit.model.bars import Floats
from tradekit.simulator.steps_columns import checked, columns, view, zeros

if not cython.compiled:  # compiled, these names come from the .pxd
    from math import nan

    from tradekit.simulator.steps_averages import Smoothing
    from tradekit.simulator.steps_columns import OneColumn

__all__ = ["Atr", "Donchian", "Highest", "Lowest", "Obv", "Roc"]


class Highest(OneColumn):
    """The greatest of the last `length` values."""

    def __init__(self, length: int) -> None:
        self.tails = zeros(length)
        self.length = length
        self.at = 0
        self.is_full = False
        self.head = 0.0

    def next(self, value: float) -> float:
        at = self.at
        older = self.length - 1 - at
        self.head = value if at == 0 or value > self.head else self.head
        tail = self.tails[at]
        highest = tail if older > 0 and tail > self.head else self.head
        self.tails[at] = value
        self.at = at + 1
        if older == 0:
            self.turn()
        return highest if self.is_full else nan

    def turn(self) -> None:
        self.at = 0
        self.is_full = True
        highest = self.tails[self.length - 1]
        for row in range(self.length - 2, -1, -1):
            value = self.tails[row]
            self.tails[row] = highest
            highest = value if value > highest else highest


class Lowest(OneColumn):
    """The least of the last `length` values."""

    def __init__(self, length: int) -> None:
        self.mirror = Highest(length)

    def next(self, value: float) -> float:
        lowest = -self.mirror.next(-value)
        return lowest if lowest == lowest else nan  # one NaN for all: a minus changes its sign bit


class Donchian:
    """The highest high and the lowest low of the last `length` bars, and the point midway between them."""

    def __init__(self, length: int) -> None:
        self.highest = Highest(length)
        self.lowest = Lowest(length)
        self.upper = self.middle = self.lower = nan

    def push(self, high: float, low: float) -> tuple[float, float, float]:
        """Take in one bar and return the upper, middle and lower line; NaN during warm-up."""
        self.next(float(high), float(low))
        return self.upper, self.middle, self.lower

    def run(self, high: Floats, low: Floats) -> Floats:
        """Take in columns, float64 [time], and return the upper, middle and lower line, float64 [3, time]."""
        highs, lows = columns(high, low)
        out = np.empty((3, len(highs)))
        self.fill(highs, lows, view(out))
        return out

    def fill(self, highs: memoryview[float], lows: memoryview[float], out: memoryview[float]) -> None:
        with cython.nogil:
            for row in range(len(highs)):
                self.next(highs[row], lows[row])
                out[0, row] = self.upper
                out[1, row] = self.middle
                out[2, row] = self.lower

    def next(self, high: float, low: float) -> None:
        self.upper = self.middle = self.lower = nan
        if high - high != 0.0 or low - low != 0.0:
            return
        self.upper = self.highest.next(high)
        self.lower = self.lowest.next(low)
        if self.upper == self.upper:
            self.middle = 0.5 * (self.upper + self.lower)


class Atr:
    """Wilder's average true range: the greatest distance between high, low and the close before, smoothed as `Rma`."""

    def __init__(self, length: int) -> None:
        self.average = Smoothing(checked(length), (length - 1) / length)
        self.has_previous = False
        self.previous = 0.0

    def push(self, high: float, low: float, close: float) -> float:
        """Take in one bar and return the value on it; NaN during warm-up."""
        return self.next(float(high), float(low), float(close))

    def run(self, high: Floats, low: Floats, close: Floats) -> Floats:
        """Take in columns, float64 [time], and return the values on their bars, float64 [time]."""
        highs, lows, closes = columns(high, low, close)
        out = np.empty(len(highs))
        self.fill(highs, lows, closes, view(out))
        return out

    def fill(self, highs: memoryview[float], lows: memoryview[float], closes: memoryview[float], out: memoryview[float]) -> None:
        with cython.nogil:
            for row in range(len(out)):
                out[row] = self.next(highs[row], lows[row], closes[row])

    def next(self, high: float, low: float, close: float) -> float:
        previous = self.previous
        if high - high != 0.0 or low - low != 0.0 or close - close != 0.0:
            return nan
        self.previous = close
        if not self.has_previous:
            self.has_previous = True
            return nan
        top = high if high > previous else previous
        bottom = low if low < previous else previous
        return self.average.next(top - bottom)


class Roc(OneColumn):
    """The change since `length` bars ago in percent of the value then; NaN where that was 0."""

    def __init__(self, length: int) -> None:
        self.ring = zeros(length)
        self.length = length
        self.at = 0
        self.is_full = False

    def next(self, value: float) -> float:
        old = self.ring[self.at]
        change = (value / old - 1.0) * 100.0 if self.is_full and old != 0.0 else nan
        self.ring[self.at] = value
        self.at += 1
        if self.at == self.length:
            self.at = 0
            self.is_full = True
        return change


class Obv:
    """The running total of volume, added when the close rose and taken away when it fell; it begins with the first bar's volume."""

    def __init__(self) -> None:
        self.has_previous = False
        self.previous = self.total = 0.0

    def push(self, close: float, volume: float) -> float:
        """Take in one bar and return the value on it."""
        return self.next(float(close), float(volume))

    def run(self, close: Floats, volume: Floats) -> Floats:
        """Take in columns, float64 [time], and return the values on their bars, float64 [time]."""
        closes, volumes = columns(close, volume)
        out = np.empty(len(closes))
        self.fill(closes, volumes, view(out))
        return out

    def fill(self, closes: memoryview[float], volumes: memoryview[float], out: memoryview[float]) -> None:
        with cython.nogil:
            for row in range(len(out)):
                out[row] = self.next(closes[row], volumes[row])

    def next(self, close: float, volume: float) -> float:
        if close - close != 0.0 or volume - volume != 0.0:
            return nan
        if not self.has_previous or close > self.previous:
            self.total += volume
        elif close < self.previous:
            self.total -= volume
        self.has_previous = True
        self.previous = close
        return self.total
