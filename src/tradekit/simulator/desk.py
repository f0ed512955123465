"""Takes down what a strategy asks for: orders with all their conditions, replacements, and links between orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.errors import OrderError
from tradekit.model.order import Bracket, OrderKind, OrderStatus, Terms, Trail
from tradekit.simulator.book import Flag, Origin

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

if TYPE_CHECKING:
    from tradekit.simulator.setup import Setup
    from tradekit.simulator.simulation import Simulation

__all__ = ["Desk", "finite"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALIVE = (OrderStatus.OPEN, OrderStatus.HELD)
# Plain integers: those of an enum take far longer to put together.
_FLAG_OF = {"ioc": int(Flag.IMMEDIATE), "fok": int(Flag.WHOLE), "day": int(Flag.DAY), "gtd": int(Flag.UNTIL), "gtc": 0}
_AT = {"open": int(Flag.AT_OPEN), "close": int(Flag.AT_CLOSE), None: 0}
_POST_ONLY = cython.declare(cython.int, Flag.POST_ONLY)
_REDUCE_ONLY = cython.declare(cython.int, Flag.REDUCE_ONLY)
_ICEBERG = cython.declare(cython.int, Flag.ICEBERG)
_AT_AUCTION = cython.declare(cython.int, Flag.AT_OPEN | Flag.AT_CLOSE)
# What a time has to do with, or another order.
_BOUND = cython.declare(cython.int, Flag.DAY | Flag.UNTIL | Flag.AT_OPEN | Flag.AT_CLOSE | Flag.ICEBERG)
_UNSIZED = cython.declare(cython.int, Origin.UNSIZED)
_SIZED = cython.declare(cython.int, Origin.SIZED)
_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_LIMIT = cython.declare(cython.int, OrderKind.LIMIT)
_STOP_LIMIT = cython.declare(cython.int, OrderKind.STOP_LIMIT)
_PROFIT_LIMIT = cython.declare(cython.int, OrderKind.TAKE_PROFIT_LIMIT)
_INFINITE = cython.declare(cython.double, float("inf"))
_NUMBERS = (int, float, np.floating, np.integer)
_LINKS = int(Flag.PARENT | Flag.EXIT | Flag.LINKED)
_PASSING = int(Flag.TRIGGERED | Flag.RESTED | Flag.SPENT | Flag.BORN | Flag.LEAVING | Flag.IN_FLIGHT)
_PLAIN = Terms()
# A replacement has a size of its own, whatever gave the first order one.
_SUCCESSOR = {int(Origin.UNSIZED): int(Origin.SIZED), int(Origin.WEIGHT): int(Origin.TARGET)}

Prices = tuple[float | None, float | Trail | None, float | None]
"""Limit, stop and take-profit price of an order."""


class Desk:
    """Checks what is asked for and enters it into the book as intents, at prices on the grid."""

    def __init__(self, simulation: Simulation, setup: Setup) -> None:
        self.simulation = simulation
        self.symbols = [instrument.symbol for instrument in setup.instruments]
        self.queue_ahead = setup.fills.queue_ahead
        self.is_sized = self.simulation.gate.sizing >= 0
        self.has_depth = setup.tape is not None and setup.tape.has_depth
        self.read_terms(_PLAIN)

    def market(self, i: int, side: float, quantity: float | None) -> int:
        """Take down a market order without conditions: most are."""
        return self.simulation.intend(i, _MARKET, side * self.size(i, quantity), _UNSIZED if quantity is None else _SIZED)

    def submit(
        self, i: int, side: float, quantity: float | None, prices: Prices, bracket: Bracket | None, terms: Terms | None
    ) -> int:
        """Take down an order and the exits of its bracket; return its number."""
        symbol = self.symbols[i]
        kind = kind_of(symbol, prices)
        if terms is not None:
            if terms is not self.terms:
                self.read_terms(terms)
            self.check_terms(symbol, kind, bracket)
        if bracket is not None:
            check_bracket(symbol, side, bracket)
        if terms is not None and self.is_bound:
            self.check_surroundings(i, terms)
        size = self.size(i, quantity)
        check_prices(symbol, prices)
        # From here on nothing may fail: what is entered will be placed, even if the strategy catches the error.
        order = self.simulation.intend(i, kind, side * size, _UNSIZED if quantity is None else _SIZED)
        self.set_prices(order, prices)
        if terms is not None:
            self.set_terms(order, terms)
        self.queue_up(order)
        if bracket is not None:
            self.add_exits(order, side, bracket)
        if terms is not None or bracket is not None:
            self.simulation.gate.opinions.remember(order, _PLAIN if terms is None else terms, bracket)
        return order

    def read_terms(self, terms: Terms) -> int:
        """Find out what terms come to; many orders have the same."""
        flags = cython.declare(cython.int, _FLAG_OF[terms.time_in_force] | _AT[terms.at])
        if terms.post_only:
            flags |= _POST_ONLY
        if terms.reduce_only:
            flags |= _REDUCE_ONLY
        if terms.display is not None:
            flags |= _ICEBERG
        self.is_bound = (flags & _BOUND) != 0 or terms.after is not None
        self.flags = flags
        self.terms = terms
        return 0

    def check_terms(self, symbol: str, kind: int, bracket: Bracket | None) -> int:
        """Raise `OrderError` for terms, those that were read last, that such an order can't have."""
        flags = self.flags
        if (flags & (_POST_ONLY | _ICEBERG)) != 0 and not has_limit(kind):
            what = "post_only" if (flags & _POST_ONLY) != 0 else "display"
            raise OrderError(f"{what} needs an order with a limit, and this one in {symbol!r} is a {OrderKind(kind).text} order")
        if (flags & _AT_AUCTION) != 0 and kind != _MARKET and kind != _LIMIT:
            what = f"an order at the {self.terms.at} of a session"
            raise OrderError(f"{what} is a market or a limit order, not a {OrderKind(kind).text} order")
        if (flags & _REDUCE_ONLY) != 0 and bracket is not None:
            raise OrderError(f"an order in {symbol!r} that may only reduce opens no position for a bracket to leave")
        return 0

    def check_surroundings(self, i: int, terms: Terms) -> int:
        """Raise `OrderError` for conditions that can't be met at this time, in this run or in this instrument."""
        symbol = self.symbols[i]
        if self.has_depth and (terms.at is not None or terms.display is not None):
            what = f"an order at the {terms.at} of a session" if terms.at is not None else "an order that shows a part of itself"
            raise OrderError(f"{what} ({symbol!r}) can't be given in a run on quotes or books yet; leave the condition out")
        if terms.time_in_force == "day" or terms.at is not None:
            self.simulation.use_sessions()
        if terms.until is not None and _nanoseconds(terms.until) <= self.simulation.log.now:
            now = _EPOCH + timedelta(microseconds=int(self.simulation.log.now) // 1000)
            raise OrderError(f"an order in {symbol!r} is good until {terms.until}, which is past: it is {now}")
        if terms.after is not None and not self.is_known(terms.after):
            raise OrderError(f"there is no order {terms.after!r} for an order in {symbol!r} to wait for")
        if terms.display is not None and self.simulation.venue.whole_lots(i, finite(symbol, "display", terms.display)) == 0.0:
            raise OrderError(f"display of an order in {symbol!r} must be a lot at least, not {terms.display!r}")
        return 0

    def is_known(self, order: Any) -> bool:
        return isinstance(order, int) and 0 <= order < self.simulation.book.count

    def queue_up(self, order: int) -> int:
        """Let an order stand behind those that are at its price already."""
        if self.queue_ahead is not None:
            row = self.simulation.book.conditions_of(order)  # first: it may move the columns
            self.simulation.book.conditions.ahead[row] = self.queue_ahead
        return 0

    def size(self, i: int, quantity: float | None) -> float:
        """Return the units that an order asks for, 1 where the sizing rule is to decide."""
        if quantity is not None:
            return positive(self.symbols[i], "quantity", quantity)
        if not self.is_sized:
            raise OrderError(
                f"an order in {self.symbols[i]!r} has no quantity and the run has no sizing rule; "
                "give a quantity, use target(weight=...), or add a rule such as 'fixed-fraction' to the run file"
            )
        return 1.0

    def set_prices(self, order: int, prices: Prices) -> int:
        """Put checked prices on the grid: never a better offer than was asked for, never a stop that is set off sooner."""
        book, venue = self.simulation.book, self.simulation.venue
        i = book.instrument[order]
        is_buy = cython.declare(cython.bint, book.quantity[order] > 0.0)
        limit, stop, profit = prices
        if limit is not None:
            price = cython.declare(cython.double, limit)
            book.limit[order] = venue.price_down(i, price) if is_buy else venue.price_up(i, price)
        if isinstance(stop, Trail):
            self.set_trail(order, stop)
        elif stop is not None:
            price = stop
            book.stop[order] = venue.price_up(i, price) if is_buy else venue.price_down(i, price)
        elif profit is not None:
            price = profit
            book.stop[order] = venue.price_down(i, price) if is_buy else venue.price_up(i, price)
        return 0

    def set_trail(self, order: int, trail: Trail) -> int:
        """Let a stop follow the price from here on."""
        book = self.simulation.book
        row = book.conditions_of(order)
        if trail.amount is not None:
            book.conditions.trail[row] = trail.amount
        else:
            book.conditions.trail_rate[row] = trail.percent / 100.0 if trail.percent is not None else 0.0
        book.conditions.mark[row] = self.simulation.ledger.last[book.instrument[order]]
        return 0

    def set_terms(self, order: int, terms: Terms) -> int:
        """Enter the conditions of an order, the terms that were read last."""
        book = self.simulation.book
        row = book.conditions_of(order)
        book.flags[order] |= self.flags
        if not self.is_bound:
            return 0
        if terms.until is not None:
            book.conditions.until[row] = _nanoseconds(terms.until)
        if terms.display is not None:
            book.conditions.display[row] = terms.display
        if terms.after is not None:
            self.adopt(terms.after, order)
        return 0

    def add_exits(self, order: int, side: float, bracket: Bracket) -> int:
        """Take down the exits of a bracket, which wait for their entry."""
        exits = []
        if bracket.stop_loss is not None:
            kind = OrderKind.TRAILING_STOP if isinstance(bracket.stop_loss, Trail) else OrderKind.STOP
            exits.append(self.add_exit(order, side, kind, (None, bracket.stop_loss, None)))
        if bracket.take_profit is not None:
            exits.append(self.add_exit(order, side, OrderKind.LIMIT, (bracket.take_profit, None, None)))
        conditions, condition = self.simulation.book.conditions, self.simulation.book.condition
        if len(exits) == 2:
            conditions.peer[condition[exits[0]]] = exits[1]
            conditions.peer[condition[exits[1]]] = exits[0]
        return 0

    def add_exit(self, entry: int, side: float, kind: OrderKind, prices: Prices) -> int:
        book = self.simulation.book
        order = self.simulation.intend(book.instrument[entry], kind, -side, Origin.EXIT)
        self.set_prices(order, prices)
        book.flags[order] |= int(Flag.EXIT | Flag.REDUCE_ONLY)
        self.queue_up(order)
        self.adopt(entry, order)
        return order

    def adopt(self, parent: int, child: int) -> int:
        """Let one order wait until another has been filled."""
        book = self.simulation.book
        row, above = book.conditions_of(child), book.conditions_of(parent)
        book.flags[parent] |= int(Flag.PARENT)
        book.conditions.parent[row] = parent
        last = book.conditions.child[above]
        if last < 0:
            book.conditions.child[above] = child
            return 0
        while book.conditions.sibling[book.condition[last]] >= 0:
            last = book.conditions.sibling[book.condition[last]]
        book.conditions.sibling[book.condition[last]] = child
        return 0

    def link(self, orders: Sequence[int]) -> int:
        """Let the first of these orders that fills, even in part, or ends cancel the others."""
        book = self.simulation.book
        numbers = [self.alive(order) for order in orders]
        if len(set(numbers)) < 2 or len(set(numbers)) < len(numbers):
            raise OrderError(f"one_cancels_other needs two different orders or more, not {list(orders)!r}")
        for order in numbers:
            if book.flags[order] & int(Flag.LINKED | Flag.EXIT):
                raise OrderError(f"order {order} is linked to others already")
        for order, following in zip(numbers, [*numbers[1:], numbers[0]], strict=True):
            book.flags[order] |= int(Flag.LINKED)
            row = book.conditions_of(order)  # first: it may move the columns
            book.conditions.peer[row] = following
        return 0

    def replace(self, order: int, quantity: float | None, prices: Prices) -> int:
        """Take down an order in the place of another; what isn't given stays as it is. Return its number."""
        book = self.simulation.book
        old = self.alive(order)
        i, kind = book.instrument[old], OrderKind(int(book.kind[old]))
        symbol = self.symbols[i]
        _check_replacement(symbol, order, kind, prices)
        left = float(book.left(old))
        if book.entry[old] < 0:
            raise OrderError(f"order {order} in {symbol!r} has only just been given; cancel it instead")
        if book.origin[old] == Origin.EXIT and quantity is not None:
            raise OrderError(f"order {order} in {symbol!r} is an exit, whose size is that of its entry; give prices only")
        side = 1.0 if (left if left != 0.0 else book.asked[old]) > 0.0 else -1.0
        size = left if quantity is None else side * positive(symbol, "quantity", quantity)
        check_prices(symbol, prices)
        new = self.simulation.intend(i, kind, side, _SUCCESSOR.get(book.origin[old], book.origin[old]))
        book.limit[new], book.stop[new] = book.limit[old], book.stop[old]
        book.flags[new] = book.flags[old] & ~(_LINKS | _PASSING)
        if book.origin[old] == Origin.EXIT:
            book.flags[new] |= int(Flag.EXIT)
        row = book.conditions_of(new)
        if book.condition[old] >= 0:
            book.conditions.copy_terms(book.condition[old], row)
            book.conditions.parent[row] = book.conditions.parent[book.condition[old]]
        self.queue_up(new)
        self.set_prices(new, prices)
        book.quantity[new] = size
        book.asked[new] = size
        self.simulation.take_place(new, old)
        self.simulation.gate.opinions.pass_on(old, new)
        return new

    def alive(self, order: Any) -> int:
        """Return the number of an order that is open or held."""
        book = self.simulation.book
        if not self.is_known(order):
            raise OrderError(f"there is no order {order!r}")
        if book.origin[order] == Origin.FLATTEN:
            raise OrderError(f"order {order} closes a position because trading has halted; it can't be changed")
        if book.status[order] not in _ALIVE:
            status = OrderStatus(int(book.status[order])).name.lower()
            raise OrderError(f"order {order} is no longer open: it is {status}")
        return order


def _nanoseconds(moment: datetime) -> int:
    """Return a time as UTC nanoseconds; one without a zone is UTC, and one beyond all data is the last that there is."""
    found = ((moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment) - _EPOCH) // timedelta(microseconds=1) * 1000
    return min(found, int(np.iinfo(np.int64).max))


def kind_of(symbol: str, prices: Prices) -> int:
    """Return the kind of an order that names these prices."""
    limit, stop, profit = prices
    if stop is None and profit is None:
        return _MARKET if limit is None else _LIMIT
    if stop is not None and profit is not None:
        raise OrderError(
            f"an order in {symbol!r} can wait for a stop or for a take_profit, not for both; give a bracket, or two orders and "
            "one_cancels_other"
        )
    if isinstance(stop, Trail):
        if limit is not None:
            raise OrderError(f"a trailing stop in {symbol!r} becomes a market order; leave out the limit")
        return OrderKind.TRAILING_STOP
    if stop is not None:
        return OrderKind.STOP if limit is None else _STOP_LIMIT
    return OrderKind.TAKE_PROFIT if limit is None else _PROFIT_LIMIT


def has_limit(kind: int) -> bool:
    return kind in (_LIMIT, _STOP_LIMIT, _PROFIT_LIMIT)


def check_prices(symbol: str, prices: Prices) -> int:
    """Raise `OrderError` for prices that are none."""
    limit, stop, profit = prices
    if limit is not None:
        positive(symbol, "limit", limit)
    if stop is not None and not isinstance(stop, Trail):
        positive(symbol, "stop", stop)
    if profit is not None:
        positive(symbol, "take_profit", profit)
    return 0


def check_bracket(symbol: str, side: float, bracket: Bracket) -> int:
    """Raise `OrderError` for a bracket whose prices are none, or lie the wrong way round."""
    stop, profit = bracket.stop_loss, bracket.take_profit
    if stop is not None and not isinstance(stop, Trail):
        positive(symbol, "stop_loss", stop)
    if profit is not None:
        positive(symbol, "take_profit", profit)
    if stop is None or isinstance(stop, Trail) or profit is None:
        return 0
    stop, profit = float(stop), float(profit)
    if not side * (profit - stop) > 0.0:
        where = "below" if side > 0.0 else "above"
        raise OrderError(f"stop_loss of a bracket in {symbol!r} must lie {where} its take_profit {profit!r}, not at {stop!r}")
    return 0


def _check_replacement(symbol: str, order: int, kind: OrderKind, prices: Prices) -> None:
    limit, stop, profit = prices
    if limit is not None and not has_limit(kind):
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order, which has no limit to replace")
    if stop is not None and kind not in (OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.TRAILING_STOP):
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order, which has no stop to replace")
    if stop is not None and isinstance(stop, Trail) != (kind is OrderKind.TRAILING_STOP):
        wanted = "a Trail" if kind is OrderKind.TRAILING_STOP else "a price"
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order; its stop must be {wanted}, not {stop!r}")
    if profit is not None and kind not in (OrderKind.TAKE_PROFIT, OrderKind.TAKE_PROFIT_LIMIT):
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order, which has no take_profit to replace")


def finite(symbol: str, what: str, number: Any) -> float:
    """Return a number as a float; raise `OrderError` unless it is a finite one."""
    found = cython.declare(cython.double, float("nan"))
    if type(number) is float:
        found = number
    elif isinstance(number, _NUMBERS) and not isinstance(number, bool):
        try:
            found = float(number)
        except OverflowError:  # a whole number beyond all floats is as little a price as one that is none
            found = _INFINITE
    if fabs(found) < _INFINITE:
        return found
    raise OrderError(f"{what} of {symbol!r} must be a finite number, not {number!r}")


def positive(symbol: str, what: str, number: Any) -> float:
    """Return a number as a float; raise `OrderError` unless it is above 0."""
    checked = finite(symbol, what, number)
    if checked <= 0.0:
        raise OrderError(f"{what} of an order in {symbol!r} must be above 0, not {number!r}")
    return checked
