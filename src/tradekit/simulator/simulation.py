"""The simulator: one account trading the bars of one run. Every driver calls the same methods, so their answers agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.model.reference import ScheduledKind
from tradekit.simulator.book import Flag, Origin

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tradekit.simulator.book import Book
    from cython.cimports.tradekit.simulator.carry import Carry
    from cython.cimports.tradekit.simulator.gate import Gate, watch_share
    from cython.cimports.tradekit.simulator.ledger import Ledger
    from cython.cimports.tradekit.simulator.lifecycle import Lifecycle
    from cython.cimports.tradekit.simulator.log import Log
    from cython.cimports.tradekit.simulator.market import Market
    from cython.cimports.tradekit.simulator.matching import Matcher
    from cython.cimports.tradekit.simulator.placing import Placer
    from cython.cimports.tradekit.simulator.venue import Venue
else:
    from math import fabs

    from tradekit.simulator.book import Book
    from tradekit.simulator.carry import Carry
    from tradekit.simulator.gate import Gate, watch_share
    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.lifecycle import Lifecycle
    from tradekit.simulator.log import Log
    from tradekit.simulator.market import Market
    from tradekit.simulator.matching import Matcher
    from tradekit.simulator.placing import Placer
    from tradekit.simulator.venue import Venue

if TYPE_CHECKING:
    from tradekit.simulator.setup import Setup

__all__ = ["Simulation", "renew"]

_CANCEL_EVENT = cython.declare(cython.int, EventKind.CANCEL)
_REQUEST_EVENT = cython.declare(cython.int, EventKind.REQUEST)
_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_UNSIZED = cython.declare(cython.int, Origin.UNSIZED)
_TARGET = cython.declare(cython.int, Origin.TARGET)
_WEIGHT = cython.declare(cython.int, Origin.WEIGHT)
_FLATTEN = cython.declare(cython.int, Origin.FLATTEN)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_HELD = cython.declare(cython.int, OrderStatus.HELD)
_CANCELLED = cython.declare(cython.int, OrderStatus.CANCELLED)
_REPLACED = cython.declare(cython.int, OrderStatus.REPLACED)
_DELISTED = cython.declare(cython.int, Reason.DELISTED)
_SPLIT = cython.declare(cython.int, ScheduledKind.SPLIT)
_DELISTING = cython.declare(cython.int, ScheduledKind.DELISTING)
_HALTED = cython.declare(cython.int, Reason.HALTED)
_BY_STRATEGY = cython.declare(cython.int, Reason.BY_STRATEGY)
_NEW_TARGET = cython.declare(cython.int, Reason.NEW_TARGET)
_REDUCE_ONLY = cython.declare(cython.int, Flag.REDUCE_ONLY)
_LEAVING = cython.declare(cython.int, Flag.LEAVING)

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
        self.market = Market(setup.bars, setup.adjusted)
        self.venue = Venue(setup)
        self.log = Log()
        self.ledger = Ledger(setup, self.venue, self.log)
        self.carry = Carry(setup, self.market, self.ledger, self.log)
        self.book = Book(self.size, self.venue.has_minimum)
        self.conditions = self.book.conditions
        self.lifecycle = Lifecycle(self.book, self.ledger, self.log)
        self.gate = Gate(setup, self.market, self.ledger, self.book, self.log)
        self.shares = self.gate.shares
        self.matcher = Matcher(setup, self.market, self.gate, self.lifecycle)
        self.placer = Placer(setup, self.market, self.gate, self.lifecycle)
        self.is_margin = setup.is_margin
        self.is_outside = setup.is_outside
        self.latency = setup.fills.latency_ns
        self.equity = setup.memory.array((len(setup.bars),), np.float64)  # as far as `done`
        self.weight, self.quantity = np.empty((2, self.size))
        self.has_targets = self.is_asked = self.stop_requested = False
        self.row = self.known = self.done = 0
        begin(self, setup.warmup)

    def equity_curve(self) -> Any:
        """Return equity at the close of each row done, float64 [row], sharing memory."""
        return np.asarray(self.equity)[: self.done]

    def use_sessions(self) -> None:
        """Find out where sessions begin and end."""
        self.matcher.timing.use_sessions()

    def advance(self, row: int) -> int:
        """Fill what bar `row` fills, then mark the account at its close."""
        self.begin_row(row)
        if not self.is_outside and (self.book.open_count > 0 or (self.is_margin and self.ledger.held > 0)):
            self.matcher.match(row)
        return self.close_bar(row)

    def begin_row(self, row: int) -> int:
        """Move on to a row, and let happen what is due before its open."""
        self.row = row
        self.log.row = row
        self.venue.new_row(row)
        return self.act(row) if row >= self.carry.opening_row else 0

    def mark_equity(self) -> None:
        """Value the account now, inside a row."""
        self.equity[self.row] = self.ledger.equity()

    def act(self, row: int) -> int:
        """Let splits, dividends and delistings happen that are due before the open of a row."""
        self.log.now = self.market.bars.open_time[row]
        k = self.carry.take(row)
        while k >= 0:
            i = self.carry.instrument[k]
            if self.carry.kind[k] == _SPLIT:
                self.lifecycle.split(i, self.carry.value[k])
            elif self.carry.kind[k] == _DELISTING:
                self.lifecycle.end_all(i, _DELISTED)
            k = self.carry.take(row)
        self.book.compact()
        return 0

    def close_bar(self, row: int) -> int:
        self.log.now = self.market.close_time[row]
        for i in range(self.size):
            price = self.market.close[row, i]
            if price == price:
                self.ledger.last[i] = price
                self.ledger.priced[i] = self.market.close_time[row]
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
        self.known = row
        self.done = row + 1
        halted = self.gate.watch(equity)
        if halted != 0:
            self.stop_risk(halted == 2, 0, self.size)
        return 0 if self.shares.count == 1 else close_shares(self, row)

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
        self.book.time[order] = self.log.now
        self.book.intents[self.book.intent_count] = order
        self.book.intent_count += 1
        self.is_asked = True
        return order

    def decide(self) -> int:
        """Send what is wanted on this row through the gate: first what reduces positions, then the rest, each in order."""
        was_halted = cython.declare(cython.bint, self.gate.is_halted)
        self.gate.begin(self.known, self.equity[self.row])
        if self.has_targets:
            self.resolve_targets()
        self.gate.count_exposure()
        for k in range(self.book.intent_count):
            order = self.book.intents[k]
            if self.book.status[order] == _OPEN and self.book.origin[order] != _UNSIZED and not self.depends(order):
                quantity = self.book.quantity[order]
                if self.gate.reducing(self.book.instrument[order], quantity) == fabs(quantity):
                    self.placer.place(order)
        for k in range(self.book.intent_count):
            if self.book.entry[self.book.intents[k]] < 0:
                self.placer.place(self.book.intents[k])
        self.book.intent_count = 0
        self.is_asked = False
        if self.gate.is_halted and not was_halted:
            self.stop_risk(False, 0, self.size)
        for k in range(self.shares.count):
            stop_share(self, k, False)
        return 0

    def depends(self, order: int) -> bool:
        """Say whether an order waits for another one."""
        row = self.book.condition[order]
        return row >= 0 and self.conditions.parent[row] >= 0

    def resolve_targets(self) -> int:
        """Turn wanted positions into orders for the difference to what is held."""
        for i in range(self.size):
            weight = float(self.weight[i])
            wanted = self.quantity[i]
            if weight != weight and wanted != wanted:
                continue
            self.weight[i] = _NAN
            self.quantity[i] = _NAN
            old = self.cancel_targets(i)
            is_sized = cython.declare(cython.bint, weight == weight and weight != 0.0)
            if weight == weight:
                wanted = self.gate.sized(i, weight) if is_sized else 0.0
            if not self.is_there(i, wanted):
                order = self.intend(i, _MARKET, wanted - self.ledger.position[i], _WEIGHT if is_sized else _TARGET)
                if old >= 0:
                    self.take_place(order, old)
            elif old >= 0:
                self.withdraw(old)
        self.has_targets = False
        return 0

    def is_there(self, i: int, wanted: float) -> bool:
        """Say whether a position is what is wanted, as nearly as its lots allow."""
        held = self.ledger.position[i]
        difference = fabs(wanted - held)
        if not difference < _INFINITE:
            return False
        return difference <= fabs(wanted) * _ROUNDING or (held != 0.0 and self.venue.whole_lots(i, difference) == 0.0)

    def cancel(self, order: int, status: int, reason: int) -> int:
        """End an order that rests or is held, or one that is still an intent."""
        if self.book.entry[order] >= 0:
            return self.lifecycle.end(order, status, reason)
        self.placer.announce(order, self.book.asked[order])
        self.book.quantity[order] = self.book.asked[order]
        self.book.status[order] = status
        self.book.reason[order] = reason
        self.lifecycle.note(_CANCEL_EVENT, order, reason, self.book.quantity[order])
        return self.lifecycle.pass_on_end(order)

    def withdraw(self, order: int) -> int:
        """Cancel an order as the strategy asks, if it is open: at once, or when the request has reached the venue."""
        if not self.lifecycle.is_alive(order):
            return 0
        if self.latency == 0 or self.book.entry[order] < 0:
            return self.cancel(order, _CANCELLED, _BY_STRATEGY)
        if (self.book.flags[order] & _LEAVING) != 0:
            return 0
        self.book.flags[order] |= _LEAVING
        row = self.book.conditions_of(order)  # first: it may move the columns
        self.conditions.leaves[row] = self.log.now + self.latency
        return self.request(order, 0)

    def request(self, order: int, what: int) -> int:
        """Write down that a request to cancel (0) or to replace (1) an order is under way."""
        self.log.add(_REQUEST_EVENT, what, order, self.book.instrument[order], self.book.entry[order])
        self.log.a[self.log.at] = self.book.left(order)
        self.log.b[self.log.at] = self.book.limit[order]
        self.log.c[self.log.at] = self.book.stop[order]
        return 0

    def cancel_targets(self, i: int) -> int:
        """Cancel the orders that an earlier target of this instrument left open.

        Where that takes a while, return the last of them instead, which a new one is to replace; -1 if there is none.
        """
        last = -1
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            is_target = cython.declare(cython.bint, self.book.origin[order] == _TARGET or self.book.origin[order] == _WEIGHT)
            if is_target and self.book.instrument[order] == i and self.book.status[order] == _OPEN:
                if self.latency > 0:
                    last = order
                else:
                    self.cancel(order, _REPLACED, _NEW_TARGET)
        self.book.compact()
        return last

    def take_place(self, order: int, old: int) -> int:
        """Let an order replace another: at once, or when it has reached the venue, less what that has filled until then."""
        row = self.book.conditions_of(order)
        self.conditions.replaces[row] = old
        self.conditions.base[row] = self.book.filled[old]
        return self.request(old, 1) if self.latency > 0 else 0

    def stop_risk(self, flatten: bool, first: int, end: int) -> int:
        """Carry out a halt of instruments `first <= i < end`: cancel what reduces no position and, if asked, close positions."""
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            if not first <= self.book.instrument[order] < end:
                continue
            if not self.lifecycle.is_alive(order) or (self.book.flags[order] & _REDUCE_ONLY) != 0:
                continue
            if (
                self.book.status[order] == _HELD
                or self.ledger.reducing(self.book.instrument[order], self.book.quantity[order]) == 0.0
            ):
                self.cancel(order, _CANCELLED, _HALTED)
        self.book.compact()
        if flatten:
            for i in range(first, end):
                if self.ledger.position[i] != 0.0:
                    self.intend(i, _MARKET, -self.ledger.position[i], _FLATTEN)
        return 0


def renew(simulation: Simulation, warmup: int) -> None:
    """Take a simulation back to before the first row: as a new one of the same setup, but for its warm-up, and much faster.

    What its `equity_curve` has returned is written over.
    """
    simulation.market.renew()
    simulation.venue.renew()
    simulation.log.renew()
    simulation.ledger.renew()
    simulation.carry.renew()
    simulation.book.renew()
    simulation.lifecycle.renew()
    simulation.gate.renew()
    simulation.matcher.renew()
    begin(simulation, warmup)


def begin(simulation: Simulation, warmup: int) -> int:
    """Stand before the first row."""
    if simulation.shares.count == 1:
        simulation.shares.warmup[0] = warmup
    for i in range(simulation.size):
        simulation.weight[i] = simulation.quantity[i] = _NAN
    simulation.has_targets = False
    simulation.is_asked = False  # whether there is anything to decide
    simulation.row = -1
    simulation.known = 0  # the last row that has closed
    simulation.done = 0
    simulation.stop_requested = False
    return 0


def close_shares(simulation: Simulation, row: int) -> int:
    """Value what each strategy has of the account, and stop those whose own rules ask for it."""
    simulation.shares.mark(row)
    for k in range(simulation.shares.count):
        stop_share(simulation, k, watch_share(simulation.gate, k) == 2)
    return 0


def stop_share(simulation: Simulation, k: int, flatten: bool) -> int:
    """Carry out the halt of a strategy, if it has just been stopped."""
    if simulation.shares.is_halted[k] == simulation.shares.is_carried_out[k]:
        return 0
    simulation.shares.is_carried_out[k] = 1
    return simulation.stop_risk(flatten, k * simulation.shares.size, (k + 1) * simulation.shares.size)


def equity_of(simulation: Simulation, share: int) -> float:
    """Return the equity of a strategy's share, or that of the account (-1), as it was valued last."""
    return simulation.equity[simulation.row] if share < 0 or simulation.shares.count == 1 else simulation.shares.equity[share]
