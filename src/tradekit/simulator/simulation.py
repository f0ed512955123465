"""The simulator: one account trading the bars of one run. Every driver calls the same methods, so their answers agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.simulator.book import Origin

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tradekit.simulator.book import Book
    from cython.cimports.tradekit.simulator.carry import Carry
    from cython.cimports.tradekit.simulator.gate import Gate
    from cython.cimports.tradekit.simulator.ledger import Ledger
    from cython.cimports.tradekit.simulator.log import Log
    from cython.cimports.tradekit.simulator.margin import Margin
    from cython.cimports.tradekit.simulator.market import Market
    from cython.cimports.tradekit.simulator.matching import Matcher
    from cython.cimports.tradekit.simulator.venue import Venue
else:
    from math import fabs

    from tradekit.simulator.book import Book
    from tradekit.simulator.carry import Carry
    from tradekit.simulator.gate import Gate
    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.log import Log
    from tradekit.simulator.margin import Margin
    from tradekit.simulator.market import Market
    from tradekit.simulator.matching import Matcher
    from tradekit.simulator.venue import Venue

if TYPE_CHECKING:
    from tradekit.simulator.setup import Setup

__all__ = ["Simulation"]

_ORDER_EVENT = cython.declare(cython.int, EventKind.ORDER)
_REJECT_EVENT = cython.declare(cython.int, EventKind.REJECT)
_CANCEL_EVENT = cython.declare(cython.int, EventKind.CANCEL)
_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_LIMIT = cython.declare(cython.int, OrderKind.LIMIT)
_UNSIZED = cython.declare(cython.int, Origin.UNSIZED)
_TARGET = cython.declare(cython.int, Origin.TARGET)
_WEIGHT = cython.declare(cython.int, Origin.WEIGHT)
_FLATTEN = cython.declare(cython.int, Origin.FLATTEN)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_CANCELLED = cython.declare(cython.int, OrderStatus.CANCELLED)
_REPLACED = cython.declare(cython.int, OrderStatus.REPLACED)
_REJECTED = cython.declare(cython.int, OrderStatus.REJECTED)
_WARMING_UP = cython.declare(cython.int, Reason.WARMING_UP)
_NO_PRICE = cython.declare(cython.int, Reason.NO_PRICE)
_BELOW_LOT = cython.declare(cython.int, Reason.BELOW_LOT)
_BELOW_MIN_NOTIONAL = cython.declare(cython.int, Reason.BELOW_MIN_NOTIONAL)
_SHORT = cython.declare(cython.int, Reason.SHORT_IN_CASH_ACCOUNT)
_RISK_RULE = cython.declare(cython.int, Reason.RISK_RULE)
_HALTED = cython.declare(cython.int, Reason.HALTED)
_NEW_TARGET = cython.declare(cython.int, Reason.NEW_TARGET)
_NO_SIZE = cython.declare(cython.int, Reason.NO_SIZE)

_NAN = cython.declare(cython.double, float("nan"))
# What is a smaller part of a size than this is an error of rounding.
_ROUNDING = cython.declare(cython.double, 1e-12)
_INFINITE = cython.declare(cython.double, float("inf"))


class Simulation:
    """One account on one set of bars.

    A driver calls, for each row of the clock: `advance(row)` (fill what the bar fills, mark the account at its close), then hands
    over what the strategy wants (`want_weight`, `want_quantity`, `intend`), then `decide()`, which sends it through the risk gate
    to the book. Nothing that is decided on a row can fill before the next.
    """

    def __init__(self, setup: Setup) -> None:
        self.size = len(setup.instruments)
        self.market = Market(setup.bars, setup.bars)
        self.venue = Venue(setup)
        self.log = Log()
        self.ledger = Ledger(setup, self.venue, self.log)
        self.carry = Carry(setup, self.market, self.ledger, self.log)
        self.margin = Margin(setup, self.market.bars, self.ledger, self.log)
        self.book = Book(self.size)
        self.gate = Gate(setup, self.market, self.ledger, self.book, self.log)
        self.matcher = Matcher(setup, self.market, self.gate)
        self.is_margin = setup.is_margin
        self.warmup = setup.warmup
        self.equity = np.full(len(setup.bars), np.nan)
        self.weight = np.full(self.size, np.nan)
        self.quantity = np.full(self.size, np.nan)
        self.has_targets = False
        self.is_asked = False  # whether there is anything to decide
        self.row = -1
        self.done = 0
        self.stop_requested = False

    def equity_curve(self) -> Any:
        """Return a copy of equity at the close of each row done, float64 [row]."""
        return np.array(self.equity[: self.done])

    def advance(self, row: int) -> int:
        """Fill what bar `row` fills, then mark the account at its close."""
        self.row = row
        self.ledger.row = row
        if row >= self.carry.opening_row:
            self.log.now = self.market.bars.open_time[row]
            while self.carry.take(row) >= 0:
                continue
        if self.book.open_count > 0:
            self.matcher.match(row)
        if self.is_margin and self.ledger.held > 0 and self.margin.check(row):
            self.liquidate(row)
        return self.close_bar(row)

    def liquidate(self, row: int) -> int:
        self.log.now = self.market.close_time[row] - 1
        cause = self.margin.begin(row)
        for i in range(self.size):
            quantity = -self.ledger.position[i]
            price = self.margin.close_price(i, row)
            if quantity != 0.0 and price == price:
                self.matcher.close_out(i, row, price, cause)
                self.margin.charge(i, quantity, price)
        self.ledger.cause = -1
        return 0

    def close_bar(self, row: int) -> int:
        self.log.now = self.market.close_time[row]
        for i in range(self.size):
            price = self.market.close[row, i]
            if price == price:
                self.ledger.last[i] = price
                self.market.previous[i] = self.market.current[i]
                self.market.current[i] = row
                self.market.seen[i] += 1
        if self.ledger.count > 1:
            self.ledger.revalue()
        if row >= self.carry.closing_row:
            self.carry.at_close(row)
        if self.ledger.count > 1:
            self.ledger.keep(row)
        equity = self.ledger.equity()
        self.equity[row] = equity
        self.done = row + 1
        halted = self.gate.watch(row, equity)
        if halted != 0:
            self.stop_risk(halted == 2)
        return 0

    def want_weight(self, i: int, weight: float) -> None:
        self.weight[i] = weight
        self.quantity[i] = _NAN
        self.has_targets = self.is_asked = True

    def want_quantity(self, i: int, quantity: float) -> None:
        self.quantity[i] = quantity
        self.weight[i] = _NAN
        self.has_targets = self.is_asked = True

    def intend(self, i: int, kind: int, quantity: float, origin: int) -> int:
        """Take down an order for `decide`."""
        order = self.book.add(i, kind, quantity, origin)
        self.book.row[order] = self.row
        self.book.intents[self.book.intent_count] = order
        self.book.intent_count += 1
        self.is_asked = True
        return order

    def decide(self) -> int:
        """Send what is wanted on this row through the gate: first what reduces positions, then the rest, each in order."""
        was_halted = cython.declare(cython.bint, self.gate.is_halted)
        self.gate.begin(self.row, self.equity[self.row])
        if self.has_targets:
            self.resolve_targets()
        self.gate.count_exposure()
        for k in range(self.book.intent_count):
            order = self.book.intents[k]
            if self.book.status[order] == _OPEN and self.book.origin[order] != _UNSIZED:
                quantity = self.book.quantity[order]
                if self.gate.reducing(self.book.instrument[order], quantity) == fabs(quantity):
                    self.place(order)
        for k in range(self.book.intent_count):
            if self.book.entry[self.book.intents[k]] < 0:
                self.place(self.book.intents[k])
        self.book.intent_count = 0
        self.is_asked = False
        if self.gate.is_halted and not was_halted:
            self.stop_risk(False)
        return 0

    def resolve_targets(self) -> int:
        """Turn wanted positions into orders for the difference to what is held."""
        for i in range(self.size):
            weight = float(self.weight[i])
            wanted = self.quantity[i]
            if weight != weight and wanted != wanted:
                continue
            self.weight[i] = _NAN
            self.quantity[i] = _NAN
            self.cancel_targets(i)
            is_sized = cython.declare(cython.bint, weight == weight and weight != 0.0)
            if weight == weight:
                wanted = self.gate.sized(i, weight) if is_sized else 0.0
            if not self.is_there(i, wanted):
                self.intend(i, _MARKET, wanted - self.ledger.position[i], _WEIGHT if is_sized else _TARGET)
        self.has_targets = False
        return 0

    def is_there(self, i: int, wanted: float) -> bool:
        """Say whether a position is what is wanted, as nearly as its lots allow."""
        held = self.ledger.position[i]
        difference = fabs(wanted - held)
        if not difference < _INFINITE:
            return False
        return difference <= fabs(wanted) * _ROUNDING or (held != 0.0 and self.venue.whole_lots(i, difference) == 0.0)

    def place(self, order: int) -> int:
        """Take one order through sizing, the account's rules, the gate and the venue's rules; it then rests or is rejected."""
        i = self.book.instrument[order]
        self.announce(order)
        price = float(self.ledger.last[i])
        if not price > 0.0:
            return self.reject(order, _NO_PRICE)
        if self.market.seen[i] < self.warmup:
            return self.reject(order, _WARMING_UP)
        quantity = self.size_of(order, i)
        if not fabs(quantity) * price < _INFINITE:
            return self.reject(order, _NO_SIZE)
        quantity = self.permitted(order, i, quantity)
        if quantity != 0.0:
            self.book.quantity[order] = quantity
            self.gate.rest(order)
        return 0

    def announce(self, order: int) -> int:
        """Write an order into the log."""
        entry = self.log.add(_ORDER_EVENT, self.row, order, self.book.instrument[order])
        self.book.entry[order] = entry
        self.log.code[entry] = self.book.kind[order]
        self.log.a[entry] = self.book.asked[order]
        self.log.b[entry] = self.book.limit[order]
        self.log.c[entry] = self.book.stop[order]
        if self.book.origin[order] == _FLATTEN:
            self.log.cause[entry] = self.gate.last_halt
        return 0

    def size_of(self, order: int, i: int) -> float:
        """Return the signed size of an order, from the sizing rule where it has none."""
        quantity = self.book.quantity[order]
        if self.book.origin[order] == _UNSIZED:
            quantity = self.gate.sized(i, quantity)
        if self.book.origin[order] == _UNSIZED or self.book.origin[order] == _WEIGHT:
            self.gate.note_size(order, i, quantity)
        self.book.asked[order] = quantity
        self.log.a[self.book.entry[order]] = quantity
        return quantity

    def permitted(self, order: int, i: int, quantity: float) -> float:
        """Return what lot size, account and gate let pass; 0 when the order has been rejected."""
        quantity = self.venue.whole_lots(i, quantity)
        if quantity == 0.0:
            return self.reject(order, _BELOW_LOT)
        if self.gate.is_halted or (quantity < 0.0 and not self.is_margin):
            quantity = self.reduced(order, i, quantity)
            if quantity == 0.0:
                return 0.0
        quantity = self.gate.judge(order, quantity)
        if quantity == 0.0:
            return self.reject(order, _RISK_RULE)
        quantity = self.venue.lots_within(i, quantity)
        if quantity == 0.0:
            return self.reject(order, _BELOW_LOT)
        price = self.ledger.last[i]
        if self.book.kind[order] != _MARKET:
            price = self.book.limit[order] if self.book.kind[order] == _LIMIT else self.book.stop[order]
        if self.venue.is_too_small(i, quantity, price):
            return self.reject(order, _BELOW_MIN_NOTIONAL)
        return quantity

    def reduced(self, order: int, i: int, quantity: float) -> float:
        """Return the part of an order that only reduces, which is all that a cash account sells and a halt lets pass."""
        reason = _SHORT if quantity < 0.0 and not self.is_margin else _HALTED
        size = self.gate.reducing(i, quantity)
        if size == 0.0:
            return self.reject(order, reason)
        size = size if quantity > 0.0 else -size
        if fabs(quantity - size) > fabs(quantity) * _ROUNDING:
            self.note_cancel(order, reason, quantity - size)
        return size

    def reject(self, order: int, reason: int) -> int:
        """Refuse an order that never rested."""
        self.book.status[order] = _REJECTED
        self.book.reason[order] = reason
        self.book.quantity[order] = self.book.asked[order]
        entry = self.log.add(_REJECT_EVENT, self.row, order, self.book.instrument[order])
        self.log.cause[entry] = self.book.entry[order]
        self.log.code[entry] = reason
        self.log.a[entry] = self.book.asked[order]
        return 0

    def cancel_open(self, order: int, status: int, reason: int) -> int:
        """End an order that rests, or one that is still an intent."""
        if self.book.entry[order] >= 0:
            self.book.finish(order, status, reason)
        else:
            self.announce(order)
            self.book.status[order] = status
            self.book.reason[order] = reason
            self.book.quantity[order] = self.book.asked[order]
        return self.note_cancel(order, reason, self.book.quantity[order])

    def note_cancel(self, order: int, reason: int, left: float) -> int:
        entry = self.log.add(_CANCEL_EVENT, self.row, order, self.book.instrument[order])
        self.log.cause[entry] = self.book.entry[order]
        self.log.code[entry] = reason
        self.log.a[entry] = left
        return 0

    def cancel_targets(self, i: int) -> int:
        """Cancel the orders that an earlier target of this instrument left open."""
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            is_target = cython.declare(cython.bint, self.book.origin[order] == _TARGET or self.book.origin[order] == _WEIGHT)
            if is_target and self.book.instrument[order] == i and self.book.status[order] == _OPEN:
                self.cancel_open(order, _REPLACED, _NEW_TARGET)
        self.book.compact()
        return 0

    def stop_risk(self, flatten: bool) -> int:
        """Carry out a halt: cancel what reduces no position and, if asked, order all positions closed."""
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            if self.ledger.reducing(self.book.instrument[order], self.book.quantity[order]) == 0.0:
                self.cancel_open(order, _CANCELLED, _HALTED)
        self.book.compact()
        if flatten:
            for i in range(self.size):
                if self.ledger.position[i] != 0.0:
                    self.intend(i, _MARKET, -self.ledger.position[i], _FLATTEN)
        return 0
