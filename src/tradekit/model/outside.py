"""What goes to a venue and what comes from it, with exact numbers: prices and sizes are `Decimal`, as the venue writes them.

Sizes are signed: positive buys, negative sells. Times are UTC nanoseconds of the venue's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from tradekit.model.order import OrderKind, OrderStatus

__all__ = [
    "Abilities",
    "Holdings",
    "Intent",
    "LiveBar",
    "OutsideNote",
    "Reconnected",
    "VenueEvent",
    "VenueFill",
    "VenueOrder",
    "VenuePayment",
]

Force = Literal["gtc", "ioc", "fok"]


@dataclass(frozen=True, slots=True)
class Intent:
    """An order that is to be sent. Its `client_id` is ours, used once, and what the order is looked up by if no answer comes."""

    client_id: str
    symbol: str
    quantity: Decimal
    kind: OrderKind = OrderKind.MARKET
    limit: Decimal | None = None
    stop: Decimal | None = None
    time_in_force: Force = "gtc"
    post_only: bool = False
    reduce_only: bool = False


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """An order as the venue tells of it. `client_id` is empty where the venue knows none."""

    venue_id: str
    client_id: str
    symbol: str
    status: OrderStatus
    quantity: Decimal
    filled: Decimal = Decimal(0)
    time: int = 0


@dataclass(frozen=True, slots=True)
class VenueFill:
    """A trade of ours as the venue tells of it; `fee` >= 0 when paid.

    `trade_id` is the venue's, and unique for the instrument and the order: two orders of ours that met have it in common.
    """

    trade_id: str
    venue_id: str
    client_id: str
    symbol: str
    time: int
    quantity: Decimal
    price: Decimal
    fee: Decimal = Decimal(0)
    fee_currency: str = ""
    is_maker: bool = False


@dataclass(frozen=True, slots=True)
class VenuePayment:
    """Money that came or went for an instrument without a trade, as the venue tells of it; `amount` > 0 when it came.

    `payment_id` is the venue's, and unique for the instrument and the kind.
    """

    payment_id: str
    symbol: str
    time: int
    amount: Decimal
    currency: str
    kind: Literal["funding", "liquidation fee"] = "funding"


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The venue's private messages come over a new connection: some may have been missed, and the driver asks for all again."""


VenueEvent = VenueOrder | VenueFill | Reconnected
"""What an executor tells while it is connected."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the account holds at the venue: money and coins by currency, what orders tie up included, and positions by symbol.

    `positions` are those held against margin, in the units of orders, short ones below 0; what was bought outright is among the
    balances. `entries` are the average prices at which positions were opened. `wallet` is the money that positions are held
    against, by currency and without the profit of open positions. Both are empty where the venue does not tell them.
    """

    balances: Mapping[str, Decimal] = field(default_factory=dict)
    positions: Mapping[str, Decimal] = field(default_factory=dict)
    wallet: Mapping[str, Decimal] = field(default_factory=dict)
    entries: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a venue takes for one instrument. What is not among it is done by the kernel where it can, or else refused.

    `arrival_s` is how long after it was sent an order may still reach the venue's books, in seconds: one that the venue does not
    know by then never will be there. `None`: nobody knows, and a person has to look.
    """

    kinds: frozenset[OrderKind] = frozenset({OrderKind.MARKET, OrderKind.LIMIT})
    time_in_force: frozenset[str] = frozenset({"gtc"})
    post_only: bool = False
    reduce_only: bool = False
    arrival_s: float | None = None


@dataclass(frozen=True, slots=True)
class LiveBar:
    """A bar of a live stream as it stands; `is_final` once the venue says that no more will come into it."""

    symbol: str
    open_time: int
    close_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    is_final: bool = False


NoteKind = Literal[
    "bars",
    "intent",
    "cancel",
    "answer",
    "sighting",
    "fill",
    "foreign",
    "payment",
    "absent",
    "command",
    "blocked",
    "price",
    "revised",
]


@dataclass(frozen=True, slots=True)
class OutsideNote:
    """Something that passes between a live run and the outside, as critical reporters are told of it, before anything is done.

    `intent` and `cancel` are about to be sent; all others have come. `order` is the run's number of the order, `client_id` what it
    is called at the venue, both empty where it is about none. `facts` are the rest, as exact texts:

    - `bars`: by symbol, open, high, low, close and volume with blanks between, and `open_time` (UTC nanoseconds);
    - `intent`: `kind`, `quantity`, `limit`, `stop`, `time_in_force`, `post_only`, `reduce_only`;
    - `answer`, to what was sent: `outcome` (`taken`, `refused`, `unknown`), `venue_id`, `text`;
    - `sighting`, what the venue shows of an order: `status`, `filled`, `venue_id`;
    - `fill`, and `foreign` for a trade that the account made without this run: `trade_id`, `quantity`, `price`, `fee`,
      `fee_currency`, `is_maker`, `venue_id`, `time`;
    - `payment`, money without a trade: `payment_id`, `amount`, `currency`, `kind`;
    - `command`, of an operator or of the driver: `command`, `reason`; `blocked`: `reason`; `price`: `price`;
    - `revised`, a bar that came after its row or came again and other: `open_time`, `bar` (as in `bars`).
    """

    kind: NoteKind
    time: int
    order: int | None = None
    symbol: str = ""
    client_id: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
