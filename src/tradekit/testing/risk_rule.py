"""The contract of risk rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tradekit.model.account import Account, Position
from tradekit.model.order import Order, OrderKind
from tradekit.model.risk import Verdict, VerdictKind
from tradekit.plugin.contracts import RiskRule
from tradekit.testing import markets
from tradekit.testing.component import ComponentContract
from tradekit.testing.failure import broken, refusal
from tradekit.testing.lab import Lab

__all__ = ["RiskRuleContract"]

New = Callable[[], RiskRule]

_SYMBOL = "AAA"
_ORDERS = 40
_SIZES = (1e-9, 0.001, 37.5, 1e4, 1e15)
_MONEY = (-1e6, 0.0, 1e-9, 1e15)
_PRICES = (1e-9, 0.01, 1e6)


class RiskRuleContract(ComponentContract):
    """What a risk rule keeps to: an answer for every order, by the order and the account alone, without touching either.

    A rule that gives `limits` is enforced by the simulator; the rules about `check` are skipped for it.
    """

    kind = "risk rule"

    @pytest.fixture
    def judging(self, new: New) -> New:
        """Return what makes an unused rule that judges in Python; skip the test for one that gives limits."""
        if type(new()).check is RiskRule.check:
            pytest.skip("it gives limits, which the simulator enforces")
        return new

    def test_rsk01_fits_into_a_run(self, settings: Mapping[str, Any], folder: Path) -> None:
        """A run takes the rule, alone and with these options; its `limits` are ones that the simulator knows.

        A limit that isn't enforced must not read as one that was kept, so a run with such a rule is refused.
        """
        lab = Lab(folder / "lab", {_SYMBOL: markets.walk(60)})
        lab.bring(self.component)
        tables = {"risk": [{"rule": self.component.name, **settings}]}
        problem = refusal(lambda: lab.ready("buy-and-hold", tables=tables))
        if problem:
            broken(
                "a run refuses the rule", problem, "return from limits() a list of tradekit.Limit that holds what the message says"
            )

    def test_rsk02_answers_every_order(self, judging: New) -> None:
        """`check` returns a `Verdict` for any order and account, and raises nothing: not at 0, not for what it never saw.

        An exception counts as a reject, and live as a halt: trading stops for a division by zero.
        """
        for order, account, answer in self._answers(judging):
            if isinstance(answer, Exception):
                told = f"{type(answer).__name__}: {answer}"
                broken(
                    "check() raises", f"{told} for {_shown(order, account)}", "decide what holds there, and reject with a reason"
                )
            if not isinstance(answer, Verdict) or answer.kind not in list(VerdictKind):
                what = f"{answer!r} for {_shown(order, account)}"
                broken(
                    "check() doesn't answer", what, "return Verdict.accept(), resize(), reject() or halt() on every way through it"
                )

    def test_rsk03_changes_nothing(self, judging: New) -> None:
        """`check` changes neither the order nor the account.

        The rules after it, and the simulator, read the same ones: a rule that changes them judges for all others.
        """
        for order, account in _situations():
            before = repr((order, deepcopy(account)))
            judging().check(order, account)
            if repr((order, account)) != before:
                what = f"{before} became {(order, account)!r}"
                broken("check() changes what it judges", what, "keep what the rule remembers in self, and copy what it works on")

    def test_rsk04_resizes_only_downwards(self, judging: New) -> None:
        """A resized quantity is of the same sign as the order's, and smaller than it.

        A run raises for any other, which is a reject; a rule that wants nothing to pass says so with a reject and a reason.
        """
        for order, account, answer in self._answers(judging):
            if isinstance(answer, Verdict) and answer.kind is VerdictKind.RESIZE:
                part = math.nan if answer.quantity is None else answer.quantity / order.quantity
                if not 0.0 < part <= 1.0:
                    what = f"{answer.quantity!r} for {_shown(order, account)}"
                    broken(
                        "check() resizes to what can't be", what, "return a part of the order's quantity, with its sign; or reject"
                    )

    def test_rsk05_says_why(self, judging: New) -> None:
        """Whatever doesn't let an order pass as it is has a reason, and the numbers of every verdict are numbers.

        The journal keeps both: they are all that tells a person afterwards why an order was refused.
        """
        for order, account, answer in self._answers(judging):
            if not isinstance(answer, Verdict):
                continue
            if answer.kind is not VerdictKind.ACCEPT and not str(answer.reason).strip():
                what = f"{answer.kind.name} for {_shown(order, account)}"
                broken("check() doesn't say why", what, "give the verdict a reason, and the numbers that it was based on")
            wrong = {name: value for name, value in answer.numbers.items() if not isinstance(value, int | float)}
            if wrong:
                broken(
                    "its numbers are none", f"{wrong!r} for {_shown(order, account)}", "give floats, and put words into the reason"
                )

    def test_rsk06_judges_the_same_each_time(self, judging: New) -> None:
        """Two unused rules give the same verdicts on the same orders.

        A result that nobody can repeat can't be compared, tested or trusted.
        """
        first, second = judging(), judging()
        for order, account in _situations():
            one, other = (_outcome(rule, order, account) for rule in (first, second))
            if repr(one) != repr(other):
                what = f"{one!r} and {other!r} for {_shown(order, account)}"
                broken(
                    "two unused rules judge otherwise",
                    what,
                    "read no clock and nothing random, and keep what is remembered in self and not in the class",
                )

    def test_rsk07_sees_open_orders(self, judging: New) -> None:
        """No more passes as many open orders than would pass if each were filled before the next.

        Orders that wait will fill: a limit that counts positions only lets through any number of them at once.
        """
        for size in (10.0, 100.0, 400.0, -10.0, -100.0):
            waiting, filled = _let_through(judging(), size, is_filled=False), _let_through(judging(), size, is_filled=True)
            if waiting > filled * (1 + 1e-9) + 1e-9:
                broken(
                    "it doesn't count open orders",
                    f"of {_ORDERS} orders for {size:+g} units at 100, with an equity of 100000, {waiting:g} units pass while "
                    f"all of them are open, and {filled:g} if each is filled before the next",
                    "add what is still to be filled of account.open_orders to the positions",
                )

    def _answers(self, judging: New) -> Iterator[tuple[Order, Account, object]]:
        """Yield orders and accounts with what an unused rule says to each: ordinary ones first, then ever stranger ones."""
        for order, account in (*_situations(), *_edges()):
            yield order, account, _outcome(judging(), order, account)


def _outcome(rule: RiskRule, order: Order, account: Account) -> object:
    """Return what a rule answers, or the exception that it raises."""
    try:
        return rule.check(order, account)
    except Exception as error:  # noqa: BLE001 - whatever it raises is what the contract is about
        return error


def _shown(order: Order, account: Account) -> str:
    """Return a question to a rule on one line."""
    prices = "".join(f", {name} {price:g}" for name, price in (("limit", order.limit), ("stop", order.stop)) if price is not None)
    held = ", ".join(f"{one.quantity:g} {symbol} at {one.last_price:g}" for symbol, one in account.positions.items())
    waiting = ", ".join(f"{one.quantity:+g} {one.symbol}" for one in account.open_orders)
    return (
        f"a {order.kind.text} order for {order.quantity:+g} {order.symbol}{prices}, with cash {account.cash:g}, "
        f"equity {account.equity:g}, positions [{held}], open orders [{waiting}], prices {dict(account.prices)!r}"
    )


def account_of(
    cash: float = 1e5, positions: Mapping[str, Position] | None = None, orders: tuple[Order, ...] = (), price: float = 100.0
) -> Account:
    """Return an account as a rule sees it, in USD, at the start of 2024; `AAA` was last traded at `price`."""
    held = dict(positions or {})
    equity = cash + sum(position.value for position in held.values())
    return Account(markets.START, "USD", cash, equity, held, orders, {_SYMBOL: price})


def _situations() -> Iterator[tuple[Order, Account]]:
    """Yield ordinary orders in ordinary accounts: flat, long and short, for more and for less, with and without open orders."""
    waiting = Order(1, _SYMBOL, 5.0, OrderKind.LIMIT, limit=99.0)
    for held in (0.0, 300.0, -300.0):
        positions = {_SYMBOL: Position(_SYMBOL, held, 95.0, 100.0)} if held else {}
        for orders in ((), (waiting,)):
            account = account_of(1e5 - held * 95.0, positions, orders)
            for number, quantity in enumerate((1.0, -1.0, 250.0, -250.0, 900.0, -900.0), 2):
                yield Order(number, _SYMBOL, quantity), account
                yield Order(number, _SYMBOL, quantity, OrderKind.LIMIT, limit=99.5), account


def _let_through(rule: RiskRule, size: float, *, is_filled: bool) -> float:
    """Return how many units pass of orders that follow each other, each waiting or filled when the next is judged."""
    passed, cash = 0.0, 1e5
    orders: tuple[Order, ...] = ()
    for number in range(_ORDERS):
        held = passed if is_filled else 0.0
        positions = {_SYMBOL: Position(_SYMBOL, held, 100.0, 100.0)} if held else {}
        order = Order(number, _SYMBOL, size, submitted=markets.START)
        answer = rule.check(order, account_of(cash - held * 100.0, positions, orders))
        if answer.kind is VerdictKind.HALT:
            break
        allowed = {VerdictKind.ACCEPT: size, VerdictKind.RESIZE: answer.quantity or 0.0}.get(answer.kind, 0.0)
        if allowed and not is_filled:
            orders = (*orders, replace(order, quantity=allowed))
        passed += allowed
    return abs(passed)


def _edges() -> Iterator[tuple[Order, Account]]:
    """Yield what a rule may meet once in years: one thing that is strange, then one in the order and one in the account."""
    plain = Order(9, _SYMBOL, 1.0, submitted=markets.START)
    orders = list(_edge_orders(plain))
    for order in orders:
        yield order, account_of()
    for account in _edge_accounts():
        yield plain, account
    for order in orders:
        # Made anew for each, because a rule may have changed the one before.
        yield from ((order, account) for account in _edge_accounts())


def _edge_orders(plain: Order) -> Iterator[Order]:
    for size in _SIZES:
        yield from (replace(plain, quantity=size), replace(plain, quantity=-size))
    yield from (replace(plain, kind=kind, limit=99.0, stop=101.0) for kind in OrderKind)
    yield from (replace(plain, kind=OrderKind.LIMIT, limit=price) for price in _PRICES)
    yield replace(plain, symbol="NEVER/SEEN")
    yield replace(plain, id=0, submitted=0)


def _edge_accounts() -> Iterator[Account]:
    plain = account_of()
    yield replace(plain, prices={})
    yield replace(plain, time=0)
    for money in _MONEY:
        yield from (replace(plain, equity=money), replace(plain, cash=money), replace(plain, cash=money, equity=money))
    yield from (replace(plain, prices={_SYMBOL: price}) for price in (*_PRICES, math.nan))
    for quantity in (-1e4, 0.0, 1e4):
        for price in (100.0, *_PRICES, math.nan):
            yield replace(plain, positions={_SYMBOL: Position(_SYMBOL, quantity, price, price)})
    for quantity in (-1e4, 1e4):
        yield replace(plain, open_orders=(Order(8, _SYMBOL, quantity), Order(7, "NEVER/SEEN", quantity, OrderKind.STOP, stop=1.0)))
