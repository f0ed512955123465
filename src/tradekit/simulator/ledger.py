"""Cash in its currencies, positions and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.model.event import CashKind, EventKind

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

if TYPE_CHECKING:
    from tradekit.simulator.log import Log
    from tradekit.simulator.setup import Setup
    from tradekit.simulator.venue import Venue

__all__ = ["Ledger"]

_CASH = cython.declare(cython.int, EventKind.CASH)
_CONVERSION = cython.declare(cython.int, CashKind.CONVERSION)
_BASE = cython.declare(cython.int, 1)  # what a fee is taken in: see `Costs.fee_asset`
_NAN = cython.declare(cython.double, float("nan"))
_LATE = cython.declare(cython.longlong, 1 << 62)
# So small a part of a trade is what rounding has left.
_NOTHING = cython.declare(cython.double, 1e-9)


class Ledger:
    """The account's books.

    Positions are signed units at an average entry price. `cash` is by currency, the account's own being number 0, and `rate` says
    how much of that one of each is worth; `unit` is what one unit at a price of 1 is worth, multiplier and rate together. All else
    is money of the account's currency. What is bought outright is paid for. What is held against margin moves no cash until it is
    closed: its profit since then counts in equity, which is why its value is reckoned from its average price, its `basis`.
    """

    def __init__(self, setup: Setup, venue: Venue, log: Log) -> None:
        instruments, currencies = setup.instruments, setup.currencies
        self.venue = venue
        self.log = log
        self.size = len(instruments)
        self.count = 1 + len(currencies)
        self.is_margin = setup.is_margin
        self.leverage = setup.leverage
        self.dearer = 1.0 + setup.terms.conversion
        self.first_cash = np.array([setup.capital, *(currency.balance for currency in currencies)], dtype=np.float64)
        self.first = np.array([1.0, *(currency.first_rate(setup.bars) for currency in currencies)], dtype=np.float64)
        self.cash, self.rate = np.empty((2, self.count))
        self.source = np.array([-1, *(-1 if currency.rate else currency.source for currency in currencies)], dtype=np.int64)
        self.is_inverse = np.array([False, *(currency.is_inverse for currency in currencies)], dtype=np.int8)
        self.settles = setup.settlement
        self.multiplier = np.array([instrument.multiplier for instrument in instruments], dtype=np.float64)
        self.is_margined = np.array([instrument.is_derivative for instrument in instruments], dtype=np.int8)
        self.is_off_grid = np.empty(self.size, dtype=np.int8)
        # The margin that a position ties up, as a multiple of its value over `leverage`.
        self.tied = np.array([max(1.0, (one.initial_margin or 0.0) * setup.leverage) for one in instruments], dtype=np.float64)
        self.unit, self.position, self.average, self.basis, self.last, self.flow = np.empty((6, self.size))
        self.priced = np.empty(self.size, dtype=np.int64)  # when the market last gave a price; very late before it has
        kept = len(setup.bars) if self.count > 1 else 0
        self.balances, self.rates = np.zeros((2, kept, self.count))
        self.renew()

    def renew(self) -> int:
        """Go back to before the first row."""
        self.cause = -1  # the entry that led to what is booked now
        for c in range(self.count):
            self.cash[c] = self.first_cash[c]
            self.rate[c] = self.first[c]
        for i in range(self.size):
            self.is_off_grid[i] = self.venue.fee_asset[i] == _BASE and not self.is_margined[i]
            self.unit[i] = self.multiplier[i] * self.rate[self.settles[i]]
            self.position[i] = self.basis[i] = 0.0
            self.flow[i] = 0.0  # the cash that came and went with an instrument, where there is one currency only
            self.average[i] = self.last[i] = _NAN
            self.priced[i] = _LATE
        self.capital = self.total_cash()
        self.realised = self.fees = self.slippage = 0.0
        self.carried = 0.0  # what came and went without a trade
        self.held = 0  # positions
        return 0

    def history(self, rows: int) -> tuple[Any, Any]:
        """Return copies of the balances and the rates at each close, [row, currency]; empty if there is one currency only."""
        return np.array(self.balances[:rows]), np.array(self.rates[:rows])

    def amounts(self) -> list[float]:
        """Return the balance of each currency."""
        return [float(self.cash[c]) for c in range(self.count)]

    def marks(self) -> Any:
        """Return the last prices, float64 [instrument]; NaN before there is one."""
        return np.array(self.last)

    def first_rates(self) -> Any:
        """Return the rates before the first close, float64 [currency]."""
        return np.array(self.first)

    def total_cash(self) -> float:
        """Return the cash of all currencies, in the account's."""
        total = self.cash[0]
        for c in range(1, self.count):
            if self.cash[c] != 0.0:
                total += self.cash[c] * self.rate[c]
        return total

    def equity(self) -> float:
        """Return cash plus positions at their last close."""
        total = self.cash[0] if self.count == 1 else self.total_cash()
        if self.held == 0:
            return total
        for i in range(self.size):
            if self.position[i] != 0.0:
                total += self.position[i] * (self.last[i] - self.basis[i]) * self.unit[i]
        return total

    def gross(self) -> float:
        """Return the sum of the absolute values of all positions."""
        total = 0.0
        for i in range(self.size):
            if self.position[i] != 0.0:
                total += fabs(self.position[i]) * self.last[i] * self.unit[i]
        return total

    def tied_up(self) -> float:
        """Return the margin that all positions tie up, times leverage."""
        total = 0.0
        for i in range(self.size):
            if self.position[i] != 0.0:
                total += fabs(self.position[i]) * self.last[i] * self.unit[i] * self.tied[i]
        return total

    def worth(self, i: int) -> float:
        """Return the value of one unit at the last close; NaN before there is one."""
        return float(self.last[i] * self.unit[i])

    def balance(self, i: int) -> float:
        """Return the cash in the currency that an instrument is settled in."""
        return self.cash[self.settles[i]]

    def reducing(self, i: int, quantity: float) -> float:
        """Return how many units of a trade only make the position smaller."""
        held = self.position[i]
        if held == 0.0 or (held > 0.0) == (quantity > 0.0):
            return 0.0
        return fabs(quantity) if fabs(quantity) < fabs(held) else fabs(held)

    def revalue(self) -> None:
        """Take the rates of currencies from the last closes."""
        for c in range(1, self.count):
            if self.source[c] < 0:
                continue
            price = self.last[self.source[c]]
            if price > 0.0:
                self.rate[c] = 1.0 / price if self.is_inverse[c] else price
                for i in range(self.size):
                    if self.settles[i] == c:
                        self.unit[i] = self.multiplier[i] * self.rate[c]

    def keep(self, row: int) -> None:
        """Keep the balances and rates of a close."""
        for c in range(self.count):
            self.balances[row, c] = self.cash[c]
            self.rates[row, c] = self.rate[c]

    def apply(self, i: int, quantity: float, price: float, fee: float) -> int:
        """Book a fill; its fee is in the settlement currency, whatever it is taken in."""
        received = quantity
        if self.is_off_grid[i] and quantity > 0.0:
            received = quantity - fee / (price * self.multiplier[i])
        gain = self.trade(i, received, price, self.settled(i, self.position[i] + received, received))
        c = self.settles[i]
        self.fees += fee * self.rate[c]
        if received != quantity:
            fee = 0.0  # it is paid by the units that are missing
        elif self.venue.fee_asset[i] > _BASE:
            other = self.venue.fee_asset[i] - 2
            if other != c:
                self.cash[other] -= fee * self.rate[c] / self.rate[other]
                fee = 0.0
        money = (gain * self.multiplier[i] if self.is_margined[i] else -(quantity * price * self.multiplier[i])) - fee
        self.cash[c] += money
        self.flow[i] += money
        return self.cover() if self.count > 1 and not self.is_margin else 0

    def report(self, i: int, quantity: float, price: float, fee: float, units: float) -> int:
        """Book a fill as a venue tells of it: with a fee in the settlement currency, and `units` that it kept as one."""
        received = quantity - units
        if units != 0.0:
            self.is_off_grid[i] = 1
        gain = self.trade(i, received, price, self.settled(i, self.position[i] + received, received))
        c = self.settles[i]
        self.fees += (fee + units * price * self.multiplier[i]) * self.rate[c]
        money = (gain * self.multiplier[i] if self.is_margined[i] else -(quantity * price * self.multiplier[i])) - fee
        self.cash[c] += money
        self.flow[i] += money
        return 0

    def trade(self, i: int, quantity: float, price: float, after: float) -> float:
        """Move a position: what closes realises profit against the average price, what opens moves the average.

        No cash is moved. Return the profit, of a multiplier of 1 and in the settlement currency.
        """
        held = self.position[i]
        gain = 0.0
        if held == 0.0:
            self.average[i] = price
        elif (held > 0.0) == (quantity > 0.0):
            self.average[i] = (held * self.average[i] + quantity * price) / (held + quantity)
        else:
            closed = -held if fabs(quantity) >= fabs(held) else quantity
            gain = -(closed * (price - self.average[i]))
            self.realised += gain * self.unit[i]
            if after != 0.0 and (after > 0.0) != (held > 0.0):
                self.average[i] = price
        if after == 0.0:
            self.average[i] = _NAN
            if held != 0.0:
                self.held -= 1
        elif held == 0.0:
            self.held += 1
        self.basis[i] = self.average[i] if self.is_margined[i] and after != 0.0 else 0.0
        self.position[i] = after
        return gain

    def settled(self, i: int, after: float, traded: float) -> float:
        """Remove the rounding error from a position; fees in units have left it off the grid of lots."""
        if not self.is_off_grid[i]:
            return self.venue.settled(i, after, traded)
        return 0.0 if fabs(after) <= fabs(traded) * _NOTHING else after

    def sell_out(self, i: int, quantity: float, price: float, after: float) -> float:
        """Let go of units for cash without an order, as in a delisting; return the money that came in."""
        gain = self.trade(i, quantity, price, after)
        c = self.settles[i]
        money = (gain if self.is_margined[i] else -(quantity * price)) * self.multiplier[i]
        self.cash[c] += money
        self.flow[i] += money
        return money

    def split(self, i: int, ratio: float) -> None:
        """Turn each unit held into `ratio` units."""
        self.position[i] *= ratio
        self.average[i] /= ratio
        self.basis[i] /= ratio
        self.last[i] /= ratio

    def pay(self, kind: int, i: int, currency: int, amount: float) -> int:
        """Book money that comes or goes without a trade; `i` is -1 where it is about no instrument."""
        self.cash[currency] += amount
        if i >= 0:
            self.flow[i] += amount
        self.carried += amount * self.rate[currency]
        return self.note_cash(kind, i, currency, amount)

    def note_cash(self, kind: int, i: int, currency: int, amount: float) -> int:
        """Write down money that has been booked."""
        self.log.add(_CASH, kind, -1, i, self.cause)
        self.log.a[self.log.at] = amount
        self.log.e[self.log.at] = currency
        self.log.g[self.log.at] = self.cash[currency]
        return 0

    def cover(self) -> int:
        """Buy what a cash account owes of a currency with the others, the account's own first."""
        for c in range(self.count):
            for other in range(self.count):
                if self.cash[c] >= 0.0:
                    break
                if other != c and self.cash[other] > 0.0:
                    convert(self, other, c)
        return 0


def convert(ledger: Ledger, paid: int, bought: int) -> int:
    """Change as much money of one currency as is owed of another, or all that there is."""
    rate = ledger.rate[bought] / ledger.rate[paid] * ledger.dearer
    got = -ledger.cash[bought]
    given = got * rate
    if given > ledger.cash[paid]:
        given = ledger.cash[paid]
        got = given / rate
    ledger.pay(_CONVERSION, -1, paid, -given)
    ledger.log.b[ledger.log.at] = rate
    ledger.pay(_CONVERSION, -1, bought, got)
    ledger.log.b[ledger.log.at] = rate
    return 0
