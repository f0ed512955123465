"""Takes down what a strategy asks for: orders with all their conditions, replacements, and links between orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.errors import OrderError
from tradekit.model.order import Bracket, OrderKind, OrderStatus, Terms, Trail
from tradekit.simulator.book import Flag, Origin

if TYPE_CHECKING:
    from tradekit.simulator.setup import Setup
    from tradekit.simulator.simulation import Simulation

__all__ = ["Desk", "finite"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALIVE = (OrderStatus.OPEN, OrderStatus.HELD)
# Plain integers: looking a member of an enum up takes longer than all the rest.
_FLAG_OF = {"ioc": int(Flag.IMMEDIATE), "fok": int(Flag.WHOLE), "day": int(Flag.DAY), "gtd": int(Flag.UNTIL), "gtc": 0}
_AT = {"open": int(Flag.AT_OPEN), "close": int(Flag.AT_CLOSE)}
_POST_ONLY = int(Flag.POST_ONLY)
_REDUCE_ONLY = int(Flag.REDUCE_ONLY)
_ICEBERG = int(Flag.ICEBERG)
_UNSIZED = int(Origin.UNSIZED)
_SIZED = int(Origin.SIZED)
_MARKET = OrderKind.MARKET
_LIMIT = OrderKind.LIMIT
_NUMBERS = (int, float, np.floating, np.integer)
_LINKS = int(Flag.PARENT | Flag.EXIT | Flag.LINKED)
_PASSING = int(Flag.TRIGGERED | Flag.RESTED | Flag.SPENT | Flag.BORN | Flag.LEAVING | Flag.IN_FLIGHT)
_PLAIN = Terms()
# A replacement has a size of its own, whatever gave the first order one.
_SUCCESSOR = {int(Origin.UNSIZED): int(Origin.SIZED), int(Origin.WEIGHT): int(Origin.TARGET)}

Prices = tuple[float | None, float | Trail | None, float | None]
"""Limit, stop and take-profit price of an order."""


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

    def market(self, i: int, side: float, quantity: float | None) -> int:
        """Take down a market order without conditions: most are."""
        return int(self.simulation.intend(i, _MARKET, side * self.size(i, quantity), self.origin(quantity)))

    def submit(
        self, i: int, side: float, quantity: float | None, prices: Prices, bracket: Bracket | None, terms: Terms | None
    ) -> int:
        """Take down an order and the exits of its bracket; return its number."""
        symbol = self.symbols[i]
        kind = _kind(symbol, prices)
        terms = _PLAIN if terms is None else terms
        _check_terms(symbol, kind, terms, bracket)
        _check_bracket(symbol, side, bracket)
        self.check_surroundings(i, terms)
        size = self.size(i, quantity)
        checked = _checked(symbol, prices)
        # From here on nothing may fail: what is entered will be placed, even if the strategy catches the error.
        order = int(self.simulation.intend(i, kind, side * size, self.origin(quantity)))
        self.set_prices(order, checked)
        if terms is not _PLAIN:
            self.set_terms(order, terms)
        self.queue_up(order)
        if bracket is not None:
            self.add_exits(order, side, bracket)
        self.simulation.gate.opinions.remember(order, terms, bracket)
        return order

    def check_surroundings(self, i: int, terms: Terms) -> None:
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

    def is_known(self, order: Any) -> bool:
        if not (isinstance(order, (int, np.integer)) and 0 <= order < self.simulation.book.count):
            return False
        return self.first <= int(self.simulation.book.instrument[order]) < self.end

    def queue_up(self, order: int) -> None:
        """Let an order stand behind those that are at its price already."""
        if self.queue_ahead is not None:
            row = self.simulation.book.conditions_of(order)  # first: it may move the columns
            self.simulation.book.conditions.ahead[row] = self.queue_ahead

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

    def origin(self, quantity: float | None) -> int:
        return _UNSIZED if quantity is None else _SIZED

    def set_prices(self, order: int, prices: Any) -> None:
        """Put prices on the grid: never a better offer than was asked for, never a stop that is set off sooner."""
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

    def set_trail(self, order: int, trail: Trail) -> None:
        """Let a stop follow the price from here on."""
        book = self.simulation.book
        row = book.conditions_of(order)
        if trail.amount is not None:
            book.conditions.trail[row] = trail.amount
        else:
            book.conditions.trail_rate[row] = trail.percent / 100.0 if trail.percent is not None else 0.0
        book.conditions.mark[row] = self.simulation.ledger.last[book.instrument[order]]

    def set_terms(self, order: int, terms: Terms) -> None:
        """Enter the conditions of an order."""
        book = self.simulation.book
        row = book.conditions_of(order)
        flags = _FLAG_OF[terms.time_in_force]
        if terms.at is not None:
            flags |= _AT[terms.at]
        if terms.until is not None:
            book.conditions.until[row] = _nanoseconds(terms.until)
        if terms.post_only:
            flags |= _POST_ONLY
        if terms.reduce_only:
            flags |= _REDUCE_ONLY
        if terms.display is not None:
            flags |= _ICEBERG
            book.conditions.display[row] = terms.display
        book.flags[order] |= flags
        if terms.after is not None:
            self.adopt(terms.after, order)

    def add_exits(self, order: int, side: float, bracket: Bracket) -> None:
        """Take down the exits of a bracket, which wait for their entry."""
        symbol = self.symbols[self.simulation.book.instrument[order]]
        exits = []
        if bracket.stop_loss is not None:
            kind = OrderKind.TRAILING_STOP if isinstance(bracket.stop_loss, Trail) else OrderKind.STOP
            exits.append(self.add_exit(order, side, kind, (None, _price(symbol, "stop_loss", bracket.stop_loss), None)))
        if bracket.take_profit is not None:
            exits.append(
                self.add_exit(order, side, OrderKind.LIMIT, (_price(symbol, "take_profit", bracket.take_profit), None, None))
            )
        conditions, condition = self.simulation.book.conditions, self.simulation.book.condition
        if len(exits) == 2:
            conditions.peer[condition[exits[0]]] = exits[1]
            conditions.peer[condition[exits[1]]] = exits[0]

    def add_exit(self, entry: int, side: float, kind: OrderKind, prices: Prices) -> int:
        book = self.simulation.book
        order = int(self.simulation.intend(book.instrument[entry], kind, -side, Origin.EXIT))
        self.set_prices(order, prices)
        book.flags[order] |= int(Flag.EXIT | Flag.REDUCE_ONLY)
        self.queue_up(order)
        self.adopt(entry, order)
        return order

    def adopt(self, parent: int, child: int) -> None:
        """Let one order wait until another has been filled."""
        book = self.simulation.book
        row, above = book.conditions_of(child), book.conditions_of(parent)
        book.flags[parent] |= int(Flag.PARENT)
        book.conditions.parent[row] = parent
        last = book.conditions.child[above]
        if last < 0:
            book.conditions.child[above] = child
            return
        while book.conditions.sibling[book.condition[last]] >= 0:
            last = book.conditions.sibling[book.condition[last]]
        book.conditions.sibling[book.condition[last]] = child

    def link(self, orders: Sequence[int]) -> None:
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
        checked = _checked(symbol, prices)
        new = int(self.simulation.intend(i, kind, side, _SUCCESSOR.get(book.origin[old], book.origin[old])))
        book.limit[new], book.stop[new] = book.limit[old], book.stop[old]
        book.flags[new] = book.flags[old] & ~(_LINKS | _PASSING)
        if book.origin[old] == Origin.EXIT:
            book.flags[new] |= int(Flag.EXIT)
        row = book.conditions_of(new)
        if book.condition[old] >= 0:
            book.conditions.copy_terms(book.condition[old], row)
            book.conditions.parent[row] = book.conditions.parent[book.condition[old]]
        self.queue_up(new)
        self.set_prices(new, checked)
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


def _kind(symbol: str, prices: Prices) -> OrderKind:
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
        return OrderKind.STOP if limit is None else OrderKind.STOP_LIMIT
    return OrderKind.TAKE_PROFIT if limit is None else OrderKind.TAKE_PROFIT_LIMIT


_LIMITED = (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TAKE_PROFIT_LIMIT)


def _check_terms(symbol: str, kind: OrderKind, terms: Terms, bracket: Bracket | None) -> None:
    if terms.post_only and kind not in _LIMITED:
        raise OrderError(f"post_only needs an order with a limit, and this one in {symbol!r} is a {kind.text} order")
    if terms.display is not None and kind not in _LIMITED:
        raise OrderError(f"display needs an order with a limit, and this one in {symbol!r} is a {kind.text} order")
    if terms.at is not None and kind not in (OrderKind.MARKET, OrderKind.LIMIT):
        raise OrderError(f"an order at the {terms.at} of a session is a market or a limit order, not a {kind.text} order")
    if terms.reduce_only and bracket is not None:
        raise OrderError(f"an order in {symbol!r} that may only reduce opens no position for a bracket to leave")


def _check_bracket(symbol: str, side: float, bracket: Bracket | None) -> None:
    if bracket is None:
        return
    stop, profit = _price(symbol, "stop_loss", bracket.stop_loss), _price(symbol, "take_profit", bracket.take_profit)
    if isinstance(stop, float) and isinstance(profit, float) and not side * (profit - stop) > 0.0:
        where = "below" if side > 0.0 else "above"
        raise OrderError(f"stop_loss of a bracket in {symbol!r} must lie {where} its take_profit {profit!r}, not at {stop!r}")


def _check_replacement(symbol: str, order: int, kind: OrderKind, prices: Prices) -> None:
    limit, stop, profit = prices
    if limit is not None and kind not in _LIMITED:
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order, which has no limit to replace")
    if stop is not None and kind not in (OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.TRAILING_STOP):
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order, which has no stop to replace")
    if stop is not None and isinstance(stop, Trail) != (kind is OrderKind.TRAILING_STOP):
        wanted = "a Trail" if kind is OrderKind.TRAILING_STOP else "a price"
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order; its stop must be {wanted}, not {stop!r}")
    if profit is not None and kind not in (OrderKind.TAKE_PROFIT, OrderKind.TAKE_PROFIT_LIMIT):
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order, which has no take_profit to replace")


def _checked(symbol: str, prices: Prices) -> Prices:
    limit, stop, profit = prices
    return _price(symbol, "limit", limit), _price(symbol, "stop", stop), _price(symbol, "take_profit", profit)


def _price(symbol: str, name: str, price: Any) -> Any:
    if price is None or isinstance(price, Trail):
        return price
    return positive(symbol, name, price)


def finite(symbol: str, what: str, number: Any) -> float:
    """Return a number as a float; raise `OrderError` unless it is a finite one."""
    if type(number) is float and isfinite(number):
        return number
    is_number = isinstance(number, _NUMBERS) and not isinstance(number, bool)
    try:
        found = float(number) if is_number else float("nan")
    except OverflowError:  # a whole number beyond all floats
        found = float("nan")
    if isfinite(found):
        return found
    raise OrderError(f"{what} of {symbol!r} must be a finite number, not {number!r}")


def positive(symbol: str, what: str, number: Any) -> float:
    """Return a number as a float; raise `OrderError` unless it is above 0."""
    checked = finite(symbol, what, number)
    if checked <= 0.0:
        raise OrderError(f"{what} of an order in {symbol!r} must be above 0, not {number!r}")
    return checked
