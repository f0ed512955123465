"""Fills orders against the quotes or the book of a market, and against its trades."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.simulator.book import Flag

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tradekit.simulator.depth import Depth, Ladder
    from cython.cimports.tradekit.simulator.due import Due
    from cython.cimports.tradekit.simulator.filling import Filler
    from cython.cimports.tradekit.simulator.margin import Margin
    from cython.cimports.tradekit.simulator.market import Prices
    from cython.cimports.tradekit.simulator.queueing import Queueing
else:
    from math import fabs

    from tradekit.simulator.depth import Depth, Ladder
    from tradekit.simulator.due import Due
    from tradekit.simulator.filling import Filler
    from tradekit.simulator.margin import Margin
    from tradekit.simulator.market import Prices
    from tradekit.simulator.queueing import Queueing

if TYPE_CHECKING:
    from tradekit.simulator.setup import Setup
    from tradekit.simulator.simulation import Simulation

__all__ = ["DepthMatcher"]

_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_LIMIT = cython.declare(cython.int, OrderKind.LIMIT)
_TRAILING = cython.declare(cython.int, OrderKind.TRAILING_STOP)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_EXPIRED = cython.declare(cython.int, OrderStatus.EXPIRED)
_TIME_IN_FORCE = cython.declare(cython.int, Reason.TIME_IN_FORCE)
_NOT_WHOLE = cython.declare(cython.int, Reason.NOT_FILLED_WHOLE)
_IMMEDIATE = cython.declare(cython.int, Flag.IMMEDIATE)
_WHOLE = cython.declare(cython.int, Flag.WHOLE)
_IN_FLIGHT = cython.declare(cython.int, Flag.IN_FLIGHT)
_TRIGGERED = cython.declare(cython.int, Flag.TRIGGERED)
_RESTED = cython.declare(cython.int, Flag.RESTED)
_SPENT = cython.declare(cython.int, Flag.SPENT)
_INSIDE = cython.declare(cython.int, 1)
_INFINITE = cython.declare(cython.double, float("inf"))
# So small a part of a trade, or of what has been taken, is what rounding has left.
_NOTHING = cython.declare(cython.double, 1e-9)


class DepthMatcher:
    """Keeps the books of all markets, and lets the orders of the run meet them.

    An order that reaches the venue takes what the other side shows, the best level first, and no level twice before the market has
    told it anew. What is left of a limit order then rests: it is filled by trades at its price once those before it are served, by
    trades beyond its price, and by the other side's offers once these come up to it.
    """

    def __init__(self, setup: Setup, simulation: Simulation, has_trades: bool) -> None:
        size = len(setup.instruments)
        self.size = size
        self.simulation = simulation
        self.book = self.simulation.book
        self.conditions = self.simulation.conditions
        self.lifecycle = self.simulation.lifecycle
        self.ledger = self.simulation.ledger
        self.log = self.simulation.log
        self.timing = self.simulation.matcher.timing
        self.reach = self.simulation.matcher.reach
        self.depths = [Depth(instrument.symbol, instrument.tick or 0.0) for instrument in setup.instruments]
        self.has_trades = has_trades
        self.price = np.full((1, size), np.nan)
        self.volume = np.full((1, size), np.nan)
        now = np.zeros(1, dtype=np.int64)
        one = dict.fromkeys(("open", "high", "low", "close"), self.price) | {"volume": self.volume}
        bar: Any = SimpleNamespace(open_time=now, close_time=now, **one)  # that is always the present moment
        prices = Prices(bar)
        # What is on offer, and what is traded at a price, says how much there is; no part of a bar's volume does.
        unlimited = replace(setup, fills=replace(setup.fills, participation=None))
        self.filler = Filler(unlimited, prices, self.simulation.gate, self.lifecycle)
        self.margin = Margin(setup, prices, self.ledger, self.log)
        self.queueing = Queueing(setup.fills, self.conditions)
        self.due = Due(self.book)
        self.is_margin = setup.is_margin
        self.last = np.full(size, np.nan)

    def trade(self, i: int, price: float, size: float, side: int) -> int:
        """Let a trade of the market happen: `side` is 1 where a buyer took, -1 where a seller did, 0 where nobody says."""
        self.last[i] = price
        self.mark(i, price)
        if self.book.open_count > 0:
            if side >= 0:
                self.print_at(i, price, size, False)
            if side <= 0:
                self.print_at(i, price, size, True)
            self.work(i)
        return self.watch_margin()

    def change(self, i: int) -> int:
        """Let the orders of an instrument see its book, which has changed."""
        if not self.has_trades or self.last[i] != self.last[i]:
            depth = cython.declare(Depth, self.depths[i])
            middle = (depth.bid_side.best() - depth.ask_side.best()) / 2.0
            if middle == middle:
                self.mark(i, middle)
        if self.book.open_count > 0:
            self.move_queues(i)
            self.work(i)
        return self.watch_margin()

    def mark(self, i: int, price: float) -> None:
        """Value an instrument at a price from now on."""
        self.price[0, i] = price
        self.ledger.last[i] = price
        self.ledger.priced[i] = self.log.now
        if self.ledger.count > 1:
            self.ledger.revalue()

    def watch_margin(self) -> int:
        """Let the venue close all positions for want of margin, at the last prices."""
        if self.is_margin and self.ledger.held > 0 and self.margin.check(0):
            self.filler.liquidate(self.margin, 0)
        return 0

    def is_resting(self, order: int, i: int) -> bool:
        flags = self.book.flags[order]
        is_there = cython.declare(cython.bint, self.book.instrument[order] == i and self.book.status[order] == _OPEN)
        return is_there and (flags & _RESTED) != 0 and (flags & _IN_FLIGHT) == 0 and not self.lifecycle.is_idle(order)

    def print_at(self, i: int, price: float, size: float, is_buy: bool) -> int:
        """Fill the resting orders of one side that a trade reaches: better limits first, each trade no more than its size."""
        self.due.clear(self.book.open_count)
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if self.is_resting(order, i) and (self.book.quantity[order] > 0.0) == is_buy:
                limit = self.book.limit[order]
                if (limit >= price) if is_buy else (limit <= price):
                    self.due.insert(order, limit)
        rest = float(size)
        for n in range(self.due.count):
            order = self.due.order[n]
            if not self.is_resting(order, i):
                continue
            row = self.book.condition[order]
            room = rest
            if self.due.price[n] == price:
                room = rest - self.conditions.ahead[row]
                self.queueing.trade(row, rest, size)
            else:
                self.conditions.ahead[row] = 0.0
            if room > size * _NOTHING:
                rest -= self.fill(order, self.due.price[n], room)
        return 0

    def fill(self, order: int, price: float, most: float) -> float:
        """Fill an order at a price, at most so many units of it; return how many."""
        before = self.book.filled[order]
        self.book.flags[order] &= ~_SPENT
        self.filler.execute(order, 0, price, _INSIDE, most)
        self.book.flags[order] &= ~_SPENT
        return fabs(self.book.filled[order] - before)

    def move_queues(self, i: int) -> None:
        """Move the resting orders of an instrument up, now that its book is told anew."""
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if self.is_resting(order, i):
                self.queueing.change(self.book.condition[order], self.level(order, i))

    def level(self, order: int, i: int) -> float:
        """Return what the book has on offer at the limit of an order, on its side."""
        depth = cython.declare(Depth, self.depths[i])
        limit = self.book.limit[order]
        return depth.bid_side.known_at(limit) if self.book.quantity[order] > 0.0 else depth.ask_side.known_at(-limit)

    def other_side(self, order: int, i: int) -> Ladder:
        """Return the side of the book that an order trades with."""
        depth = cython.declare(Depth, self.depths[i])
        return depth.ask_side if self.book.quantity[order] > 0.0 else depth.bid_side

    def work(self, i: int) -> int:
        """Let the orders of an instrument that are at the venue meet its book, and those that this brings to life."""
        self.meet_all(i)
        while self.lifecycle.has_released:
            self.lifecycle.has_released = False
            for k in range(self.size):
                self.meet_all(k)
        self.book.compact()
        return 0

    def meet_all(self, i: int) -> int:
        """Let sells meet the book before buys, better limits before worse ones, then earlier orders before later ones."""
        for side in range(2):
            self.due.clear(self.book.open_count)
            for n in range(self.book.open_count):
                order = self.book.open_orders[n]
                if self.is_working(order, i) and (self.book.quantity[order] > 0.0) == (side == 1) and self.is_set_off(order, i):
                    self.due.insert(order, 0.0)
            for n in range(self.due.count):
                order = self.due.order[n]
                if self.is_working(order, i):
                    self.meet(order, i)
        return 0

    def is_working(self, order: int, i: int) -> bool:
        is_there = cython.declare(cython.bint, self.book.instrument[order] == i and self.book.status[order] == _OPEN)
        return is_there and (self.book.flags[order] & _IN_FLIGHT) == 0 and not self.lifecycle.is_idle(order)

    def is_set_off(self, order: int, i: int) -> bool:
        """Say whether an order may trade: a stop or a take-profit waits for its price, and is set off here."""
        kind = self.book.kind[order]
        if kind in (_MARKET, _LIMIT) or (self.book.flags[order] & _TRIGGERED) != 0:
            return True
        price = self.last[i]
        if not self.has_trades:
            price = fabs(self.other_side(order, i).best())
        if price != price:
            return False
        if kind == _TRAILING:
            self.reach.advance_mark(order, price, price)
        reached = self.reach.at_price(order, price)
        if reached != reached:
            return False
        self.lifecycle.trigger(order, reached)
        return True

    def meet(self, order: int, i: int) -> int:
        """Let an order take what is on offer to it; what is left of it rests, waits or expires."""
        flags = self.book.flags[order]
        is_fresh = cython.declare(cython.bint, (flags & _RESTED) == 0)
        if is_fresh and (flags & _WHOLE) != 0 and not self.is_whole(order, i):
            return self.lifecycle.end(order, _EXPIRED, _NOT_WHOLE)
        self.take(order, i)
        if self.book.status[order] != _OPEN or not is_fresh or self.lifecycle.is_idle(order):
            return 0
        if (self.book.flags[order] & _IMMEDIATE) != 0:
            return self.lifecycle.end(order, _EXPIRED, _TIME_IN_FORCE)
        return self.rest(order, i) if self.book.is_limited(order) else 0

    def rest(self, order: int, i: int) -> int:
        """Let an order stand in the book, at the end of the queue."""
        self.book.flags[order] |= _RESTED
        row = self.book.conditions_of(order)  # first: it may move the columns
        self.queueing.join(row, self.level(order, i))
        return 0

    def take(self, order: int, i: int) -> int:
        """Take from the other side of the book, level by level. What rested before is a maker and gets its own price."""
        offers = cython.declare(Ladder, self.other_side(order, i))
        worst = cython.declare(cython.double, self.worst_key(order))
        is_maker = cython.declare(cython.bint, self.book.is_limited(order) and (self.book.flags[order] & _RESTED) != 0)
        k = cython.declare(cython.Py_ssize_t, offers.count - 1)
        while k >= offers.bottom and offers.key[k] >= worst and self.book.status[order] == _OPEN:
            free = offers.size[k] - offers.taken[k]
            if free > offers.taken[k] * _NOTHING and self.ledger.venue.lots_within(i, free) > 0.0:
                price = self.book.limit[order] if is_maker else fabs(offers.key[k])
                done = self.fill(order, price, free)
                offers.take(k, done)
                if done == 0.0 or self.lifecycle.is_idle(order):
                    break
            k -= 1
        return 0

    def worst_key(self, order: int) -> float:
        """Return the key of the worst level that an order takes."""
        if not self.book.is_limited(order):
            return -_INFINITE
        return -self.book.limit[order] if self.book.quantity[order] > 0.0 else self.book.limit[order]

    def is_whole(self, order: int, i: int) -> bool:
        """Say whether all of an order can be filled now, and turn it into one that takes what it can at once."""
        offers = cython.declare(Ladder, self.other_side(order, i))
        worst = cython.declare(cython.double, self.worst_key(order))
        left = self.book.left(order)
        wanted = cython.declare(cython.double, fabs(left))
        price = cython.declare(cython.double, 0.0)
        k = cython.declare(cython.Py_ssize_t, offers.count - 1)
        while k >= offers.bottom and offers.key[k] >= worst and wanted > 0.0:
            wanted -= offers.size[k] - offers.taken[k]
            price = fabs(offers.key[k])
            k -= 1
        if wanted > 0.0 or self.filler.deliverable(order, i, left) != left:
            return False
        if self.filler.funds.affordable(i, left, price) != left:
            return False
        self.book.flags[order] = (self.book.flags[order] & ~_WHOLE) | _IMMEDIATE
        return True

    def admit(self, order: int) -> int:
        """Let an order that has just reached the venue meet the book."""
        i = self.book.instrument[order]
        return self.meet(order, i) if self.is_working(order, i) and self.is_set_off(order, i) else 0
