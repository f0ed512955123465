"""What the account has the funds for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

if TYPE_CHECKING:
    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.shares import Shares

__all__ = ["Funds"]

_BASE = cython.declare(cython.int, 1)  # what a fee is taken in: see `Setup.fee_asset`
# Some units in the last place, so that the rounding of price, fee and cash can't make a cash account negative.
_SHY = cython.declare(cython.double, 1.0 - 2e-15)
# The same where an amount goes through several currencies.
_SHY_ABROAD = cython.declare(cython.double, 1.0 - 1e-13)


class Funds:
    """Says how much of a trade the account can pay for, or has the margin for.

    A cash account owes nothing in any currency. In a margin account, the margin that positions tie up stays within equity. Where
    several strategies share the account, both also hold for what each of them has of it.
    """

    def __init__(self, ledger: Ledger, shares: Shares) -> None:
        self.ledger = ledger
        self.shares = shares

    def affordable(self, i: int, quantity: float, price: float) -> float:
        """Return how much of a signed size the account has the funds for."""
        return self.on_margin(i, quantity, price) if self.ledger.is_margin else self.in_cash(i, quantity, price)

    def in_cash(self, i: int, quantity: float, price: float) -> float:
        """Return the size that all balances together pay for: the fee and the changing of money included."""
        paid = price * self.ledger.multiplier[i]
        fee = 0.0
        minimum = 0.0
        dearer = 1.0
        if quantity < 0.0 or not self.ledger.is_off_grid[i]:
            # A fee in a third currency may have to be bought first.
            if self.ledger.venue.fee_asset[i] > _BASE:
                dearer = self.ledger.dearer
            fee = self.ledger.venue.most_fee_of_one(i, price) * dearer
            minimum = self.ledger.venue.least_fee(i) * dearer
        funds = self.available(self.ledger.settles[i])
        if self.shares.count > 1:
            own = self.shares.cash(self.shares.of(i))
            funds = own if own < funds else funds
        charge = self.ledger.venue.most_fee(i, quantity, price) * dearer if fee > 0.0 or minimum > 0.0 else 0.0
        if quantity < 0.0:
            return quantity if charge <= -quantity * paid + funds else 0.0
        if quantity * paid + charge <= funds:
            return quantity
        size = (funds - minimum) / (paid + fee)
        return size * (_SHY if self.ledger.count == 1 else _SHY_ABROAD) if size > 0.0 else 0.0

    def available(self, currency: int) -> float:
        """Return what there is of a currency once all others are changed into it."""
        if self.ledger.count == 1:
            return self.ledger.cash[0]
        total = self.ledger.cash[currency]
        for c in range(self.ledger.count):
            if c != currency and self.ledger.cash[c] > 0.0:
                total += self.ledger.cash[c] * self.ledger.rate[c] / self.ledger.rate[currency] / self.ledger.dearer
        return total * _SHY_ABROAD

    def on_margin(self, i: int, quantity: float, price: float) -> float:
        """Return the size for which the margin tied up stays within equity, both after the fill and its fee."""
        size = fabs(quantity)
        reducing = self.ledger.reducing(i, quantity)
        if size <= reducing:
            return quantity
        room = self.room(i, price, reducing, self.ledger.tied_up(), self.ledger.equity())
        if self.shares.count > 1:
            k = self.shares.of(i)
            own = self.room(i, price, reducing, self.shares.tied_up(k), self.shares.worth(k))
            room = own if own < room else room
        if size - reducing <= room:
            return quantity
        size = reducing + (room * _SHY if room > 0.0 else 0.0)
        return size if quantity > 0.0 else -size

    def room(self, i: int, price: float, reducing: float, others: float, equity: float) -> float:
        """Return how much of an instrument may be opened, with so much margin tied up and so much equity."""
        held = self.ledger.position[i]
        if held != 0.0:
            others -= fabs(held) * self.ledger.last[i] * self.ledger.unit[i] * self.ledger.tied[i]
            equity += held * (price - self.ledger.last[i]) * self.ledger.unit[i]
        value = price * self.ledger.unit[i] * self.ledger.tied[i]
        kept = fabs(held) * value if reducing == 0.0 else 0.0
        rate = self.ledger.rate[self.ledger.settles[i]]
        fee = self.ledger.leverage * (self.ledger.venue.most_fee_of_one(i, price) * rate)
        equity -= self.ledger.venue.least_fee(i) * rate
        return (self.ledger.leverage * equity - others - kept - reducing * fee) / (value + fee)
