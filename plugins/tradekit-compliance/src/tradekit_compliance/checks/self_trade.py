"""P11: no order that would trade with one's own."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import tradekit
from tradekit import Account, Field, Order, OrderKind, RiskRule, Verdict
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.checks.verdicts import MISSING, Missing, price_of, unknown

__all__ = ["SelfTrade"]

_RESTING = (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TAKE_PROFIT_LIMIT)


class SelfTrade(RiskRule):
    """Refuse an order that crosses an open one of the same account (P11).

    A rule sees the orders of its own account, and can give up only the new one: `cancel-newest` refuses it, `decrement` lets pass
    what is left of it after the orders that it crosses.
    """

    name = "self-trade"
    facts: ClassVar[Facts] = Facts(
        "P11",
        "self-trade prevention",
        "FINRA 5210.02, self-trades; CME 534, wash trades; the self-trade prevention modes of venues",
        {
            "mode": "what venues do by default: the order that has waited keeps its place",
            "reach_percent": "a market order takes several levels; further away than this it is not taken to get",
        },
    )

    class Options(tradekit.Options):
        """What becomes of an order that crosses."""

        mode: Literal["cancel-newest", "decrement"] = Field(
            "cancel-newest", description="cancel-newest refuses the new order; decrement makes it smaller by what it crosses"
        )
        reach_percent: float = Field(1.0, ge=0, description="how far beyond the last price a market order reaches, in percent")
        missing: Missing = Field("block", description=MISSING)

    def check(self, order: Order, account: Account) -> Verdict:
        """Judge one order."""
        is_buy = order.quantity > 0
        against = [
            one
            for one in account.open_orders
            if one.symbol == order.symbol and (one.quantity > 0) != is_buy and one.kind in _RESTING and one.limit is not None
        ]
        if not against:
            return Verdict.accept()
        reach = self._reach(order, account)
        if reach is None:
            return unknown(self.options.missing, f"{order.symbol!r} has had no price, so whether it crosses order {against[0].id}")
        crossed = [one for one in against if one.limit is not None and (one.limit <= reach if is_buy else one.limit >= reach)]
        if not crossed:
            return Verdict.accept(numbers={"reach": reach})
        units = sum(abs(one.quantity - one.filled) for one in crossed)
        numbers = {"reach": reach, "crossed": units, "order": float(crossed[0].id)}
        what = f"it would trade with {units:g} units of open order {', '.join(str(one.id) for one in crossed)} of this account"
        left = abs(order.quantity) - units
        if self.options.mode == "decrement" and left > 0:
            return Verdict.resize(math.copysign(left, order.quantity), f"{what}; what is left of it passes", numbers)
        return Verdict.reject(what, numbers)

    def _reach(self, order: Order, account: Account) -> float | None:
        """Return the worst price that an order may get; `None` if that can't be told."""
        if order.limit is not None:
            return order.limit
        price = order.stop if order.stop is not None else price_of(order.symbol, account)
        side = 1.0 if order.quantity > 0 else -1.0
        return None if price is None else price * (1.0 + side * self.options.reach_percent / 100.0)
