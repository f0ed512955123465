"""One bar at the venue: what is filled at its open, inside it and at its close."""

from __future__ import annotations

import math

from oracle.book import LEAST
from oracle.clearing import Clearing
from oracle.prices import Meeting, met_ahead, met_at, met_inside, met_newborn, path_of, reached, reached_later, sets_off, up
from oracle.words import PROFITS, Bar, Order, OrderStatus, Reason

AT_ONCE = ("ioc", "fok")
TURNS = ((-1, False), (-1, True), (1, False), (1, True))
"""Sells before buys, and of each those that hurt first."""


class Exchange(Clearing):
    """The venue: it takes the orders of its book to the market, bar by bar."""

    def play(self, bar: Bar) -> None:
        """Fill what a bar fills."""
        self.bar, self.room, self.last_price = bar, self.room_of(bar), None
        self.is_blind = True
        self.met.clear()
        for order in sorted(self.book.open(), key=lambda order: order.sent):
            self.pass_time(order, bar.opens)
            self.last_a_day(order)
            order.born, order.shown = None, order.terms.display or math.inf
        self.tried.clear()
        self.is_opening = True
        self.play_open()
        self.is_opening = False
        self.follow([bar.open])
        self.expire_at_once()
        for order in sorted(self.book.open(), key=lambda order: order.sent):
            if self.pass_time(order, bar.closes - 1):
                self.last_a_day(order)
                self.arrive(order)
        if self.world.rules.path == "worst":
            self.play_range()
            self.play_newborn()
        else:
            self.play_newborn()
            self.play_path()
        self.rest(bar)
        self.liquidate()
        self.play_close()
        self.last_bar, self.last_price = bar, None

    def pass_time(self, order: Order, now: int) -> bool:
        """Let an order expire, leave or arrive that does so by a moment; say whether it has arrived."""
        if order.is_over:
            return False
        if order.terms.until is not None and order.terms.until.timestamp() * 1e9 <= now:
            self.book.end(order, OrderStatus.EXPIRED, Reason.TIME_IN_FORCE)
        elif order.leaves is not None and order.leaves <= now:
            self.book.end(order, OrderStatus.CANCELLED, Reason.BY_STRATEGY)
        elif order.is_flying and order.arrives <= now:
            order.is_flying, order.session = False, None
            if order.replaces is not None:
                self.replace(order.replaces, order)
            elif order.status is OrderStatus.OPEN and order.trail is not None:
                order.best = math.inf  # it follows from the price that it finds
            return order.status is OrderStatus.OPEN
        return False

    def replace(self, old: Order, order: Order) -> None:
        """Put an order in the place of another as it arrives, less what that has filled since; or reject it."""
        if old.is_over:
            self.book.end(order, OrderStatus.REJECTED, Reason.TOO_LATE)
            return
        self.book.take_over(old, order)
        if order.entry is None:
            order.size -= order.side * old.side * (old.filled - order.base)
            if order.size < LEAST:
                self.book.end(order, OrderStatus.CANCELLED, Reason.TOO_LATE)

    def last_a_day(self, order: Order) -> None:
        """End an order for the day when a later session has begun than the one in which it came to the market."""
        session = self.world.sessions[self.bar.row]
        if order.terms.time_in_force != "day" or order.is_flying or order.is_over:
            return
        if order.session is None or order.status is OrderStatus.HELD:
            order.session = session
        elif session > order.session:
            self.book.end(order, OrderStatus.EXPIRED, Reason.TIME_IN_FORCE)

    def live(self) -> list[Order]:
        """Return the orders that may be filled now."""
        return [
            order
            for order in self.book.open()
            if order.status is OrderStatus.OPEN and not order.is_flying and order.left > LEAST and order.number not in self.met
        ]

    def play_open(self) -> None:
        """Fill at the open, and again what comes to life by that."""
        while self.at_open():
            for side in (-1, 1):
                for order in sorted((order for order in self.at_open() if order.side == side), key=self.open_rank):
                    self.tried.add(order.number)
                    if order in self.live():
                        self.open_one(order)

    def at_open(self) -> list[Order]:
        """Return the orders that have yet to meet the open."""
        there = [order for order in self.live() if self.is_there(order) and self.may_open(order)]
        return [order for order in there if order.number not in self.tried]

    def is_there(self, order: Order) -> bool:
        """Say whether an order has been there since the open."""
        return order.born is None and order.arrives <= self.bar.opens

    def may_open(self, order: Order) -> bool:
        """Say whether an order takes part in the open of this bar."""
        if order.terms.at is None:
            return True
        return order.terms.at == "open" and self.is_session_open()

    def is_session_open(self) -> bool:
        """Say whether the bar begins a session."""
        if not self.bar.is_first_of_row:
            return False
        return self.last_bar is None or self.world.sessions[self.last_bar.row] < self.world.sessions[self.bar.row]

    def open_one(self, order: Order) -> None:
        """Let an order meet the open."""
        price = self.bar.seen_by(order.side).open
        if order.terms.at == "open":
            if order.limit is None or price <= order.limit:
                self.execute(order, Meeting(price, False), "open")
            self.book.end(order, OrderStatus.EXPIRED, Reason.TIME_IN_FORCE)
            return
        if order.is_waiting and sets_off(self.world, order, price):
            self.note_set_off(order, price)
        self.meet(order, met_at(self.world, order, price), "open")

    def open_rank(self, order: Order) -> tuple[float, ...]:
        """Return the order in which the open fills: sells, then what has no limit, then the better limits, then the earlier."""
        has_limit = order.limit is not None and not order.is_waiting
        return (order.side, has_limit, -order.limit if has_limit else 0, order.sent)

    def inside_rank(self, order: Order) -> tuple[float, ...]:
        """Return the order in which the inside of a bar fills: sells, stops, better limits, the earlier."""
        has_limit = order.limit is not None and not order.is_waiting
        is_stop = not has_limit and order.kind not in PROFITS
        return (order.side, not is_stop, has_limit, -order.limit if has_limit else 0, order.sent)

    def birth_rank(self, order: Order) -> tuple[float, ...]:
        """Return the order in which those fill that have come to life inside a bar: as others, but the first born first."""
        return (*self.inside_rank(order)[:4], order.born[0])

    def path_rank(self, order: Order) -> tuple[bool, int]:
        """Return which of those that one price meets comes first: stops, then the earlier."""
        return bool(self.inside_rank(order)[1]), order.sent

    def may_fill_inside(self, order: Order) -> bool:
        """Say whether an order may be filled between the open and the close."""
        return order.terms.at is None

    def play_range(self) -> None:
        """Fill inside a bar of which only the range is known."""
        for turn in TURNS:
            there = [order for order in self.live() if self.is_there(order) and self.may_fill_inside(order)]
            for order in sorted((order for order in there if self.inside_rank(order)[:2] == turn), key=self.inside_rank):
                if order in self.live():
                    self.meet_range(order)

    def play_newborn(self) -> None:
        """Fill what has come to life inside the bar, at a moment that is not known."""
        tried: set[int] = set()
        while True:
            batch = [order for order in self.live() if order.born is not None and order.born[0] not in tried]
            batch = [order for order in batch if self.may_fill_inside(order)]
            if not batch:
                return
            first = {order.born[0] for order in batch}
            for turn in TURNS:
                for order in sorted((order for order in batch if self.inside_rank(order)[:2] == turn), key=self.birth_rank):
                    if order in self.live() and order.born[0] not in tried:
                        tried.add(order.born[0])
                        self.meet_newborn(order, order.born[1])
            tried |= {order.born[0] for order in batch if order.born is not None and order.born[0] in first}

    def meet_range(self, order: Order) -> None:
        """Let an order that has been there since the open meet the range of the bar."""
        bar = self.bar.seen_by(order.side)
        if order.is_waiting:
            self.set_off(order, reached(self.world, order, bar))
        else:
            self.meet(order, met_inside(self.world, order, bar), "inside")

    def meet_newborn(self, order: Order, price: float) -> None:
        """Let an order that came to life at a price meet what may come after."""
        bar = self.bar.seen_by(order.side)
        if order.is_waiting:
            self.set_off(order, reached_later(self.world, order, price, bar))
        else:
            self.meet(order, met_newborn(self.world, order, price, bar), "inside")

    def set_off(self, order: Order, price: float | None) -> None:
        """Set an order off at a price inside the bar, if there is one; a limit that is not met there comes to life there."""
        if price is None:
            return
        self.note_set_off(order, price)
        meeting = met_at(self.world, order, price)
        if meeting is None:
            self.bear(order, price)
        else:
            self.meet(order, meeting, "inside")

    def note_set_off(self, order: Order, price: float) -> None:
        """Set an order off; a trailing stop stays where that was."""
        order.is_set_off = True
        if order.trail is not None:
            order.stop = price

    def arrive(self, order: Order) -> None:
        """Let an order arrive inside the bar, where the price is on its way from the open to the worse end."""
        bar = self.bar.seen_by(order.side)
        way = (order.arrives - bar.opens) / (bar.closes - bar.opens)
        price = min(up(bar.open + way * (bar.high - bar.open), self.world.tick), bar.high)
        self.bear(order, price)

    def play_path(self) -> None:
        """Fill along straight lines from the open to the close."""
        self.is_blind = False
        price, ahead = self.bar.open, path_of(self.world, self.bar)
        while True:
            found = []
            for order in self.live():
                if self.may_fill_inside(order) and self.is_there(order):
                    event = met_ahead(self.world, order, order.side * price, [order.side * end for end in ahead])
                    if event is not None:
                        found.append((event[0], event[1], *self.path_rank(order), event[2] * order.side, order))
            if not found:
                self.follow(ahead)
                return
            line, _, _, _, at, order = min(found, key=lambda entry: entry[:4])
            self.follow([*ahead[:line], at])
            price, ahead = at, ahead[line:]
            self.walk_to(order, order.side * at)

    def follow(self, prices: list[float]) -> None:
        """Let all trailing stops that were there before see some prices."""
        for order in self.book.open():
            is_there = order.status is OrderStatus.OPEN and not order.is_flying and self.is_there(order)
            if is_there and order.trail is not None and order.is_waiting:
                order.best = min([order.best, *(order.side * price for price in prices)])

    def walk_to(self, order: Order, price: float) -> None:
        """Let an order, and what comes to life by it, meet the market on a known path."""
        if order.is_waiting:
            self.note_set_off(order, price)
            meeting = met_at(self.world, order, price)
        else:
            meeting = Meeting(price, price == order.limit)
        self.meet(order, meeting, "inside")

    def play_close(self) -> None:
        """Fill in the closing trade of a session."""
        row, sessions = self.bar.row, self.world.sessions
        is_last = self.bar.is_last_of_row and (row + 1 == len(sessions) or sessions[row + 1] > sessions[row])
        there = [order for order in self.live() if order.terms.at == "close" and order.arrives < self.bar.closes]
        for order in sorted(there, key=self.open_rank) if is_last else []:
            price = self.bar.seen_by(order.side).close
            if order in self.live() and (order.limit is None or price <= order.limit):
                self.execute(order, Meeting(price, False), "close")
            self.book.end(order, OrderStatus.EXPIRED, Reason.TIME_IN_FORCE)

    def rest(self, bar: Bar) -> None:
        """Let what is left wait for the next bar."""
        for order in self.book.open():
            seen = bar.seen_by(order.side)
            if order.is_flying or order.status is not OrderStatus.OPEN or order.arrives >= bar.closes:
                continue
            if order.best is not None and order.is_waiting:
                is_range = self.world.rules.path == "worst" and order.born is None
                order.best = min(order.best, seen.low if is_range else seen.close)
            if order.limit is not None and not order.is_waiting:
                order.has_rested |= order.terms.at is None
        self.expire_at_once()

    def meet(self, order: Order, meeting: Meeting | None, place: str) -> None:
        """Let an order meet the market: take, rest, be filled, or end."""
        if not order.is_waiting and not order.has_rested:
            takes = meeting is not None and not meeting.is_maker
            order.has_rested = True
            if order.terms.post_only and takes:
                self.book.end(order, OrderStatus.REJECTED, Reason.WOULD_TAKE)
                return
            if order.terms.time_in_force in AT_ONCE and not takes:
                self.met.add(order.number)
                return
        if meeting is not None:
            self.met.add(order.number)
            most = self.behind_queue(order, meeting)
            if most > 0:
                self.execute(order, meeting, place, most)

    def expire_at_once(self) -> None:
        """End what was to be filled at once and has had its chance."""
        for order in self.book.open():
            is_there = order.status is OrderStatus.OPEN and not order.is_flying and self.has_met(order)
            if is_there and order.terms.time_in_force in AT_ONCE and not order.is_waiting:
                self.book.end(order, OrderStatus.EXPIRED, Reason.TIME_IN_FORCE)

    def has_met(self, order: Order) -> bool:
        """Say whether an order has met the market."""
        return order.has_rested
