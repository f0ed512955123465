"""The order book of a market by price level, as far as quotes or updates tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cython
import numpy as np

__all__ = ["Depth", "Levels"]

_ROOM = cython.declare(cython.int, 256)
_MOST = cython.declare(cython.int, 1 << 16)  # levels of a side, before those that are gone are given up
_BID = cython.declare(cython.int, 0)
_ASK = cython.declare(cython.int, 1)
_NAN = cython.declare(cython.double, float("nan"))
_INFINITE = cython.declare(cython.double, float("inf"))


class Depth:
    """The levels of one instrument, both sides alike: `key` is the price of a bid, and minus that of an ask.

    So the best level of either side has the largest key. It is the last one, where most changes happen. `size` is what is on offer,
    infinite where only the price is known; `taken` what the run's own orders have taken of it since the market last told the level,
    all 0 unless the book `is_touched`.

    A level that goes keeps its place with a size of 0, because most come again, and so do those that a new snapshot clears. The best
    level is the one before `count`; what lies behind it up to `end` are better prices that are gone. `worst` is the lowest key that
    was told since the last snapshot: of what lies beyond nothing is known.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.count = np.zeros(2, dtype=np.int64)
        self.end = np.zeros(2, dtype=np.int64)
        self.worst = np.full(2, np.inf)
        self.hint = np.zeros(2, dtype=np.int64)
        self.capacity = _ROOM
        self.key = np.zeros((2, _ROOM))
        self.size = np.zeros((2, _ROOM))
        self.taken = np.zeros((2, _ROOM))
        self.is_touched = False

    @property
    def bid(self) -> float:
        return float(self.best(_BID))

    @property
    def bid_size(self) -> float:
        return float(self.best_size(_BID))

    @property
    def ask(self) -> float:
        return float(self.best(_ASK))

    @property
    def ask_size(self) -> float:
        return float(self.best_size(_ASK))

    def bids(self, levels: int | None = None) -> Any:
        return self.levels(_BID, levels)

    def asks(self, levels: int | None = None) -> Any:
        return self.levels(_ASK, levels)

    def levels(self, side: int, levels: int | None) -> Any:
        """Return price and size of the best levels of a side, best first: float64 [level, 2]."""
        count = int(self.count[side])
        size = np.asarray(self.size)[side, :count]
        there = np.flatnonzero(size > 0.0)[::-1][:levels]
        return np.column_stack((np.abs(np.asarray(self.key)[side, there]), size[there]))

    def best(self, side: int) -> float:
        """Return the best price of a side; NaN where there is none."""
        count = self.count[side]
        if count == 0:
            return _NAN
        key = self.key[side, count - 1]
        return key if side == _BID else -key

    def best_size(self, side: int) -> float:
        count = self.count[side]
        return self.size[side, count - 1] if count > 0 else 0.0

    def place(self, side: int, key: float) -> int:
        """Return the first level from the worst on whose key is not below `key`.

        The search begins where the last one ended: an update tells the levels of a side in their order.
        """
        end = self.end[side]
        if end == 0 or self.key[side, end - 1] < key:
            return end
        low = cython.declare(cython.Py_ssize_t, -1)
        high = cython.declare(cython.Py_ssize_t, end - 1)
        step = cython.declare(cython.Py_ssize_t, 1)
        at = cython.declare(cython.Py_ssize_t, self.hint[side])
        if at < end and self.key[side, at] < key:
            low = at
            while low + step < end and self.key[side, low + step] < key:
                low += step
                step *= 2
            high = low + step if low + step < end else end - 1
        else:
            high = at if at < end else end - 1
            while high - step >= 0 and self.key[side, high - step] >= key:
                high -= step
                step *= 2
            low = high - step if high >= step else -1
        while high - low > 1:
            middle = cython.declare(cython.Py_ssize_t, (low + high) // 2)
            if self.key[side, middle] >= key:
                high = middle
            else:
                low = middle
        self.hint[side] = high
        return high

    def put(self, side: int, key: float, size: float) -> int:
        """Set what is on offer at a level; 0 removes it."""
        at = self.place(side, key)
        count = self.count[side]
        if at < self.end[side] and self.key[side, at] == key:
            self.size[side, at] = size
            if self.is_touched:
                self.taken[side, at] = 0.0
            if size > 0.0:
                if at >= count:
                    self.count[side] = at + 1
            elif at == count - 1:
                self.drop_best(side)
        elif size > 0.0:
            if self.end[side] == self.capacity:
                self.make_room(side)
                at = self.place(side, key)
            self.insert(side, at, key, size)
        else:
            return 0
        if key < self.worst[side]:
            self.worst[side] = key
        return 0

    def drop_best(self, side: int) -> None:
        """Let the next level that is there be the best."""
        count = self.count[side]
        while count > 0 and self.size[side, count - 1] == 0.0:
            count -= 1
        self.count[side] = count

    def insert(self, side: int, at: int, key: float, size: float) -> None:
        """Put a level before those with a larger key."""
        count = self.count[side]
        for k in range(self.end[side], at, -1):
            self.key[side, k] = self.key[side, k - 1]
        # Behind the best level all sizes are 0.
        for k in range(count, at, -1):
            self.size[side, k] = self.size[side, k - 1]
        if self.is_touched:
            for k in range(count, at, -1):
                self.taken[side, k] = self.taken[side, k - 1]
            self.taken[side, at] = 0.0
        self.key[side, at] = key
        self.size[side, at] = size
        self.count[side] = count + 1 if at < count else at + 1
        self.end[side] += 1

    def make_room(self, side: int) -> int:
        """Let levels that are gone give their places up, if there are very many, or have room for more."""
        kept = cython.declare(cython.Py_ssize_t, 0)
        if self.capacity >= _MOST:
            for k in range(self.count[side]):
                if self.size[side, k] > 0.0:
                    self.key[side, kept] = self.key[side, k]
                    self.size[side, kept] = self.size[side, k]
                    self.taken[side, kept] = self.taken[side, k]
                    kept += 1
            for k in range(kept, self.count[side]):
                self.size[side, k] = 0.0
                self.taken[side, k] = 0.0
            self.count[side] = kept
            self.end[side] = kept
        if 2 * kept > self.capacity or self.capacity < _MOST:
            self.grow()
        return 0

    def take(self, side: int, at: int, units: float) -> None:
        """Note that an order of the run has taken units of a level."""
        self.is_touched = True
        self.taken[side, at] += units

    def grow(self) -> int:
        with cython.gil:
            room = 2 * self.capacity
            self.key = _widened(self.key, room)
            self.size = _widened(self.size, room)
            self.taken = _widened(self.taken, room)
            self.capacity = room
        return 0

    def clear(self) -> None:
        """Let all levels be gone, and nothing be known."""
        for side in range(2):
            for k in range(self.count[side]):
                self.size[side, k] = 0.0
                self.taken[side, k] = 0.0
            self.count[side] = 0
            self.worst[side] = _INFINITE
        self.is_touched = False

    def quote(self, side: int, price: float, size: float) -> int:
        """Let a side have one level, or none if its price is NaN; a size of 0 beside a price says that the size is not known."""
        key = price if side == _BID else -price
        offered = size if size > 0.0 else _INFINITE
        if self.count[side] == 1 and self.key[side, 0] == key and self.size[side, 0] == offered:
            return 0
        for k in range(self.count[side]):
            self.size[side, k] = 0.0
            self.taken[side, k] = 0.0
        self.count[side] = 0
        self.end[side] = 0
        self.worst[side] = _INFINITE
        return self.put(side, key, offered) if price == price else 0

    def size_at(self, side: int, key: float) -> float:
        """Return what is on offer at a level, 0 if it isn't there."""
        at = self.place(side, key)
        return self.size[side, at] if at < self.end[side] and self.key[side, at] == key else 0.0

    def known_at(self, side: int, key: float) -> float:
        """Return what is on offer at a level; infinite where it lies beyond the worst level that is known."""
        if self.count[side] == 0 or key < self.worst[side]:
            return _INFINITE
        return self.size_at(side, key)

    def apply(self, updates: Any, start: int, stop: int) -> int:
        """Apply the rows `start <= row < stop` of some updates, which are one: the first row of a snapshot clears the book."""
        has_cleared = cython.declare(cython.bint, False)
        for row in range(start, stop):
            if updates.is_snapshot[row] != 0 and not has_cleared:
                self.clear()
                has_cleared = True
            if updates.side[row] > 0:
                self.put(_BID, updates.price[row], updates.size[row])
            else:
                self.put(_ASK, -updates.price[row], updates.size[row])
        return 0


class Levels:
    """The columns of book updates as `Depth.apply` reads them."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.side, self.price, self.size = columns["side"], columns["price"], columns["size"]
        self.is_snapshot = columns["is_snapshot"].view(np.int8)


def _widened(column: Any, room: int) -> Any:
    found = np.zeros((2, room))
    found[:, : np.asarray(column).shape[1]] = column
    return found
