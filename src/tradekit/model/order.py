"""Orders and fills, as people see them at the edges; inside the simulator they are columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Literal

from tradekit.errors import OrderError

__all__ = ["Bracket", "Fill", "Order", "OrderKind", "OrderStatus", "Reason", "Terms", "Trail"]


class OrderKind(IntEnum):
    """How an order becomes a fill."""

    MARKET = 0
    LIMIT = 1
    STOP = 2
    STOP_LIMIT = 3
    TAKE_PROFIT = 4
    """Becomes a market order when the price gets as good as its trigger; also known as market if touched."""
    TAKE_PROFIT_LIMIT = 5
    TRAILING_STOP = 6

    @property
    def text(self) -> str:
        """Return the name as it stands in the journal."""
        return self.name.lower().replace("_", " ")


class OrderStatus(IntEnum):
    """Where an order is in its life: from `HELD` to `OPEN`, from either to one of the others, and never back."""

    OPEN = 0
    FILLED = 1
    CANCELLED = 2
    REPLACED = 3
    REJECTED = 4
    EXPIRED = 5
    HELD = 6
    """It waits for the order that it depends on to be filled."""


class Reason(IntEnum):
    """Why an order was rejected, cut, cancelled, or expired."""

    NONE = 0
    WARMING_UP = 1
    NO_PRICE = 2
    BELOW_LOT = 3
    BELOW_MIN_NOTIONAL = 4
    SHORT_IN_CASH_ACCOUNT = 5
    INSUFFICIENT_FUNDS = 6
    RISK_RULE = 7
    HALTED = 8
    BY_STRATEGY = 9
    NEW_TARGET = 10
    NO_SIZE = 11
    REPLACED = 12
    TOO_LATE = 13
    TIME_IN_FORCE = 14
    NOT_FILLED_WHOLE = 15
    WOULD_TAKE = 16
    NOTHING_TO_REDUCE = 17
    LINKED_ORDER = 18
    ENTRY_ENDED = 19
    DELISTED = 20
    LIQUIDATED = 21
    BY_VENUE = 22
    UNSUPPORTED = 23

    @property
    def text(self) -> str:
        """Return the reason in words."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Trail:
    """How far a trailing stop stays behind the best price: an `amount` of money, or a `percent` of that price; one of them."""

    amount: float | None = None
    percent: float | None = None

    def __post_init__(self) -> None:
        if (self.amount is None) == (self.percent is None):
            raise OrderError(f"a trail needs an amount or a percent, and not both; got {self!r}")
        if self.amount is not None and not 0 < self.amount < float("inf"):
            raise OrderError(f"amount of a trail must be above 0, not {self.amount!r}")
        if self.percent is not None and not 0 < self.percent < 100:
            raise OrderError(f"percent of a trail must be above 0 and below 100, not {self.percent!r}")


@dataclass(frozen=True, slots=True)
class Bracket:
    """How a position is left again: a stop that limits the loss, a price to take the profit at, or both.

    Both are sized to what their entry order has filled, and what one of them fills the other gives up.
    """

    stop_loss: float | Trail | None = None
    take_profit: float | None = None

    def __post_init__(self) -> None:
        if self.stop_loss is None and self.take_profit is None:
            raise OrderError("a bracket needs a stop_loss, a take_profit or both")


@dataclass(frozen=True, slots=True)
class Terms:
    """The conditions of an order besides its prices.

    - `time_in_force`: `gtc` until cancelled, `day` until its session ends, `gtd` before the time `until` (UTC), `ioc` what can be
      filled at once and no more, `fok` all of it at once or nothing.
    - `at`: only in the opening (`open`) or the closing (`close`) trade of the next session.
    - `post_only`: reject it rather than let it take liquidity. `reduce_only`: it may only make a position smaller.
    - `display`: units that the market may see at a time, for an iceberg.
    - `after`: the number of the order that must be filled before this one is sent.
    """

    time_in_force: Literal["gtc", "ioc", "fok", "day", "gtd"] = "gtc"
    until: datetime | None = None
    at: Literal["open", "close"] | None = None
    post_only: bool = False
    reduce_only: bool = False
    display: float | None = None
    after: int | None = None

    def __post_init__(self) -> None:
        if self.time_in_force not in ("gtc", "ioc", "fok", "day", "gtd"):
            raise OrderError(f"unknown time in force {self.time_in_force!r}; allowed: 'gtc', 'ioc', 'fok', 'day', 'gtd'")
        if (self.time_in_force == "gtd") != (self.until is not None):
            raise OrderError(f"until goes with time_in_force 'gtd', and only with it; got {self.time_in_force!r}, {self.until!r}")
        if self.at not in (None, "open", "close"):
            raise OrderError(f"at must be 'open' or 'close', not {self.at!r}")
        if self.at is not None and self.time_in_force != "gtc":
            raise OrderError(f"an order at the {self.at} ends there anyway; leave out time_in_force {self.time_in_force!r}")
        if self.post_only and (self.at is not None or self.time_in_force in ("ioc", "fok")):
            raise OrderError("post_only waits to be filled, and this order is filled at once or not at all; leave one of them out")
        if self.display is not None and not self.display > 0:
            raise OrderError(f"display must be above 0, not {self.display!r}")


_PLAIN = Terms()


@dataclass(frozen=True, slots=True)
class Order:
    """An order for `quantity` units (positive buys, negative sells) of one instrument.

    `limit` and `stop` are prices, `None` where the kind has none; `stop` is what sets the order off, for take-profit orders too.
    That of a trailing stop is where it stands now, `None` while the order is held. Times are UTC nanoseconds.
    """

    id: int
    symbol: str
    quantity: float
    kind: OrderKind = OrderKind.MARKET
    limit: float | None = None
    stop: float | None = None
    submitted: int = 0
    status: OrderStatus = OrderStatus.OPEN
    filled: float = 0.0
    terms: Terms = _PLAIN
    bracket: Bracket | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """A (part of an) order that was done: signed `quantity` at `price`; `fee` and `slippage` are money, >= 0 when paid."""

    order: int
    symbol: str
    time: int
    quantity: float
    price: float
    fee: float
    slippage: float
