"""The order book of a market by price level, as far as quotes or updates tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.simulator.venue import steps_per_one

if cython.compiled:
    from cython.cimports.libc.math import fabs, floor
    from cython.cimports.tradekit.simulator.venue import of_steps
else:
    from math import fabs, floor

    from tradekit.simulator.venue import of_steps

if TYPE_CHECKING:
    from tradekit.model.ticks import BookUpdates

__all__ = ["Depth", "Ladder", "Levels", "levels_of"]

_ROOM = cython.declare(cython.int, 256)
_WIDTH = cython.declare(cython.int, 1 << 15)  # ticks of the window
_LEAST = cython.declare(cython.int, 1 << 13)  # so many of them have to be below the best level
_BELOW = cython.declare(cython.int, 3 << 13)  # and so many are, when the window is laid out
# A window that moves more often than this, counted in rows of updates, is not worth its while; the first moves are free.
_FREE_MOVES = cython.declare(cython.int, 16)
_ROWS_A_MOVE = cython.declare(cython.int, 1000)
_NOWHERE = cython.declare(cython.Py_ssize_t, 1 << 62)
_NAN = cython.declare(cython.double, float("nan"))
_INFINITE = cython.declare(cython.double, float("inf"))


class Ladder:
    """The levels of one side of a book, both sides alike: `key` is the price of a bid, and minus that of an ask.

    So the best level of either side has the largest key. It is the last one that is there: the one before `count`. `size` is what
    is on offer, infinite where only the price is known; `taken` what the run's own orders have taken of it since the market last
    told the level, all 0 unless the ladder `is_touched`. `worst` is the lowest key that was told since the last snapshot: of what
    lies beyond nothing is known.

    Places are in the order of their keys. Where the instrument has a tick, there is a window of ticks around the best level with a
    place for each, so that none has to be searched for: it begins at `start` with tick `low`. Levels below it are `far`: these
    are the first places, sorted; and so are all levels where there is no tick, or prices are off it. Between them and the window is
    room for more, of size 0. A level that goes keeps its place with a size of 0, because most come again. What is there lies at
    `bottom` or above.
    """

    def __init__(self, tick: float) -> None:
        self.tick = tick
        self.per_one = float(steps_per_one(np.array([tick]))[0])
        self.is_gridded = tick > 0.0
        self.scale = (self.per_one if self.per_one > 0.0 else 1.0 / tick) if self.is_gridded else 0.0
        self.low = 0.0
        self.start = _ROOM
        self.width = self.far = self.hint = self.count = 0
        self.moves = self.told = 0
        self.bottom = _NOWHERE
        self.worst = _INFINITE
        self.is_touched = False
        self.key, self.size, self.taken = np.zeros((3, _ROOM))

    def best(self) -> float:
        """Return the key of the best level; NaN where there is none."""
        return self.key[self.count - 1] if self.count > 0 else _NAN

    def best_size(self) -> float:
        return self.size[self.count - 1] if self.count > 0 else 0.0

    def levels(self, most: int | None) -> Any:
        """Return price and size of the best levels, best first: float64 [level, 2]."""
        room = cython.declare(cython.Py_ssize_t, self.count - self.bottom if self.count > 0 else 0)
        if most is not None and most < room:
            room = max(most, 0)
        found = np.empty((room, 2))
        into = cython.declare(cython.double[:, ::1], found)
        done = cython.declare(cython.Py_ssize_t, 0)
        at = cython.declare(cython.Py_ssize_t, self.count - 1)
        while done < room and at >= self.bottom:
            if self.size[at] > 0.0:
                into[done, 0] = fabs(self.key[at])
                into[done, 1] = self.size[at]
                done += 1
            at -= 1
        return found if done == room else found[:done].copy()

    def find(self, key: float) -> int:
        """Return the place of a level, -1 if it has none."""
        if self.width > 0:
            ticks = key * self.scale - self.low + 0.5
            if ticks >= 0.0 and ticks < self.width:
                at = self.start + cython.cast(cython.Py_ssize_t, ticks)
                return at if self.key[at] == key else -1
        at = self.search(key)
        return at if at < self.far and self.key[at] == key else -1

    def search(self, key: float) -> int:
        """Return the first of the far levels whose key is not below `key`.

        The search begins where the last one ended: an update tells the levels of a side in their order.
        """
        end = self.far
        if end == 0 or self.key[end - 1] < key:
            return end
        low = cython.declare(cython.Py_ssize_t, -1)
        high = cython.declare(cython.Py_ssize_t, end - 1)
        step = cython.declare(cython.Py_ssize_t, 1)
        at = cython.declare(cython.Py_ssize_t, self.hint)
        if at < end and self.key[at] < key:
            low = at
            while low + step < end and self.key[low + step] < key:
                low += step
                step *= 2
            high = low + step if low + step < end else end - 1
        else:
            high = at if at < end else end - 1
            while high - step >= 0 and self.key[high - step] >= key:
                high -= step
                step *= 2
            low = high - step if high >= step else -1
        while high - low > 1:
            middle = cython.declare(cython.Py_ssize_t, (low + high) // 2)
            if self.key[middle] >= key:
                high = middle
            else:
                low = middle
        self.hint = high
        return high

    def put(self, key: float, size: float) -> int:
        """Set what is on offer at a level; 0 removes it."""
        at = self.find(key)
        if at < 0:
            if size == 0.0:
                return 0
            at = self.add(key)
        self.size[at] = size
        if self.is_touched:
            self.taken[at] = 0.0
        if size > 0.0:
            if at >= self.count:
                self.count = at + 1
            if at < self.bottom:
                self.bottom = at
            if key < self.worst:
                self.worst = key
        elif at == self.count - 1:
            self.drop_best()
        return 0

    def drop_best(self) -> None:
        """Let the next level that is there be the best."""
        count = self.count
        while count > self.bottom and self.size[count - 1] == 0.0:
            count -= 1
        if count > self.bottom:
            self.count = count
        else:
            self.count = 0
            self.bottom = _NOWHERE

    def add(self, key: float) -> int:
        """Give a level a place among the far ones, and return it; if it lies above the window, or off the tick, that goes."""
        if self.is_gridded:
            ticks = floor(key * self.scale + 0.5)
            self.is_gridded = of_steps(ticks, self.tick, self.per_one) == key
            if self.width > 0 and (not self.is_gridded or ticks >= self.low + self.width):
                with cython.gil:
                    self.lay_out(0)
        if self.far == self.start:
            with cython.gil:
                self.lay_out(self.width)
        at = self.search(key)
        for k in range(self.far, at, -1):
            self.key[k] = self.key[k - 1]
            self.size[k] = self.size[k - 1]
        if self.is_touched:
            for k in range(self.far, at, -1):
                self.taken[k] = self.taken[k - 1]
            self.taken[at] = 0.0
        self.key[at] = key
        self.size[at] = 0.0
        self.far += 1
        if at < self.count < self.far:
            self.count += 1
        return at

    def settle(self, rows: int) -> int:
        """See to it, after an update of so many rows, that the window reaches far enough below the best level."""
        self.told += rows
        if not self.is_gridded or self.count == 0 or (self.width > 0 and self.count > self.start + _LEAST):
            return 0
        self.moves += 1
        self.is_gridded = self.moves <= _FREE_MOVES or self.told >= self.moves * _ROWS_A_MOVE
        self.low = floor(self.key[self.count - 1] * self.scale + 0.5) - _BELOW
        with cython.gil:
            return self.lay_out(_WIDTH if self.is_gridded else 0)

    def lay_out(self, width: int) -> int:
        """Give all levels places anew, with a window so many ticks wide from `low` on; those that are gone lose theirs."""
        levels = np.stack((np.asarray(self.key), np.asarray(self.size), np.asarray(self.taken)))[:, : self.count]
        levels = levels[:, levels[1] > 0.0]
        ticks = np.floor(levels[0] * self.scale + 0.5) - self.low
        far = int(np.count_nonzero(ticks < 0.0)) if width > 0 else len(ticks)
        start = 2 * far + _ROOM
        places = np.concatenate((np.arange(far), start + ticks[far:].astype(np.int64)))
        columns = np.zeros((3, start + width))
        columns[:, places] = levels
        if width > 0:
            grid = np.arange(width) + self.low
            columns[0, start:] = grid / self.per_one if self.per_one > 0.0 else grid * self.tick
            columns[0, far:start] = columns[0, start]
        self.key, self.size, self.taken = columns
        self.start, self.width, self.far, self.hint = start, width, far, 0
        self.count = int(places.max()) + 1 if len(places) else 0
        self.bottom = int(places.min()) if len(places) else _NOWHERE
        return 0

    def take(self, at: int, units: float) -> None:
        """Note that an order of the run has taken units of a level."""
        self.is_touched = True
        self.taken[at] += units

    def clear(self) -> None:
        """Let all levels be gone, and nothing be known."""
        for k in range(self.bottom, self.count):
            self.size[k] = 0.0
            self.taken[k] = 0.0
        self.count = 0
        self.bottom = _NOWHERE
        self.worst = _INFINITE
        self.is_touched = False

    def quote(self, key: float, size: float) -> int:
        """Let there be one level, or none if its key is NaN; a size of 0 beside a price says that the size is not known."""
        offered = size if size > 0.0 else _INFINITE
        at = self.count - 1
        if at >= 0 and at == self.bottom and self.key[at] == key and self.size[at] == offered:
            return 0
        self.clear()
        if self.width == 0:
            self.far = 0
        return self.put(key, offered) if key == key else 0

    def known_at(self, key: float) -> float:
        """Return what is on offer at a level; infinite where it lies beyond the worst level that is known."""
        if self.count == 0 or key < self.worst:
            return _INFINITE
        at = self.find(key)
        return self.size[at] if at >= 0 else 0.0


class Depth:
    """Both sides of the book of one instrument, whose `tick` is 0 if it has none."""

    def __init__(self, symbol: str, tick: float = 0.0) -> None:
        self.symbol = symbol
        self.bid_side = Ladder(tick)
        self.ask_side = Ladder(tick)

    @property
    def bid(self) -> float:
        return float(self.bid_side.best())

    @property
    def bid_size(self) -> float:
        return float(self.bid_side.best_size())

    @property
    def ask(self) -> float:
        return -float(self.ask_side.best())

    @property
    def ask_size(self) -> float:
        return float(self.ask_side.best_size())

    def bids(self, levels: int | None = None) -> Any:
        return self.bid_side.levels(levels)

    def asks(self, levels: int | None = None) -> Any:
        return self.ask_side.levels(levels)

    def apply(self, updates: Levels, start: int, stop: int) -> int:
        """Apply the rows `start <= row < stop` of some updates, which are one: the first row of a snapshot clears the book."""
        has_cleared = cython.declare(cython.bint, False)
        for row in range(start, stop):
            if updates.is_snapshot[row] != 0 and not has_cleared:
                self.bid_side.clear()
                self.ask_side.clear()
                has_cleared = True
            if updates.side[row] > 0:
                self.bid_side.put(updates.price[row], updates.size[row])
            else:
                self.ask_side.put(-updates.price[row], updates.size[row])
        self.bid_side.settle(stop - start)
        self.ask_side.settle(stop - start)
        return 0

    def best_after(self, updates: Levels, ends: Any) -> Any:
        """Apply updates that follow each other, and return the best bid and ask after each: float64 [2, update], NaN for none.

        The first begins with row 0, and each ends before a row of `ends`, int64 [update].
        """
        found = np.empty((2, len(ends)))
        stops = cython.declare(cython.const[cython.longlong][::1], ends)
        best = cython.declare(cython.double[:, ::1], found)
        start = cython.declare(cython.Py_ssize_t, 0)
        for n in range(best.shape[1]):
            self.apply(updates, start, stops[n])
            start = stops[n]
            best[0, n] = self.bid_side.best()
            best[1, n] = -self.ask_side.best()
        return found


class Levels:
    """The columns of book updates as `Depth.apply` reads them."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.side, self.price, self.size = columns["side"], columns["price"], columns["size"]
        self.is_snapshot = columns["is_snapshot"].view(np.int8)


def levels_of(book: BookUpdates) -> Levels:
    """Return the columns of the updates of one book."""
    return Levels({name: getattr(book, name) for name in ("side", "price", "size", "is_snapshot")})
