"""What the oracle talks about: bars, what may be asked, orders, fills. Everything is a plain value or a plain record.

The oracle is a second simulator, written from the pages `orders`, `time-fills-money` and `accounts` of the documentation and from
nothing else. It is slow, it has one instrument, and each of its rules is a few lines that can be held against a sentence there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tradekit.model.fills import FillRules
from tradekit.model.order import Bracket, OrderKind, OrderStatus, Reason, Terms, Trail

STOPS = (OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.TRAILING_STOP)
PROFITS = (OrderKind.TAKE_PROFIT, OrderKind.TAKE_PROFIT_LIMIT)
OVER = (OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REPLACED, OrderStatus.REJECTED, OrderStatus.EXPIRED)


@dataclass(frozen=True)
class Bar:
    """One bar, in whose time `opens` to `closes` (UTC ns) nothing else is known; `row` is that of the run it is a part of."""

    open: float
    high: float
    low: float
    close: float
    volume: float
    opens: int
    closes: int
    row: int
    is_first_of_row: bool = True
    is_last_of_row: bool = True

    def seen_by(self, side: int) -> Bar:
        """Return the bar as a buyer sees it; to a seller (-1), prices are turned round, so that lower is better to both."""
        if side > 0:
            return self
        return Bar(-self.open, -self.low, -self.high, -self.close, self.volume, self.opens, self.closes, self.row)


PLAIN = Terms()


@dataclass(frozen=True)
class World:
    """What does not change in a run."""

    bars: tuple[Bar, ...]
    """In order of time; several to a row where finer bars decide."""
    closes: tuple[float, ...]
    """The close of each row."""
    row_closes: tuple[int, ...]
    """The time of the close of each row."""
    sessions: tuple[int, ...]
    """The number of the session that each row is in."""
    rules: FillRules
    capital: float
    is_margin: bool = False
    leverage: float = 1.0
    tick: float | None = None
    lot: float | None = None
    maker_rate: float = 0.0
    taker_rate: float = 0.0
    minimum: float = 0.0
    slippage_rate: float = 0.0
    half_spread: float = 0.0
    maintenance: float | None = None
    liquidation_fee: float | None = None


@dataclass(frozen=True)
class New:
    """Ask for an order; prices are those of `buy` and `sell`."""

    side: int
    size: float
    limit: float | None = None
    stop: float | Trail | None = None
    take_profit: float | None = None
    bracket: Bracket | None = None
    terms: Terms = PLAIN
    after: int | None = None
    """Which of the open orders it waits for, counted from the last."""


@dataclass(frozen=True)
class Cancel:
    """Ask to cancel one of the open orders."""

    which: int


@dataclass(frozen=True)
class Replace:
    """Ask to replace one of the open orders: its limit, its stop or its size."""

    which: int
    changes: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Link:
    """Ask that two of the open orders cancel each other."""

    first: int
    second: int


@dataclass(frozen=True)
class Target:
    """Ask for a position."""

    units: float


Ask = New | Cancel | Replace | Link | Target


@dataclass(frozen=True)
class Fill:
    """A part of an order that was done."""

    row: int
    order: int
    quantity: float
    price: float
    place: str
    is_maker: bool
    fee: float
    slippage: float


@dataclass
class Order:
    """An order and all that is known of it. Its prices are those that a buyer sees."""

    number: int
    side: int
    size: float
    kind: OrderKind
    limit: float | None = None
    stop: float | None = None
    trail: Trail | None = None
    terms: Terms = PLAIN
    status: OrderStatus = OrderStatus.OPEN
    reason: Reason = Reason.NONE
    filled: float = 0.0
    entry: Order | None = None
    """The order whose position this one leaves."""
    exits: list[Order] = field(default_factory=list)
    waits_for: Order | None = None
    ring: list[Order] = field(default_factory=list)
    is_target: bool = False
    replaces: Order | None = None
    carried: float = 0.0
    """What those that it replaces had filled."""
    arrives: int = 0
    is_flying: bool = False
    """Whether it is still on its way to the venue."""
    leaves: int | None = None
    """When a request to cancel it reaches the venue."""
    base: float = 0.0
    """What the order that it replaces had filled when this one was sent."""
    best: float | None = None
    """The best price that a trailing stop has seen."""
    is_set_off: bool = False
    has_rested: bool = False
    born: tuple[int, float] | None = None
    """The number of its birth inside this bar, and the price then."""
    session: int | None = None
    """The session that it lasts for."""
    shown: float = 0.0
    """What the market may still see of it in this bar."""
    queue: float | None = None
    sent: int = -1
    """Its place among all orders that were sent; -1 while it was not."""

    @property
    def left(self) -> float:
        """Return what is still to be done; an exit has to do what its entry has filled and no exit has left yet."""
        if self.entry is None:
            return self.size - self.filled
        done = sum(leaving.carried + leaving.filled for leaving in self.entry.exits)
        return self.entry.carried + self.entry.filled - done

    @property
    def is_waiting(self) -> bool:
        """Say whether its price has yet to set it off."""
        return self.kind in (*STOPS, *PROFITS) and not self.is_set_off

    @property
    def is_over(self) -> bool:
        """Say whether it has ended."""
        return self.status in OVER
