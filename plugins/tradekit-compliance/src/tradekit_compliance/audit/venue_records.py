"""Records of what passes between a live run and the outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

__all__ = [
    "BarRevised",
    "BarsClosed",
    "Blocked",
    "CancelAsked",
    "Commanded",
    "PriceSeen",
    "VenueAnswered",
    "VenueFilled",
    "VenueImposed",
    "VenueIntent",
    "VenueLost",
    "VenuePaid",
    "VenueShown",
]


@dataclass(frozen=True, slots=True)
class BarsClosed:
    """Bars have closed, in a run on live data: of each instrument that had one, open, high, low, close and volume."""

    KIND: ClassVar[str] = "market.bars"
    time: int
    bars: Mapping[str, str] = field(default_factory=dict)
    """By symbol, with blanks between the five numbers."""


@dataclass(frozen=True, slots=True)
class BarRevised:
    """A bar came after its row, or came again and other: nothing was decided on it."""

    KIND: ClassVar[str] = "market.revised"
    time: int
    symbol: str
    open_time: int
    """UTC nanoseconds."""
    bar: str
    """Open, high, low, close and volume, with blanks between."""


@dataclass(frozen=True, slots=True)
class PriceSeen:
    """A price set off an order that the venue does not watch."""

    KIND: ClassVar[str] = "market.price"
    time: int
    symbol: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class VenueIntent:
    """An order is about to be sent to the venue; this is on the disk before the venue hears of it."""

    KIND: ClassVar[str] = "venue.intent"
    time: int
    order: int
    symbol: str
    client_id: str
    kind: str
    quantity: Decimal
    limit: Decimal | None = None
    stop: Decimal | None = None
    time_in_force: str = "gtc"
    post_only: bool = False
    reduce_only: bool = False


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """The venue is about to be asked to cancel an order."""

    KIND: ClassVar[str] = "venue.cancel"
    time: int
    order: int
    symbol: str
    client_id: str


@dataclass(frozen=True, slots=True)
class VenueAnswered:
    """What came of sending an order: `taken`, `refused`, or `unknown`, with the venue's words."""

    KIND: ClassVar[str] = "venue.answer"
    time: int
    order: int
    symbol: str
    client_id: str
    outcome: str
    venue_id: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class VenueShown:
    """What the venue shows of an order: its status, and what of it is filled."""

    KIND: ClassVar[str] = "venue.order"
    time: int
    order: int
    symbol: str
    client_id: str
    status: str
    filled: Decimal
    venue_id: str = ""


@dataclass(frozen=True, slots=True)
class VenueFilled:
    """A trade as the venue tells of it; the `order.filled` that follows from it names this one as its cause."""

    KIND: ClassVar[str] = "venue.fill"
    time: int
    order: int
    symbol: str
    client_id: str
    trade_id: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str = ""
    is_maker: bool = False
    venue_id: str = ""


@dataclass(frozen=True, slots=True)
class VenueImposed:
    """A trade that the account made without this run: a stranger's, or a liquidation by the venue."""

    KIND: ClassVar[str] = "venue.foreign"
    time: int
    symbol: str
    trade_id: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str = ""
    is_maker: bool = False
    venue_id: str = ""


@dataclass(frozen=True, slots=True)
class VenuePaid:
    """Money that came or went without a trade: funding, or what a liquidation cost besides. Below 0 it went."""

    KIND: ClassVar[str] = "venue.payment"
    time: int
    symbol: str
    payment_id: str
    amount: Decimal
    currency: str
    kind: str


@dataclass(frozen=True, slots=True)
class VenueLost:
    """An order has never reached the venue, and won't."""

    KIND: ClassVar[str] = "venue.lost"
    time: int
    order: int
    symbol: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Commanded:
    """An operator, the watchdog or the driver asked for something: `reduce-only`, `halt`, `flatten`, `resume`, `clear`, `pause`."""

    KIND: ClassVar[str] = "operator.command"
    time: int
    command: str
    reason: str = ""
    cause: str = ""
    """Who asked: an operator, the watchdog, a risk rule."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """An instrument's books don't agree with the venue's: no new risk in it. Without a reason, they agree again."""

    KIND: ClassVar[str] = "venue.blocked"
    time: int
    symbol: str
    reason: str = ""
