"""Risk rules: one that names limits, and one that judges in Python."""

import tradekit
from tradekit import Account, Field, Limit, LimitKind, Order, RiskRule, Verdict


class Cap(RiskRule):
    """Let no position be more than a part of equity."""

    name = "frozen-cap"

    class Options(tradekit.Options):
        limit: float = Field(0.3, gt=0, description="part of equity")

    def limits(self):
        return [Limit(LimitKind.MAX_WEIGHT, self.options.limit)]


class Curfew(RiskRule):
    """Refuse to add to a position after so many orders are open, and cut large orders."""

    name = "frozen-curfew"

    class Options(tradekit.Options):
        most: int = Field(4, ge=1, description="open orders")
        size: float = Field(5.0, gt=0, description="units of an order at most")

    def check(self, order: Order, account: Account) -> Verdict:
        numbers = {"open": len(account.open_orders), "equity": account.equity}
        if len(account.open_orders) >= self.options.most:
            return Verdict.reject("too many orders are open", numbers)
        if order.symbol not in account.positions and abs(order.quantity) > self.options.size:
            return Verdict.resize(self.options.size, "it is large", numbers)
        return Verdict.accept(numbers=numbers)
