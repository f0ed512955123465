"""How an order's life goes on and ends, and what that means for the orders that depend on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.simulator.book import Flag
from tradekit.simulator.columns import enlarged

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tradekit.simulator.links import Links
else:
    from math import fabs

    from tradekit.simulator.links import Links

if TYPE_CHECKING:
    from tradekit.simulator.book import Book
    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.log import Log

__all__ = ["Lifecycle"]

_CANCEL_EVENT = cython.declare(cython.int, EventKind.CANCEL)
_REJECT_EVENT = cython.declare(cython.int, EventKind.REJECT)
_TRIGGER_EVENT = cython.declare(cython.int, EventKind.TRIGGER)
_TRAILING = cython.declare(cython.int, OrderKind.TRAILING_STOP)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_HELD = cython.declare(cython.int, OrderStatus.HELD)
_FILLED = cython.declare(cython.int, OrderStatus.FILLED)
_CANCELLED = cython.declare(cython.int, OrderStatus.CANCELLED)
_LINKED_ORDER = cython.declare(cython.int, Reason.LINKED_ORDER)
_ENTRY_ENDED = cython.declare(cython.int, Reason.ENTRY_ENDED)
_NOTHING_TO_REDUCE = cython.declare(cython.int, Reason.NOTHING_TO_REDUCE)
_BELOW_LOT = cython.declare(cython.int, Reason.BELOW_LOT)
_TOO_LATE = cython.declare(cython.int, Reason.TOO_LATE)
_NO_REASON = cython.declare(cython.int, Reason.NONE)
_PARENT = cython.declare(cython.int, Flag.PARENT)
_EXIT = cython.declare(cython.int, Flag.EXIT)
_LINKED = cython.declare(cython.int, Flag.LINKED)
_IN_FLIGHT = cython.declare(cython.int, Flag.IN_FLIGHT)
_LEAVING = cython.declare(cython.int, Flag.LEAVING)
_BORN = cython.declare(cython.int, Flag.BORN)
_RESTED = cython.declare(cython.int, Flag.RESTED)
_REDUCING = cython.declare(cython.int, Flag.REDUCE_ONLY | Flag.EXIT)
_NAN = cython.declare(cython.double, float("nan"))
# So small a part of an order is what rounding has left of it.
_NOTHING = cython.declare(cython.double, 1e-12)


class Lifecycle:
    """Ends, triggers and releases orders, writes that down, and passes it on to the orders linked to them.

    `is_inside` says that what happens now happens inside a bar, after its open; `is_blind`, that nobody knows how it went there:
    orders that come to life are then put on the list of `fresh` ones. `price` is that of the last fill, before slippage, and
    `traded` the instrument that it was in; -1 before the first fill of a bar.
    """

    def __init__(self, book: Book, ledger: Ledger, log: Log) -> None:
        self.book = book
        self.ledger = ledger
        self.venue = self.ledger.venue
        self.log = log
        self.conditions = self.book.conditions
        self.links = Links(self.book)
        self.fresh = np.zeros(64, dtype=np.int32)
        self.renew()

    def renew(self) -> int:
        """Go back to before the first row."""
        self.price = _NAN
        self.traded = -1
        self.is_inside = False
        self.is_blind = False
        self.has_released = False
        self.fresh_count = 0
        return 0

    def is_alive(self, order: int) -> bool:
        return self.book.status[order] == _OPEN or self.book.status[order] == _HELD

    def is_done(self, order: int) -> bool:
        """Say whether nothing is left of an order but what rounding leaves."""
        return fabs(self.book.left(order)) <= fabs(self.book.quantity[order]) * _NOTHING

    def end(self, order: int, status: int, reason: int) -> int:
        """End an order that is open or held before it is filled, and those that depend on it."""
        left = self.book.left(order)
        self.book.finish(order, status, reason)
        self.note(_CANCEL_EVENT, order, reason, left)
        return self.pass_on_end(order)

    def note(self, kind: int, order: int, reason: int, left: float) -> int:
        """Write down that an order, or a part of it, has been cancelled or rejected."""
        self.log.add(kind, reason, order, self.book.instrument[order], self.book.entry[order])
        self.log.a[self.log.at] = left
        return 0

    def complete(self, order: int, reason: int) -> int:
        """End an order as filled: with a reason, if a part of it was given up."""
        self.book.finish(order, _FILLED, reason)
        if (self.book.flags[order] & _LEAVING) != 0:
            self.note(_REJECT_EVENT, order, _TOO_LATE, 0.0)
        return self.pass_on_end(order)

    def pass_on_end(self, order: int) -> int:
        """Tell the orders that depend on one that it has ended."""
        flags = self.book.flags[order]
        if (flags & _LINKED) != 0:
            self.end_peers(order)
        if (flags & _PARENT) == 0:
            return 0
        is_filled = cython.declare(cython.bint, self.book.status[order] == _FILLED)
        child = self.conditions.child[self.book.condition[order]]
        while child >= 0:
            if (self.book.flags[child] & _EXIT) != 0:
                if self.is_alive(child) and self.book.entry[child] >= 0:
                    self.settle_exit(child)
            elif self.book.status[child] == _HELD:
                if is_filled:
                    self.release(child, order)
                else:
                    self.end(child, _CANCELLED, _ENTRY_ENDED)
            child = self.conditions.sibling[self.book.condition[child]]
        return 0

    def settle_exit(self, order: int) -> int:
        """End an exit that has nothing to do, now that its entry has ended."""
        if self.book.status[order] == _HELD:
            return self.end(order, _CANCELLED, _ENTRY_ENDED)
        if not self.is_done(order):
            return 0
        if self.book.filled[order] != 0.0:
            return self.complete(order, _NO_REASON)
        return self.end(order, _CANCELLED, _LINKED_ORDER)

    def end_peers(self, order: int) -> int:
        """Cancel the others of a ring, which end none in turn: the first may have a part of it left to fill."""
        peer = self.conditions.peer[self.book.condition[order]]
        while peer >= 0 and peer != order:
            following = self.conditions.peer[self.book.condition[peer]]
            if self.is_alive(peer) and self.book.entry[peer] >= 0:
                self.book.flags[peer] &= ~_LINKED
                self.end(peer, _CANCELLED, _LINKED_ORDER)
            peer = following
        return 0

    def trigger(self, order: int, price: float) -> int:
        """Set a stop or take-profit order off; a trailing stop stays where that was."""
        self.book.trigger(order)
        if self.book.kind[order] == _TRAILING:
            self.book.stop[order] = price
        self.log.add(_TRIGGER_EVENT, self.book.kind[order], order, self.book.instrument[order], self.book.entry[order])
        self.log.a[self.log.at] = self.book.left(order)
        self.log.b[self.log.at] = price
        return 0

    def bear(self, order: int, price: float) -> int:
        """Note that an order came to life inside a bar, at a price."""
        self.book.flags[order] |= _BORN
        row = self.book.conditions_of(order)  # first: it may move the columns
        self.conditions.born[row] = price
        mark = self.conditions.mark[row]
        side = self.book.quantity[order] if self.book.quantity[order] != 0.0 else self.book.asked[order]
        is_better = cython.declare(cython.bint, price < mark if side > 0.0 else price > mark)
        if is_better or mark != mark:
            self.conditions.mark[row] = price
        if self.fresh_count == self.fresh.shape[0]:
            with cython.gil:
                self.fresh = enlarged(self.fresh, 0)
        self.fresh[self.fresh_count] = order
        self.fresh_count += 1
        return 0

    def release(self, order: int, entry: int) -> int:
        """Send an order that was held, now that its entry has been filled: a trailing stop follows from there."""
        self.book.release(order)
        self.has_released = True
        row = self.book.condition[order]
        i = self.book.instrument[order]
        if i == self.book.instrument[entry] and i == self.traded:
            self.conditions.mark[row] = self.price
            return self.bear(order, self.price) if self.is_blind else 0
        self.conditions.mark[row] = _NAN
        if self.is_inside and (self.book.flags[order] & _IN_FLIGHT) == 0:
            # Where its own instrument was at that moment is not known: it gets there with the next bar.
            self.book.flags[order] |= _IN_FLIGHT
            self.conditions.arrives[row] = self.log.now
        return 0

    def pass_on_fill(self, order: int, size: float) -> int:
        """Tell the orders that depend on one that `size` of it has been filled. The order itself is not ended yet."""
        flags = self.book.flags[order]
        if (flags & _LINKED) != 0:
            self.end_peers(order)
        if (flags & _EXIT) != 0:
            self.share(order, size)
        if (flags & _PARENT) == 0:
            return 0
        child = self.conditions.child[self.book.condition[order]]
        while child >= 0:
            if (self.book.flags[child] & _EXIT) != 0 and self.is_alive(child) and self.book.entry[child] >= 0:
                was_idle = cython.declare(cython.bint, self.is_idle(child))
                self.extend(child, -size)
                if self.book.status[child] == _HELD:
                    self.release(child, order)
                else:
                    self.enlarge_exit(child, was_idle)
            child = self.conditions.sibling[self.book.condition[child]]
        return 0

    def enlarge_exit(self, order: int, was_idle: bool) -> int:
        """Note that an exit at the market has got more to do: one that had nothing there comes there anew, and may take."""
        if was_idle:
            self.book.flags[order] &= ~_RESTED
            self.has_released = True
        # When in the bar a limit got more to do is not known: its range proves nothing any more.
        if self.is_blind and (was_idle or self.book.is_limited(order)):
            self.bear(order, self.price)
        return 0

    def extend(self, order: int, size: float) -> None:
        """Give an exit more to do, or less, and no error of rounding."""
        left = self.venue.settled(self.book.instrument[order], self.book.left(order) + size, size)
        self.book.resize(order, self.book.filled[order] + left)

    def share(self, order: int, size: float) -> int:
        """Take what one exit has filled off the other."""
        peer = self.conditions.peer[self.book.condition[order]]
        if peer < 0 or peer == order or not self.is_alive(peer):
            return 0
        self.extend(peer, -size)
        if self.is_done(peer) and not self.is_awaited(peer):
            self.settle_exit(peer)
        return 0

    def is_awaited(self, order: int) -> bool:
        """Say whether the entry of an exit may still fill, which would give it more to do."""
        if (self.book.flags[order] & _EXIT) == 0:
            return False
        return self.is_alive(self.conditions.parent[self.book.condition[order]])

    def is_idle(self, order: int) -> bool:
        """Say whether an exit has done all that its entry has given it to do so far."""
        return (self.book.flags[order] & _EXIT) != 0 and self.is_done(order)

    def end_reducing(self, i: int, held: float) -> int:
        """Cancel the orders that could only reduce a position which is gone now; `held` is what has come in its place."""
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            if self.book.instrument[order] != i or self.book.status[order] != _OPEN:
                continue
            can_reduce = cython.declare(cython.bint, held != 0.0 and (held > 0.0) != (self.book.quantity[order] > 0.0))
            if (self.book.flags[order] & _REDUCING) != 0 and not can_reduce and not self.is_awaited(order):
                self.end(order, _CANCELLED, _NOTHING_TO_REDUCE)
        return 0

    def split(self, i: int, ratio: float) -> int:
        """Let the orders of an instrument follow a split: more units at lower prices, or the other way round."""
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            if self.book.instrument[order] != i or not self.is_alive(order):
                continue
            is_open = cython.declare(cython.bint, self.book.status[order] == _OPEN)
            if is_open:
                self.book.count_in(order, -1)
            left = self.venue.whole_lots(i, self.book.left(order) * ratio)
            self.book.asked[order] *= ratio
            self.book.filled[order] *= ratio
            self.book.quantity[order] = self.book.filled[order] + left
            self.book.limit[order] /= ratio
            self.book.stop[order] /= ratio
            if self.book.condition[order] >= 0:
                row = self.book.condition[order]
                self.conditions.trail[row] /= ratio
                self.conditions.mark[row] /= ratio
                self.conditions.display[row] *= ratio
                self.conditions.slice[row] *= ratio
                self.conditions.ahead[row] *= ratio
                self.conditions.base[row] *= ratio
            if is_open:
                self.book.count_in(order, 1)
                if self.is_done(order) and not self.is_awaited(order):
                    self.end(order, _CANCELLED, _BELOW_LOT)
        return 0

    def end_all(self, i: int, reason: int) -> int:
        """Cancel all orders of an instrument."""
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            if self.book.instrument[order] == i and self.is_alive(order):
                self.end(order, _CANCELLED, reason)
        return 0
