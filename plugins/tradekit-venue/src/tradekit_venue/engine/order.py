"""Orders and the trades that they make, in the words of the trade."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradekit_venue.engine.account import Account
    from tradekit_venue.engine.market import Market

__all__ = ["IMPOSED", "Fee", "Force", "Kind", "NewOrder", "Order", "Reason", "RejectError", "Side", "Status", "Trade"]

ZERO = Decimal(0)
IMPOSED = "autoclose-"
"""What the client ids of orders begin with by which the venue closes a position out."""


class Side(StrEnum):
    """Who buys and who sells."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def other(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class Kind(StrEnum):
    """What an order does when its turn comes."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    LIMIT_MAKER = "LIMIT_MAKER"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"

    @property
    def has_trigger(self) -> bool:
        return self.startswith(("STOP_LOSS", "TAKE_PROFIT"))

    @property
    def has_limit(self) -> bool:
        return self.startswith("LIMIT") or self.endswith("LIMIT")


class Force(StrEnum):
    """How long what is not filled at once stays: until it is cancelled, not at all, or all of it or none."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class Status(StrEnum):
    """Where an order stands."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"

    @property
    def is_open(self) -> bool:
        return self in (Status.NEW, Status.PARTIALLY_FILLED)


class Reason(StrEnum):
    """Why an order, or the cancelling of one, is refused."""

    PRICE = "PRICE_FILTER"
    LOT = "LOT_SIZE"
    NOTIONAL = "NOTIONAL"
    PERCENT = "PERCENT_PRICE_BY_SIDE"
    COUNT = "MAX_NUM_ORDERS"
    FUNDS = "insufficient balance"
    MARGIN = "insufficient margin"
    REDUCE_ONLY = "there is no position to reduce"
    DUPLICATE = "duplicate client order id"
    WOULD_TAKE = "a maker order would take"
    WOULD_TRIGGER = "the trigger is reached already"
    NO_LIQUIDITY = "nothing to match with"
    CLOSED = "the market is closed"
    UNKNOWN = "no such open order"


class RejectError(Exception):
    """The engine refuses something, for a `reason`; nothing has changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What an account asks for. A market order has `quantity`, or `value` in the quote currency in its place."""

    side: Side
    kind: Kind
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    trigger: Decimal = ZERO
    force: Force = Force.GTC
    value: Decimal = ZERO
    client_id: str = ""
    """Empty: the venue makes one up."""
    is_reduce_only: bool = False
    """Whether it may only make a position smaller."""


@dataclass(slots=True, eq=False)
class Order:
    """An order that the venue has taken, and what has become of it."""

    id: int
    client_id: str
    account: Account
    market: Market
    asked: NewOrder
    quantity: Decimal
    time: int
    """When it was taken, in milliseconds."""
    updated: int
    status: Status = Status.NEW
    filled: Decimal = ZERO
    paid: Decimal = ZERO
    """What was paid or received for it, in the quote currency, before fees."""
    locked: Decimal = ZERO
    """What of the account's money it still ties up, in the currency that it gives."""
    is_working: bool = False
    """Whether it is on the book, or has been: a trigger that hasn't been reached keeps it off."""
    fills: list[Trade] = field(default_factory=list)

    @property
    def left(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def side(self) -> Side:
        return self.asked.side

    @property
    def price(self) -> Decimal:
        return self.asked.price

    @property
    def is_imposed(self) -> bool:
        """Whether the venue closes a position out by it, and nobody asked for it."""
        return self.client_id.startswith(IMPOSED)

    @property
    def gives(self) -> str:
        """The currency that it gives away."""
        return self.market.quote if self.side is Side.BUY else self.market.base


@dataclass(frozen=True, slots=True)
class Fee:
    """What one side of a trade pays."""

    amount: Decimal
    asset: str


@dataclass(frozen=True, slots=True, eq=False)
class Trade:
    """One trade. What is replayed and meets no account's order has no orders."""

    id: int
    market: Market
    price: Decimal
    quantity: Decimal
    time: int
    taker_side: Side
    taker: Order | None = None
    maker: Order | None = None
    taker_fee: Fee | None = None
    maker_fee: Fee | None = None

    @property
    def value(self) -> Decimal:
        return self.price * self.quantity

    def charged(self, fee: Fee | None) -> Trade:
        """Return it with another fee of its taker, if there is one."""
        return self if fee is None else replace(self, taker_fee=fee)

    def fee_of(self, order: Order) -> Fee | None:
        """Return what one of its two orders paid."""
        return self.maker_fee if order is self.maker else self.taker_fee
