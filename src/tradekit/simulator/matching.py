"""Turning open orders into fills, bar by bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython

from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.simulator.book import Origin

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tradekit.simulator.funds import Funds
else:
    from math import fabs

    from tradekit.simulator.funds import Funds

if TYPE_CHECKING:
    from tradekit.simulator.gate import Gate
    from tradekit.simulator.market import Market
    from tradekit.simulator.setup import Setup

__all__ = ["Matcher"]

_ORDER = cython.declare(cython.int, EventKind.ORDER)
_FILL = cython.declare(cython.int, EventKind.FILL)
_CANCEL = cython.declare(cython.int, EventKind.CANCEL)
_REJECT = cython.declare(cython.int, EventKind.REJECT)
_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_LIMIT = cython.declare(cython.int, OrderKind.LIMIT)
_STOP = cython.declare(cython.int, OrderKind.STOP)
_FLATTEN = cython.declare(cython.int, Origin.FLATTEN)
_ANY = cython.declare(cython.int, -1)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_FILLED = cython.declare(cython.int, OrderStatus.FILLED)
_REJECTED = cython.declare(cython.int, OrderStatus.REJECTED)
_NO_REASON = cython.declare(cython.int, Reason.NONE)
_FUNDS = cython.declare(cython.int, Reason.INSUFFICIENT_FUNDS)
_HALTED = cython.declare(cython.int, Reason.HALTED)
_SHORT = cython.declare(cython.int, Reason.SHORT_IN_CASH_ACCOUNT)
_NOT_REACHED = cython.declare(cython.double, float("nan"))
# An order that is cut to more than this part of it is whole, and one cut to less than that is gone: the rest is rounding.
_WHOLE = cython.declare(cython.double, 1.0 - 1e-12)
_NOTHING = cython.declare(cython.double, 1e-9)


class Matcher:
    """Fills orders against a bar whose path is unknown.

    First what fills at the open (market orders, limits the open is better than, stops it has jumped over), then what the range of
    the bar reaches. Within each: sells before buys; inside the bar, stops before limits, which is the worse of the two; then in
    order of submission. An order sees the first bar after the one that it was decided on, never that bar itself.
    """

    def __init__(self, setup: Setup, market: Market, gate: Gate) -> None:
        self.market = market
        self.gate = gate
        self.ledger = self.gate.ledger
        self.funds = Funds(self.ledger)
        self.venue = self.ledger.venue
        self.book = self.gate.book
        self.log = self.gate.log
        self.is_margin = setup.is_margin
        self.cuts = setup.fills.insufficient_funds == "cut"
        self.on_touch = setup.fills.limit_fills == "touch"

    def match(self, row: int) -> int:
        """Fill what this bar fills."""
        self.log.now = self.market.bars.open_time[row]
        self.sweep(row, False, True, _ANY)
        self.sweep(row, True, True, _ANY)
        self.book.compact()
        if self.book.open_count == 0:
            return 0
        self.log.now = self.market.close_time[row] - 1
        self.sweep(row, False, False, _STOP)
        self.sweep(row, False, False, _LIMIT)
        self.sweep(row, True, False, _STOP)
        self.sweep(row, True, False, _LIMIT)
        self.book.compact()
        return 0

    def sweep(self, row: int, buys: bool, at_open: bool, kind: int) -> int:
        """Fill, of the open orders of one side and kind, those that are due in one part of the bar."""
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            if self.book.status[order] != _OPEN or (self.book.quantity[order] > 0.0) != buys:
                continue
            if kind != _ANY and self.book.kind[order] != kind:
                continue
            i = self.book.instrument[order]
            if self.market.close[row, i] != self.market.close[row, i]:
                continue
            if at_open:
                reference = self.at_open(order, self.market.bars.open[row, i])
            else:
                reference = self.inside(order, self.market.bars.low[row, i], self.market.bars.high[row, i])
            if reference == reference:
                self.execute(order, row, reference, at_open)
        return 0

    def at_open(self, order: int, price: float) -> float:
        """Return the price that an order is due at when the bar opens, before slippage; NaN if it isn't."""
        if self.book.kind[order] == _MARKET:
            return price
        is_buy = cython.declare(cython.bint, self.book.quantity[order] > 0.0)
        if self.book.kind[order] == _LIMIT:
            limit = self.book.limit[order]
            is_better = cython.declare(cython.bint, price < limit if is_buy else price > limit)
            return price if is_better else _NOT_REACHED
        stop = self.book.stop[order]
        is_beyond = cython.declare(cython.bint, price >= stop if is_buy else price <= stop)
        return price if is_beyond else _NOT_REACHED

    def inside(self, order: int, low: float, high: float) -> float:
        """Return the price that a limit or stop is due at inside the bar, before slippage; NaN if the bar does not reach it."""
        is_buy = cython.declare(cython.bint, self.book.quantity[order] > 0.0)
        if self.book.kind[order] == _LIMIT:
            limit = self.book.limit[order]
            is_through = cython.declare(cython.bint, low < limit if is_buy else high > limit)
            is_touched = cython.declare(cython.bint, low <= limit if is_buy else high >= limit)
            return limit if is_through or (self.on_touch and is_touched) else _NOT_REACHED
        stop = self.book.stop[order]
        is_reached = cython.declare(cython.bint, high >= stop if is_buy else low <= stop)
        return stop if is_reached else _NOT_REACHED

    def execute(self, order: int, row: int, reference: float, at_open: bool) -> int:
        """Fill an order at its price, cut to what the account can deliver and pay for; what is cut off is given up."""
        i = self.book.instrument[order]
        quantity = self.book.quantity[order]
        price = reference
        if self.book.kind[order] != _LIMIT:
            price = self.venue.slipped(i, quantity, reference)
        reason = _HALTED if self.is_margin or quantity > 0.0 else _SHORT
        size = self.deliverable(i, quantity)
        if size == quantity:
            reason = _FUNDS
            size = self.funds.affordable(i, quantity, price)
        if size != quantity:
            size = self.venue.lots_within(i, size)
        is_cut = cython.declare(cython.bint, fabs(size) < fabs(quantity) * _WHOLE)
        is_gone = cython.declare(cython.bint, fabs(size) <= fabs(quantity) * _NOTHING or self.venue.is_too_small(i, size, price))
        if is_cut and (is_gone or (reason == _FUNDS and not self.cuts)):
            self.book.finish(order, _REJECTED, reason)
            return self.give_up(order, row, quantity)
        entry = self.record(order, row, size, price)
        self.log.code[entry] = 0 if at_open else 1
        self.log.d[entry] = fabs(price - reference) * fabs(size) * self.ledger.unit[i]
        self.ledger.slippage += self.log.d[entry]
        if is_cut:
            self.book.reason[order] = reason
            return self.give_up(order, row, quantity - size)
        return 0

    def deliverable(self, i: int, quantity: float) -> float:
        """Return how much of a signed size may be traded: a cash account sells what it holds, and after a halt all only reduce."""
        if not self.gate.is_halted and (self.is_margin or quantity > 0.0):
            return quantity
        size = self.ledger.reducing(i, quantity)
        return size if quantity > 0.0 else -size

    def close_out(self, i: int, row: int, price: float, cause: int) -> int:
        """Close a position at a price, for lack of margin."""
        order = self.book.add(i, _MARKET, -self.ledger.position[i], _FLATTEN)
        self.book.row[order] = row
        entry = self.log.add(_ORDER, row, order, i)
        self.book.entry[order] = entry
        self.log.cause[entry] = cause
        self.log.code[entry] = _MARKET
        self.log.a[entry] = self.book.quantity[order]
        self.book.rest(order)
        entry = self.record(order, row, self.book.quantity[order], price)
        self.log.code[entry] = 1
        self.log.d[entry] = 0.0
        self.book.compact()
        return 0

    def record(self, order: int, row: int, quantity: float, price: float) -> int:
        """Book a fill and finish its order; return the entry."""
        i = self.book.instrument[order]
        fee = self.venue.fee(i, quantity, price)
        self.ledger.cause = self.book.entry[order]
        self.ledger.apply(i, quantity, price, fee)
        self.book.filled[order] = quantity
        self.book.finish(order, _FILLED, _NO_REASON)
        entry = self.log.add(_FILL, row, order, i)
        self.log.cause[entry] = self.book.entry[order]
        self.log.a[entry] = quantity
        self.log.b[entry] = price
        self.log.c[entry] = fee * self.ledger.rate[self.ledger.settles[i]]
        self.log.e[entry] = self.ledger.position[i]
        self.log.f[entry] = self.ledger.average[i]
        self.log.g[entry] = self.ledger.balance(i)
        return entry

    def give_up(self, order: int, row: int, left: float) -> int:
        """Write down what the account can't deliver or pay for: all of an order, or the rest of one that was cut."""
        is_partial = cython.declare(cython.bint, self.book.status[order] == _FILLED)
        entry = self.log.add(_CANCEL if is_partial else _REJECT, row, order, self.book.instrument[order])
        self.log.cause[entry] = self.book.entry[order]
        self.log.code[entry] = self.book.reason[order]
        self.log.a[entry] = left
        return 0
