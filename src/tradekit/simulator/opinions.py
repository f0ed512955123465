"""What risk rules written in Python are shown, and what their answers mean."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import cython

from tradekit.model.account import Account, Position
from tradekit.model.order import Bracket, Order, OrderKind, OrderStatus, Terms
from tradekit.model.risk import Verdict, VerdictKind
from tradekit.simulator.shares import joined

if cython.compiled:
    from cython.cimports.cpython.object import PyObject_GenericSetAttr as set_field
else:
    set_field = object.__setattr__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradekit.simulator.book import Book
    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.setup import Setup
    from tradekit.simulator.shares import Shares

__all__ = ["Opinions"]

Answer = tuple[float, str, dict[str, float], int]
"""Units that pass, the reason, the numbers, and the kind of the verdict."""

_KINDS = tuple(OrderKind)
_STATUSES = tuple(OrderStatus)
_PLAIN = (Terms(), None)
_ORDER, _ACCOUNT, _POSITION = tuple(Order.__slots__), tuple(Account.__slots__), tuple(Position.__slots__)
_REJECT = int(VerdictKind.REJECT)
_TRAILING = cython.declare(cython.int, OrderKind.TRAILING_STOP)
_HELD = cython.declare(cython.int, OrderStatus.HELD)
_NAN = cython.declare(cython.double, float("nan"))
_NEVER = cython.declare(cython.longlong, 1 << 62)


class Opinions:
    """Shows orders and the account as people see them, and asks rules about them."""

    def __init__(self, setup: Setup, ledger: Ledger, book: Book, shares: Shares) -> None:
        self.ledger = ledger
        self.book = book
        self.shares = shares
        self.symbols = [instrument.symbol for instrument in setup.instruments]
        self.currency = setup.currency
        self.renew()

    def renew(self) -> int:
        """Forget what has been shown."""
        self.terms: dict[int, tuple[Terms, Bracket | None]] = {}
        self.latest: tuple[Terms, Bracket | None] = _PLAIN
        # All rules that judge one order see the same account; so it is made once. What is held at which prices is the same for all
        # orders that are decided on together.
        self.judged = -1
        self.share = -1  # whose account is shown; -1 for that of all
        self.account: Account | None = None
        self.shown: Order | None = None
        self.has_valued = False
        self.positions: Mapping[str, Position] = MappingProxyType({})
        self.prices: Mapping[str, float] = MappingProxyType({})
        self.times: Mapping[str, int] = MappingProxyType({})
        return 0

    def ask(self, checker: Any, order: int, quantity: float, share: int, equity: float, now: int) -> Answer:
        """Return what a rule of a strategy's share, or of the account (-1), says of `quantity` units of an order.

        One that fails to answer refuses it.
        """
        if share != self.share:
            self.share = share
            self.has_valued = False
            self.account = None
        if order != self.judged or self.account is None:
            self.account = self.snapshot(equity, now)
            self.shown = None
            self.judged = order
        if self.shown is None or self.shown.quantity != quantity:
            self.shown = self.as_order(order, quantity)
        try:
            return _reading(checker.check(self.shown, self.account), float(quantity))
        except Exception as error:  # noqa: BLE001 - not swallowed: it refuses the order and stands in the journal
            return 0.0, f"the rule raised {type(error).__name__}: {error}", {}, _REJECT

    def remember(self, order: int, terms: Terms, bracket: Bracket | None) -> int:
        """Keep the conditions of an order for those that look at it; many orders have the same."""
        if self.latest[0] is not terms or self.latest[1] is not bracket:
            self.latest = (terms, bracket)
        self.terms[order] = self.latest
        return 0

    def pass_on(self, old: int, new: int) -> None:
        """Give the conditions of an order to the one that replaces it."""
        if old in self.terms:
            self.terms[new] = self.terms[old]

    def as_order(self, order: int, quantity: float) -> Order:
        """Return an order as people see it."""
        book = self.book
        limit = cython.declare(cython.double, book.limit[order])
        stop = cython.declare(cython.double, book.stop[order])
        if book.kind[order] == _TRAILING:
            stop = self.trailing(order)
        terms, bracket = self.terms.get(order, _PLAIN) if self.terms else _PLAIN
        values = (
            int(order),
            self.symbols[book.instrument[order]],
            float(quantity),
            _KINDS[book.kind[order]],
            None if limit != limit else float(limit),
            None if stop != stop else float(stop),
            int(book.time[order]),
            _STATUSES[book.status[order]],
            float(book.filled[order]),
            terms,
            bracket,
        )
        return cast("Order", made(Order, _ORDER, values))

    def trailing(self, order: int) -> float:
        """Return where a trailing stop stands now; NaN while it is held, or has yet to find a price."""
        book = self.book
        if book.status[order] == _HELD:
            return _NAN
        row = book.condition[order]
        is_buy = cython.declare(cython.bint, book.quantity[order] > 0.0)
        mark = book.conditions.mark[row]
        return self.ledger.venue.trailing(book.instrument[order], mark, book.conditions.distance(row), is_buy)

    def snapshot(self, equity: float, now: int) -> Account:
        """Return the account as it stands now."""
        if not self.has_valued:
            self.value()
        numbers = [order for order in self.book.open_numbers() if self.is_shown(self.book.instrument[order])]
        values = (
            int(now),
            self.currency,
            float(self.ledger.total_cash() if self.share < 0 else self.shares.cash(self.share)),
            float(equity),
            self.positions,
            tuple([self.as_order(order, self.book.left(order)) for order in numbers]),
            self.prices,
            self.times,
        )
        return cast("Account", made(Account, _ACCOUNT, values))

    def value(self) -> int:
        """Take down what is held and what everything is worth: nothing is traded while orders are judged."""
        positions: dict[str, Position] = {}
        prices = {}
        times = {}
        first = 0 if self.share < 0 else self.share * self.shares.size
        for i in range(first, first + self.shares.size):
            symbol = self.symbols[i]
            last = float(self.ledger.last[i])
            if last == last:
                prices[symbol] = last
                if self.ledger.priced[i] != _NEVER:
                    times[symbol] = int(self.ledger.priced[i])
            held, average = self.holding(i)
            if held != 0.0:
                values = (symbol, held, average, last, float(self.ledger.unit[i]))
                positions[symbol] = cast("Position", made(Position, _POSITION, values))
        self.positions, self.prices = MappingProxyType(positions), MappingProxyType(prices)
        self.times = MappingProxyType(times)
        self.has_valued = True
        return 0

    def holding(self, i: int) -> tuple[float, float]:
        """Return the units held of an instrument and their average price; in the account of all, what any strategy has of it."""
        if self.share >= 0 or self.shares.count == 1:
            return float(self.ledger.position[i]), float(self.ledger.average[i])
        places = range(i, len(self.symbols), self.shares.size)
        return joined([(float(self.ledger.position[place]), float(self.ledger.average[place])) for place in places])

    def is_shown(self, i: int) -> bool:
        """Say whether an instrument is in the account that is shown."""
        return self.share < 0 or self.shares.of(i) == self.share


def made(kind: type[Any], names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """Return a frozen value with these fields, as calling its class would: that takes several times as long."""
    thing = object.__new__(kind)
    for k in range(len(names)):
        set_field(thing, names[k], values[k])
    return thing


def _reading(answer: object, quantity: float) -> Answer:
    """Return what a rule's answer means. Raises if it is no answer to this order."""
    if not isinstance(answer, Verdict):
        raise TypeError(f"check must return a Verdict, not {answer!r}")
    kind = answer.kind if isinstance(answer.kind, VerdictKind) else VerdictKind(answer.kind)
    passed = quantity if kind is VerdictKind.ACCEPT else 0.0
    if kind is VerdictKind.RESIZE:
        if answer.quantity is None or not 0.0 <= answer.quantity / quantity <= 1.0:
            raise ValueError(f"resize must give a quantity between 0 and {quantity!r}, not {answer.quantity!r}")
        passed = float(answer.quantity)
    numbers = {str(name): float(number) for name, number in answer.numbers.items()} if answer.numbers else {}
    return passed, str(answer.reason), numbers, int(kind)
