"""Indicator steps of averages, and of what is made from them.

Sums and extremes over a window are made without taking anything away again, so they can't drift over millions of bars, and a
value that has left the window leaves no trace: time is cut into blocks as long as the window, so that a window is the tail of
one block and the head of the next. Whatever is needed of every tail is computed backwards when a block is complete (`turn`), and
the head grows bar by bar: a constant cost per bar on average (van Herk 1992; Gil and Werman 1993, for extremes). Sums are of
differences from a value inside the window (`first` of a head, `anchor`, the last value, of a tail): the mean of a constant is
that constant, exactly, and a large offset costs no precision.
"""

from __future__ import annotations

import cython
import numpy as np

from tradekit.errors import ConfigError
from tradekit.model.bars import Floats
from tradekit.simulator.steps_columns import checked, columns, view, zeros

if not cython.compiled:  # compiled, these names come from the .pxd
    from math import nan, sqrt

    from tradekit.simulator.steps_columns import OneColumn, ThreeLines

__all__ = ["Bollinger", "Ema", "Macd", "Rma", "RollingVwap", "Rsi", "Sma", "Smoothing", "Stdev", "Wma"]


class Sma(OneColumn):
    """The mean of the last `length` values."""

    def __init__(self, length: int) -> None:
        self.tails = zeros(length)
        self.length = length
        self.at = 0
        self.is_full = False
        self.first = self.anchor = self.head = 0.0

    def next(self, value: float) -> float:
        at = self.at
        older = self.length - 1 - at
        if at == 0:
            self.first = value
            self.head = 0.0
        self.head += value - self.first
        total = self.head + (self.tails[at] + older * (self.anchor - self.first))
        self.tails[at] = value
        self.at = at + 1
        if older == 0:
            self.turn()
        return self.first + total / self.length if self.is_full else nan

    def turn(self) -> None:
        total = 0.0
        self.at = 0
        self.is_full = True
        self.anchor = self.tails[self.length - 1]
        for row in range(self.length - 1, -1, -1):
            value = self.tails[row]
            self.tails[row] = total
            total += value - self.anchor


class Stdev(OneColumn):
    """The population standard deviation of the last `length` values, and their `mean`, the same number as `Sma` has."""

    def __init__(self, length: int) -> None:
        self.tails = zeros(length)
        self.tail_squares = zeros(length)
        self.length = length
        self.at = 0
        self.is_full = False
        self.first = self.anchor = self.head = self.head_squares = 0.0
        self.mean = nan

    def next(self, value: float) -> float:
        at = self.at
        older = self.length - 1 - at
        if at == 0:
            self.first = value
            self.head = self.head_squares = 0.0
        difference = value - self.first
        self.head += difference
        self.head_squares += difference * difference
        shift = self.anchor - self.first
        tail = self.tails[at]
        total = self.head + (tail + older * shift)
        squares = self.head_squares + (self.tail_squares[at] + shift * (2.0 * tail + older * shift))
        self.tails[at] = value
        self.at = at + 1
        if older == 0:
            self.turn()
        if not self.is_full:
            return nan
        self.mean = self.first + total / self.length
        variance = (squares - total * total / self.length) / self.length
        return sqrt(variance) if variance > 0.0 else 0.0

    def turn(self) -> None:
        total = squares = 0.0
        self.at = 0
        self.is_full = True
        self.anchor = self.tails[self.length - 1]
        for row in range(self.length - 1, -1, -1):
            difference = self.tails[row] - self.anchor
            self.tails[row] = total
            self.tail_squares[row] = squares
            total += difference
            squares += difference * difference


class Bollinger(ThreeLines):
    """Upper, middle and lower line: the mean of the last `length` values, and `deviations` standard deviations to either side."""

    def __init__(self, length: int, deviations: float) -> None:
        self.spread = Stdev(length)
        self.deviations = deviations

    def next(self, value: float) -> None:
        deviation = self.spread.next(value)
        if deviation == deviation:
            self.second = self.spread.mean
            self.first = self.second + self.deviations * deviation
            self.third = self.second - self.deviations * deviation


class Wma(OneColumn):
    """The mean of the last `length` values, weighted `length` for the newest down to 1 for the oldest."""

    def __init__(self, length: int) -> None:
        self.tails = zeros(length)
        self.length = length
        self.at = 0
        self.is_full = False
        self.first = self.anchor = self.head = self.head_weighted = 0.0

    def next(self, value: float) -> float:
        at = self.at
        older = self.length - 1 - at
        if at == 0:
            self.first = value
            self.head = self.head_weighted = 0.0
        difference = value - self.first
        self.head += difference
        self.head_weighted += (at + 1) * difference
        shift = self.anchor - self.first
        tail = self.tails[at] + 0.5 * older * (older + 1) * shift
        total = self.head_weighted + older * self.head + tail
        self.tails[at] = value
        self.at = at + 1
        if older == 0:
            self.turn()
        return self.first + total / (0.5 * self.length * (self.length + 1)) if self.is_full else nan

    def turn(self) -> None:
        total = weighted = 0.0
        self.at = 0
        self.is_full = True
        self.anchor = self.tails[self.length - 1]
        for row in range(self.length - 1, -1, -1):
            value = self.tails[row]
            weighted += total
            self.tails[row] = weighted
            total += value - self.anchor


class RollingVwap:
    """The mean of (high + low + close) / 3 over the last `length` bars, weighted by volume; NaN when nothing was traded in them."""

    def __init__(self, length: int) -> None:
        self.tails = zeros(length)
        self.tail_volumes = zeros(length)
        self.length = length
        self.at = 0
        self.is_full = False
        self.first = self.anchor = self.head = self.head_volume = 0.0

    def push(self, high: float, low: float, close: float, volume: float) -> float:
        """Take in one bar and return the value on it; NaN during warm-up."""
        return self.next((float(high) + float(low) + float(close)) / 3.0, float(volume))

    def run(self, high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
        """Take in columns, float64 [time], and return the values on their bars, float64 [time]."""
        highs, lows, closes, volumes = columns(high, low, close, volume)
        out = np.empty(len(highs))
        self.fill(highs, lows, closes, volumes, view(out))
        return out

    def fill(
        self,
        highs: memoryview[float],
        lows: memoryview[float],
        closes: memoryview[float],
        volumes: memoryview[float],
        out: memoryview[float],
    ) -> None:
        with cython.nogil:
            for row in range(len(out)):
                out[row] = self.next((highs[row] + lows[row] + closes[row]) / 3.0, volumes[row])

    def next(self, price: float, volume: float) -> float:
        at = self.at
        if price - price != 0.0 or volume - volume != 0.0:
            return nan
        if at == 0:
            self.first = price
            self.head = self.head_volume = 0.0
        self.head += volume * (price - self.first)
        self.head_volume += volume
        total = self.head + (self.tails[at] + self.tail_volumes[at] * (self.anchor - self.first))
        traded = self.head_volume + self.tail_volumes[at]
        self.tails[at] = price
        self.tail_volumes[at] = volume
        self.at = at + 1
        if self.at == self.length:
            self.turn()
        return self.first + total / traded if self.is_full and traded > 0.0 else nan

    def turn(self) -> None:
        total = traded = 0.0
        self.at = 0
        self.is_full = True
        self.anchor = self.tails[self.length - 1]
        for row in range(self.length - 1, -1, -1):
            price = self.tails[row]
            volume = self.tail_volumes[row]
            self.tails[row] = total
            self.tail_volumes[row] = traded
            total += volume * (price - self.anchor)
            traded += volume


class Smoothing:
    """The mean of the first `length` values, then a weighted mean of the value before (weight `keep`) and the new one."""

    def __init__(self, length: int, keep: float) -> None:
        self.length = length
        self.keep = keep
        self.seen = 0
        self.value = 0.0

    def next(self, value: float) -> float:
        if self.seen < self.length:
            self.seen += 1
            self.value += (value - self.value) / self.seen
            return self.value if self.seen == self.length else nan
        # In this form a constant stays what it is, exactly, and so does every value when nothing is kept.
        self.value = value + self.keep * (self.value - value)
        return self.value


class Ema(OneColumn):
    """Exponential moving average, a new value weighted 2 / (`length` + 1)."""

    def __init__(self, length: int) -> None:
        self.average = Smoothing(checked(length), (length - 1) / (length + 1))

    def next(self, value: float) -> float:
        return self.average.next(value)


class Rma(OneColumn):
    """Wilder's moving average, a new value weighted 1 / `length`."""

    def __init__(self, length: int) -> None:
        self.average = Smoothing(checked(length), (length - 1) / length)

    def next(self, value: float) -> float:
        return self.average.next(value)


class Rsi(OneColumn):
    """Wilder's relative strength index: gains in percent of all changes, both smoothed as `Rma`; 50 when nothing has changed."""

    def __init__(self, length: int) -> None:
        self.gain = Smoothing(checked(length), (length - 1) / length)
        self.loss = Smoothing(length, (length - 1) / length)
        self.has_previous = False
        self.previous = 0.0

    def next(self, value: float) -> float:
        change = value - self.previous
        self.previous = value
        if not self.has_previous:
            self.has_previous = True
            return nan
        gain = self.gain.next(change if change > 0.0 else 0.0)
        loss = self.loss.next(-change if change < 0.0 else 0.0)
        if gain != gain:
            return nan
        return 100.0 * (gain / (gain + loss)) if gain + loss > 0.0 else 50.0


class Macd(ThreeLines):
    """Line, signal and histogram: a fast exponential average less a slow one, the average of that, and the first less the second.

    The faster average begins so much later that both have their first value on the same bar, and there is no value until all
    three exist.
    """

    def __init__(self, fast: int, slow: int, signal: int) -> None:
        if checked(fast) >= checked(slow):
            raise ConfigError(
                f"macd can't have the fast length {fast!r} with the slow length {slow!r}; the fast one must be shorter"
            )
        self.fast = Ema(fast)
        self.slow = Ema(slow)
        self.signal = Ema(signal)
        self.delay = slow - fast

    def next(self, value: float) -> None:
        slow = self.slow.next(value)
        if self.delay > 0:
            self.delay -= 1
            return
        line = self.fast.next(value) - slow
        if line != line:
            return
        signal = self.signal.next(line)
        if signal == signal:
            self.first = line
            self.second = signal
            self.third = line - signal
