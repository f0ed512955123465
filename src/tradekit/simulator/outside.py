"""An account whose orders are carried out by a venue outside: what the venue tells takes the place of the matching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cython

from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus
from tradekit.simulator.book import Flag, Origin

if cython.compiled:
    from cython.cimports.tradekit.simulator.simulation import Simulation, stop_share
else:
    from tradekit.simulator.simulation import Simulation, stop_share

if TYPE_CHECKING:
    from tradekit.simulator.setup import Setup

__all__ = ["Outside"]

_FILL = cython.declare(cython.int, EventKind.FILL)
_ORDER_EVENT = cython.declare(cython.int, EventKind.ORDER)
_REJECT_EVENT = cython.declare(cython.int, EventKind.REJECT)
_CANCEL_EVENT = cython.declare(cython.int, EventKind.CANCEL)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_REJECTED = cython.declare(cython.int, OrderStatus.REJECTED)
_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_TRAILING = cython.declare(cython.int, OrderKind.TRAILING_STOP)
_BY_VENUE = cython.declare(cython.int, Origin.LIQUIDATION)
_IN_FLIGHT = cython.declare(cython.int, Flag.IN_FLIGHT)
_NO_TERMS = cython.declare(cython.int, Flag.IN_FLIGHT | Flag.PARENT | Flag.REDUCE_ONLY | Flag.BORN)
_INSIDE = cython.declare(cython.int, 1)
_AT_CLOSE = cython.declare(cython.int, 2)
_MAKER = cython.declare(cython.int, 3)
_NAN = cython.declare(cython.double, float("nan"))


class Outside:
    """Tells a simulation what a venue has done with its orders.

    The simulation has `is_outside` set, which leaves the matching out, and a latency without end, so that an order is in flight,
    and one that is to be cancelled is leaving, until the venue says otherwise.
    """

    def __init__(self, simulation: Simulation, setup: Setup) -> None:
        self.simulation = simulation
        self.book = self.simulation.book
        self.lifecycle = self.simulation.lifecycle
        self.ledger = self.simulation.ledger
        self.log = self.simulation.log
        self.gate = self.simulation.gate
        self.symbols: Any = [instrument.symbol for instrument in setup.instruments]
        self.shares = self.simulation.shares

    def alive(self) -> list[int]:
        """Return the numbers of the orders that are open or held, oldest first."""
        return self.book.open_numbers()

    def look(self, order: int) -> dict[str, Any]:
        """Return what the driver has to know of an order."""
        book = self.book
        row = cython.declare(cython.Py_ssize_t, book.condition[order])
        replaces = -1 if row < 0 else int(self.simulation.conditions.replaces[row])
        return {
            "place": int(book.instrument[order]),
            "symbol": self.symbols[book.instrument[order]],
            "kind": int(book.kind[order]),
            "status": int(book.status[order]),
            "flags": int(book.flags[order]),
            "left": float(book.left(order)),
            "filled": float(book.filled[order]),
            "limit": float(book.limit[order]),
            "stop": float(book.stop[order]),
            "replaces": replaces,
            "is_idle": bool(self.lifecycle.is_idle(order)),
            "is_awaited": bool(self.lifecycle.is_awaited(order)),
            "until": 0 if row < 0 else int(self.simulation.conditions.until[row]),
        }

    def position(self, i: int) -> float:
        """Return the signed units held of an instrument."""
        return float(self.ledger.position[i])

    def holding(self, i: int) -> tuple[float, float]:
        """Return the signed units held of an instrument, and their average price."""
        return float(self.ledger.position[i]), float(self.ledger.average[i])

    def cash(self) -> float:
        """Return the money in the account."""
        return float(self.ledger.total_cash())

    def share_cash(self, k: int) -> float:
        """Return the money of one strategy."""
        return float(self.shares.cash(k))

    def is_share_halted(self, k: int) -> bool:
        """Say whether one strategy is stopped by a rule of its own."""
        return bool(self.shares.is_halted[k] != 0)

    def halt_share(self, k: int, words: str) -> None:
        """Stop new risk of one strategy, and say in `words` why."""
        self.shares.is_halted[k] = 1
        self.log.notes[self.log.count] = (words, {})
        self.gate.note_halt(-1, self.shares.equity[k], self.shares.peak[k], _NAN, -1)
        stop_share(self.simulation, k, False)

    def at(self, time: int) -> None:
        """Set the time of what is told next; it never goes back."""
        if time > self.log.now:
            self.log.now = time

    def arrived(self, order: int) -> None:
        """Note that the venue has an order."""
        if self.lifecycle.is_alive(order):
            self.book.flags[order] &= ~_IN_FLIGHT

    def succeed(self, order: int) -> None:
        """Put an order into the place of the one that it replaces, of which nothing is at the venue any more."""
        self.simulation.matcher.timing.replace(order)
        self.book.compact()

    def ended(self, order: int, status: int, reason: int, words: str = "") -> None:
        """Note that an order, or what was left of it, will not be filled any more; for a rejection, `words` say more of why."""
        if not self.lifecycle.is_alive(order):
            return
        left = cython.declare(cython.double, self.book.left(order))
        if self.book.filled[order] != 0.0 and self.book.status[order] == _OPEN:
            self.lifecycle.complete(order, reason)
            self.lifecycle.note(_CANCEL_EVENT, order, reason, left)
        elif status == _REJECTED:
            self.book.finish(order, status, reason)
            if words:
                self.log.notes[self.log.count] = (words, {})
            self.lifecycle.note(_REJECT_EVENT, order, reason, left)
            self.lifecycle.pass_on_end(order)
        else:
            self.lifecycle.end(order, status, reason)
        self.book.compact()

    def filled(
        self, order: int, size: float, price: float, fees: tuple[float, float], is_maker: bool, at_close: bool = False
    ) -> None:
        """Book a fill, whatever has become of its order; `fees` are money of the settlement currency, and units kept as a fee."""
        book, log = self.book, self.log
        i = cython.declare(cython.Py_ssize_t, book.instrument[order])
        fee = cython.declare(cython.double, fees[0])
        units = cython.declare(cython.double, fees[1])
        amount = cython.declare(cython.double, size)
        paid = cython.declare(cython.double, price)
        is_alive = cython.declare(cython.bint, self.lifecycle.is_alive(order))
        self.ledger.cause = book.entry[order]
        self.ledger.report(i, amount, paid, fee, units)
        if is_alive:
            book.fill(order, amount)
        else:
            book.filled[order] += amount
        log.add(_FILL, (_AT_CLOSE if at_close else _INSIDE) + (_MAKER if is_maker else 0), order, i, book.entry[order])
        log.a[log.at] = amount
        log.b[log.at] = paid
        log.c[log.at] = (fee + units * paid * self.ledger.multiplier[i]) * self.ledger.rate[self.ledger.settles[i]]
        log.d[log.at] = 0.0
        log.e[log.at] = self.ledger.position[i]
        log.f[log.at] = self.ledger.average[i]
        log.g[log.at] = self.ledger.balance(i)
        if is_alive:
            self.lifecycle.price = paid
            self.lifecycle.traded = i
            self.simulation.matcher.filler.go_on(order, amount, 0)
            self.lifecycle.traded = -1
            book.compact()

    def imposed(self, i: int, size: float, price: float, fee: float) -> None:
        """Book a trade that the account has made without this run, such as a liquidation, as an order of the venue's own."""
        book, log = self.book, self.log
        order = book.add(i, _MARKET, size, _BY_VENUE)
        book.row[order] = log.row
        book.time[order] = log.now
        book.rest(order)
        book.entry[order] = log.add(_ORDER_EVENT, _MARKET, order, i, -1)
        log.a[log.at] = size
        self.filled(order, size, price, (fee, 0.0), False)

    def paid(self, kind: int, i: int, amount: float) -> None:
        """Book money that came or went for an instrument without a trade; `kind` is a `CashKind`."""
        self.ledger.cause = -1
        self.ledger.pay(kind, i, self.ledger.settles[i], amount)
        self.log.d[self.log.at] = self.ledger.position[i]

    def seen(self, i: int, price: float) -> None:
        """Let the trailing stops of an instrument follow a price."""
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            if self.book.instrument[order] != i or self.book.kind[order] != _TRAILING or self.book.status[order] != _OPEN:
                continue
            row = self.book.condition[order]
            mark = self.simulation.conditions.mark[row]
            is_better = cython.declare(cython.bint, price < mark if self.book.left(order) > 0.0 else price > mark)
            if mark != mark or is_better:
                self.simulation.conditions.mark[row] = price

    def level(self, order: int) -> float:
        """Return the price that sets an order off; NaN where it has none, or a trailing stop has seen no price yet."""
        if self.book.kind[order] == _TRAILING:
            return self.gate.opinions.trailing(order)
        return float(self.book.stop[order])

    def trigger(self, order: int, price: float) -> None:
        """Set an order off that the venue doesn't watch."""
        self.lifecycle.trigger(order, price)

    def net(self) -> None:
        """Let the market orders that different strategies have just given in an instrument fill each other, as far as they meet.

        Each side has its orders filled in the order in which they were given, at the last price, and without costs: nothing of it
        reaches a market. What is left of the larger side goes there.
        """
        for i in range(self.shares.size):
            buys, sells = self.meeting(i, 1.0), self.meeting(i, -1.0)
            while buys and sells:
                bought, sold = self.book.left(buys[0]), -self.book.left(sells[0])
                size = bought if bought < sold else sold
                price = float(self.ledger.last[i])
                self.filled(buys[0], size, price, (0.0, 0.0), False, at_close=True)
                self.filled(sells[0], -size, price, (0.0, 0.0), False, at_close=True)
                for side in (buys, sells):
                    if not self.lifecycle.is_alive(side[0]):
                        side.pop(0)

    def meeting(self, i: int, side: float) -> list[int]:
        """Return the market orders of one side that were given at this close, by any strategy, and that nothing holds up."""
        found = []
        for k in range(self.book.open_count):
            order = self.book.open_orders[k]
            is_free = cython.declare(cython.bint, (self.book.flags[order] & ~_NO_TERMS) == 0)
            if not is_free or self.book.kind[order] != _MARKET or self.book.status[order] != _OPEN:
                continue
            row = self.book.condition[order]
            if row >= 0 and self.simulation.conditions.replaces[row] >= 0:
                continue
            is_here = cython.declare(cython.bint, self.book.instrument[order] % self.shares.size == i)
            if is_here and self.book.row[order] == self.log.row and self.book.left(order) * side > 0.0:
                found.append(int(order))
        return found

    def withdraw(self, order: int) -> None:
        """Ask for an order to be cancelled."""
        self.simulation.withdraw(order)
        self.book.compact()

    def halt(self, flatten: bool, words: str = "") -> None:
        """Stop new risk, and say in `words` why; with `flatten`, close all positions too."""
        if not self.gate.is_halted:
            if words:
                self.log.notes[self.log.count] = (words, {})
            self.gate.halt(-1, self.ledger.equity(), _NAN, -1)
        self.simulation.stop_risk(flatten, 0, self.simulation.size)
        if flatten:
            self.simulation.decide()

    def pause(self) -> None:
        """Cancel what adds risk; what is asked for later is not refused."""
        self.simulation.stop_risk(False, 0, self.simulation.size)

    def resume(self) -> None:
        """Allow new risk again."""
        self.gate.is_halted = False
        self.gate.shares.resume()

    def adopt(self, i: int, units: float, price: float) -> None:
        """Take over a position that an earlier session left, at its average price."""
        self.ledger.position[i] = units
        self.ledger.average[i] = price
        self.ledger.basis[i] = price if self.ledger.is_margined[i] else 0.0
        self.ledger.last[i] = price
        self.ledger.held += 1
