"""P05: no more on credit than was agreed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import tradekit
from tradekit import Account, Field, Limit, LimitKind, Order, RiskRule, Verdict
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.checks.verdicts import MISSING, Missing, exposure, price_of, refused, unknown, value_of

__all__ = ["CreditLeverage", "CreditLimit"]

_RULE = "SEC 15c3-5(c)(1)(i), pre-set credit or capital thresholds, in the aggregate and with open orders"


class CreditLeverage(RiskRule):
    """Refuse what takes all positions together, open orders included, beyond a multiple of equity (P05, gross).

    The simulator enforces it itself, as it does `max-leverage`. Margin is seen to by the account.
    """

    name = "credit-leverage"
    facts: ClassVar[Facts] = Facts(
        "P05",
        "gross leverage",
        f"{_RULE}; leverage of an internal mandate",
        {"limit": "a common mandate: above Regulation T's 2, below what portfolio margin allows"},
    )

    class Options(tradekit.Options):
        """The limit."""

        limit: float = Field(3.0, gt=0, description="largest sum of absolute position values, as a multiple of equity")

    def limits(self) -> Sequence[Limit]:
        """Return the limit."""
        return (Limit(LimitKind.MAX_LEVERAGE, self.options.limit, "reject"),)


class CreditLimit(RiskRule):
    """Refuse what takes net exposure beyond a multiple of equity, or borrowed money beyond an amount (P05, net and margin)."""

    name = "credit-limit"
    facts: ClassVar[Facts] = Facts(
        "P05",
        "net exposure and borrowed money",
        _RULE,
        {
            "net": "that of the gross limit, which it can't exceed: lower it where a mandate wants long and short to balance",
            "borrowed": "a credit line is agreed between two parties, so none is set",
        },
    )

    class Options(tradekit.Options):
        """The limits."""

        net: float = Field(3.0, gt=0, description="largest sum of position values, shorts negative, as a multiple of equity")
        borrowed: float | None = Field(
            None, ge=0, description="most money owed after the fill, in account currency; without it, any"
        )
        missing: Missing = Field("block", description=MISSING)

    def check(self, order: Order, account: Account) -> Verdict:
        """Judge one order."""
        options = self.options
        if price_of(order.symbol, account) is None:
            return unknown(options.missing, f"{order.symbol!r} has had no price")
        change = exposure(order, account)
        before, after = _net(account, order.quantity > 0), value_of(order.symbol, order.quantity, account)
        if before is None or after is None:
            return unknown(options.missing, "a position or an open order has had no price")
        numbers = {"net": before + after, "equity": account.equity}
        if abs(before + after) > abs(before) and abs(before + after) > options.net * max(account.equity, 0.0) * (1 + 1e-9):
            what = f"net exposure would be {before + after:,.2f}, beyond {options.net:g} times the equity of {account.equity:,.2f}"
            return refused(order, change.reducing, what, numbers)
        if options.borrowed is not None and order.quantity > 0:
            owed = numbers["owed"] = _spent(account) + after - account.cash
            if owed > options.borrowed * (1 + 1e-9):
                what = f"{owed:,.2f} {account.currency} would be owed, more than {options.borrowed:,.2f}"
                return refused(order, change.reducing, what, numbers)
        return Verdict.accept(numbers=numbers)


def _net(account: Account, is_buy: bool) -> float | None:
    """Return the value of all positions, and of open orders of one side; `None` if one of them has no price."""
    total = 0.0
    for symbol, position in account.positions.items():
        value = value_of(symbol, position.quantity, account)
        if value is None:
            return None
        total += value
    for one in account.open_orders:
        left = one.quantity - one.filled
        if (left > 0) == is_buy:
            value = value_of(one.symbol, left, account)
            if value is None:
                return None
            total += value
    return total


def _spent(account: Account) -> float:
    """Return the money that open orders to buy will take."""
    lefts = ((one.symbol, one.quantity - one.filled) for one in account.open_orders)
    return sum(value_of(symbol, left, account) or 0.0 for symbol, left in lefts if left > 0)
