"""The risk gate: every order passes it, in the order of the rules in the run file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

from tradekit.model.event import EventKind
from tradekit.model.risk import LimitKind, VerdictKind
from tradekit.simulator.book import Waiting

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tradekit.simulator.opinions import Opinions
    from cython.cimports.tradekit.simulator.shares import Shares
else:
    from math import fabs

    from tradekit.simulator.opinions import Opinions
    from tradekit.simulator.shares import Shares

if TYPE_CHECKING:
    from tradekit.simulator.book import Book
    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.log import Log
    from tradekit.simulator.market import Market
    from tradekit.simulator.setup import Setup

__all__ = ["Gate"]

_VERDICT = cython.declare(cython.int, EventKind.VERDICT)
_HALT_EVENT = cython.declare(cython.int, EventKind.HALT)
_ACCEPT = cython.declare(cython.int, VerdictKind.ACCEPT)
_RESIZE = cython.declare(cython.int, VerdictKind.RESIZE)
_REJECT = cython.declare(cython.int, VerdictKind.REJECT)
_HALT = cython.declare(cython.int, VerdictKind.HALT)
_VOLATILITY_SIZE = cython.declare(cython.int, LimitKind.VOLATILITY_SIZE)
_MAX_LEVERAGE = cython.declare(cython.int, LimitKind.MAX_LEVERAGE)
_MAX_ORDER_VALUE = cython.declare(cython.int, LimitKind.MAX_ORDER_VALUE)
_MAX_DRAWDOWN = cython.declare(cython.int, LimitKind.MAX_DRAWDOWN)
_CHECK = cython.declare(cython.int, -1)  # a rule in Python
_TOLERANCE = cython.declare(cython.double, 1e-9)  # rounding must not cut an order that is at its limit
_NAN = cython.declare(cython.double, float("nan"))
_OTHER_SELLS = cython.declare(cython.int, Waiting.OTHER_SELLS)
_OTHER_BUYS = cython.declare(cython.int, Waiting.OTHER_BUYS)
_MARKET_SELLS = cython.declare(cython.int, Waiting.MARKET_SELLS)
_MARKET_BUYS = cython.declare(cython.int, Waiting.MARKET_BUYS)
_CLIP = cython.declare(cython.int, 0)
_FLATTEN = cython.declare(cython.int, 3)

_SILENT: tuple[str, dict[str, float]] = ("", {})
"""What most rules say of what they accept; so many entries share it."""
_ACTIONS = {"clip": 0, "reject": 1, "halt": 2, "flatten": 3}


class Gate:
    """Gives unsized orders a size, then lets each rule accept, cut or refuse an order, and watches the drawdown.

    What reduces a position is never cut. Open orders count as if those on the same side as the one that is judged were filled, and
    market orders that reduce a position as well: they are sure to be.

    Where several strategies share the account, a rule of one of them judges its orders by its share; one of the account judges all
    orders by all that is held and open in the instrument, whoever has it, and exposures of different strategies add up.
    """

    def __init__(self, setup: Setup, market: Market, ledger: Ledger, book: Book, log: Log) -> None:
        self.market = market
        self.ledger = ledger
        self.book = book
        self.log = log
        flat = [(number, rule, limit) for number, rule in enumerate(setup.rules) for limit in (rule.limits or (None,))]
        self.size = len(flat)
        self.kind = np.array([_CHECK if limit is None else limit.kind for _, _, limit in flat], dtype=np.int32)
        self.rule = np.array([number for number, _, _ in flat], dtype=np.int32)
        self.action = np.array([0 if limit is None else _ACTIONS[limit.action] for _, _, limit in flat], dtype=np.int32)
        self.value = np.array([0.0 if limit is None else limit.value for _, _, limit in flat], dtype=np.float64)
        self.cap = np.array([1.0 if limit is None else limit.cap for _, _, limit in flat], dtype=np.float64)
        self.share = np.array([rule.share for _, rule, _ in flat], dtype=np.int32)
        self.is_broken = np.empty(self.size, dtype=np.int8)
        self.checkers = [rule.checker for _, rule, _ in flat]
        self.shares = Shares(setup, ledger)
        self.opinions = Opinions(setup, ledger, book, self.shares)
        self.volatility = setup.volatility
        self.has_leverage_limit = any(kind == _MAX_LEVERAGE for kind in self.kind)
        self.has_drawdown_limit = any(kind == _MAX_DRAWDOWN for kind in self.kind)
        self.sizing = next((k for k in range(self.size) if 0 <= self.kind[k] <= _VOLATILITY_SIZE), -1)
        self.renew()

    def renew(self) -> int:
        """Go back to before the first row; the ledger comes first."""
        self.is_halted = False
        self.is_ruined = False
        self.last_halt = -1
        self.peak = self.ledger.capital
        self.equity = self.ledger.capital
        self.committed = 0.0
        self.row = 0
        for k in range(self.size):
            self.is_broken[k] = 0
        self.shares.renew()
        return self.opinions.renew()

    def begin(self, row: int, equity: float) -> None:
        """Start judging the orders of one moment, at the equity that there is; `row` is the last that has closed."""
        self.row = row
        self.opinions.has_valued = False
        self.equity = float(equity)  # uncompiled, NumPy's scalars would warn of an overflow

    def count_exposure(self) -> None:
        """Add up the exposure that orders are judged against, if there is a rule that does."""
        if not self.has_leverage_limit:
            return
        self.committed = 0.0
        for i in range(self.ledger.size):
            self.committed += self.exposure(i)

    def rest(self, order: int) -> None:
        """Let an order that has passed rest in the book, and count it for those after it."""
        i = self.book.instrument[order]
        before = self.exposure(i) if self.has_leverage_limit else 0.0
        self.book.rest(order)
        if self.has_leverage_limit:
            self.committed += self.exposure(i) - before

    def sized(self, i: int, weight: float) -> float:
        """Return the units that a signal of `weight` gets; NaN where the sizing rule can't tell."""
        price = self.ledger.worth(i)
        if not price > 0.0:
            return _NAN
        equity = self.equity_of(i)
        if self.sizing < 0:
            return weight * equity / price
        share = self.value[self.sizing]
        if self.kind[self.sizing] == _VOLATILITY_SIZE:
            seen = self.volatility[i, self.row]
            # A price that has not moved has no risk to measure, so the cap holds; NaN (too few bars) stays NaN.
            share = self.value[self.sizing] / seen if seen > 0.0 else self.cap[self.sizing] + seen
            share = self.cap[self.sizing] if share > self.cap[self.sizing] else share
        return weight * share * equity / price

    def equity_of(self, i: int) -> float:
        """Return the equity that the weight of an instrument counts from: that of its strategy."""
        return self.equity if self.shares.count == 1 else self.shares.equity[self.shares.of(i)]

    def is_stopped(self, i: int) -> bool:
        """Say whether new risk in an instrument is stopped."""
        return self.is_halted or self.shares.is_halted[self.shares.of(i)] != 0

    def note_size(self, order: int, i: int, quantity: float) -> int:
        """Write down how the sizing rule came to a size."""
        if self.sizing < 0:
            return 0
        self.note(order, self.sizing, quantity, quantity, _RESIZE)
        self.log.c[self.log.at] = self.volatility[i, self.row] if self.kind[self.sizing] == _VOLATILITY_SIZE else self.equity_of(i)
        return 0

    def judge(self, order: int, quantity: float) -> float:
        """Return the signed units that all rules let pass, 0 if one refuses; write down each verdict."""
        for k in range(self.size):
            if self.kind[k] == _MAX_DRAWDOWN or 0 <= self.kind[k] <= _VOLATILITY_SIZE:
                continue
            if self.share[k] >= 0 and self.share[k] != self.shares.of(self.book.instrument[order]):
                continue
            if self.kind[k] == _CHECK:
                with cython.gil:
                    quantity = self.ask(order, k, quantity)
            else:
                quantity = self.enforce(order, k, quantity)
            if quantity == 0.0:
                return 0.0
        return quantity

    def standing(self, i: int, is_buy: bool) -> float:
        """Return the units held on one side (long for buys), negative if on the other, once the open market orders are filled.

        Of those on the other side, only what reduces counts.
        """
        held = self.ledger.position[i] if is_buy else -self.ledger.position[i]
        leaving = self.book.units[i, _MARKET_SELLS] if is_buy else self.book.units[i, _MARKET_BUYS]
        if held > 0.0 and leaving > 0.0:
            held -= leaving if leaving < held else held
        return held + (self.book.units[i, _MARKET_BUYS] if is_buy else self.book.units[i, _MARKET_SELLS])

    def reducing(self, i: int, quantity: float) -> float:
        """Return how many units of a new order only make the position smaller, after what the open market orders do."""
        held = -self.standing(i, quantity > 0.0)
        if held <= 0.0:
            return 0.0
        return fabs(quantity) if fabs(quantity) < held else held

    def exposure(self, i: int) -> float:
        """Return the value of a position if all open orders of one side were filled, the one where that makes more."""
        buys = self.standing(i, True) + self.book.units[i, _OTHER_BUYS]
        sells = self.standing(i, False) + self.book.units[i, _OTHER_SELLS]
        units = buys if buys > sells else sells
        return units * self.ledger.worth(i) if units > 0.0 else 0.0

    def engaged(self, i: int, is_buy: bool, share: int) -> float:
        """Return the units held or wanted on one side of an instrument, by one strategy, or by all of them (-1)."""
        waiting = _OTHER_BUYS if is_buy else _OTHER_SELLS
        if share >= 0 or self.shares.count == 1:
            return self.standing(i, is_buy) + self.book.units[i, waiting]
        total = cython.declare(cython.double, 0.0)
        place = cython.declare(cython.Py_ssize_t, i % self.shares.size)
        while place < self.ledger.size:
            total += self.standing(place, is_buy) + self.book.units[place, waiting]
            place += self.shares.size
        return total

    def exposed(self, share: int) -> float:
        """Return the exposure that orders are judged against: all of it (-1), or that of one strategy."""
        if share < 0 or self.shares.count == 1:
            return self.committed
        total = 0.0
        for i in range(share * self.shares.size, (share + 1) * self.shares.size):
            total += self.exposure(i)
        return total

    def enforce(self, order: int, k: int, quantity: float) -> float:
        """Return what one limit lets pass: all that reduces, and of the rest what there is room for."""
        i = self.book.instrument[order]
        price = self.ledger.worth(i)
        size = fabs(quantity)
        reducing = self.reducing(i, quantity)
        # Judged is the value of `taken` units with those of the order, and of `others`, against the `most` that there may be.
        taken = self.engaged(i, quantity > 0.0, self.share[k] if self.kind[k] != _MAX_LEVERAGE else self.shares.of(i))
        others = 0.0
        equity = self.equity if self.share[k] < 0 else self.shares.equity[self.share[k]]
        most = self.value[k] * equity
        if self.kind[k] == _MAX_ORDER_VALUE:
            taken = -reducing
            most = self.value[k]
        elif self.kind[k] == _MAX_LEVERAGE:
            others = self.exposed(self.share[k]) - self.exposure(i)
        judged = others + (taken + size) * price if taken + size > 0.0 else others
        passed = cython.declare(cython.double, size)
        if size > reducing and judged > most * (1.0 + _TOLERANCE):
            room = (most - others) / price - taken if self.action[k] == _CLIP else reducing
            # What is left by rounding is no room.
            passed = room if (room - reducing) * price > most * _TOLERANCE else reducing
        passed = passed if quantity > 0.0 or passed == 0.0 else -passed
        self.note(order, k, quantity, passed, _ACCEPT if passed == quantity else (_REJECT if passed == 0.0 else _RESIZE))
        if self.kind[k] == _MAX_ORDER_VALUE or equity <= 0.0:
            self.log.c[self.log.at] = judged
        else:
            self.log.c[self.log.at] = judged / equity
        return passed

    def note(self, order: int, k: int, asked: float, passed: float, verdict: int) -> int:
        """Write down a verdict, and return its entry."""
        entry = self.log.add(_VERDICT, verdict, order, self.book.instrument[order], self.book.entry[order])
        self.log.rule[self.log.place] = self.rule[k]
        self.log.a[self.log.at] = asked
        self.log.b[self.log.at] = passed
        self.log.d[self.log.at] = self.value[k]
        return entry

    def watch(self, equity: float) -> int:
        """Compare equity with its peak; return 0, or 1 if trading halts now, or 2 if positions are to be closed too."""
        if equity > self.peak:
            self.peak = equity
        found = 0
        for k in range(self.size):
            if self.kind[k] != _MAX_DRAWDOWN or self.is_broken[k] != 0 or self.share[k] >= 0:
                continue
            if equity <= self.peak * (1.0 - self.value[k]):
                self.is_broken[k] = 1
                self.halt(self.rule[k], equity, self.value[k], -1)
                found = 2 if self.action[k] == _FLATTEN or found == 2 else 1
        if equity <= 0.0 and not self.is_ruined:
            self.is_ruined = True
            self.halt(-1, equity, 1.0, -1)
            found = 2 if found == 2 else 1
        return found

    def halt(self, rule: int, equity: float, limit: float, cause: int) -> int:
        """Stop new risk for the rest of the run."""
        self.is_halted = True
        return self.note_halt(rule, equity, self.peak, limit, cause)

    def note_halt(self, rule: int, equity: float, peak: float, limit: float, cause: int) -> int:
        self.last_halt = self.log.add(_HALT_EVENT, 0, -1, -1, cause)
        self.log.rule[self.log.place] = rule
        self.log.a[self.log.at] = equity
        self.log.b[self.log.at] = peak
        self.log.c[self.log.at] = 1.0 - equity / peak
        self.log.d[self.log.at] = limit
        return 0

    def ask(self, order: int, k: int, quantity: float) -> float:
        """Let a rule written in Python judge an order. One that fails to answer refuses it."""
        share = self.share[k]
        equity = self.equity if share < 0 else self.shares.equity[share]
        passed, text, numbers, kind = self.opinions.ask(self.checkers[k], order, quantity, share, equity, self.log.now)
        entry = self.note(order, k, quantity, passed, kind)
        self.log.d[self.log.at] = _NAN
        self.log.notes[entry] = (text, numbers) if text or numbers else _SILENT
        if kind == _HALT and share < 0 and not self.is_halted:
            self.halt(self.rule[k], equity, _NAN, entry)
        elif kind == _HALT and share >= 0 and self.shares.is_halted[share] == 0:
            self.shares.is_halted[share] = 1
            self.note_halt(self.rule[k], equity, self.shares.peak[share], _NAN, entry)
        return passed


def watch_share(gate: Gate, share: int) -> int:
    """Do what `Gate.watch` does with the equity of one strategy, for its own rules: only that one is stopped."""
    equity = gate.shares.equity[share]
    peak = gate.shares.peak[share]
    found = 0
    for k in range(gate.size):
        if gate.kind[k] != _MAX_DRAWDOWN or gate.is_broken[k] != 0 or gate.share[k] != share:
            continue
        if equity <= peak * (1.0 - gate.value[k]):
            gate.is_broken[k] = 1
            gate.shares.is_halted[share] = 1
            gate.note_halt(gate.rule[k], equity, peak, gate.value[k], -1)
            found = 2 if gate.action[k] == _FLATTEN or found == 2 else 1
    return found
