"""Money and units that come and go without a trade: splits, dividends, delistings, funding, borrowing, interest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

from tradekit.model.event import CashKind, EventKind
from tradekit.model.reference import ScheduledKind

if cython.compiled:
    from cython.cimports.libc.math import fabs, floor
else:
    from math import fabs, floor

if TYPE_CHECKING:
    from tradekit.model.bars import Floats, Times
    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.log import Log
    from tradekit.simulator.market import Market
    from tradekit.simulator.setup import Setup

__all__ = ["Carry"]

_ACTION = cython.declare(cython.int, EventKind.ACTION)
_FUNDING = cython.declare(cython.int, CashKind.FUNDING)
_BORROWING = cython.declare(cython.int, CashKind.BORROWING)
_INTEREST = cython.declare(cython.int, CashKind.INTEREST)
_DIVIDEND = cython.declare(cython.int, CashKind.DIVIDEND)
_IN_LIEU = cython.declare(cython.int, CashKind.IN_LIEU)
_IS_SPLIT = cython.declare(cython.int, ScheduledKind.SPLIT)
_IS_DIVIDEND = cython.declare(cython.int, ScheduledKind.DIVIDEND)
_NEVER = cython.declare(cython.longlong, 2**62)
_DAY = cython.declare(cython.longlong, 86_400_000_000_000)
_YEAR = cython.declare(cython.double, 365.0 * 86_400e9)
# So small a part of a position is what rounding has left.
_NOTHING = cython.declare(cython.double, 1e-12)
_ROUNDING = cython.declare(cython.double, 4e-15)


class Carry:
    """Books what the schedule of a run and the rates of the account bring.

    What is due before the open of a row, from `opening_row` on, is taken one by one: `while carry.take(row) >= 0`. As each UTC day
    begins, before any of that, borrowing and interest are booked on what was held until then, for the time since they last were.
    Funding is booked at the close of its row, from `closing_row` on.
    """

    def __init__(self, setup: Setup, market: Market, ledger: Ledger, log: Log) -> None:
        schedule, terms, bars = setup.schedule, setup.terms, setup.bars
        self.market = market
        self.ledger = ledger
        self.log = log
        self.row = schedule.row
        self.instrument = schedule.instrument
        self.kind = schedule.kind
        self.value = schedule.value
        self.price = schedule.price
        is_funding = schedule.kind == ScheduledKind.FUNDING
        self.opening, self.closing = _and_then((~is_funding).nonzero()[0], -1), _and_then(is_funding.nonzero()[0], -1)
        self.is_whole = np.array([instrument.kind == "equity" and not instrument.lot for instrument in setup.instruments], np.int8)
        self.borrow_rate = _borrow_rates(setup)
        self.interest_rate = terms.interest_rate
        self.loan_rate = terms.loan_rate
        self.has_shorts = setup.is_margin and bool((np.asarray(self.borrow_rate) > 0.0).any())
        has_rates = self.has_shorts or terms.interest_rate != 0.0 or (setup.is_margin and terms.loan_rate != 0.0)
        self.days = _and_then(_mornings(bars.open_time) if has_rates else np.zeros(0, dtype=np.int64), _NEVER)
        self.renew()

    def renew(self) -> int:
        """Go back to before the first row."""
        self.opened = 0
        self.closed = 0
        self.closing_row = self.row_of(self.closing[0])
        self.day = 0
        self.accrued = self.market.bars.open_time[0] if self.market.rows > 0 else 0
        self.opening_row = min(self.row_of(self.opening[0]), self.days[0])
        return 0

    def row_of(self, k: int) -> int:
        return self.row[k] if k >= 0 else _NEVER

    def take(self, row: int) -> int:
        """Book what is due next before the open of a row; return its place in the schedule, -1 once there is no more."""
        if row >= self.days[self.day]:
            self.accrue(row)
        k = self.opening[self.opened]
        if row < self.row_of(k):
            self.opening_row = self.row_of(k) if self.row_of(k) < self.days[self.day] else self.days[self.day]
            return -1
        self.opened += 1
        if self.kind[k] == _IS_SPLIT:
            self.split(k)
        elif self.kind[k] == _IS_DIVIDEND:
            self.dividend(k)
        else:
            self.delist(k)
        self.ledger.cause = -1
        return k

    def at_close(self, row: int) -> int:
        """Book the funding that is due at the close of a row, once its closes have been marked."""
        while row >= self.closing_row:
            k = self.closing[self.closed]
            self.closed += 1
            self.closing_row = self.row_of(self.closing[self.closed])
            self.fund(k)
        return 0

    def split(self, k: int) -> int:
        """Split a position; what is less than a lot, or a share, is paid out."""
        i = self.instrument[k]
        self.ledger.split(i, self.value[k])
        held = self.ledger.position[i]
        if held == 0.0:
            return self.note_action(k)
        whole = self.whole(i, held) + 0.0  # which makes -0 to 0
        left = held - whole
        money = 0.0
        price = self.ledger.last[i]
        is_paid = cython.declare(cython.bint, fabs(left) > fabs(held) * _NOTHING)
        if is_paid:
            money = self.ledger.sell_out(i, -left, price, whole)
        self.ledger.position[i] = whole
        self.note_action(k)
        if is_paid:
            self.ledger.note_cash(_IN_LIEU, i, self.ledger.settles[i], money)
            self.log.c[self.log.at] = price
            self.log.d[self.log.at] = left
        return 0

    def whole(self, i: int, held: float) -> float:
        """Return the part of a position that an exchange delivers."""
        if self.ledger.is_off_grid[i]:
            return held
        if self.is_whole[i]:
            units = floor(fabs(held) + fabs(held) * _ROUNDING)
            return units if held > 0.0 else -units
        return self.ledger.venue.lots_within(i, held)

    def dividend(self, k: int) -> int:
        """Pay a dividend on what is held, and collect it on what is short."""
        i = self.instrument[k]
        held = self.ledger.position[i]
        if held == 0.0 or self.ledger.is_margined[i]:
            return 0
        self.note_action(k)
        self.ledger.pay(_DIVIDEND, i, self.ledger.settles[i], held * self.ledger.multiplier[i] * self.value[k])
        self.log.c[self.log.at] = self.value[k]
        self.log.d[self.log.at] = held
        return 0

    def delist(self, k: int) -> int:
        """Close a position at what is paid for a unit."""
        i = self.instrument[k]
        if self.ledger.position[i] != 0.0:
            self.ledger.sell_out(i, -self.ledger.position[i], self.value[k], 0.0)
        self.note_action(k)
        return 0

    def note_action(self, k: int) -> int:
        i = self.instrument[k]
        entry = self.log.add(_ACTION, self.kind[k], -1, i, -1)
        self.log.a[self.log.at] = self.value[k]
        self.log.e[self.log.at] = self.ledger.position[i]
        self.log.f[self.log.at] = self.ledger.average[i]
        self.log.g[self.log.at] = self.ledger.balance(i)
        self.ledger.cause = entry
        return 0

    def fund(self, k: int) -> int:
        """Let a long position pay the funding rate on its value at the mark price, and a short one receive it."""
        i = self.instrument[k]
        held = self.ledger.position[i]
        if held == 0.0:
            return 0
        mark = self.price[k] if self.price[k] == self.price[k] else self.ledger.last[i]
        amount = -(held * self.ledger.multiplier[i] * mark * self.value[k])
        self.ledger.pay(_FUNDING, i, self.ledger.settles[i], amount)
        self.log.b[self.log.at] = self.value[k]
        self.log.c[self.log.at] = mark
        self.log.d[self.log.at] = held
        return 0

    def accrue(self, row: int) -> int:
        """Book borrowing and interest for the time until the open of a row."""
        now = self.market.bars.open_time[row]
        years = (now - self.accrued) / _YEAR
        self.accrued = now
        while row >= self.days[self.day]:
            self.day += 1
        for c in range(self.ledger.count):
            self.pay_interest(c, years)
        if self.has_shorts:
            for i in range(self.ledger.size):
                if self.ledger.position[i] < 0.0 and self.borrow_rate[i] > 0.0:
                    self.pay_borrowing(i, years)
        return 0

    def pay_interest(self, c: int, years: float) -> int:
        """Pay interest on the cash of a currency, or charge it for a loan. What short sales brought earns nothing: it is lodged."""
        earning = self.ledger.cash[c]
        rate = self.loan_rate
        if earning > 0.0:
            rate = self.interest_rate
            for i in range(self.ledger.size):
                if self.ledger.position[i] < 0.0 and self.ledger.settles[i] == c and not self.ledger.is_margined[i]:
                    earning += self.ledger.position[i] * self.ledger.last[i] * self.ledger.multiplier[i]
            earning = earning if earning > 0.0 else 0.0
        if earning != 0.0 and rate != 0.0:
            self.ledger.pay(_INTEREST, -1, c, earning * rate * years)
            self.log.b[self.log.at] = rate
        return 0

    def pay_borrowing(self, i: int, years: float) -> int:
        """Charge what a short position costs to borrow."""
        value = self.ledger.position[i] * self.ledger.last[i] * self.ledger.multiplier[i]
        self.ledger.pay(_BORROWING, i, self.ledger.settles[i], value * self.borrow_rate[i] * years)
        self.log.b[self.log.at] = self.borrow_rate[i]
        self.log.c[self.log.at] = self.ledger.last[i]
        self.log.d[self.log.at] = self.ledger.position[i]
        return 0


def _mornings(open_time: Times) -> Times:
    """Return the rows on which another UTC day begins."""
    return np.flatnonzero(np.diff(open_time // _DAY)) + 1


def _and_then(rows: Times, end: int) -> Times:
    """Return rows, and what stands behind the last."""
    found = np.full(len(rows) + 1, end, dtype=np.int64)
    found[: len(rows)] = rows
    return found


def _borrow_rates(setup: Setup) -> Floats:
    """Return what borrowing costs a year, float64 [instrument]; a short perpetual or future borrows nothing."""
    usual = setup.terms.borrow_rate
    rates = [usual if instrument.borrow_rate is None else instrument.borrow_rate for instrument in setup.instruments]
    return np.array([0.0 if setup.instruments[i].is_derivative else rate for i, rate in enumerate(rates)], dtype=np.float64)
