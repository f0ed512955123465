"""What prices mean for an order: whether it is due at one, and which price of a bar it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython

from tradekit.model.order import OrderKind, OrderStatus
from tradekit.simulator.book import Flag

if TYPE_CHECKING:
    from tradekit.model.fills import FillRules
    from tradekit.simulator.book import Book
    from tradekit.simulator.market import Prices
    from tradekit.simulator.venue import Venue

__all__ = ["Reach"]

_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_PROFIT = cython.declare(cython.int, OrderKind.TAKE_PROFIT)
_PROFIT_LIMIT = cython.declare(cython.int, OrderKind.TAKE_PROFIT_LIMIT)
_TRAILING = cython.declare(cython.int, OrderKind.TRAILING_STOP)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_BORN = cython.declare(cython.int, Flag.BORN)
_TRIGGERED = cython.declare(cython.int, Flag.TRIGGERED)
_SPENT = cython.declare(cython.int, Flag.SPENT)
_RESTED = cython.declare(cython.int, Flag.RESTED)
_AT_ONCE = cython.declare(cython.int, Flag.IMMEDIATE | Flag.WHOLE)
_ASIDE = cython.declare(cython.int, Flag.IN_FLIGHT | Flag.SPENT)
_NOT_DUE = cython.declare(cython.double, float("nan"))


class Reach:
    """Answers for the orders of a book against some bars. All prices are before slippage; NaN says that an order isn't due."""

    def __init__(self, book: Book, venue: Venue, prices: Prices, rules: FillRules) -> None:
        self.book = book
        self.venue = venue
        self.conditions = self.book.conditions
        self.prices = prices
        self.on_touch = rules.limit_fills == "touch"
        self.has_queue = rules.queue_ahead is not None

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
        """Return the price that sets an order off, or has; NaN for a trailing stop that has seen no price yet."""
        if self.book.kind[order] != _TRAILING or (self.book.flags[order] & _TRIGGERED) != 0:
            return self.book.stop[order]
        row = self.book.condition[order]
        is_buy = cython.declare(cython.bint, self.book.quantity[order] > 0.0)
        return self.venue.trailing(self.book.instrument[order], self.conditions.mark[row], self.conditions.distance(row), is_buy)

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

    def reached(self, order: int, low: float, high: float, is_print: bool) -> float:
        """Return the price that a limit, stop or take-profit waits for, if a range of prices reaches it.

        A print at a limit is for those who stand in the queue there.
        """
        is_buy = cython.declare(cython.bint, self.book.quantity[order] > 0.0)
        if self.is_favourable(order):
            wanted = self.book.limit[order] if self.book.is_limited(order) else self.book.stop[order]
            is_through = cython.declare(cython.bint, low < wanted if is_buy else high > wanted)
            is_touched = cython.declare(cython.bint, low <= wanted if is_buy else high >= wanted)
            if is_through or (is_touched and self.on_touch):
                return wanted
            return wanted if is_touched and is_print and self.has_queue and self.book.is_limited(order) else _NOT_DUE
        stop = self.level(order)
        is_hit = cython.declare(cython.bint, high >= stop if is_buy else low <= stop)
        return stop if is_hit else _NOT_DUE

    def inside(self, order: int, k: int, i: int) -> float:
        """Return the price that an order is due at inside a bar of which nobody knows how it went."""
        if self.book.is_sure(order):
            return self.prices.open[k, i]  # another order has let it go there
        low, high = self.prices.low[k, i], self.prices.high[k, i]
        price = self.reached(order, low, high, low == high)
        if price == price or self.book.kind[order] != _TRAILING:
            return price
        # The best price of this bar may have come before its worst, and moved the stop into its range.
        row = self.book.condition[order]
        before = self.conditions.mark[row]
        self.advance_mark(order, low, high)
        price = self.reached(order, low, high, False)
        self.conditions.mark[row] = before
        return price

    def at_birth(self, order: int, k: int, i: int) -> float:
        """Return the price that an order is due at which came to life inside a bar."""
        born = self.conditions.born[self.book.condition[order]]
        price = self.at_price(order, born)
        if price == price:
            return self.no_better(order, price, k, i)
        if not self.may_wait(order):
            return _NOT_DUE
        if self.is_favourable(order):
            # All that is known to come after is the close.
            return self.reached(order, self.prices.close[k, i], self.prices.close[k, i], False)
        return self.reached(order, self.prices.low[k, i], self.prices.high[k, i], False)

    def no_better(self, order: int, price: float, k: int, i: int) -> float:
        """Return a price, or that of a stop which was set off before, if it is worse and the bar reaches it."""
        if self.is_favourable(order) or self.book.kind[order] == _MARKET:
            return price
        stop = self.level(order)
        if not self.prices.low[k, i] <= stop <= self.prices.high[k, i]:
            return price
        is_worse = cython.declare(cython.bint, stop > price if self.book.quantity[order] > 0.0 else stop < price)
        return stop if is_worse else price

    def between(self, order: int, here: float, end: float, is_print: bool) -> float:
        """Return the price that an order is due at while the price goes from one to another."""
        price = self.at_price(order, here)
        if price == price:
            return price
        if not self.may_wait(order):
            return _NOT_DUE
        return self.reached(order, here if here < end else end, end if here < end else here, is_print)

    def may_wait(self, order: int) -> bool:
        """Say whether an order that isn't due where it finds the price waits for another; a limit order makes liquidity then."""
        if not self.book.is_limited(order):
            return True
        if (self.book.flags[order] & _AT_ONCE) != 0:
            self.book.flags[order] |= _SPENT
            return False
        self.book.flags[order] |= _RESTED
        return True

    def follows(self, order: int, aside: int) -> bool:
        """Say whether an order is a trailing stop that follows the price now: one that was set off stays where that was."""
        is_trailing = cython.declare(cython.bint, self.book.kind[order] == _TRAILING and self.book.status[order] == _OPEN)
        return is_trailing and (self.book.flags[order] & (aside | _TRIGGERED)) == 0

    def follow_open(self, k: int) -> None:
        """Let all trailing stops follow the open of a bar."""
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            opened = self.prices.open[k, self.book.instrument[order]]
            if self.follows(order, _ASIDE) and opened == opened:
                self.advance_mark(order, opened, opened)

    def follow_to(self, i: int, price: float) -> None:
        """Let the trailing stops of one instrument follow a price on a path that is known."""
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if self.follows(order, _ASIDE | _BORN) and self.book.instrument[order] == i:
                self.advance_mark(order, price, price)

    def follow(self, k: int, has_path: bool) -> None:
        """Let all trailing stops follow a bar that is over: those that came to life in it have surely seen its close only."""
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            i = self.book.instrument[order]
            closed = self.prices.close[k, i]
            if closed != closed or not self.follows(order, _ASIDE):
                continue
            if has_path or (self.book.flags[order] & _BORN) != 0:
                self.advance_mark(order, closed, closed)
            else:
                self.advance_mark(order, self.prices.low[k, i], self.prices.high[k, i])

    def advance_mark(self, order: int, low: float, high: float) -> None:
        """Move the best price that a trailing stop has seen."""
        row = self.book.condition[order]
        mark = self.conditions.mark[row]
        # An exit that has nothing to do at the time has no quantity, but a side.
        side = self.book.quantity[order] if self.book.quantity[order] != 0.0 else self.book.asked[order]
        if side > 0.0:
            self.conditions.mark[row] = mark if mark < low else low
        else:
            self.conditions.mark[row] = mark if mark > high else high

    def is_nearer(self, order: int, price: float, best: int, best_price: float, here: float) -> bool:
        """Say whether an order comes before the best one so far."""
        if best < 0:
            return True
        distance, least = abs(price - here), abs(best_price - here)
        if distance != least:
            return distance < least
        return self.is_favourable(best) and not self.is_favourable(order)
