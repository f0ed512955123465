"""Risk rules that are broken in one way each."""

import math

from tradekit import Limit, LimitKind, RiskRule, Verdict
from tradekit.testing import RiskRuleContract


class Unlimited(RiskRule):
    """Limit positions to an infinite weight."""

    name = "unlimited"

    def limits(self):
        return [Limit(LimitKind.MAX_WEIGHT, math.inf)]


class TestUnlimited(RiskRuleContract):
    component = Unlimited
    breaks = "rsk01"


class Optimist(RiskRule):
    """Divide by the equity, and look up a price, without asking whether there are any."""

    name = "optimist"

    def check(self, order, account):
        weight = abs(order.quantity) * account.prices[order.symbol] / account.equity
        return Verdict.accept(numbers={"weight": weight}) if weight < 1 else Verdict.reject("too large", {"weight": weight})


class TestOptimist(RiskRuleContract):
    component = Optimist
    breaks = "rsk02"


class Bookkeeper(RiskRule):
    """Write the price of an order into the account."""

    name = "bookkeeper"

    def check(self, order, account):
        account.prices[order.symbol] = order.limit or 0.0
        return Verdict.accept()


class TestBookkeeper(RiskRuleContract):
    component = Bookkeeper
    breaks = "rsk03"


class Absolute(RiskRule):
    """Forget the sign of an order that it resizes."""

    name = "absolute"

    def check(self, order, account):
        return Verdict.resize(abs(order.quantity) / 2, "too large") if abs(order.quantity) > 500 else Verdict.accept()


class TestAbsolute(RiskRuleContract):
    component = Absolute
    breaks = "rsk04"


class Taciturn(RiskRule):
    """Refuse without a word."""

    name = "taciturn"

    def check(self, order, account):
        return Verdict.reject("") if abs(order.quantity) > 500 else Verdict.accept()


class TestTaciturn(RiskRuleContract):
    component = Taciturn
    breaks = "rsk05"


class Shared(RiskRule):
    """Count the orders of all rules of its class together."""

    name = "shared-count"
    seen = 0

    def check(self, order, account):
        type(self).seen += 1
        return Verdict.accept() if self.seen % 2 else Verdict.reject("every second order", {"seen": self.seen})


class TestShared(RiskRuleContract):
    component = Shared
    breaks = "rsk06"


class PositionsOnly(RiskRule):
    """Limit a position without counting the orders that are on their way to it."""

    name = "positions-only"

    def check(self, order, account):
        held = account.positions[order.symbol].quantity if order.symbol in account.positions else 0.0
        after = abs(held + order.quantity)
        return Verdict.accept() if after <= 500 else Verdict.reject("too many units", {"after": after})


class TestPositionsOnly(RiskRuleContract):
    component = PositionsOnly
    breaks = "rsk07"
