"""The kinds of record that an audit log holds, with the fields of each.

Numbers are `Decimal`: those of a venue exactly as it wrote them, those of the simulator as the shortest decimal that is read
back as the same float. Quantities are signed: positive buys, negative sells. `time` is when it happened, in UTC nanoseconds of
the market's (live: the venue's) clock; when it was written is in the `Entry` around it. What is not known is `None`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from tradekit_compliance.audit.log_records import BreakAcknowledged, KeyChanged, Recovered, SegmentOpened
from tradekit_compliance.audit.venue_records import (
    BarRevised,
    BarsClosed,
    Blocked,
    CancelAsked,
    Commanded,
    PriceSeen,
    VenueAnswered,
    VenueFilled,
    VenueImposed,
    VenueIntent,
    VenueLost,
    VenuePaid,
    VenueShown,
)

__all__ = [
    "KINDS",
    "ActionTaken",
    "AlertDisposed",
    "AlertOpened",
    "BarRevised",
    "BarsClosed",
    "Blocked",
    "BreakAcknowledged",
    "CancelAsked",
    "Cancelled",
    "CashMoved",
    "Commanded",
    "Filled",
    "Halted",
    "Judged",
    "KeyChanged",
    "Liquidated",
    "Ordered",
    "PriceSeen",
    "Record",
    "Recovered",
    "Refused",
    "Requested",
    "RunBegun",
    "RunEnded",
    "SegmentOpened",
    "Triggered",
    "VenueAnswered",
    "VenueFilled",
    "VenueImposed",
    "VenueIntent",
    "VenueLost",
    "VenuePaid",
    "VenueShown",
]


@dataclass(frozen=True, slots=True)
class RunBegun:
    """A run begins: what it is made of."""

    KIND: ClassVar[str] = "run.begun"
    name: str
    mode: str
    plan: str
    currency: str
    capital: Decimal
    config: Mapping[str, Any] = field(default_factory=dict)
    """Settings by the key that a person writes, such as `risk[0].limit`; those that were not set have their defaults."""
    components: tuple[Mapping[str, str], ...] = ()
    """Each with `kind`, `name`, `package` and `version`."""
    data: tuple[Mapping[str, Any], ...] = ()
    """Each instrument's: `symbol`, `origin`, `rows`, `first`, `last`, `sha256`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Installed versions by name, and the machine."""
    code: Mapping[str, str] = field(default_factory=dict)
    """The SHA-256 of the source of each package whose components take part."""
    judges: tuple[str, ...] = ()
    """The risk rules that judge each order, in their order."""
    bars: str = ""
    """The blob that holds the bars it decided on; empty where they come one by one."""


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run ends: `done`, `interrupted`, or `failed` with the error as `reason`."""

    KIND: ClassVar[str] = "run.ended"
    status: str
    reason: str = ""
    orders: int = 0
    fills: int = 0
    open_orders: tuple[int, ...] = ()
    """Orders that had come to no end by then."""
    equity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Ordered:
    """The strategy asked for an order, or a target became one."""

    KIND: ClassVar[str] = "order.asked"
    time: int
    order: int
    symbol: str
    kind: str
    """As in the journal: `market`, `limit`, `stop`, ..."""
    quantity: Decimal | None = None
    """`None` until a sizing rule gives it a size."""
    limit: Decimal | None = None
    stop: Decimal | None = None
    conditions: Mapping[str, str] = field(default_factory=dict)
    """Time in force and the like, where they are not the usual ones."""
    values: Mapping[str, Decimal] = field(default_factory=dict)
    """What the decision rests on: `close`, each indicator by its name, and `equity`, `cash` and `position` before it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A risk rule judged an order; rules that let it pass are recorded too."""

    KIND: ClassVar[str] = "risk.verdict"
    time: int
    order: int
    symbol: str
    rule: str
    verdict: str
    """`accept`, `resize`, `reject` or `halt`."""
    reason: str = ""
    quantity: Decimal | None = None
    allowed: Decimal | None = None
    judged: Decimal | None = None
    limit: Decimal | None = None
    numbers: Mapping[str, Decimal] = field(default_factory=dict)
    """The numbers that a rule in Python judged by."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An order was refused, by a rule or by the account."""

    KIND: ClassVar[str] = "order.refused"
    time: int
    order: int
    symbol: str
    reason: str
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """An order, or a part of it, was done; `position` and `average_price` are those after it, fee and slippage >= 0 when paid."""

    KIND: ClassVar[str] = "order.filled"
    time: int
    order: int
    symbol: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    slippage: Decimal | None
    position: Decimal
    average_price: Decimal | None
    place: str
    """`open`, `inside` or `close` of its bar."""
    liquidity: str
    """`maker` or `taker`."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An open order, or `quantity` of it, was given up."""

    KIND: ClassVar[str] = "order.cancelled"
    time: int
    order: int
    symbol: str
    reason: str
    quantity: Decimal | None = None
    values: Mapping[str, Decimal] = field(default_factory=dict)
    """What the decision rests on, as for an order; empty where the strategy did not ask for it."""


@dataclass(frozen=True, slots=True)
class Requested:
    """The strategy asks to `cancel` or to `replace` an order."""

    KIND: ClassVar[str] = "order.requested"
    time: int
    order: int
    symbol: str
    action: str
    quantity: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    values: Mapping[str, Decimal] = field(default_factory=dict)
    """What the decision rests on, as for an order."""


@dataclass(frozen=True, slots=True)
class Triggered:
    """A stop or take-profit order was set off."""

    KIND: ClassVar[str] = "order.triggered"
    time: int
    order: int
    symbol: str
    kind: str
    quantity: Decimal | None = None
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Halted:
    """New risk was stopped, by a rule, or because equity was gone (then `rule` is empty)."""

    KIND: ClassVar[str] = "risk.halted"
    time: int
    rule: str = ""
    equity: Decimal | None = None
    peak: Decimal | None = None
    drawdown: Decimal | None = None
    limit: Decimal | None = None
    values: Mapping[str, Decimal] = field(default_factory=dict)
    """What the decision rests on, as for an order."""


@dataclass(frozen=True, slots=True)
class CashMoved:
    """Money came (positive) or went without a trade: `what` for, such as `funding`."""

    KIND: ClassVar[str] = "account.cash"
    time: int
    what: str
    currency: str
    amount: Decimal
    symbol: str = ""
    rate: Decimal | None = None
    price: Decimal | None = None
    position: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ActionTaken:
    """A `split`, a `dividend` or a `delisting` took effect."""

    KIND: ClassVar[str] = "account.action"
    time: int
    symbol: str
    what: str
    value: Decimal | None = None
    position: Decimal | None = None
    average_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Liquidated:
    """Equity was below the maintenance margin, and all positions were closed."""

    KIND: ClassVar[str] = "account.liquidated"
    time: int
    equity: Decimal
    maintenance: Decimal


@dataclass(frozen=True, slots=True)
class AlertOpened:
    """A surveillance detector found something; `evidence` are the numbers of the records it rests on."""

    KIND: ClassVar[str] = "alert.opened"
    time: int
    alert: str
    detector: str
    symbol: str
    summary: str
    evidence: tuple[int, ...] = ()
    numbers: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertDisposed:
    """A person has judged an alert: who is the `actor` of the entry, `decision` what was decided, `reason` why."""

    KIND: ClassVar[str] = "alert.disposed"
    time: int
    alert: str
    decision: str
    reason: str


Record = (
    SegmentOpened
    | Recovered
    | BreakAcknowledged
    | KeyChanged
    | RunBegun
    | BarsClosed
    | BarRevised
    | PriceSeen
    | RunEnded
    | Ordered
    | Judged
    | Refused
    | Filled
    | Cancelled
    | Requested
    | Triggered
    | Halted
    | CashMoved
    | ActionTaken
    | Liquidated
    | VenueIntent
    | CancelAsked
    | VenueAnswered
    | VenueShown
    | VenueFilled
    | VenueImposed
    | VenueLost
    | VenuePaid
    | Commanded
    | Blocked
    | AlertOpened
    | AlertDisposed
)

KINDS: dict[str, type[Record]] = {kind.KIND: kind for kind in Record.__args__}
"""The classes by what stands in the log as their `type`."""
