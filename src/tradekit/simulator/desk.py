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
from tradekit.simulator.checks import Prices, check_replacement

if cython.compiled:
    from cython.cimports.tradekit.simulator.checks import check_bracket, check_prices, check_terms, finite, kind_of, positive
else:
    from tradekit.simulator.checks import check_bracket, check_prices, check_terms, finite, kind_of, positive

if TYPE_CHECKING:
    from tradekit.simulator.setup import Setup
    from tradekit.simulator.simulation import Simulation

__all__ = ["Desk"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALIVE = (OrderStatus.OPEN, OrderStatus.HELD)
# Plain integers: those of an enum take far longer to put together.
_FLAG_OF = {"ioc": int(Flag.IMMEDIATE), "fok": int(Flag.WHOLE), "day": int(Flag.DAY), "gtd": int(Flag.UNTIL), "gtc": 0}
_AT = {"open": int(Flag.AT_OPEN), "close": int(Flag.AT_CLOSE), None: 0}
_POST_ONLY = cython.declare(cython.int, Flag.POST_ONLY)
_REDUCE_ONLY = cython.declare(cython.int, Flag.REDUCE_ONLY)
_ICEBERG = cython.declare(cython.int, Flag.ICEBERG)
# What a time has to do with, or another order.
_BOUND = cython.declare(cython.int, Flag.DAY | Flag.UNTIL | Flag.AT_OPEN | Flag.AT_CLOSE | Flag.ICEBERG)
_UNSIZED = cython.declare(cython.int, Origin.UNSIZED)
_SIZED = cython.declare(cython.int, Origin.SIZED)
_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_LIMIT = cython.declare(cython.int, OrderKind.LIMIT)
_LINKS = int(Flag.PARENT | Flag.EXIT | Flag.LINKED)
_PASSING = int(Flag.TRIGGERED | Flag.RESTED | Flag.SPENT | Flag.BORN | Flag.LEAVING | Flag.IN_FLIGHT)
_PLAIN = Terms()
# A replacement has a size of its own, whatever gave the first order one.
_SUCCESSOR = {int(Origin.UNSIZED): int(Origin.SIZED), int(Origin.WEIGHT): int(Origin.TARGET)}


class Desk:
    """Checks what is asked for and enters it into the book as intents, at prices on the grid.

    With a `share`, it knows of no orders but those of that strategy.
    """

    def __init__(self, simulation: Simulation, setup: Setup, share: int = -1) -> None:
        self.simulation = simulation
        # Whose orders it takes: those in the instruments of one strategy, or in all.
        self.first = 0 if share < 0 else share * self.simulation.shares.size
        self.end = len(setup.instruments) if share < 0 else self.first + self.simulation.shares.size
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
            check_terms(symbol, kind, self.flags, bracket)
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
        if not (isinstance(order, (int, np.integer)) and 0 <= order < self.simulation.book.count):
            return False
        return self.first <= int(self.simulation.book.instrument[order]) < self.end

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
        check_replacement(symbol, order, kind, prices)
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
