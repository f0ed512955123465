"""The orders at the venue, one or more for each order of the run, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from tradekit.model.order import OrderStatus
from tradekit.model.outside import Intent, VenueFill

__all__ = ["Leg", "LegState", "Legs", "Minter", "share_of"]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NOTHING = Decimal(0)
_PREFIX = 9
"""How long the part of an id is that all orders of a session have in common."""


class LegState(StrEnum):
    """What is known of an order at the venue. It only moves on, except that what the venue itself shows is always believed."""

    SENDING = "sending"
    """Written down, and perhaps on its way."""
    UNKNOWN = "unknown"
    """It was sent, and the answer does not tell whether the venue has it."""
    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    ABSENT = "absent"
    """It has never reached the venue."""


_OVER = frozenset({LegState.FILLED, LegState.CANCELLED, LegState.EXPIRED, LegState.REJECTED, LegState.ABSENT})
_MISJUDGED = frozenset({LegState.SENDING, LegState.UNKNOWN, LegState.ABSENT, LegState.REJECTED})
_STATES = {
    OrderStatus.FILLED: LegState.FILLED,
    OrderStatus.CANCELLED: LegState.CANCELLED,
    OrderStatus.REPLACED: LegState.CANCELLED,
    OrderStatus.EXPIRED: LegState.EXPIRED,
    OrderStatus.REJECTED: LegState.REJECTED,
}


@dataclass(slots=True)
class Leg:
    """One order at the venue: a part of the run's order number `order`, or all of it.

    `filled` adds up the trades that are known, `told` is what the venue says is filled; both are signed. `is_leaving` once a
    cancellation has been asked for.
    """

    intent: Intent
    order: int
    sent: int
    state: LegState = LegState.SENDING
    venue_id: str = ""
    filled: Decimal = _NOTHING
    told: Decimal = _NOTHING
    is_leaving: bool = False
    text: str = ""

    @property
    def remaining(self) -> Decimal:
        """Return what may still be filled, signed."""
        return self.intent.quantity - self.filled

    @property
    def is_ended(self) -> bool:
        """Whether the venue will do nothing more with it."""
        return self.state in _OVER

    @property
    def is_settled(self) -> bool:
        """Whether it has ended, and all trades of it are known."""
        return self.is_ended and abs(self.told) <= abs(self.filled)

    @property
    def is_doubtful(self) -> bool:
        """Whether what is held depends on something that is not known yet."""
        if self.is_ended:
            return not self.is_settled
        return self.is_leaving or self.state in (LegState.SENDING, LegState.UNKNOWN)

    @property
    def is_ended_by_venue(self) -> bool:
        """Whether it ended unfilled without being asked to."""
        return self.is_settled and self.state is not LegState.FILLED and not self.is_leaving

    def answered(self, outcome: str, venue_id: str, text: str) -> None:
        """Take note of what came of sending it."""
        self.venue_id = venue_id or self.venue_id
        self.text = text or self.text
        if self.state in (LegState.SENDING, LegState.UNKNOWN):
            self.state = {"taken": LegState.OPEN, "refused": LegState.REJECTED, "unknown": LegState.UNKNOWN}[outcome]

    def seen(self, venue_id: str, status: OrderStatus, filled: Decimal) -> None:
        """Take note of what the venue says of it; late news of an earlier state changes nothing."""
        self.venue_id = venue_id or self.venue_id
        if abs(filled) > abs(self.told):
            self.told = filled
        if status in _STATES:
            if not self.is_ended or self.state in _MISJUDGED:
                self.state = _STATES[status]
        elif self.state in _MISJUDGED:
            self.state = LegState.OPEN

    def took(self, fill: VenueFill) -> None:
        """Take note of a trade, which counts whatever was known of the order before."""
        self.venue_id = fill.venue_id or self.venue_id
        self.filled += fill.quantity
        if abs(self.filled) >= abs(self.intent.quantity):
            self.state = LegState.FILLED
        elif self.state in _MISJUDGED:
            self.state = LegState.OPEN

    def lost(self) -> None:
        """Take note that it has never reached the venue."""
        if self.state in (LegState.SENDING, LegState.UNKNOWN):
            self.state = LegState.ABSENT


@dataclass(slots=True)
class Minter:
    """Makes client ids: 16 letters and digits, which every venue takes, and none of them twice."""

    prefix: str
    count: int = 0

    def mint(self, share: int | None = None) -> str:
        """Return the next id; where several strategies share the account, one that tells whose order it is."""
        self.count += 1
        number, digits = self.count, ""
        while number:
            number, digit = divmod(number, 36)
            digits = _DIGITS[digit] + digits
        begin = self.prefix if share is None else self.prefix + _DIGITS[share]
        return begin + digits.rjust(16 - len(begin), "0")


def share_of(client_id: str) -> int:
    """Return the number of the strategy whose order an id is of, where several share the account."""
    return _DIGITS.index(client_id[_PREFIX])


@dataclass(slots=True)
class Legs:
    """All orders that were ever to be sent, by client id, and the trades that are counted."""

    by_id: dict[str, Leg] = field(default_factory=dict)
    by_order: dict[int, list[Leg]] = field(default_factory=dict)
    working: dict[str, Leg] = field(default_factory=dict)
    """Those of which more may come."""
    touched: dict[str, Leg] = field(default_factory=dict)
    """Those that are new or have changed since `take_touched` was called."""
    counted: set[tuple[str, str, str]] = field(default_factory=set)
    """By instrument, the venue's id, and our order: where one of our orders met another, both have the same trade."""
    imposed: set[tuple[str, str, str]] = field(default_factory=set)
    """Trades of no order of ours, by instrument, the venue's id, and the venue's id of the order."""

    def add(self, leg: Leg) -> None:
        """Take a new one down."""
        self.by_id[leg.intent.client_id] = leg
        self.by_order.setdefault(leg.order, []).append(leg)
        self.changed(leg)

    def changed(self, leg: Leg) -> None:
        """Take note that a leg has another state."""
        self.touched[leg.intent.client_id] = leg
        if leg.is_settled:
            self.working.pop(leg.intent.client_id, None)
        else:
            self.working[leg.intent.client_id] = leg

    def take_touched(self) -> list[Leg]:
        """Return those that are new or have changed since this was last called."""
        found = list(self.touched.values())
        self.touched.clear()
        return found

    def of(self, order: int) -> list[Leg]:
        """Return those of an order of the run, oldest first."""
        return self.by_order.get(order, [])

    def nameless(self, symbol: str) -> list[Leg]:
        """Return those in an instrument that the venue may know under an id which is not known here."""
        return [
            leg
            for leg in self.by_id.values()
            if leg.intent.symbol == symbol and not leg.venue_id and leg.state is not LegState.REJECTED
        ]

    def is_doubtful(self, symbol: str) -> bool:
        """Say whether what is held of an instrument depends on something that is not known yet."""
        return any(leg.is_doubtful for leg in self.working.values() if leg.intent.symbol == symbol)

    def find(self, client_id: str, venue_id: str) -> Leg | None:
        """Return the leg that the venue means; it may name it by either of the two."""
        if client_id in self.by_id:
            return self.by_id[client_id]
        if venue_id:
            return next((leg for leg in self.by_id.values() if leg.venue_id == venue_id), None)
        return None

    def knows(self, fill: VenueFill) -> bool:
        """Say whether a trade, with the client id of its order, is counted already."""
        return (fill.symbol, fill.trade_id, fill.client_id) in self.counted

    def count(self, fill: VenueFill) -> bool:
        """Say whether a trade is new, and remember it."""
        if self.knows(fill):
            return False
        self.counted.add((fill.symbol, fill.trade_id, fill.client_id))
        return True
