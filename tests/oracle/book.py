"""The orders of a run: how they depend on each other, and how they end."""

from __future__ import annotations

from oracle.words import Order, OrderStatus, Reason

LEAST = 1e-9


class Book:
    """All orders, and those that are open in the order in which they were sent."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.count_sent = 0
        self.freed: list[Order] = []
        """Orders that have waited for one that is filled now."""

    def add(self, order: Order) -> None:
        """Take in a new order."""
        self.orders.append(order)

    def send(self, order: Order) -> None:
        """Put an order behind all that were sent before."""
        order.sent = self.count_sent
        self.count_sent += 1

    def open(self) -> list[Order]:
        """Return the orders that are not over, by their numbers."""
        return [order for order in self.orders if not order.is_over]

    def waiting_for(self, order: Order) -> list[Order]:
        """Return what an order holds back."""
        return [
            other
            for other in self.orders
            if other.waits_for is order and other.status is OrderStatus.HELD and not is_pending(other)
        ]

    def end(self, order: Order, status: OrderStatus, reason: Reason) -> None:
        """End an order, and what can't go on without it; one of which a part was filled counts as filled unless it was stopped."""
        if order.is_over:
            return
        order.status, order.reason = status, reason
        self.end_linked(order)
        has_filled = order.carried + order.filled > LEAST
        if order.exits and has_filled:
            self.end_exits_that_are_done(order)
        for child in sorted([*order.exits, *self.waiting_for(order)], key=first_number):
            if child.entry is not None:
                if not has_filled:
                    self.end(child, rejected_or_cancelled(order), Reason.ENTRY_ENDED)
            elif status is OrderStatus.FILLED:
                self.freed.append(child)
            else:
                self.end(child, rejected_or_cancelled(order), Reason.ENTRY_ENDED)

    def end_linked(self, order: Order) -> None:
        """Cancel what is in one ring with an order, which ends no others in turn."""
        for other in order.ring:
            if other is not order:
                other.ring = []
                self.end(other, OrderStatus.CANCELLED, Reason.LINKED_ORDER)

    def end_exits_that_are_done(self, entry: Order) -> None:
        """End the exits of an entry that is over and whose position has been left."""
        if not entry.is_over or entry.exits[0].left > LEAST:
            return
        for leaving in entry.exits:
            if leaving.filled > LEAST:
                self.end(leaving, OrderStatus.FILLED, Reason.NONE)
        for leaving in entry.exits:
            self.end(leaving, OrderStatus.CANCELLED, Reason.LINKED_ORDER)

    def end_what_has_nothing_to_reduce(self, position: float) -> None:
        """End what may only reduce a position that is gone, or has been turned."""
        for order in self.open():
            may_reduce = order.side * position < -LEAST
            if order.status is not OrderStatus.OPEN or may_reduce:
                continue
            if order.terms.reduce_only or (order.entry is not None and order.entry.is_over):
                self.end(order, OrderStatus.CANCELLED, Reason.NOTHING_TO_REDUCE)

    def take_over(self, old: Order, order: Order) -> None:
        """Let an order take the place of the one that it replaces."""
        for other in self.orders:
            if other.waits_for is old:
                other.waits_for = order
            if other.entry is old:
                other.entry = order
        order.exits, old.exits = old.exits, []
        order.carried = old.carried + old.filled
        if old.entry is not None:
            old.entry.exits = [order if other is old else other for other in old.entry.exits]
        order.ring = [order if other is old else other for other in old.ring]
        for other in order.ring:
            other.ring = order.ring
        old.ring = []
        order.best = old.best
        if order.status is not OrderStatus.HELD or old.status is not OrderStatus.HELD:
            order.status = OrderStatus.OPEN
        old.status, old.reason = OrderStatus.REPLACED, Reason.REPLACED


def rejected_or_cancelled(order: Order) -> OrderStatus:
    """Return how an order ends that depends on this one: as it was never sent itself, it is rejected if this one never was."""
    return OrderStatus.REJECTED if order.status is OrderStatus.REJECTED and order.sent < 0 else OrderStatus.CANCELLED


def is_pending(order: Order) -> bool:
    """Say whether an order has yet to reach the venue to take the place of another."""
    return order.is_flying and order.replaces is not None


def first_number(order: Order) -> int:
    """Return the number of the first of those that an order replaces, its own if it replaces none."""
    return order.number if order.replaces is None else first_number(order.replaces)
