"""What prices mean for an order: whether it is due at one, and which price of a bar it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython

from tradekit.model.order import OrderKind, OrderStatus
from tradekit.simulator.book import Flag

if TYPE_CHECKING:
    from tradekit.simulator.book import Book
    from tradekit.simulator.market import Prices

__all__ = ["Reach"]

_PROFIT = cython.declare(cython.int, OrderKind.TAKE_PROFIT)
_PROFIT_LIMIT = cython.declare(cython.int, OrderKind.TAKE_PROFIT_LIMIT)
_TRAILING = cython.declare(cython.int, OrderKind.TRAILING_STOP)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_BORN = cython.declare(cython.int, Flag.BORN)
_ASIDE = cython.declare(cython.int, Flag.IN_FLIGHT | Flag.SPENT)
_NOT_DUE = cython.declare(cython.double, float("nan"))


class Reach:
    """Answers for the orders of a book against some bars. All prices are before slippage; NaN says that an order isn't due."""

    def __init__(self, book: Book, prices: Prices, on_touch: bool) -> None:
        self.book = book
        self.conditions = self.book.conditions
        self.prices = prices
        self.on_touch = on_touch

    def is_favourable(self, order: int) -> bool:
        """Say whether an order waits for a better price than now, and not for a worse one."""
        kind = self.book.kind[order]
        return kind in (_PROFIT, _PROFIT_LIMIT) or self.book.is_limited(order)

    def in_auction(self, order: int, price: float) -> float:
        """Return the price of an auction if an order takes part in it: all are done at one price, so that a limit may equal it."""
        if not self.book.is_limited(order):
            return price
        limit = self.book.limit[order]
        is_buy = cython.declare(cython.bint, self.book.quantity[order] > 0.0)
        is_in = cython.declare(cython.bint, price <= limit if is_buy else price >= limit)
        return price if is_in else _NOT_DUE

    def level(self, order: int) -> float:
        """Return the price that sets an order off."""
        if self.book.kind[order] != _TRAILING:
            return self.book.stop[order]
        row = self.book.condition[order]
        distance = self.conditions.distance(row)
        mark = self.conditions.mark[row]
        return mark + distance if self.book.quantity[order] > 0.0 else mark - distance

    def at_price(self, order: int, price: float) -> float:
        """Return a price at which a bar opens, or an order comes to life, if the order is due at it."""
        if self.book.is_sure(order):
            return price
        is_buy = cython.declare(cython.bint, self.book.quantity[order] > 0.0)
        if self.is_favourable(order):
            wanted = self.book.limit[order] if self.book.is_limited(order) else self.book.stop[order]
            is_better = cython.declare(cython.bint, price < wanted if is_buy else price > wanted)
            return price if is_better else _NOT_DUE
        stop = self.level(order)
        is_beyond = cython.declare(cython.bint, price >= stop if is_buy else price <= stop)
        return price if is_beyond else _NOT_DUE

    def reached(self, order: int, low: float, high: float) -> float:
        """Return the price that a limit, stop or take-profit waits for, if a range of prices reaches it."""
        is_buy = cython.declare(cython.bint, self.book.quantity[order] > 0.0)
        if self.is_favourable(order):
            wanted = self.book.limit[order] if self.book.is_limited(order) else self.book.stop[order]
            is_through = cython.declare(cython.bint, low < wanted if is_buy else high > wanted)
            is_touched = cython.declare(cython.bint, low <= wanted if is_buy else high >= wanted)
            return wanted if is_through or (self.on_touch and is_touched) else _NOT_DUE
        stop = self.level(order)
        is_hit = cython.declare(cython.bint, high >= stop if is_buy else low <= stop)
        return stop if is_hit else _NOT_DUE

    def inside(self, order: int, k: int, i: int) -> float:
        """Return the price that an order is due at inside a bar of which nobody knows how it went."""
        if self.book.is_sure(order):
            return self.prices.open[k, i]  # another order has let it go there
        low, high = self.prices.low[k, i], self.prices.high[k, i]
        price = self.reached(order, low, high)
        if price == price or self.book.kind[order] != _TRAILING:
            return price
        # The best price of this bar may have come before its worst, and moved the stop into its range.
        row = self.book.condition[order]
        before = self.conditions.mark[row]
        self.advance_mark(order, low, high)
        price = self.reached(order, low, high)
        self.conditions.mark[row] = before
        return price

    def at_birth(self, order: int, k: int, i: int) -> float:
        """Return the price that an order is due at which came to life inside a bar."""
        born = self.conditions.born[self.book.condition[order]]
        price = self.at_price(order, born)
        if price == price:
            return price
        if self.is_favourable(order):
            # All that is known to come after is the close.
            return self.reached(order, self.prices.close[k, i], self.prices.close[k, i])
        return self.reached(order, self.prices.low[k, i], self.prices.high[k, i])

    def follow_to(self, i: int, price: float) -> None:
        """Let the trailing stops of one instrument follow a price."""
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if self.book.kind[order] == _TRAILING and self.book.instrument[order] == i and self.book.status[order] == _OPEN:
                self.advance_mark(order, price, price)

    def follow(self, k: int) -> None:
        """Let all trailing stops follow a bar that is over; one that came to life in it has surely seen its close."""
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            i = self.book.instrument[order]
            if self.book.kind[order] != _TRAILING or self.book.status[order] != _OPEN or (self.book.flags[order] & _ASIDE) != 0:
                continue
            closed = self.prices.close[k, i]
            if closed != closed:
                continue
            if (self.book.flags[order] & _BORN) != 0:
                self.advance_mark(order, closed, closed)
            else:
                self.advance_mark(order, self.prices.low[k, i], self.prices.high[k, i])

    def advance_mark(self, order: int, low: float, high: float) -> None:
        """Move the best price that a trailing stop has seen."""
        row = self.book.condition[order]
        mark = self.conditions.mark[row]
        if self.book.quantity[order] > 0.0:
            self.conditions.mark[row] = mark if mark < low else low
        else:
            self.conditions.mark[row] = mark if mark > high else high
