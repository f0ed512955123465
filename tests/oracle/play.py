"""A whole run of the oracle: bars, and at the close of each row what a script asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oracle.account import whole
from oracle.book import LEAST
from oracle.exchange import Exchange
from oracle.prices import down, up
from oracle.words import (
    PROFITS,
    Ask,
    Cancel,
    Fill,
    Link,
    New,
    Order,
    OrderKind,
    OrderStatus,
    Reason,
    Target,
    Terms,
    Trail,
    World,
)

Script = Mapping[int, Sequence[Ask]]
STOPPED = (OrderKind.STOP, OrderKind.STOP_LIMIT)
LIMITED = (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TAKE_PROFIT_LIMIT)


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    fills: list[Fill]
    ends: list[tuple[OrderStatus, Reason, float]]
    """Status, reason and units filled of each order."""
    equity: list[float]
    open_orders: list[list[int]]
    """The orders that are open at the close of each row, before anything is asked for there."""


def consult(world: World, script: Script) -> Outcome:
    """Run a script and return what must come of it."""
    desk = Desk(world)
    equity, open_orders, bars = [], [], list(world.bars)
    for row, close in enumerate(world.closes):
        while bars and bars[0].row == row:
            desk.exchange.play(bars.pop(0))
        equity.append(desk.exchange.account.equity(close))
        desk.is_halted |= equity[-1] <= 0
        open_orders.append([order.number for order in desk.book.open()])
        desk.ask(row, close, script.get(row, ()))
    ends = [(order.status, order.reason, order.side * order.filled) for order in desk.book.orders]
    return Outcome(desk.exchange.fills, ends, equity, open_orders)


class Desk:
    """Turns what is asked for into orders."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.exchange = Exchange(world)
        self.book = self.exchange.book
        self.account = self.exchange.account
        self.close = 0.0
        self.now = 0
        self.new: list[Order] = []
        self.is_halted = False
        """Whether there is nothing left to trade with."""

    def ask(self, row: int, close: float, asks: Sequence[Ask]) -> None:
        """Do what is asked at the close of a row."""
        self.now, self.close, self.new = self.world.row_closes[row], close, []
        before = self.book.open()
        targets = [ask for ask in asks if isinstance(ask, Target)]
        for ask in asks:
            if isinstance(ask, New):
                self.order(ask, before)
            elif not isinstance(ask, Target) and before:
                self.change(ask, before)
        for ask in targets[-1:]:
            self.target(ask)
        self.send()

    def change(self, ask: Ask, before: list[Order]) -> None:
        """Cancel, replace or link orders that were open before."""
        if isinstance(ask, Link):
            pair = [before[ask.first % len(before)], before[ask.second % len(before)]]
            if pair[0] is not pair[1] and not any(order.is_over or order.ring or order.entry for order in pair):
                for order in pair:
                    order.ring = pair
            return
        order = before[ask.which % len(before)]
        if order.is_over:
            return
        if isinstance(ask, Cancel):
            self.withdraw(order)
        elif not any(other.replaces is order for other in self.new):
            self.replace(order, fitting(dict(ask.changes), order))

    def withdraw(self, order: Order) -> None:
        """Cancel an order, at once or when the request has reached the venue."""
        if self.world.rules.latency_ns == 0:
            self.book.end(order, OrderStatus.CANCELLED, Reason.BY_STRATEGY)
        elif order.leaves is None:
            order.leaves = self.now + self.world.rules.latency_ns

    def order(self, ask: New, before: list[Order]) -> None:
        """Note an order, with its exits."""
        terms = ask.terms
        order = self.made(ask, terms)
        self.new.append(order)
        if ask.after is not None and before:
            order.waits_for = before[ask.after % len(before)]
        if ask.bracket is not None:
            loss, profit = ask.bracket.stop_loss, ask.bracket.take_profit
            for prices in ({"stop": loss}, {"limit": profit}):
                if next(iter(prices.values())) is not None:
                    leaving = self.made(New(-ask.side, 0.0, **prices), Terms())
                    leaving.entry, leaving.status = order, OrderStatus.HELD
                    order.exits.append(leaving)
                    self.new.append(leaving)

    def made(self, ask: New, terms: Terms) -> Order:
        """Return an order with its prices on the grid, where they are no better than asked for."""
        side, tick = ask.side, self.world.tick
        trail = ask.stop if isinstance(ask.stop, Trail) else None
        limit = None if ask.limit is None else down(side * ask.limit, tick)
        stop = None if ask.stop is None or trail else up(side * ask.stop, tick)
        if ask.take_profit is not None:
            stop = down(side * ask.take_profit, tick)
        order = Order(len(self.book.orders), side, whole(ask.size, self.world.lot), kind_of(ask), limit, stop, trail, terms)
        order.arrives = self.now + self.world.rules.latency_ns
        order.queue = self.world.rules.queue_ahead
        if trail is not None:
            order.best = side * self.close if self.world.rules.latency_ns == 0 else math.inf
        self.book.add(order)
        return order

    def target(self, ask: Target) -> None:
        """Ask for what is missing to a position."""
        earlier = [order for order in self.book.open() if order.is_target and order.sent >= 0 and order.status is OrderStatus.OPEN]
        missing, is_late = ask.units - self.account.position, self.world.rules.latency_ns > 0
        for order in [] if is_late else earlier:
            self.book.end(order, OrderStatus.REPLACED, Reason.NEW_TARGET)
        if abs(missing) > LEAST:
            order = self.made(New(1 if missing > 0 else -1, abs(missing)), Terms())
            order.is_target = True
            self.new.append(order)
            if is_late and earlier:
                order.replaces, order.base = earlier[-1], earlier[-1].filled
        elif is_late and earlier:
            self.withdraw(earlier[-1])

    def replace(self, old: Order, changes: dict[str, object]) -> None:
        """Put an order in the place of another."""
        size = changes.get("quantity", old.size - old.filled)
        order = replace(
            old,
            number=len(self.book.orders),
            size=size,
            status=OrderStatus.OPEN,
            sent=-1,
            filled=0.0,
            ring=[],
            replaces=old,
            exits=[],
        )
        order.base, order.leaves = old.filled, None
        if "limit" in changes:
            order.limit = down(old.side * changes["limit"], self.world.tick)
        if "stop" in changes:
            rounded = down if old.kind in PROFITS else up
            order.stop = rounded(old.side * changes["stop"], self.world.tick)
        order.has_rested = order.is_set_off = False
        order.queue = self.world.rules.queue_ahead
        order.session = old.session
        order.arrives = self.now + self.world.rules.latency_ns
        self.book.add(order)
        self.new.append(order)

    def send(self) -> None:
        """Send the new orders: those that only reduce the position first."""
        for order in self.new:
            is_plain = order.waits_for is None and order.entry is None
            if is_plain and not order.is_over and self.reducible(order) >= order.size - LEAST:
                self.send_one(order)
        for order in self.new:
            if not order.is_over and order.sent < 0:
                self.send_one(order)

    def reducible(self, order: Order, gone: Order | None = None) -> float:
        """Return how much of an order only reduces the position, less what open market orders of its side will."""
        others = [other for other in self.book.open() if other.sent >= 0 and other is not gone]
        sure = [other.left for other in others if other.side == order.side and is_sure(other)]
        return max(self.account.reducible(order.side) - sum(sure), 0.0)

    def send_one(self, order: Order) -> None:
        """Judge an order and let it go, or hold it."""
        old = order.replaces
        if order.entry is not None and old is None:
            order.is_flying = self.world.rules.latency_ns > 0
            self.book.send(order)
            return
        entry = order.entry
        if entry is not None and entry.is_over and entry.carried + entry.filled < LEAST:
            self.book.end(order, OrderStatus.REJECTED, Reason.ENTRY_ENDED)
            return
        parent = order.waits_for
        if parent is not None and parent.is_over and parent.status is not OrderStatus.FILLED:
            self.book.end(order, OrderStatus.REJECTED, Reason.ENTRY_ENDED)
            return
        if old is not None and old.is_over:
            self.book.end(order, OrderStatus.REJECTED, Reason.TOO_LATE)
            return
        is_held = parent is not None and not parent.is_over
        may = self.reducible(order, order.replaces if self.world.rules.latency_ns == 0 else None)
        if not is_held and order.entry is None and may < LEAST:
            if order.terms.reduce_only:
                self.book.end(order, OrderStatus.REJECTED, Reason.NOTHING_TO_REDUCE)
                return
            if self.is_halted:
                self.book.end(order, OrderStatus.REJECTED, Reason.HALTED)
                return
            if order.side < 0 and not self.world.is_margin:
                self.book.end(order, OrderStatus.REJECTED, Reason.SHORT_IN_CASH_ACCOUNT)
                return
        if not is_held and order.entry is None and (order.terms.reduce_only or (order.side < 0 and not self.world.is_margin)):
            order.size = min(order.size, may)
        is_held |= old is not None and old.status is OrderStatus.HELD
        order.status = OrderStatus.HELD if is_held else OrderStatus.OPEN
        order.is_flying = self.world.rules.latency_ns > 0
        if old is not None and not order.is_flying:
            self.book.take_over(old, order)
        self.book.send(order)


def is_sure(order: Order) -> bool:
    """Say whether an open order is sure to be filled with the next bar: those that only reduce promise nothing."""
    has_price = order.limit is not None or order.is_waiting
    return order.status is OrderStatus.OPEN and not has_price and not order.terms.reduce_only and order.entry is None


def kind_of(ask: New) -> OrderKind:
    """Return what kind of order the prices make."""
    if isinstance(ask.stop, Trail):
        return OrderKind.TRAILING_STOP
    if ask.stop is not None:
        return OrderKind.STOP if ask.limit is None else OrderKind.STOP_LIMIT
    if ask.take_profit is not None:
        return OrderKind.TAKE_PROFIT if ask.limit is None else OrderKind.TAKE_PROFIT_LIMIT
    return OrderKind.MARKET if ask.limit is None else OrderKind.LIMIT


def fitting(changes: Mapping[str, object], order: Order) -> dict[str, object]:
    """Return those changes that an order can have: an exit has the size of its entry."""
    allowed = {"limit": order.kind in LIMITED, "stop": order.kind in STOPPED, "quantity": order.entry is None}
    return {name: value for name, value in changes.items() if allowed[name]}
