"""Accounts: how much of each currency is free, and how much open orders tie up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradekit_venue.engine.order import Order, Reason, RejectError, Trade
from tradekit_venue.engine.perpetual import Holding, Income

__all__ = ["Account", "Rates"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rates:
    """What trading costs, as a share of what is received; or in `asset`, at `price` quote units each, less a `discount`."""

    maker: Decimal = Decimal("0.001")
    taker: Decimal = Decimal("0.001")
    asset: str = ""
    """A third currency that fees are taken in, for as long as the account has enough of it."""
    price: Decimal = Decimal(1)
    discount: Decimal = Decimal("0.25")


class Account:
    """Money, orders and trades of one participant.

    `is_bottomless` ones, the replayed market and the one that collects fees, may owe: what all accounts have together stays the
    same for ever.
    """

    def __init__(self, name: str, balances: Mapping[str, Decimal] | None = None, rates: Rates | None = None) -> None:
        self.name = name
        self.rates = Rates() if rates is None else rates
        self.is_bottomless = balances is None
        self.free: dict[str, Decimal] = defaultdict(Decimal, balances or {})
        self.locked: dict[str, Decimal] = defaultdict(Decimal)
        self.orders: dict[int, Order] = {}
        """All orders that it ever had."""
        self.open: dict[int, Order] = {}
        self.open_by_client: dict[str, Order] = {}
        self.trades: list[tuple[Order, Trade]] = []
        self.holdings: dict[str, Holding] = {}
        """Positions held against margin, by market."""
        self.gains: dict[tuple[int, int], Decimal] = {}
        """What a trade has realised for an order, by their numbers."""
        self.reduced: dict[tuple[int, int], Decimal] = {}
        """How many units of a position a trade has closed for an order, by their numbers."""
        self.is_hedged = False
        """Whether it wants long and short positions side by side, which no market here can do."""
        self.countdowns: dict[str, int] = {}
        """When all orders in a market are cancelled unless the account is heard of before, in milliseconds."""
        self.incomes: list[Income] = []
        """What has moved the money that positions are held against, oldest first."""

    def holding(self, symbol: str) -> Holding:
        """Return the position in a market; there is always one, which may be of nothing."""
        return self.holdings.setdefault(symbol, Holding())

    def lock(self, asset: str, amount: Decimal) -> None:
        """Tie up some of what is free. Raises `RejectError` where there is too little."""
        if not self.can_lock(asset, amount):
            raise RejectError(Reason.FUNDS)
        self.free[asset] -= amount
        self.locked[asset] += amount

    def can_lock(self, asset: str, amount: Decimal) -> bool:
        """Say whether so much is free."""
        return self.is_bottomless or self.free[asset] >= amount

    def unlock(self, asset: str, amount: Decimal) -> None:
        """Make free again what was tied up."""
        self.locked[asset] -= amount
        self.free[asset] += amount

    def total(self, asset: str) -> Decimal:
        """Return what is free and what is tied up, together."""
        return self.free[asset] + self.locked[asset]

    def assets(self) -> list[str]:
        """Return the currencies that it has, or has had."""
        return sorted({*self.free, *self.locked})

    def took(self, order: Order) -> None:
        """Take note of a new order."""
        self.orders[order.id] = self.open[order.id] = self.open_by_client[order.client_id] = order

    def closed(self, order: Order) -> None:
        """Take note that an order is done: its client id may be used again."""
        self.open.pop(order.id, None)
        if self.open_by_client.get(order.client_id) is order:
            del self.open_by_client[order.client_id]
