"""The way of an order from a wish to the book: size, rules of the account, risk gate, rules of the venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython

from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.simulator.book import Flag, Origin

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

if TYPE_CHECKING:
    from tradekit.simulator.gate import Gate
    from tradekit.simulator.lifecycle import Lifecycle
    from tradekit.simulator.market import Market
    from tradekit.simulator.setup import Setup

__all__ = ["Placer"]

_ORDER_EVENT = cython.declare(cython.int, EventKind.ORDER)
_REJECT_EVENT = cython.declare(cython.int, EventKind.REJECT)
_CANCEL_EVENT = cython.declare(cython.int, EventKind.CANCEL)
_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_UNSIZED = cython.declare(cython.int, Origin.UNSIZED)
_WEIGHT = cython.declare(cython.int, Origin.WEIGHT)
_FLATTEN = cython.declare(cython.int, Origin.FLATTEN)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_FILLED = cython.declare(cython.int, OrderStatus.FILLED)
_HELD = cython.declare(cython.int, OrderStatus.HELD)
_REPLACED = cython.declare(cython.int, OrderStatus.REPLACED)
_REJECTED = cython.declare(cython.int, OrderStatus.REJECTED)
_NO_REASON = cython.declare(cython.int, Reason.NONE)
_WARMING_UP = cython.declare(cython.int, Reason.WARMING_UP)
_NO_PRICE = cython.declare(cython.int, Reason.NO_PRICE)
_BELOW_LOT = cython.declare(cython.int, Reason.BELOW_LOT)
_BELOW_MIN_NOTIONAL = cython.declare(cython.int, Reason.BELOW_MIN_NOTIONAL)
_SHORT = cython.declare(cython.int, Reason.SHORT_IN_CASH_ACCOUNT)
_RISK_RULE = cython.declare(cython.int, Reason.RISK_RULE)
_HALTED = cython.declare(cython.int, Reason.HALTED)
_NO_SIZE = cython.declare(cython.int, Reason.NO_SIZE)
_ENTRY_ENDED = cython.declare(cython.int, Reason.ENTRY_ENDED)
_LINKED_ORDER = cython.declare(cython.int, Reason.LINKED_ORDER)
_NOTHING_TO_REDUCE = cython.declare(cython.int, Reason.NOTHING_TO_REDUCE)
_REPLACEMENT = cython.declare(cython.int, Reason.REPLACED)
_TOO_LATE = cython.declare(cython.int, Reason.TOO_LATE)
_EXIT = cython.declare(cython.int, Flag.EXIT)
_LINKED = cython.declare(cython.int, Flag.LINKED)
_REDUCE_ONLY = cython.declare(cython.int, Flag.REDUCE_ONLY)
_IN_FLIGHT = cython.declare(cython.int, Flag.IN_FLIGHT)
# What is a smaller part of a size than this is an error of rounding.
_ROUNDING = cython.declare(cython.double, 1e-12)
_INFINITE = cython.declare(cython.double, float("inf"))


class Placer:
    """Takes orders one by one, in the order in which they are to be judged; each then rests, is held, or is rejected."""

    def __init__(self, setup: Setup, market: Market, gate: Gate, lifecycle: Lifecycle) -> None:
        self.market = market
        self.gate = gate
        self.lifecycle = lifecycle
        self.ledger = self.gate.ledger
        self.venue = self.ledger.venue
        self.book = self.gate.book
        self.log = self.gate.log
        self.conditions = self.book.conditions
        self.is_margin = setup.is_margin
        self.latency = setup.fills.latency_ns

    def place(self, order: int) -> int:
        """Take one order through sizing, the account's rules, the gate and the venue's rules."""
        i = self.book.instrument[order]
        reason = self.obstacle(order)
        if reason == _NO_REASON and (self.book.flags[order] & _EXIT) != 0:
            return self.place_exit(order)
        if reason == _NO_REASON:
            reason = self.size(order, i)
        self.announce(order, self.book.asked[order])
        if reason != _NO_REASON and reason != _NO_SIZE:
            return self.reject(order, reason)
        quantity = self.book.asked[order]
        if self.book.origin[order] == _UNSIZED or self.book.origin[order] == _WEIGHT:
            self.gate.note_size(order, i, quantity)
        if reason == _NO_SIZE:
            return self.reject(order, reason)
        old = self.predecessor(order)
        if old >= 0:
            self.book.count_in(old, -1)  # not both of them will be filled
        quantity = self.permitted(order, i, quantity)
        if old >= 0:
            self.book.count_in(old, 1)
        return self.send(order, old, quantity) if quantity != 0.0 else 0

    def obstacle(self, order: int) -> int:
        """Return why the links of an order keep it from being sent, 0 if they don't."""
        row = self.book.condition[order]
        if row < 0:
            return _NO_REASON
        old = self.conditions.replaces[row]
        if old >= 0 and self.book.condition[old] >= 0:
            # What that one waits for may have been replaced on this very row.
            self.conditions.parent[row] = self.conditions.parent[self.book.condition[old]]
        parent = self.conditions.parent[row]
        if parent >= 0 and not self.lifecycle.is_alive(parent):
            is_exit = cython.declare(cython.bint, (self.book.flags[order] & _EXIT) != 0)
            if self.book.filled[parent] == 0.0 or (not is_exit and self.book.status[parent] != _FILLED):
                return _ENTRY_ENDED
        if old >= 0 and not self.lifecycle.is_alive(old):
            return _TOO_LATE
        if (self.book.flags[order] & _LINKED) == 0:
            return 0
        peer = self.conditions.peer[row]
        while peer != order and peer >= 0:
            if not self.lifecycle.is_alive(peer) or self.book.filled[peer] != 0.0:
                return _LINKED_ORDER
            peer = self.conditions.peer[self.book.condition[peer]]
        return 0

    def predecessor(self, order: int) -> int:
        """Return the open order that an order replaces at once, -1 for none."""
        if self.latency > 0 or self.book.condition[order] < 0:
            return -1
        old = self.conditions.replaces[self.book.condition[order]]
        return old if old >= 0 and self.book.status[old] == _OPEN else -1

    def send(self, order: int, old: int, quantity: float) -> int:
        """Let an order that has passed rest in the book, or wait for the one that it depends on."""
        self.book.quantity[order] = quantity
        is_held = cython.declare(cython.bint, False)
        if self.book.condition[order] >= 0:
            is_held = self.waits(order)
            if old < 0 and self.latency == 0:
                old = self.conditions.replaces[self.book.condition[order]]
        if old >= 0:
            self.take_over(order, old)
        if is_held:
            self.book.hold(order)
        else:
            self.gate.rest(order)
        return self.fly(order) if self.latency > 0 else 0

    def take_over(self, order: int, old: int) -> int:
        """Put an order into the place of another at once."""
        self.conditions.replaces[self.book.condition[order]] = -1
        self.lifecycle.links.hand_over(old, order)
        return self.lifecycle.end(old, _REPLACED, _REPLACEMENT)

    def waits(self, order: int) -> bool:
        """Say whether an order has to be held."""
        row = self.book.condition[order]
        old = self.conditions.replaces[row]
        if old >= 0 and self.book.status[old] == _HELD:
            return True
        parent = self.conditions.parent[row]
        return parent >= 0 and self.lifecycle.is_alive(parent)

    def fly(self, order: int) -> int:
        """Send an order on its way: it takes a while to reach the venue."""
        row = self.book.conditions_of(order)
        self.conditions.arrives[row] = self.log.now + self.latency
        self.book.flags[order] |= _IN_FLIGHT
        return 0

    def place_exit(self, order: int) -> int:
        """Hold an exit until its entry is filled. No rule judges it: it is a part of that order."""
        row = self.book.condition[order]
        old = self.conditions.replaces[row]
        if old < 0:
            parent = self.conditions.parent[row]
            self.book.asked[order] = -self.book.quantity[parent]
            self.announce(order, self.book.asked[order])
            self.book.quantity[order] = 0.0
            self.book.hold(order)
            return self.fly(order) if self.latency > 0 else 0
        self.book.asked[order] = self.book.asked[old]
        self.announce(order, self.book.left(order))
        is_held = cython.declare(cython.bint, self.book.status[old] == _HELD)
        if self.latency == 0:
            self.take_over(order, old)
        if is_held:
            self.book.hold(order)
        else:
            self.book.rest(order)
        return self.fly(order) if self.latency > 0 else 0

    def announce(self, order: int, asked: float) -> int:
        """Write an order into the log."""
        cause = self.gate.last_halt if self.book.origin[order] == _FLATTEN else -1
        row = self.book.condition[order]
        if row >= 0:
            before = self.conditions.replaces[row]
            before = before if before >= 0 else self.conditions.parent[row]
            if before >= 0:
                cause = self.book.entry[before]
        self.book.entry[order] = self.log.add(_ORDER_EVENT, self.book.kind[order], order, self.book.instrument[order], cause)
        self.log.a[self.log.at] = asked
        self.log.b[self.log.at] = self.book.limit[order]
        self.log.c[self.log.at] = self.book.stop[order]
        return 0

    def size(self, order: int, i: int) -> int:
        """Give an order the size that is asked for, from the sizing rule where it has none; return why there is none, else 0."""
        price = float(self.ledger.last[i])
        if not price > 0.0:
            return _NO_PRICE
        if self.market.seen[i] < self.gate.shares.warmup[self.gate.shares.of(i)]:
            return _WARMING_UP
        quantity = self.book.quantity[order]
        if self.book.origin[order] == _UNSIZED:
            quantity = self.gate.sized(i, quantity)
        self.book.asked[order] = quantity
        return _NO_REASON if fabs(quantity) * price < _INFINITE else _NO_SIZE

    def permitted(self, order: int, i: int, quantity: float) -> float:
        """Return what lot size, account and gate let pass; 0 when the order has been rejected."""
        quantity = self.venue.whole_lots(i, quantity)
        if quantity == 0.0:
            return self.reject(order, _BELOW_LOT)
        if self.may_only_reduce(order, quantity):
            quantity = self.reduced(order, i, quantity)
            if quantity == 0.0:
                return 0.0
        quantity = self.gate.judge(order, quantity)
        if quantity == 0.0:
            return self.reject(order, _RISK_RULE)
        quantity = self.venue.lots_within(i, quantity)
        if quantity == 0.0:
            return self.reject(order, _BELOW_LOT)
        if self.venue.is_too_small(i, quantity, self.price_of(order)):
            return self.reject(order, _BELOW_MIN_NOTIONAL)
        return quantity

    def price_of(self, order: int) -> float:
        """Return the price that an order names, or else the last one."""
        if self.book.limit[order] == self.book.limit[order]:
            return self.book.limit[order]
        if self.book.stop[order] == self.book.stop[order]:
            return self.book.stop[order]
        return self.ledger.last[self.book.instrument[order]]

    def may_only_reduce(self, order: int, quantity: float) -> bool:
        """Say whether an order may only make a position smaller: one that is held has none to reduce yet."""
        if self.gate.is_stopped(self.book.instrument[order]):
            return True
        is_held = cython.declare(cython.bint, self.book.condition[order] >= 0 and self.waits(order))
        if is_held:
            return False
        return (self.book.flags[order] & _REDUCE_ONLY) != 0 or (quantity < 0.0 and not self.is_margin)

    def reduced(self, order: int, i: int, quantity: float) -> float:
        """Return the part of an order that only reduces, which is all that such an order, a cash account or a halt lets pass."""
        reason = _SHORT if quantity < 0.0 and not self.is_margin else _HALTED
        if (self.book.flags[order] & _REDUCE_ONLY) != 0:
            reason = _NOTHING_TO_REDUCE
        size = self.gate.reducing(i, quantity)
        if size == 0.0:
            return self.reject(order, reason)
        size = size if quantity > 0.0 else -size
        if fabs(quantity - size) > fabs(quantity) * _ROUNDING:
            self.lifecycle.note(_CANCEL_EVENT, order, reason, quantity - size)
        return size

    def reject(self, order: int, reason: int) -> int:
        """Refuse an order that never rested."""
        self.book.status[order] = _REJECTED
        self.book.reason[order] = reason
        self.book.quantity[order] = self.book.asked[order]
        self.lifecycle.note(_REJECT_EVENT, order, reason, self.book.asked[order])
        return self.lifecycle.pass_on_end(order)
