# cython: annotation_typing=False
"""The simulator: one account trading the bars of one run. Every driver calls the same methods, so their answers agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tradekit.simulator.book import Book
    from cython.cimports.tradekit.simulator.gate import Gate
    from cython.cimports.tradekit.simulator.ledger import Ledger
    from cython.cimports.tradekit.simulator.log import Log
    from cython.cimports.tradekit.simulator.market import Market
    from cython.cimports.tradekit.simulator.matching import Matcher
    from cython.cimports.tradekit.simulator.venue import Venue
else:
    from math import fabs

    from tradekit.simulator.book import Book
    from tradekit.simulator.gate import Gate
    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.log import Log
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


class Simulation:
    """One account on one set of bars.

    A driver calls, for each row of the clock: `advance(row)` (fill what the bar fills, mark the account at its close), then hands
    over what the strategy wants (`want_weight`, `want_quantity`, `intend`), then `decide()`, which sends it through the risk gate
    to the book. Nothing that is decided on a row can fill before the next.
    """

    def __init__(self, setup: Setup) -> None:
        self.size = len(setup.instruments)
        self.market = Market(setup.bars)
        self.venue = Venue(setup)
        self.ledger = Ledger(self.venue, self.size, setup.capital)
        self.book = Book(self.size)
        self.log = Log()
        self.gate = Gate(setup, self.market, self.ledger, self.book, self.log)
        self.matcher = Matcher(setup, self.market, self.ledger, self.book, self.log)
        self.is_margin = setup.is_margin
        self.warmup = setup.warmup
        self.equity = np.full(len(setup.bars), np.nan)
        self.weight = np.full(self.size, np.nan)
        self.quantity = np.full(self.size, np.nan)
        self.has_targets = False
        self.row = -1
        self.done = 0
        self.stop_requested = False

    def equity_curve(self) -> Any:
        """Return a copy of equity at the close of each row done, float64 [row]."""
        return np.array(self.equity[: self.done])

    def advance(self, row: int) -> int:
        """Fill what bar `row` fills, then mark the account at its close."""
        self.row = row
        if self.book.open_count > 0:
            self.matcher.match(row)
        return self.close_bar(row)

    def close_bar(self, row: int) -> int:
        for i in range(self.size):
            price = self.market.close[row, i]
            if price == price:
                self.ledger.last[i] = price
                self.market.previous[i] = self.market.current[i]
                self.market.current[i] = row
                self.market.seen[i] += 1
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
        self.has_targets = True

    def want_quantity(self, i: int, quantity: float) -> None:
        self.quantity[i] = quantity
        self.weight[i] = _NAN
        self.has_targets = True

    def intend(self, i: int, kind: int, quantity: float, is_unsized: bool) -> int:
        """Take down an order for `decide`. The quantity of an unsized one is +1 or -1: its side."""
        order = self.book.add(i, kind, quantity)
        self.book.is_unsized[order] = is_unsized
        self.book.row[order] = self.row
        self.book.intents[self.book.intent_count] = order
        self.book.intent_count += 1
        return order

    def decide(self) -> int:
        """Send what is wanted on this row through the gate: first what reduces positions, then the rest, each in order."""
        self.gate.begin(self.row, self.equity[self.row])
        if self.has_targets:
            self.resolve_targets()
        for reducing_first in range(2):
            for k in range(self.book.intent_count):
                order = self.book.intents[k]
                if self.book.status[order] != _OPEN:
                    continue  # cancelled on the bar that it was ordered on
                i = self.book.instrument[order]
                quantity = self.book.quantity[order]
                reduces = cython.declare(cython.bint, self.gate.reducing(i, quantity) == fabs(quantity) and self.book.is_unsized[order] == 0)
                if reduces == (reducing_first == 0):
                    self.place(order)
        self.book.intent_count = 0
        return 0

    def resolve_targets(self) -> int:
        """Turn wanted positions into orders for the difference to what is held."""
        for i in range(self.size):
            weight = self.weight[i]
            wanted = self.quantity[i]
            if weight != weight and wanted != wanted:
                continue
            self.weight[i] = _NAN
            self.quantity[i] = _NAN
            self.cancel_targets(i)
            is_sized = cython.declare(cython.bint, weight == weight and weight != 0.0)
            if weight == weight:
                wanted = self.gate.sized(i, weight) if weight != 0.0 else 0.0
            difference = wanted - self.ledger.position[i]
            if wanted == wanted and fabs(difference) <= 1e-12 * fabs(wanted):
                continue
            order = self.intend(i, _MARKET, difference, False)
            self.book.is_target[order] = 2 if is_sized else 1
        self.has_targets = False
        return 0

    def place(self, order: int) -> int:
        """Take one order through sizing, the account's rules, the gate and the venue's rules; it then rests or is rejected."""
        i = self.book.instrument[order]
        entry = self.log.add(_ORDER_EVENT, self.row, order, i)
        self.book.entry[order] = entry
        self.log.code[entry] = self.book.kind[order]
        self.log.b[entry] = self.book.limit[order]
        self.log.c[entry] = self.book.stop[order]
        self.log.a[entry] = self.book.quantity[order]
        if self.ledger.last[i] != self.ledger.last[i]:
            return self.reject(order, _NO_PRICE)
        if self.market.seen[i] < self.warmup:
            return self.reject(order, _WARMING_UP)
        quantity = self.size_of(order, i)
        if quantity != quantity:
            return self.reject(order, _NO_SIZE)
        self.book.asked[order] = quantity
        self.log.a[entry] = quantity
        quantity = self.permitted(order, i, quantity)
        if quantity == 0.0:
            return 0
        price = self.ledger.last[i]
        if self.book.limit[order] == self.book.limit[order]:
            price = self.book.limit[order]
        if self.venue.min_notional[i] > 0.0 and fabs(quantity) * price < self.venue.min_notional[i]:
            return self.reject(order, _BELOW_MIN_NOTIONAL)
        self.book.quantity[order] = quantity
        self.gate.commit(i, quantity, self.ledger.last[i], self.book.kind[order])
        self.book.rest(order)
        return 0

    def size_of(self, order: int, i: int) -> float:
        """Return the signed size of an order, from the sizing rule where it has none."""
        quantity = self.book.quantity[order]
        if self.book.is_unsized[order] != 0:
            quantity = self.gate.sized(i, quantity)
        if self.book.is_unsized[order] != 0 or self.book.is_target[order] == 2:
            self.gate.note_size(order, i, quantity)
        return quantity

    def permitted(self, order: int, i: int, quantity: float) -> float:
        """Return what account, gate and lot size let pass; 0 when the order has been rejected."""
        if not self.is_margin and quantity < 0.0:
            free = self.ledger.position[i]
            if self.book.kind[order] == _MARKET:
                free -= self.book.open_sells[i]
            if free <= 0.0:
                self.reject(order, _SHORT)
                return 0.0
            quantity = quantity if -quantity <= free else -free
        if self.gate.is_halted:
            quantity = self.gate.reducing(i, quantity) * (1.0 if quantity > 0.0 else -1.0)
            if quantity == 0.0:
                self.reject(order, _HALTED)
                return 0.0
        quantity = self.gate.judge(order, i, quantity, self.ledger.last[i])
        if quantity == 0.0:
            self.reject(order, _RISK_RULE)
            return 0.0
        quantity = self.venue.whole_lots(i, quantity)
        if quantity == 0.0:
            self.reject(order, _BELOW_LOT)
        return quantity

    def reject(self, order: int, reason: int) -> int:
        """Refuse an order that never rested."""
        self.book.status[order] = _REJECTED
        self.book.reason[order] = reason
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
            self.book.status[order] = status
            self.book.reason[order] = reason
        entry = self.log.add(_CANCEL_EVENT, self.row, order, self.book.instrument[order])
        self.log.cause[entry] = self.book.entry[order]
        self.log.code[entry] = reason
        self.log.a[entry] = self.book.quantity[order]
        return 0

    def cancel_targets(self, i: int) -> int:
        """Cancel the orders that an earlier target of this instrument left open."""
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            if self.book.instrument[order] == i and self.book.is_target[order] != 0 and self.book.status[order] == _OPEN:
                self.cancel_open(order, _REPLACED, _NEW_TARGET)
        self.book.compact()
        return 0

    def stop_risk(self, flatten: bool) -> int:
        """Carry out a halt: cancel what would add to positions and, if asked, ask for none at all."""
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            quantity = self.book.quantity[order]
            if self.gate.reducing(self.book.instrument[order], quantity) < fabs(quantity):
                self.cancel_open(order, _CANCELLED, _HALTED)
        self.book.compact()
        if flatten:
            for i in range(self.size):
                if self.ledger.position[i] != 0.0:
                    self.want_quantity(i, 0.0)
        return 0
