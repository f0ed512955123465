"""Perpetuals: what they add to a market, and what accounts hold of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradekit_venue.engine.market import Market

__all__ = ["FUNDING_EVERY_MS", "Holding", "Income", "Perpetual", "next_funding"]

ZERO = Decimal(0)
FUNDING_EVERY_MS = 8 * 3_600_000


def next_funding(now: int) -> int:
    """Return when funding is due next, in milliseconds."""
    return (now // FUNDING_EVERY_MS + 1) * FUNDING_EVERY_MS


@dataclass(frozen=True, slots=True)
class Perpetual(Market):
    """A linear perpetual: priced in the quote currency, settled in it, and held against margin in it."""

    max_leverage: int = 125
    maintenance: Decimal = Decimal("0.004")
    """Share of a position's value that the margin must not fall below."""
    liquidation_fee: Decimal = Decimal("0.0125")
    """What a liquidation costs besides, as a share of the value closed; never more than is left."""
    funding_rate: Decimal = Decimal("0.0001")
    """What long positions pay short ones every eight hours where no recording tells."""
    contract: Decimal = Decimal(1)
    """How many units of the base currency one contract is, where an exchange counts in contracts; sizes here are in units."""

    def __post_init__(self) -> None:
        Market.__post_init__(self)
        one = self.contract
        if not one.is_finite() or one <= 0:
            raise ValueError(f"a contract of {self.symbol!r} is {one} {self.base}; it must be above 0")
        if self.lot / one * one != self.lot:
            raise ValueError(
                f"a contract of {self.symbol!r} is {one} {self.base}, and its lot of {self.lot} is no number of contracts that can "
                "be written; make the lot a half, a fifth, a tenth or such of the contract"
            )

    @property
    def symbol(self) -> str:
        return f"{self.base}/{self.quote}:{self.quote}"


@dataclass(slots=True)
class Holding:
    """A position of an account in a perpetual: signed units, and what they were bought for (below 0: sold for), in all."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    leverage: int = 20
    updated: int = 0

    @property
    def entry(self) -> Decimal:
        """The average price, 0 where nothing is held."""
        return self.cost / self.quantity if self.quantity else ZERO

    def profit(self, mark: Decimal) -> Decimal:
        """Return what closing it at a price would bring."""
        return self.quantity * mark - self.cost

    def reducible(self, signed: Decimal) -> Decimal:
        """Return how many units of a trade only make it smaller."""
        return min(abs(signed), abs(self.quantity)) if self.quantity * signed < 0 else ZERO

    def trade(self, signed: Decimal, price: Decimal) -> Decimal:
        """Move it by so many units, and return the profit that this realises."""
        closed = self.reducible(signed).copy_sign(signed)
        gain = ZERO
        if closed:
            share = self.cost if -closed == self.quantity else self.cost * -closed / self.quantity
            gain = -closed * price - share
            self.cost -= share
        self.cost += (signed - closed) * price
        self.quantity += signed
        return gain


@dataclass(frozen=True, slots=True)
class Income:
    """One movement of an account's wallet."""

    id: int
    kind: str
    """As Binance names it: REALIZED_PNL, COMMISSION, FUNDING_FEE, INSURANCE_CLEAR."""
    market: Market
    amount: Decimal
    asset: str
    time: int
    trade: str = ""
    held: Decimal = ZERO
    """Signed units of the position then."""
