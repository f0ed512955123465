# cython: annotation_typing=False
"""Turning open orders into fills, bar by bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython

from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tradekit.simulator.book import Book
    from cython.cimports.tradekit.simulator.ledger import Ledger
    from cython.cimports.tradekit.simulator.log import Log
    from cython.cimports.tradekit.simulator.market import Market
    from cython.cimports.tradekit.simulator.venue import Venue
else:
    from math import fabs

    from tradekit.simulator.book import Book
    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.log import Log
    from tradekit.simulator.market import Market
    from tradekit.simulator.venue import Venue

if TYPE_CHECKING:
    from tradekit.simulator.setup import Setup

__all__ = ["Matcher"]

_FILL = cython.declare(cython.int, EventKind.FILL)
_CANCEL = cython.declare(cython.int, EventKind.CANCEL)
_REJECT = cython.declare(cython.int, EventKind.REJECT)
_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_LIMIT = cython.declare(cython.int, OrderKind.LIMIT)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_FILLED = cython.declare(cython.int, OrderStatus.FILLED)
_REJECTED = cython.declare(cython.int, OrderStatus.REJECTED)
_NO_REASON = cython.declare(cython.int, Reason.NONE)
_FUNDS = cython.declare(cython.int, Reason.INSUFFICIENT_FUNDS)
_SHORT = cython.declare(cython.int, Reason.SHORT_IN_CASH_ACCOUNT)
_NOT_REACHED = cython.declare(cython.double, float("nan"))
# Money is compared with this much slack, so that a rounding error can't make a cash account negative.
_SHY = cython.declare(cython.double, 1.0 - 1e-12)


class Matcher:
    """Fills orders against a bar whose path is unknown.

    First what fills at the open (market orders, limits the open is better than, stops it has jumped over), then what the range of
    the bar reaches. Within each: sells before buys, then in order of submission. An order sees the first bar after the one that
    it was decided on, never that bar itself.
    """

    def __init__(self, setup: Setup, market: Market, ledger: Ledger, book: Book, log: Log) -> None:
        self.market = market
        self.venue = ledger.venue
        self.ledger = ledger
        self.book = book
        self.log = log
        self.is_margin = setup.is_margin
        self.leverage = setup.leverage
        self.cuts = setup.cut_when_short_of_funds
        self.on_touch = setup.fill_on_touch

    def match(self, row: int) -> int:
        """Fill what this bar fills."""
        for phase in range(4):
            is_open_phase = cython.declare(cython.bint, phase < 2)
            buys = cython.declare(cython.bint, phase % 2 == 1)
            for k in range(self.book.open_count):
                order = self.book.open_orders[k]
                if self.book.status[order] != _OPEN or (self.book.quantity[order] > 0.0) != buys:
                    continue
                reference = self.reached(order, row, is_open_phase)
                if reference == reference:
                    self.execute(order, row, reference, is_open_phase)
        self.book.compact()
        return 0

    def reached(self, order: int, row: int, at_open: bool) -> float:
        """Return the price that an order is due at, before slippage; NaN if this part of the bar does not reach it."""
        i = self.book.instrument[order]
        if self.market.close[row, i] != self.market.close[row, i]:
            return _NOT_REACHED
        if at_open:
            return self.at_open(order, self.market.open[row, i])
        return self.inside(order, self.market.low[row, i], self.market.high[row, i])

    def at_open(self, order: int, price: float) -> float:
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
        if self.book.kind[order] == _MARKET:
            return _NOT_REACHED
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
        """Fill an order at its price, cut to what the account can pay for."""
        i = self.book.instrument[order]
        quantity = self.book.quantity[order]
        price = reference
        if self.book.kind[order] != _LIMIT:
            price = self.venue.slipped(i, quantity, reference)
        payable = self.affordable(i, quantity, price)
        if fabs(payable) < fabs(quantity):
            payable = self.venue.whole_lots(i, payable)
            if payable == 0.0 or not self.cuts:
                return self.refuse(order, row, quantity)
            self.record(order, row, payable, price)
            entry = self.log.count - 1
            self.refuse(order, row, quantity - payable)
        else:
            self.record(order, row, quantity, price)
            entry = self.log.count - 1
        self.log.code[entry] = 0 if at_open else 1
        self.log.d[entry] = fabs(price - reference) * fabs(self.book.filled[order])
        self.ledger.slippage += self.log.d[entry]
        return 0

    def affordable(self, i: int, quantity: float, price: float) -> float:
        """Return how much of a signed size the account has the funds for."""
        if self.is_margin:
            return self.affordable_on_margin(i, quantity, price)
        held = self.ledger.position[i]
        if quantity < 0.0:
            return quantity if -quantity <= held else -held
        if quantity * price + self.venue.fee(i, quantity, price) <= self.ledger.cash:
            return quantity
        cost = price + self.venue.fee_of_one(i, price)
        return self.ledger.cash / cost * _SHY if self.ledger.cash > 0.0 else 0.0

    def affordable_on_margin(self, i: int, quantity: float, price: float) -> float:
        """Return the size for which gross exposure stays within leverage times equity, both after the fill and its fee."""
        held = self.ledger.position[i]
        size = fabs(quantity)
        is_adding = cython.declare(cython.bint, held == 0.0 or (held > 0.0) == (quantity > 0.0))
        reducing = 0.0 if is_adding else (size if size < fabs(held) else fabs(held))
        if size <= reducing:
            return quantity
        others = self.ledger.gross()
        equity = self.ledger.equity()
        if held != 0.0:
            others -= fabs(held) * self.ledger.last[i]
            equity += held * (price - self.ledger.last[i])
        kept = fabs(held) * price if is_adding else 0.0
        fee = self.leverage * self.venue.fee_of_one(i, price)
        room = (self.leverage * equity - others - kept - reducing * fee) / (price + fee)
        if size - reducing <= room:
            return quantity
        size = reducing + (room * _SHY if room > 0.0 else 0.0)
        return size if quantity > 0.0 else -size

    def record(self, order: int, row: int, quantity: float, price: float) -> int:
        """Book a fill and finish its order."""
        i = self.book.instrument[order]
        fee = self.venue.fee(i, quantity, price)
        self.ledger.apply(i, quantity, price, fee)
        self.book.filled[order] = quantity
        self.book.finish(order, _FILLED, _NO_REASON)
        entry = self.log.add(_FILL, row, order, i)
        self.log.cause[entry] = self.book.entry[order]
        self.log.a[entry] = quantity
        self.log.b[entry] = price
        self.log.c[entry] = fee
        self.log.e[entry] = self.ledger.position[i]
        self.log.f[entry] = self.ledger.average[i]
        return 0

    def refuse(self, order: int, row: int, left: float) -> int:
        """Give up what the account can't pay for or deliver: all of an order, or the rest of one that was cut."""
        is_partial = cython.declare(cython.bint, self.book.status[order] == _FILLED)
        reason = _FUNDS if left > 0.0 or self.is_margin else _SHORT
        if is_partial:
            self.book.reason[order] = reason
        else:
            self.book.finish(order, _REJECTED, reason)
        entry = self.log.add(_CANCEL if is_partial else _REJECT, row, order, self.book.instrument[order])
        self.log.cause[entry] = self.book.entry[order]
        self.log.code[entry] = reason
        self.log.a[entry] = left
        self.log.e[entry] = 1.0
        return 0
