"""What only some orders have: trails, deadlines, links, places in a queue. A table beside that of the orders."""

from __future__ import annotations

import cython
import numpy as np

from tradekit.simulator.columns import enlarged

__all__ = ["Conditions"]

_NAN = cython.declare(cython.double, float("nan"))


class Conditions:
    """One row for each order that needs one; `Book.condition` says which.

    - `trail`, `trail_rate`: distance of a trailing stop in money, or as a fraction (NaN: the other one); `mark`: best price so far.
    - `until`: nanoseconds at which it expires; `session`: the one it lasts for, -1 while none has begun.
    - `arrives`: when it reaches the venue; `leaves`: when a request to cancel it does.
    - `display`: units of an iceberg to be seen at a time; `slice`: those still to be seen in bar `slice_bar`.
    - `ahead`: units that stand before it in the queue at its price; `level`: units at that price when it was last told, and
      `traded`: those that have been traded there since.
    - `born`: the price at which it came to life inside a bar.
    - `parent`, `child`, `sibling`: orders that wait for each other: the one waited for, the first of those that wait, the next of
      them. `peer`: the next of a ring of linked orders. `replaces`: the order whose place it takes. -1 for none.
    - `base`: what that order had filled when this one was sent.
    """

    def __init__(self) -> None:
        self.count = 0
        self.capacity = 0
        self.trail = np.zeros(0)
        self.trail_rate = np.zeros(0)
        self.mark = np.zeros(0)
        self.display = np.zeros(0)
        self.slice = np.zeros(0)
        self.ahead = np.zeros(0)
        self.level = np.zeros(0)
        self.traded = np.zeros(0)
        self.born = np.zeros(0)
        self.base = np.zeros(0)
        self.until = np.zeros(0, dtype=np.int64)
        self.arrives = np.zeros(0, dtype=np.int64)
        self.leaves = np.zeros(0, dtype=np.int64)
        self.slice_bar = np.zeros(0, dtype=np.int64)
        self.session = np.zeros(0, dtype=np.int32)
        self.parent = np.zeros(0, dtype=np.int32)
        self.child = np.zeros(0, dtype=np.int32)
        self.sibling = np.zeros(0, dtype=np.int32)
        self.peer = np.zeros(0, dtype=np.int32)
        self.replaces = np.zeros(0, dtype=np.int32)

    def renew(self) -> int:
        """Forget all rows."""
        self.count = 0
        return self.begin() if self.capacity > 0 else 0

    def add(self) -> int:
        """Make a row of which nothing is set, and return its number."""
        if self.count == self.capacity:
            with cython.gil:
                self.grow()
        self.count += 1
        return self.count - 1

    def grow(self) -> int:
        if self.capacity == 0:
            return self.begin()
        self.trail = enlarged(self.trail, np.nan)
        self.trail_rate = enlarged(self.trail_rate, np.nan)
        self.mark = enlarged(self.mark, np.nan)
        self.display = enlarged(self.display, np.nan)
        self.slice = enlarged(self.slice, 0.0)
        self.ahead = enlarged(self.ahead, np.nan)
        self.level = enlarged(self.level, 0.0)
        self.traded = enlarged(self.traded, 0.0)
        self.born = enlarged(self.born, np.nan)
        self.base = enlarged(self.base, 0.0)
        self.until = enlarged(self.until, 0)
        self.arrives = enlarged(self.arrives, 0)
        self.leaves = enlarged(self.leaves, 0)
        self.slice_bar = enlarged(self.slice_bar, -1)
        self.session = enlarged(self.session, -1)
        self.parent = enlarged(self.parent, -1)
        self.child = enlarged(self.child, -1)
        self.sibling = enlarged(self.sibling, -1)
        self.peer = enlarged(self.peer, -1)
        self.replaces = enlarged(self.replaces, -1)
        self.capacity = self.replaces.shape[0]
        return 0

    def begin(self) -> int:
        """Make the first rows: most runs need none."""
        size = 64
        self.trail = np.full(size, np.nan)
        self.trail_rate = np.full(size, np.nan)
        self.mark = np.full(size, np.nan)
        self.display = np.full(size, np.nan)
        self.slice = np.zeros(size)
        self.ahead = np.full(size, np.nan)
        self.level = np.zeros(size)
        self.traded = np.zeros(size)
        self.born = np.full(size, np.nan)
        self.base = np.zeros(size)
        self.until = np.zeros(size, dtype=np.int64)
        self.arrives = np.zeros(size, dtype=np.int64)
        self.leaves = np.zeros(size, dtype=np.int64)
        self.slice_bar = np.full(size, -1, dtype=np.int64)
        self.session = np.full(size, -1, dtype=np.int32)
        self.parent = np.full(size, -1, dtype=np.int32)
        self.child = np.full(size, -1, dtype=np.int32)
        self.sibling = np.full(size, -1, dtype=np.int32)
        self.peer = np.full(size, -1, dtype=np.int32)
        self.replaces = np.full(size, -1, dtype=np.int32)
        self.capacity = size
        return 0

    def copy_terms(self, old: int, new: int) -> None:
        """Give a row the terms of another, but neither its times nor its links."""
        self.trail[new] = self.trail[old]
        self.trail_rate[new] = self.trail_rate[old]
        self.mark[new] = self.mark[old]
        self.display[new] = self.display[old]
        self.ahead[new] = self.ahead[old]
        self.until[new] = self.until[old]
        self.session[new] = self.session[old]

    def take_mark(self, old: int, new: int) -> None:
        """Let a trailing stop go on from the best price of the one that it replaces; one with another trail begins anew."""
        is_kept = cython.declare(cython.bint, same(self.trail[old], self.trail[new]))
        is_kept = is_kept and same(self.trail_rate[old], self.trail_rate[new])
        self.mark[new] = self.mark[old] if is_kept else _NAN

    def distance(self, row: int) -> float:
        """Return how far behind its mark a trailing stop is."""
        return self.trail[row] if self.trail[row] == self.trail[row] else self.mark[row] * self.trail_rate[row]


def same(one: float, other: float) -> bool:
    """Say whether two numbers are equal, or neither is one."""
    return one == other or (one != one and other != other)
