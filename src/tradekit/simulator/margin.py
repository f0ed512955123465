"""Whether a margin account still covers its maintenance margin, and what happens when it no longer does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

from tradekit.model.event import CashKind, EventKind

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

if TYPE_CHECKING:
    from tradekit.model.bars import Floats
    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.log import Log
    from tradekit.simulator.market import Prices
    from tradekit.simulator.setup import Setup

__all__ = ["Margin"]

_LIQUIDATION = cython.declare(cython.int, EventKind.LIQUIDATION)
_LIQUIDATION_FEE = cython.declare(cython.int, CashKind.LIQUIDATION_FEE)
_NAN = cython.declare(cython.double, float("nan"))


class Margin:
    """Watches the positions of a margin account within each bar of `prices`.

    The order in which a bar reached its prices isn't known, nor whether two instruments did at one time. So all positions are
    valued at the worst of the bar at once: what is long at its low, what is short at its high. Where that leaves less equity than
    the maintenance margin, prices are taken to have moved there in straight lines from the open, all together, and the positions
    are closed where equity met the margin; at the open, if it did not suffice there already.
    """

    def __init__(self, setup: Setup, prices: Prices, ledger: Ledger, log: Log) -> None:
        self.prices = prices
        self.ledger = ledger
        self.log = log
        self.maintenance = _maintenance(setup)
        fee = setup.terms.liquidation_fee
        self.fee_rate = self.maintenance if fee is None else np.full(len(setup.instruments), fee)
        self.renew()

    def renew(self) -> int:
        """Go back to before the first row."""
        self.share = 0.0  # of the way from the open to the worst, at which equity met the maintenance margin
        self.equity = 0.0  # equity and maintenance margin there
        self.needed = 0.0
        return 0

    def check(self, k: int) -> bool:
        """Say whether the positions held are liquidated in bar `k`; if so, `close_price` tells where."""
        cash = self.ledger.total_cash()
        worst = cash
        needed = 0.0
        for i in range(self.ledger.size):
            held = self.ledger.position[i]
            if held != 0.0:
                price = self.worst(i, k)
                worst += held * (price - self.ledger.basis[i]) * self.ledger.unit[i]
                needed += fabs(held) * price * self.ledger.unit[i] * self.maintenance[i]
        if self.ledger.held == 0 or not worst < needed:
            return False
        self.equity = cash
        self.needed = 0.0
        for i in range(self.ledger.size):
            held = self.ledger.position[i]
            if held != 0.0:
                price = self.opening(i, k)
                self.equity += held * (price - self.ledger.basis[i]) * self.ledger.unit[i]
                self.needed += fabs(held) * price * self.ledger.unit[i] * self.maintenance[i]
        spare = self.equity - self.needed
        self.share = spare / (spare + (needed - worst)) if spare > 0.0 else 0.0
        self.equity += self.share * (worst - self.equity)
        self.needed += self.share * (needed - self.needed)
        return True

    def worst(self, i: int, k: int) -> float:
        """Return the worst price of the bar for a position; the last one seen if there is no bar."""
        price = self.prices.low[k, i] if self.ledger.position[i] > 0.0 else self.prices.high[k, i]
        return price if price == price else self.ledger.last[i]

    def opening(self, i: int, k: int) -> float:
        price = self.prices.open[k, i]
        return price if price == price else self.ledger.last[i]

    def close_price(self, i: int, k: int) -> float:
        """Return the price at which a position is closed after `check` has said so; NaN if the instrument has no bar to do it in.

        It is on the venue's grid, on the worse side, but never outside of the bar.
        """
        if self.prices.open[k, i] != self.prices.open[k, i]:
            return _NAN
        first = self.prices.open[k, i]
        last = self.worst(i, k)
        price = first + self.share * (last - first)
        if self.ledger.position[i] > 0.0:
            price = self.ledger.venue.price_down(i, price)
            return last if price < last else price
        price = self.ledger.venue.price_up(i, price)
        return last if price > last else price

    def begin(self, k: int) -> int:
        """Write down a liquidation, mark what is held at the prices where it is closed, and return the entry."""
        for i in range(self.ledger.size):
            if self.ledger.position[i] != 0.0:
                price = self.close_price(i, k)
                if price == price:
                    self.ledger.last[i] = price
        entry = self.log.add(_LIQUIDATION, 0, -1, -1, -1)
        self.log.a[self.log.at] = self.equity
        self.log.b[self.log.at] = self.needed
        return entry

    def penalty(self, i: int, quantity: float, price: float) -> float:
        """Return what closing so many units for lack of margin costs, in account currency: never more than the equity left."""
        fee = fabs(quantity) * price * self.ledger.unit[i] * self.fee_rate[i]
        left = self.ledger.equity()
        if left <= 0.0:
            return 0.0
        return fee if fee < left else left

    def charge(self, i: int, quantity: float, price: float) -> int:
        """Take the penalty from cash, if there is one."""
        c = self.ledger.settles[i]
        fee = self.penalty(i, quantity, price)
        if fee <= 0.0:
            return 0
        self.ledger.pay(_LIQUIDATION_FEE, i, c, -fee / self.ledger.rate[c])
        self.log.b[self.log.at] = self.fee_rate[i]
        self.log.c[self.log.at] = price
        self.log.d[self.log.at] = quantity
        return 0


def _maintenance(setup: Setup) -> Floats:
    """Return the share of each instrument's value that must be kept, float64 [instrument]."""
    found = np.zeros(len(setup.instruments))
    for i, instrument in enumerate(setup.instruments):
        initial = max(1.0 / setup.leverage, instrument.initial_margin or 0.0)
        usual = min(0.25, 0.5 * initial) if setup.terms.maintenance is None else setup.terms.maintenance
        found[i] = usual if instrument.maintenance_margin is None else instrument.maintenance_margin
    return found
