"""Which orders are due in a bar, at which price, and in which order they are filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

from tradekit.model.order import OrderKind, OrderStatus
from tradekit.simulator.book import Flag

if cython.compiled:
    from cython.cimports.tradekit.simulator.closing import Closing
    from cython.cimports.tradekit.simulator.due import Due
    from cython.cimports.tradekit.simulator.filling import Filler
    from cython.cimports.tradekit.simulator.margin import Margin
    from cython.cimports.tradekit.simulator.market import Prices
    from cython.cimports.tradekit.simulator.reach import Reach
    from cython.cimports.tradekit.simulator.timing import Timing
else:
    from tradekit.simulator.closing import Closing
    from tradekit.simulator.due import Due
    from tradekit.simulator.filling import Filler
    from tradekit.simulator.margin import Margin
    from tradekit.simulator.market import Prices
    from tradekit.simulator.reach import Reach
    from tradekit.simulator.timing import Timing

if TYPE_CHECKING:
    from tradekit.simulator.gate import Gate
    from tradekit.simulator.lifecycle import Lifecycle
    from tradekit.simulator.market import Market
    from tradekit.simulator.setup import Setup

__all__ = ["Matcher"]

_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_LIMIT = cython.declare(cython.int, OrderKind.LIMIT)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_TRIGGERED = cython.declare(cython.int, Flag.TRIGGERED)
_BORN = cython.declare(cython.int, Flag.BORN)
_AT_OPEN = cython.declare(cython.int, Flag.AT_OPEN)
_AT_CLOSE = cython.declare(cython.int, Flag.AT_CLOSE)
_SPENT = cython.declare(cython.int, Flag.SPENT)
_ASIDE = cython.declare(cython.int, Flag.IN_FLIGHT | Flag.SPENT)
_OPENING = cython.declare(cython.int, 0)
_INSIDE = cython.declare(cython.int, 1)
_NEWBORN = cython.declare(cython.int, 3)
_NOT_DUE = cython.declare(cython.double, float("nan"))
_INFINITE = cython.declare(cython.double, float("inf"))

_PATHS = {"worst": 0, "nearest-first": 1, "high-first": 2, "low-first": 3}
_WORST = cython.declare(cython.int, 0)
_NEAREST = cython.declare(cython.int, 1)
_HIGH = cython.declare(cython.int, 2)


class Matcher:
    """Fills orders against bars.

    First what is due at the open: market orders, limits that the open is better than, stops that it has jumped over. Then what the
    bar reaches; then, where a session ends, what waits for its close. Each time sells come before buys, better limits before worse
    ones, then earlier orders before later ones.

    On the `worst` path stops come before limits and take-profits, and an order that comes to life inside a bar is filled there if
    that hurts and the bar allows it, or if that helps and the bar's close proves it. On the other paths the price moves in straight
    lines, and what it meets first is filled first. An order sees the first bar after the one that it was decided on.
    """

    def __init__(self, setup: Setup, market: Market, gate: Gate, lifecycle: Lifecycle) -> None:
        self.market = market
        self.lifecycle = lifecycle
        self.book = self.lifecycle.book
        self.log = self.lifecycle.log
        self.conditions = self.book.conditions
        self.prices = market.bars if setup.finer is None else Prices(setup.finer.bars)
        self.first = np.zeros(0, dtype=np.int64) if setup.finer is None else setup.finer.first
        self.has_finer = setup.finer is not None
        self.ledger = self.lifecycle.ledger
        self.is_margin = setup.is_margin
        self.margin = Margin(setup, self.prices, self.ledger, self.log)
        self.filler = Filler(setup, self.prices, gate, lifecycle)
        self.timing = Timing(setup, self.prices, market, self.filler.venue, lifecycle)
        self.reach = Reach(self.book, self.filler.venue, self.prices, setup.fills)
        self.path = _PATHS[setup.fills.path]
        self.has_queue = setup.fills.queue_ahead is not None
        self.due = Due(self.book)
        self.young = np.zeros(64, dtype=np.int32)
        self.closing = Closing(setup, self.timing, self.reach, self.filler)

    def renew(self) -> int:
        """Go back to before the first row."""
        self.timing.row = 0
        self.margin.renew()
        return self.filler.renew()

    def match(self, row: int) -> int:
        """Fill what a row of the clock fills, by its finer bars if there are any."""
        if self.has_finer:
            for k in range(self.first[row], self.first[row + 1]):
                self.match_bar(k, row)
                self.watch_margin(k)
        else:
            self.match_bar(row, row)
            self.watch_margin(row)
        return self.match_close(row)

    def match_close(self, row: int) -> int:
        """Fill what waits for the close of a session that ends with a row."""
        self.lifecycle.traded = -1
        if self.book.open_count > 0 and self.timing.is_last(row):
            self.closing.match(row)
            self.lifecycle.traded = -1
        return 0

    def watch_margin(self, k: int) -> int:
        """Let the venue close positions for want of margin."""
        if self.is_margin and self.ledger.held > 0 and self.margin.check(k):
            self.log.now = self.prices.close_time[k] - 1
            return self.filler.liquidate(self.margin, k)
        return 0

    def match_bar(self, k: int, row: int) -> int:
        if self.book.open_count == 0:
            return 0
        self.log.now = self.prices.open_time[k]
        self.lifecycle.traded = -1
        has_conditions = cython.declare(cython.bint, self.conditions.count > 0)
        if has_conditions:
            self.timing.begin(k, row)
        self.match_open(k)
        if self.book.open_count == 0:
            return 0
        self.book.settle(False)
        self.log.now = self.prices.close_time[k] - 1
        self.lifecycle.is_inside = self.lifecycle.is_blind = True
        if has_conditions:
            self.reach.follow_open(k)
            self.timing.expire(k, False)
            self.timing.go_on(k)
        self.match_inside(k)
        self.lifecycle.is_inside = self.lifecycle.is_blind = False
        if self.conditions.count > 0:
            self.timing.expire(k, True)
            self.reach.follow(k, self.path != _WORST)
        self.book.settle(True)
        self.book.compact()
        return 0

    def match_open(self, k: int) -> int:
        """Fill what is due at the open, and what that brings to life."""
        self.lifecycle.has_released = True
        while self.lifecycle.has_released:
            self.lifecycle.has_released = False
            self.sweep(k, _OPENING, False, False)
            self.sweep(k, _OPENING, True, False)
        self.book.compact()
        return 0

    def match_inside(self, k: int) -> int:
        """Fill what is due after the open. Where in the bar an order has arrived is not known, whatever path the price takes."""
        if self.path == _WORST:
            self.sweep(k, _INSIDE, False, False)
            self.sweep(k, _INSIDE, False, True)
            self.sweep(k, _INSIDE, True, False)
            self.sweep(k, _INSIDE, True, True)
        while self.lifecycle.fresh_count > 0:
            self.match_young(k)
        if self.path != _WORST:
            self.lifecycle.is_blind = False
            for i in range(self.market.size):
                self.walk(k, i)
        return 0

    def match_young(self, k: int) -> int:
        """Fill those that have just come to life inside a bar."""
        count = self.lifecycle.fresh_count
        if count > self.young.shape[0]:
            with cython.gil:
                self.young = np.zeros(2 * count, dtype=np.int32)
        for n in range(count):
            self.young[n] = self.lifecycle.fresh[n]
        self.lifecycle.fresh_count = 0
        for side in range(2):
            for turn in range(2):
                self.due.clear(count)
                for n in range(count):
                    order = self.young[n]
                    if self.is_of(order, side == 1, _ASIDE) and self.reach.is_favourable(order) == (turn == 1):
                        self.consider(order, k, _NEWBORN)
                self.fire_due(k, _NEWBORN)
        return 0

    def is_of(self, order: int, is_buy: bool, aside: int) -> bool:
        return self.is_working(order, aside) and (self.book.quantity[order] > 0.0) == is_buy

    def is_working(self, order: int, aside: int) -> bool:
        """Say whether an order is open and has something to do, and none of the flags that set it aside."""
        is_on = cython.declare(cython.bint, self.book.status[order] == _OPEN and (self.book.flags[order] & aside) == 0)
        return is_on and not self.lifecycle.is_idle(order)

    def sweep(self, k: int, phase: int, is_buy: bool, favourable: bool) -> int:
        """Fill, of the open orders of one side, those that are due in one part of the bar."""
        self.due.clear(self.book.open_count)
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if not self.is_of(order, is_buy, _ASIDE):
                continue
            if phase == _INSIDE and ((self.book.flags[order] & _BORN) != 0 or self.reach.is_favourable(order) != favourable):
                continue
            self.consider(order, k, phase)
        return self.fire_due(k, phase)

    def consider(self, order: int, k: int, phase: int) -> int:
        """Put an order on the list of those that are due, if it is."""
        price = self.due_at(order, k, phase)
        if price == price:
            self.due.insert(order, price)
        return 0

    def fire_due(self, k: int, phase: int) -> int:
        """Fill what is on the list of those that are due."""
        for n in range(self.due.count):
            order = self.due.order[n]
            if self.is_working(order, _ASIDE):
                self.fire(order, k, self.due.price[n], phase)
        return 0

    def due_at(self, order: int, k: int, phase: int) -> float:
        """Return the price that an order is due at in one part of a bar, before slippage; NaN if it isn't due."""
        i = self.book.instrument[order]
        if self.prices.close[k, i] != self.prices.close[k, i]:
            return _NOT_DUE
        flags = self.book.flags[order]
        if (flags & (_AT_OPEN | _AT_CLOSE)) != 0:
            if phase != _OPENING or (flags & _AT_CLOSE) != 0 or not self.timing.opens(order, k):
                return _NOT_DUE
            return self.reach.in_auction(order, self.prices.open[k, i])
        if phase == _OPENING:
            return self.reach.at_price(order, self.prices.open[k, i])
        if phase == _NEWBORN:
            return self.reach.at_birth(order, k, i)
        return self.reach.inside(order, k, i)

    def fire(self, order: int, k: int, price: float, phase: int) -> int:
        """Set an order off that is due at a price, and fill it if that makes it marketable."""
        flags = self.book.flags[order]
        kind = self.book.kind[order]
        if kind != _MARKET and kind != _LIMIT and (flags & _TRIGGERED) == 0:
            self.lifecycle.trigger(order, price)
            if self.book.is_limited(order) and self.reach.at_price(order, price) != price:
                return self.lifecycle.bear(order, price) if self.lifecycle.is_blind else 0
        most = _INFINITE
        if self.has_queue and self.book.is_limited(order):
            most = self.filler.behind_queue(order, k, price)
            if most <= 0.0:
                self.book.flags[order] |= _SPENT
                return 0
        place = _INSIDE if phase == _NEWBORN else phase
        return self.filler.execute(order, k, price, place, most)

    def walk(self, k: int, i: int) -> int:
        """Fill the orders of one instrument along straight lines from the open over both extremes to the close."""
        opened, high = self.prices.open[k, i], self.prices.high[k, i]
        low, closed = self.prices.low[k, i], self.prices.close[k, i]
        if closed != closed:
            return 0
        up_first = cython.declare(cython.bint, self.path == _HIGH or (self.path == _NEAREST and high - opened <= opened - low))
        first, second = (high, low) if up_first else (low, high)
        self.walk_to(k, i, opened, first)
        self.walk_to(k, i, first, second)
        self.walk_to(k, i, second, closed)
        return 0

    def walk_to(self, k: int, i: int, start: float, end: float) -> int:
        """Fill what lies between two prices, nearest first; stops before limits where they are equally near."""
        here = float(start)
        is_print = cython.declare(cython.bint, self.prices.low[k, i] == self.prices.high[k, i])
        while True:
            best, best_price = -1, _NOT_DUE
            for n in range(self.book.open_count):
                order = self.book.open_orders[n]
                if self.book.instrument[order] != i or not self.is_working(order, _ASIDE | _BORN | _AT_OPEN | _AT_CLOSE):
                    continue
                price = self.reach.between(order, here, end, is_print)
                if price == price and self.reach.is_nearer(order, price, best, best_price, here):
                    best, best_price = order, price
            if best < 0:
                break
            here = best_price
            self.reach.follow_to(i, here)
            self.fire(best, k, here, _INSIDE)
        self.reach.follow_to(i, end)
        return 0
