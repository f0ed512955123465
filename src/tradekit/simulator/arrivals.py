"""When orders, cancels and replacements reach a venue, and when orders expire, between what happens in the markets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython

from tradekit.simulator.book import Flag

if TYPE_CHECKING:
    from tradekit.simulator.depth_matching import DepthMatcher

__all__ = ["Arrivals"]

_DAY = cython.declare(cython.int, Flag.DAY)
_UNTIL = cython.declare(cython.int, Flag.UNTIL)
_IN_FLIGHT = cython.declare(cython.int, Flag.IN_FLIGHT)
_LEAVING = cython.declare(cython.int, Flag.LEAVING)
_NEVER = cython.declare(cython.longlong, 1 << 62)


class Arrivals:
    """Moves the orders of a run on with time. `next_due` is when the next of them arrives, leaves or expires."""

    def __init__(self, matcher: DepthMatcher) -> None:
        self.matcher = matcher
        self.book = self.matcher.book
        self.conditions = self.matcher.conditions
        self.lifecycle = self.matcher.lifecycle
        self.timing = self.matcher.timing
        self.log = self.matcher.log
        self.next_due = _NEVER

    def begin_row(self, row: int) -> int:
        """Begin a bar of the clock: orders for the day end with their session, and impact reckons with the last bar's volume."""
        self.timing.row = row
        market = self.matcher.simulation.market
        for i in range(self.matcher.size):
            if market.current[i] >= 0:
                self.matcher.volume[0, i] = market.bars.volume[market.current[i], i]
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if (self.book.flags[order] & _DAY) != 0 and self.lifecycle.is_alive(order):
                self.timing.last_a_day(order)
        self.book.compact()
        return 0

    def schedule(self) -> None:
        """Find out when the next order arrives, leaves or expires."""
        self.next_due = _NEVER
        for n in range(self.book.open_count):
            time = self.due_time(self.book.open_orders[n])
            if time < self.next_due:
                self.next_due = time

    def due_time(self, order: int) -> int:
        row = self.book.condition[order]
        time = cython.declare(cython.longlong, _NEVER)
        if row < 0 or not self.lifecycle.is_alive(order):
            return time
        flags = self.book.flags[order]
        if (flags & _UNTIL) != 0:
            time = self.conditions.until[row]
        if (flags & _LEAVING) != 0 and self.conditions.leaves[row] < time:
            time = self.conditions.leaves[row]
        if (flags & _IN_FLIGHT) != 0 and self.conditions.arrives[row] < time:
            time = self.conditions.arrives[row]
        return time

    def pass_due(self) -> int:
        """Let happen what is due next: orders leave, expire, or arrive and meet the book, in the order in which they were sent."""
        now = cython.declare(cython.longlong, self.next_due)
        self.log.now = now
        self.lifecycle.has_released = False
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if self.due_time(order) != now or not self.timing.pass_time(order, now):
                continue
            if (self.book.flags[order] & _DAY) != 0:
                self.timing.last_a_day(order)
            self.matcher.admit(order)
        if self.lifecycle.has_released:
            self.matcher.work(0)
        self.book.compact()
        self.schedule()
        return self.matcher.watch_margin()
