"""What happens when the market meets an order: how much of it is filled, and what follows."""

from __future__ import annotations

import math

from oracle.account import Account, whole
from oracle.book import LEAST, Book
from oracle.prices import Meeting, up
from oracle.words import Bar, Fill, Order, OrderKind, OrderStatus, Reason, World


class Clearing:
    """Fills orders in the bar that is being played, as far as volume, terms and money let."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.book = Book()
        self.account = Account(world)
        self.fills: list[Fill] = []
        self.fees: dict[int, tuple[float, float]] = {}
        """What each order has paid, and what that was by the rates alone."""
        self.bar: Bar = world.bars[0]
        self.last_bar: Bar | None = None
        self.room = 0.0
        self.births = 0
        self.last_price: float | None = None
        """The price of the last fill in this bar, before slippage, and where it was."""
        self.last_place = ""
        self.last_units = 0.0
        self.met: set[int] = set()
        """Orders that have had their fill of this bar."""
        self.is_opening = False
        self.is_blind = True
        """Whether it is not known where in the bar something happens."""
        self.tried: set[int] = set()
        """Orders that have met the open of this bar."""
        self.is_volume_known = any(bar.volume > 0 for bar in world.bars)

    def slipped(self, order: Order, meeting: Meeting) -> float:
        """Return a price with slippage, which a limit order does not pay beyond its limit."""
        world, price = self.world, meeting.price
        if meeting.is_maker or not (world.slippage_rate or world.half_spread):
            return price
        worse = up(price + abs(price) * world.slippage_rate + world.half_spread, world.tick)
        return worse if order.limit is None else max(min(worse, order.limit), price)

    def execute(self, order: Order, meeting: Meeting, place: str, most: float = math.inf) -> None:
        """Fill as much of an order as its terms, the volume and the money let."""
        price, world = self.slipped(order, meeting), self.world
        wanted = min(order.left, order.shown, self.room, most)
        wanted = whole(wanted, world.lot)
        units, reason = self.allowed(order, wanted, abs(price))
        if order.terms.time_in_force == "fok" and units < order.left - LEAST:
            self.book.end(order, OrderStatus.EXPIRED, Reason.NOT_FILLED_WHOLE)
            return
        if wanted < LEAST:
            return
        if units > LEAST:
            self.fill(order, units, meeting, price, place)
        if units < wanted - LEAST and not order.is_over:
            self.give_up(order, reason)
        held = self.account.position
        if units > LEAST and (held == 0 or (side_of(held) == order.side and abs(held) < units)):
            self.book.end_what_has_nothing_to_reduce(held)

    def allowed(self, order: Order, units: float, price: float) -> tuple[float, Reason]:
        """Return how much of a part may be done, and why not more of it."""
        may_reduce = whole(self.account.reducible(order.side), self.world.lot)
        if (order.terms.reduce_only or order.entry is not None) and may_reduce < units:
            return may_reduce, Reason.NOTHING_TO_REDUCE
        if order.side < 0 and not self.world.is_margin and may_reduce < units:
            return may_reduce, Reason.SHORT_IN_CASH_ACCOUNT
        most = self.account.most(order.side, units, price)
        if most < units and self.world.rules.insufficient_funds == "reject":
            most = 0.0
        return min(most, units), Reason.INSUFFICIENT_FUNDS

    def give_up(self, order: Order, reason: Reason) -> None:
        """End an order that can't be done, or not the rest of it."""
        status = OrderStatus.CANCELLED if reason is Reason.NOTHING_TO_REDUCE else OrderStatus.REJECTED
        if order.filled > LEAST:
            self.complete(order, reason)
        else:
            self.book.end(order, status, reason)

    def complete(self, order: Order, reason: Reason) -> None:
        """End an order that is filled, and send what has waited for that."""
        self.book.end(order, OrderStatus.FILLED, reason)
        self.send_freed()

    def send_freed(self) -> None:
        """Send the orders that have waited for one that is filled."""
        while self.book.freed:
            self.awaken(self.book.freed.pop(0), self.last_price, self.last_place)

    def behind_queue(self, order: Order, meeting: Meeting) -> float:
        """Return how many units of a print at its very limit are left for an order; beyond it, all before it were served."""
        if self.world.rules.queue_ahead is None or order.limit is None:
            return math.inf
        if not meeting.is_maker or meeting.price != order.limit or self.bar.low != self.bar.high:
            order.queue = 0.0
            return math.inf
        left = self.bar.volume - order.queue
        order.queue = max(-left, 0.0)
        return left

    def fill(self, order: Order, units: float, meeting: Meeting, price: float, place: str) -> None:
        """Do a part of an order, and what follows from it."""
        paid, worked = self.fees.get(order.number, (0.0, 0.0))
        fee = self.account.fee(units, abs(price), meeting.is_maker, paid, worked)
        rate = self.world.maker_rate if meeting.is_maker else self.world.taker_rate
        self.fees[order.number] = (paid + fee, worked + rate * units * abs(price))
        self.account.fill(order.side, units, abs(price), fee)
        slippage = (price - meeting.price) * units
        quantity = order.side * units
        self.fills.append(Fill(self.bar.row, order.number, quantity, abs(price), place, meeting.is_maker, fee, slippage))
        self.last_price, self.last_place, self.last_units = order.side * meeting.price, place, units
        order.filled += units
        order.shown -= units
        if order.terms.display is not None and order.shown < LEAST:
            order.queue = self.world.rules.queue_ahead
        self.room -= units
        self.book.end_linked(order)
        for leaving in order.exits:
            self.awaken(leaving, order.side * meeting.price, place)
        if order.entry is None and order.left < LEAST:
            self.complete(order, Reason.NONE)
        if order.entry is not None:
            self.book.end_exits_that_are_done(order.entry)
            self.send_freed()

    def awaken(self, order: Order, price: float | None, place: str) -> None:
        """Send what has waited for a fill, which was at this price; it may have been in an earlier bar."""
        if order.is_over:
            return
        if price is None:
            order.status, order.best = OrderStatus.OPEN, None if order.trail is None else math.inf
            order.arrives = max(order.arrives, self.bar.opens if self.is_opening else self.bar.closes)
            return
        was_held = order.status is OrderStatus.HELD
        was_idle = order.entry is not None and order.left - self.last_units < LEAST
        if was_held:
            order.status = OrderStatus.OPEN
            if not order.is_flying:
                order.arrives = self.bar.opens
            order.best = None if order.trail is None else order.side * price
        if place == "close":
            order.arrives = max(order.arrives, self.bar.closes)
        elif was_held or was_idle:
            order.has_rested = False
            self.met.discard(order.number)
            self.tried.discard(order.number)
        if place == "inside" and self.is_blind and (was_held or was_idle or order.limit is not None):
            self.bear(order, order.side * price)

    def bear(self, order: Order, price: float) -> None:
        """Bring an order to life inside the bar, at a price as that order sees it."""
        self.met.discard(order.number)
        self.births += 1
        order.born = (self.births, price)
        if order.trail is not None and order.is_waiting:
            order.best = price if order.best is None else min(order.best, price)

    def liquidate(self) -> None:
        """Close the position of an account whose equity met the maintenance margin in this bar, and cancel all orders."""
        price = self.account.liquidation_price(self.bar) if self.world.is_margin else None
        if price is None:
            return
        for order in self.book.open():
            self.book.end(order, OrderStatus.CANCELLED, Reason.LIQUIDATED)
        held, share = self.account.position, self.world.liquidation_fee
        side = -side_of(held)
        order = Order(len(self.book.orders), side, abs(held), OrderKind.MARKET)
        self.book.add(order)
        fee = self.account.maintenance(price) if share is None else share * abs(held) * price
        self.fill(order, abs(held), Meeting(side * price, False), side * price, "inside")
        self.account.cash -= max(min(fee, self.account.cash), 0.0)

    def room_of(self, bar: Bar) -> float:
        """Return how many units of a bar the run may take."""
        share = self.world.rules.participation
        if share is None or not self.is_volume_known or bar.volume != bar.volume:
            return math.inf
        return share * bar.volume


def side_of(position: float) -> int:
    """Return +1 for a long position and -1 for a short one."""
    return 1 if position > 0 else -1
