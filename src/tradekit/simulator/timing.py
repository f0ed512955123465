"""What depends on the time of day: when orders arrive, when they expire, and where sessions begin and end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.simulator.book import Flag

if TYPE_CHECKING:
    from tradekit.simulator.book import Book
    from tradekit.simulator.lifecycle import Lifecycle
    from tradekit.simulator.log import Log
    from tradekit.simulator.market import Market, Prices
    from tradekit.simulator.setup import Setup
    from tradekit.simulator.venue import Venue

__all__ = ["Timing"]

_REJECT_EVENT = cython.declare(cython.int, EventKind.REJECT)
_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_LIMIT = cython.declare(cython.int, OrderKind.LIMIT)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_HELD = cython.declare(cython.int, OrderStatus.HELD)
_CANCELLED = cython.declare(cython.int, OrderStatus.CANCELLED)
_REPLACED = cython.declare(cython.int, OrderStatus.REPLACED)
_REJECTED = cython.declare(cython.int, OrderStatus.REJECTED)
_EXPIRED = cython.declare(cython.int, OrderStatus.EXPIRED)
_BY_STRATEGY = cython.declare(cython.int, Reason.BY_STRATEGY)
_REPLACEMENT = cython.declare(cython.int, Reason.REPLACED)
_TIME_IN_FORCE = cython.declare(cython.int, Reason.TIME_IN_FORCE)
_TOO_LATE = cython.declare(cython.int, Reason.TOO_LATE)
_BORN = cython.declare(cython.int, Flag.BORN)
_AT_ONCE = cython.declare(cython.int, Flag.IMMEDIATE | Flag.WHOLE)
_DAY = cython.declare(cython.int, Flag.DAY)
_UNTIL = cython.declare(cython.int, Flag.UNTIL)
_AT_OPEN = cython.declare(cython.int, Flag.AT_OPEN)
_EXIT = cython.declare(cython.int, Flag.EXIT)
_IN_FLIGHT = cython.declare(cython.int, Flag.IN_FLIGHT)
_LEAVING = cython.declare(cython.int, Flag.LEAVING)
_TRIGGERED = cython.declare(cython.int, Flag.TRIGGERED)
_NAN = cython.declare(cython.double, float("nan"))


class Timing:
    """Moves orders on with the clock."""

    def __init__(self, setup: Setup, prices: Prices, market: Market, venue: Venue, lifecycle: Lifecycle) -> None:
        self.market = market
        self.venue = venue
        self.prices = prices
        self.lifecycle = lifecycle
        self.book: Book = self.lifecycle.book
        self.log: Log = self.lifecycle.log
        self.conditions = self.book.conditions
        self.first = np.zeros(0, dtype=np.int64) if setup.finer is None else setup.finer.first
        self.has_finer = setup.finer is not None
        self.row = 0
        self.setup: Any = setup
        self.has_sessions = False
        self.session = np.zeros((0, 0), dtype=np.int32)
        self.last = np.zeros((0, 0), dtype=np.int8)
        self.calendar = np.zeros(0, dtype=np.int32)

    def use_sessions(self) -> None:
        """Find out where sessions begin and end: the first order that needs to know asks."""
        if not self.has_sessions:
            sessions = self.setup.sessions
            self.session, self.last, self.calendar = sessions.number, sessions.is_last, sessions.calendar_of
            self.has_sessions = True

    def is_last(self, row: int) -> bool:
        """Say whether any session ends with a row."""
        found = cython.declare(cython.bint, False)
        if self.has_sessions:
            for calendar in range(self.last.shape[0]):
                found = found or self.last[calendar, row] != 0
        return found

    def opens(self, order: int, k: int) -> bool:
        """Say whether bar `k` is the first that an order's instrument has in its session."""
        i = self.book.instrument[order]
        calendar = self.calendar[i]
        row, before = self.row, self.market.current[i]
        if before >= 0 and self.session[calendar, before] == self.session[calendar, row]:
            return False
        if self.has_finer:
            for earlier in range(self.first[row], k):
                if self.prices.close[earlier, i] == self.prices.close[earlier, i]:
                    return False
        return True

    def closes(self, order: int, row: int) -> bool:
        """Say whether the session of an order's instrument closes with a row."""
        return self.last[self.calendar[self.book.instrument[order]], row] != 0

    def begin(self, k: int, row: int) -> int:
        """Before a bar: let those orders arrive, leave and expire that do so by its open."""
        self.row = row
        opened = self.prices.open_time[k]
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if self.book.condition[order] < 0 or not self.lifecycle.is_alive(order):
                continue
            self.pass_time(order, opened)
            if (self.book.flags[order] & _DAY) != 0 and self.lifecycle.is_alive(order):
                self.last_a_day(order)
        self.book.compact()
        return 0

    def last_a_day(self, order: int) -> int:
        """End an order for the day when its session is over: the one in which it has come to the market."""
        if (self.book.flags[order] & _IN_FLIGHT) != 0:
            return 0
        row = self.book.condition[order]
        session = self.session[self.calendar[self.book.instrument[order]], self.row]
        if self.conditions.session[row] < 0 or self.book.status[order] == _HELD:
            self.conditions.session[row] = session
        elif session > self.conditions.session[row]:
            self.lifecycle.end(order, _EXPIRED, _TIME_IN_FORCE)
        return 0

    def pass_time(self, order: int, now: int) -> bool:
        """Do with an order what is due by a moment; say whether it has arrived."""
        row = self.book.condition[order]
        if not self.lifecycle.is_alive(order):
            return False
        if (self.book.flags[order] & _UNTIL) != 0 and self.conditions.until[row] <= now:
            self.lifecycle.end(order, _EXPIRED, _TIME_IN_FORCE)
            return False
        if (self.book.flags[order] & _LEAVING) != 0 and self.conditions.leaves[row] <= now:
            self.lifecycle.end(order, _CANCELLED, _BY_STRATEGY)
            return False
        if (self.book.flags[order] & _IN_FLIGHT) == 0 or self.conditions.arrives[row] > now:
            return False
        self.book.flags[order] &= ~_IN_FLIGHT
        self.conditions.session[row] = -1
        if self.conditions.replaces[row] >= 0:
            self.replace(order)
        elif self.book.status[order] == _OPEN:
            self.conditions.mark[row] = _NAN  # a trailing stop follows from where it finds the price
        return self.book.status[order] == _OPEN

    def replace(self, order: int) -> int:
        """Put an order into the place of the one that it replaces, less what that has filled since; or reject it."""
        row = self.book.condition[order]
        old = self.conditions.replaces[row]
        self.conditions.replaces[row] = -1
        if not self.lifecycle.is_alive(old):
            left = self.book.left(order)
            self.book.finish(order, _REJECTED, _TOO_LATE)
            self.lifecycle.note(_REJECT_EVENT, order, _TOO_LATE, left)
            return self.lifecycle.pass_on_end(order)
        since = self.book.filled[old] - self.conditions.base[row]
        left = self.book.left(old)
        self.conditions.take_mark(self.book.condition[old], row)
        self.lifecycle.links.hand_over(old, order)
        if self.book.status[order] == _HELD and self.book.status[old] == _OPEN:
            self.book.release(order)  # what it waited for has been filled meanwhile
        self.lifecycle.end(old, _REPLACED, _REPLACEMENT)
        if (self.book.flags[order] & _EXIT) != 0:
            self.book.resize(order, left)
        elif since != 0.0:
            self.book.resize(order, self.book.quantity[order] - since)
            left = self.book.left(order)
            if self.lifecycle.is_done(order) or (left > 0.0) != (self.book.asked[order] > 0.0):
                self.lifecycle.end(order, _CANCELLED, _TOO_LATE)
        return 0

    def go_on(self, k: int) -> int:
        """After the open of a bar: let those orders arrive, leave and expire that do so inside it.

        An arrival finds the price moved from the open towards the worse end of the bar, by as much of the way as of its time.
        """
        opened, closed = self.prices.open_time[k], self.prices.close_time[k]
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if self.book.condition[order] < 0 or not self.pass_time(order, closed - 1):
                continue
            if (self.book.flags[order] & _DAY) != 0:
                self.last_a_day(order)
            opening = self.prices.open[k, self.book.instrument[order]]
            if opening != opening:
                continue
            late = float(self.conditions.arrives[self.book.condition[order]] - opened)
            self.lifecycle.bear(order, self.on_the_way(order, k, late / float(closed - opened)))
        self.book.compact()
        return 0

    def on_the_way(self, order: int, k: int, part: float) -> float:
        """Return the price from the open of a bar towards the end that is worse for an order, a part of the way on."""
        i = self.book.instrument[order]
        opened = self.prices.open[k, i]
        if self.book.quantity[order] > 0.0:
            most = self.prices.high[k, i]
            price = self.venue.price_up(i, opened + (most - opened) * part)
            return price if price < most else most
        least = self.prices.low[k, i]
        price = self.venue.price_down(i, opened + (least - opened) * part)
        return price if price > least else least

    def has_had_its_chance(self, order: int, k: int) -> bool:
        """Say whether an order that is to be filled at once has met a price at which it could have been."""
        i = self.book.instrument[order]
        if (self.book.flags[order] & _IN_FLIGHT) != 0 or self.prices.close[k, i] != self.prices.close[k, i]:
            return False
        if (self.book.flags[order] & _AT_OPEN) != 0:
            return self.opens(order, k)
        kind = self.book.kind[order]
        return kind in (_MARKET, _LIMIT) or (self.book.flags[order] & _TRIGGERED) != 0

    def expire(self, k: int, is_over: bool) -> int:
        """End the orders that were to be filled at once, or in an auction that has been."""
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            flags = self.book.flags[order]
            if self.book.status[order] != _OPEN or (flags & (_AT_ONCE | _AT_OPEN)) == 0:
                continue
            if (flags & _BORN) != 0 and not is_over:
                continue
            if (flags & _AT_OPEN) != 0 and is_over:
                continue  # what came after the open waits for the next one
            if self.has_had_its_chance(order, k):
                self.lifecycle.end(order, _EXPIRED, _TIME_IN_FORCE)
        return 0
