"""Cash, positions and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

if TYPE_CHECKING:
    from tradekit.simulator.setup import Setup
    from tradekit.simulator.venue import Venue

__all__ = ["Ledger"]

_NAN = cython.declare(cython.double, float("nan"))
# Some units in the last place, so that the rounding of price, fee and cash can't make a cash account negative.
_SHY = cython.declare(cython.double, 1.0 - 2e-15)


class Ledger:
    """The account's books. Positions are signed units at an average entry price; money is in the account currency."""

    def __init__(self, venue: Venue, setup: Setup) -> None:
        size = len(setup.instruments)
        self.venue = venue
        self.size = size
        self.is_margin = setup.is_margin
        self.leverage = setup.leverage
        self.cash = setup.capital
        self.realised = 0.0
        self.fees = 0.0
        self.slippage = 0.0
        self.position = np.zeros(size)
        self.average = np.full(size, np.nan)
        self.last = np.full(size, np.nan)

    def equity(self) -> float:
        """Return cash plus positions at their last close."""
        total = self.cash
        for i in range(self.size):
            if self.position[i] != 0.0:
                total += self.position[i] * self.last[i]
        return total

    def gross(self) -> float:
        """Return the sum of the absolute values of all positions."""
        total = 0.0
        for i in range(self.size):
            if self.position[i] != 0.0:
                total += fabs(self.position[i]) * self.last[i]
        return total

    def reducing(self, i: int, quantity: float) -> float:
        """Return how many units of a trade only make the position smaller."""
        held = self.position[i]
        if held == 0.0 or (held > 0.0) == (quantity > 0.0):
            return 0.0
        return fabs(quantity) if fabs(quantity) < fabs(held) else fabs(held)

    def affordable(self, i: int, quantity: float, price: float) -> float:
        """Return how much of a signed size the account has the funds for."""
        if self.is_margin:
            return self.affordable_on_margin(i, quantity, price)
        if quantity < 0.0 or quantity * price + self.venue.most_fee(i, quantity, price) <= self.cash:
            return quantity
        cost = price + self.venue.most_fee_of_one(i, price)
        cash = self.cash - self.venue.least_fee(i)
        return cash / cost * _SHY if cash > 0.0 else 0.0

    def affordable_on_margin(self, i: int, quantity: float, price: float) -> float:
        """Return the size for which gross exposure stays within leverage times equity, both after the fill and its fee."""
        held = self.position[i]
        size = fabs(quantity)
        reducing = self.reducing(i, quantity)
        if size <= reducing:
            return quantity
        others = self.gross()
        equity = self.equity()
        if held != 0.0:
            others -= fabs(held) * self.last[i]
            equity += held * (price - self.last[i])
        kept = fabs(held) * price if reducing == 0.0 else 0.0
        fee = self.leverage * self.venue.most_fee_of_one(i, price)
        room = (self.leverage * (equity - self.venue.least_fee(i)) - others - kept - reducing * fee) / (price + fee)
        if size - reducing <= room:
            return quantity
        size = reducing + (room * _SHY if room > 0.0 else 0.0)
        return size if quantity > 0.0 else -size

    def apply(self, i: int, quantity: float, price: float, fee: float) -> None:
        """Book a fill: what closes realises profit against the average price, what opens moves the average."""
        held = self.position[i]
        after = self.venue.settled(i, held + quantity, quantity)
        if held == 0.0:
            self.average[i] = price
        elif (held > 0.0) == (quantity > 0.0):
            self.average[i] = (held * self.average[i] + quantity * price) / (held + quantity)
        else:
            closed = -held if fabs(quantity) >= fabs(held) else quantity
            self.realised -= closed * (price - self.average[i])
            if after != 0.0 and (after > 0.0) != (held > 0.0):
                self.average[i] = price
        if after == 0.0:
            self.average[i] = _NAN
        self.position[i] = after
        self.cash += -(quantity * price) - fee
        self.fees += fee
