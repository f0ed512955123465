"""Bars out of trades, or out of finer bars: one compiled step, fed one by one or with whole columns."""

from __future__ import annotations

from typing import Any, cast

import cython
import numpy as np
from numpy.typing import NDArray

from tradekit.errors import DataError
from tradekit.model.bars import Floats, Series, Times

if not cython.compiled:  # compiled, this name comes from the .pxd
    from math import nan

__all__ = ["BACKWARD", "COUNTS", "OFF_SESSION", "BarBuilder"]

BACKWARD, OFF_SESSION = 1, 2
"""Why a builder takes no more: what comes next is earlier than what it has taken, or lies in no session."""
COUNTS = ("", "trades", "volume", "value")
"""What a bar may hold so much of before it ends; nothing for bars that end by the clock."""

_FEW = 64
_BACKWARD = cython.declare(cython.int, BACKWARD)
_OFF_SESSION = cython.declare(cython.int, OFF_SESSION)
_LAST = cython.declare(cython.longlong, 2**63 - 1)
_TRADES = cython.declare(cython.int, 1)
_VOLUME = cython.declare(cython.int, 2)
_ROUNDING = cython.declare(cython.double, 1e-9)


class BarBuilder:
    """Turns what is traded, oldest first, into bars.

    A bar ends with its window, or, if something is counted (`counts`), with the time of the trade by which it has `amount` of it:
    as many trades, units, or money that they are worth. That trade is in it whole, as are others of the same time; nothing is
    carried over into the next one. A sum that is short by less than a billionth has reached the amount, because decimals are
    rounded.

    `spans`, int64 [4, span], are the times at which there is trading, from `spans[0]` until before `spans[1]`, one after the other.
    Windows, each of `length` nanoseconds, follow each other from `spans[2]` on, which may lie before or after, and none reaches
    beyond `spans[3]`. Spans of the same session have the same windows, so that a bar goes on after a break.
    """

    def __init__(self, spans: Times, length: int, counts: int = 0, amount: float = 0.0) -> None:
        self.follow(spans)
        self.length = length
        self.counts = counts
        self.enough = amount - _ROUNDING * amount
        self.start = self.end = self.check = self.latest = -_LAST
        self.is_open = False
        self.open = self.high = self.low = self.close = self.volume = self.amount = nan
        self.why = 0
        self.one_time = _memory(np.zeros(1, dtype=np.int64))
        self.one_price = _memory(np.zeros(1))
        self.one_size = _memory(np.zeros(1))
        self.read_one()
        self.allocate(_FEW)

    def push(self, time: int, price: float, size: float) -> int:
        """Take in one trade. Return 0, or the reason why it is not taken, `BACKWARD` or `OFF_SESSION`."""
        self.one_time[0] = time
        self.one_price[0] = price
        self.one_size[0] = size
        self.fill(0)
        return self.why

    def run(self, times: Times, prices: tuple[Floats, Floats, Floats, Floats], volume: Floats, start: int = 0) -> int:
        """Take in columns, from row `start` on, and return how many rows have been taken, or passed, then.

        `prices` are open, high, low and close, the same array four times for trades. It stops before a row that it can't take;
        `why` tells the reason. The GIL is released.
        """
        if {len(times)} != {len(column) for column in (*prices, volume)}:
            raise DataError("a builder of bars can't read columns of different lengths")
        if start < len(times):
            self.make_room(int(times[start]), int(times[len(times) - 1]), len(times) - start)
        self.rows = len(times)
        self.at = _memory(np.asarray(times, dtype=np.int64))
        self.opened, self.highs, self.lows, self.closes = (_memory(np.asarray(column, dtype=np.float64)) for column in prices)
        self.volumes = _memory(np.asarray(volume, dtype=np.float64))
        row = self.fill(start)
        self.read_one()
        return row

    def read_one(self) -> None:
        """Read single trades, and let go of columns."""
        self.rows = 1
        self.at = self.one_time
        self.opened = self.highs = self.lows = self.closes = self.one_price
        self.volumes = self.one_size

    def advance(self, time: int) -> None:
        """Take note that all before `time` has been taken in: a bar that ends by then has ended, and nothing earlier is taken."""
        if time > self.latest:
            self.latest = time
        if self.is_open and time >= self.end:
            self.put()

    def finish(self) -> None:
        """Take what has come to be all: the window of the bar is over. One that lacks some of what is counted has not ended."""
        if self.is_open and (not self.counts or self.amount >= self.enough):
            self.put()

    def follow(self, spans: Times) -> None:
        """Go on with other spans, which begin where those before end, or earlier."""
        self.spans = _memory(np.asarray(spans, dtype=np.int64))
        self.span_count = spans.shape[1]
        self.span = 0

    def take(self, origin: str = "") -> Series:
        """Return the bars that have ended since this was last asked."""
        times = np.asarray(self.times)[:, : self.count]
        values = np.asarray(self.values)[:, : self.count]
        if 2 * self.count < self.capacity:
            times, values = times.copy(), values.copy()
        self.allocate(_FEW)
        opened, high, low, close, volume = values
        return Series(times[0], times[1], opened, high, low, close, volume, origin)

    def make_room(self, first: int, last: int, rows: int) -> None:
        """Make room for the bars of so many trades between two times: memory that is not written to costs nothing, a copy does."""
        if not self.count:
            bars = 0 if self.counts else max((last - first) // self.length, 0) + 2 * self.span_count
            self.allocate(min(rows, bars) + _FEW)

    def allocate(self, capacity: int) -> None:
        self.count = 0
        self.capacity = capacity
        self.times = _memory(np.empty((2, capacity), dtype=np.int64))
        self.values = _memory(np.empty((5, capacity)))

    def fill(self, row: int) -> int:
        """Take in what is there from a row on, and return the row after it."""
        self.why = 0
        with cython.nogil:
            while row < self.rows:
                time = self.at[row]
                if time < self.latest:
                    self.why = _BACKWARD
                    break
                if time >= self.check and self.turn(time):
                    self.why = _OFF_SESSION
                    break
                if not self.is_open:
                    self.is_open = True
                    self.open = self.opened[row]
                    self.high = self.highs[row]
                    self.low = self.lows[row]
                    self.volume = self.amount = 0.0
                row = self.absorb(row)
        return row

    def absorb(self, row: int) -> int:
        """Take in what belongs to the bar, from a row on that does, and return the row after it."""
        # Local names are quicker.
        check, latest, high, low = self.check, self.latest, self.high, self.low
        volume, amount = self.volume, self.amount
        time = self.at[row]
        while latest <= time < check:
            latest = time
            high = self.highs[row] if self.highs[row] > high else high
            low = self.lows[row] if self.lows[row] < low else low
            volume += self.volumes[row]
            if self.counts:
                if self.counts == _TRADES:
                    amount += 1.0
                elif self.counts == _VOLUME:
                    amount += self.volumes[row]
                else:
                    amount += self.closes[row] * self.volumes[row]
                if amount >= self.enough and time + 1 < check:
                    check = self.end = time + 1
            row += 1
            if row == self.rows:
                break
            time = self.at[row]
        self.close = self.closes[row - 1]
        self.check, self.latest, self.high, self.low = check, latest, high, low
        self.volume, self.amount = volume, amount
        return row

    def turn(self, time: int) -> bool:
        """Go on to what lies at `time`: end the bar if it lies after it, and find its window; say whether there is none."""
        if self.is_open and time >= self.end:
            self.put()
        while self.span < self.span_count and time >= self.spans[1, self.span]:
            self.span += 1
        if self.span == self.span_count or time < self.spans[0, self.span]:
            self.check = time  # whatever comes next has to be looked at as well
            return True
        if not self.is_open:
            anchor, last = self.spans[2, self.span], self.spans[3, self.span]
            self.start = time
            self.end = last
            if not self.counts:
                into = (time - anchor) % self.length
                self.start = time - into if into >= 0 else time - into - self.length  # C rounds towards 0
                if self.start <= last - self.length:
                    self.end = self.start + self.length
        closed = self.spans[1, self.span]
        self.check = self.end if self.end < closed else closed
        return False

    def put(self) -> int:
        """Write down the bar, which has ended."""
        if self.count == self.capacity:
            with cython.gil:
                self.capacity *= 2
                self.times = _longer(self.times)
                self.values = _longer(self.values)
        self.times[0, self.count] = self.start
        self.times[1, self.count] = self.end
        self.values[0, self.count] = self.open
        self.values[1, self.count] = self.high
        self.values[2, self.count] = self.low
        self.values[3, self.count] = self.close
        self.values[4, self.count] = self.volume
        self.count += 1
        self.is_open = False
        return 0


def _longer(table: Any) -> memoryview[Any]:
    old = np.asarray(table)
    return _memory(np.concatenate((old, np.empty_like(old)), axis=1))


def _memory(array: NDArray[Any]) -> memoryview[Any]:
    """Return the array's memory, in one piece; uncompiled, its items are plain numbers, whose arithmetic is that of C."""
    return cast("memoryview[Any]", np.ascontiguousarray(array).data)
