"""The closing trade of a session, in which the orders that wait for it are filled at one price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

from tradekit.model.order import OrderStatus, Reason
from tradekit.simulator.book import Flag

if cython.compiled:
    from cython.cimports.tradekit.simulator.due import Due
else:
    from tradekit.simulator.due import Due

if TYPE_CHECKING:
    from tradekit.simulator.filling import Filler
    from tradekit.simulator.reach import Reach
    from tradekit.simulator.setup import Setup
    from tradekit.simulator.timing import Timing

__all__ = ["Closing"]

_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_EXPIRED = cython.declare(cython.int, OrderStatus.EXPIRED)
_TIME_IN_FORCE = cython.declare(cython.int, Reason.TIME_IN_FORCE)
_AT_CLOSE = cython.declare(cython.int, Flag.AT_CLOSE)
_IN_FLIGHT = cython.declare(cython.int, Flag.IN_FLIGHT)
_CLOSE = cython.declare(cython.int, 2)
_NOT_DUE = cython.declare(cython.double, float("nan"))
_INFINITE = cython.declare(cython.double, float("inf"))


class Closing:
    """Fills orders at the close: sells before buys, better limits before worse ones. What is left of them expires."""

    def __init__(self, setup: Setup, timing: Timing, reach: Reach, filler: Filler) -> None:
        self.timing = timing
        self.reach = reach
        self.filler = filler
        self.lifecycle = self.filler.lifecycle
        self.book = self.filler.book
        self.log = self.filler.log
        self.prices = self.filler.prices
        self.first = np.zeros(0, dtype=np.int64) if setup.finer is None else setup.finer.first
        self.has_finer = setup.finer is not None
        self.due = Due(self.book)
        self.there = np.zeros(64, dtype=np.int32)

    def match(self, row: int) -> int:
        """Fill, at the close of a session, the orders that wait for it."""
        self.log.now = self.timing.market.close_time[row]
        if self.book.open_count > self.there.shape[0]:
            with cython.gil:
                self.there = np.zeros(2 * self.book.open_count, dtype=np.int32)
        for side in range(2):
            self.match_side(row, side == 1)
        self.book.compact()
        return 0

    def match_side(self, row: int, is_buy: bool) -> int:
        """Fill the orders of one side, and end them: those that one of them brings to life wait for the next close."""
        self.due.clear(self.book.open_count)
        count = 0
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if not self.is_for(order, is_buy, row):
                continue
            self.there[count] = order
            count += 1
            price = self.price(order, row)
            if price == price:
                self.due.insert(order, price)
        for n in range(self.due.count):
            order = self.due.order[n]
            if self.book.status[order] == _OPEN:
                k = self.last_bar(self.book.instrument[order], row)
                self.filler.execute(order, k, self.due.price[n], _CLOSE, _INFINITE)
        for n in range(count):
            if self.book.status[self.there[n]] == _OPEN:
                self.lifecycle.end(self.there[n], _EXPIRED, _TIME_IN_FORCE)
        return 0

    def is_for(self, order: int, is_buy: bool, row: int) -> bool:
        """Say whether an order of one side waits for the close of the session that ends with a row."""
        flags = self.book.flags[order]
        if self.book.status[order] != _OPEN or (flags & _AT_CLOSE) == 0 or (flags & _IN_FLIGHT) != 0:
            return False
        return (self.book.quantity[order] > 0.0) == is_buy and self.timing.closes(order, row)

    def price(self, order: int, row: int) -> float:
        """Return the price at which an order takes part in the close of a row, NaN if it doesn't."""
        i = self.book.instrument[order]
        k = self.last_bar(i, row)
        return self.reach.in_auction(order, self.prices.close[k, i]) if k >= 0 else _NOT_DUE

    def last_bar(self, i: int, row: int) -> int:
        """Return the last bar that an instrument has in a row of the clock, -1 if there is none."""
        first, k = row, row
        if self.has_finer:
            first, k = self.first[row], self.first[row + 1] - 1
        while k >= first and self.prices.close[k, i] != self.prices.close[k, i]:
            k -= 1
        return k if k >= first else -1
