"""What happens at the exchange, as those who listen are told it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradekit_venue.engine.account import Account
from tradekit_venue.engine.candles import Candle
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Order, Trade

__all__ = ["BalancesMoved", "BookMoved", "CandleMoved", "Event", "Executed", "Execution", "MovedBy", "Printed"]


class Execution(StrEnum):
    """What has just become of an order."""

    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Executed:
    """Something has become of an order. The order is as it is now: read it at once."""

    order: Order
    execution: Execution
    time: int
    trade: Trade | None = None
    canceled_by: str = ""
    """The client id of the request that cancelled it."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A trade was made."""

    trade: Trade


class MovedBy(StrEnum):
    """What has moved money."""

    ORDER = "ORDER"
    FUNDING_FEE = "FUNDING_FEE"
    INSURANCE_CLEAR = "INSURANCE_CLEAR"


@dataclass(frozen=True, slots=True)
class BalancesMoved:
    """An account's money in some currencies has moved."""

    account: Account
    assets: tuple[str, ...]
    time: int
    by: MovedBy = MovedBy.ORDER
    symbols: tuple[str, ...] = ()
    """The markets in which positions held against margin have changed."""


@dataclass(frozen=True, slots=True)
class BookMoved:
    """Levels of a book have changed: prices with what is on offer now, 0 where the level is gone."""

    market: Market
    first: int
    last: int
    bids: list[tuple[Decimal, Decimal]]
    asks: list[tuple[Decimal, Decimal]]
    time: int


@dataclass(frozen=True, slots=True)
class CandleMoved:
    """A candle has changed, or is final."""

    market: Market
    interval: str
    candle: Candle
    is_final: bool


Event = Executed | Printed | BalancesMoved | BookMoved | CandleMoved
