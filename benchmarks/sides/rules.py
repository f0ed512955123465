"""Judge an order on every bar by three risk rules in Python; print the microseconds that they add to an order."""

import json
import sys
import time
from pathlib import Path

from composed import ready

from tradekit import EventKind, RiskRule, Strategy, Verdict
from tradekit.engine.drive import drive


class Flip(Strategy):
    """Be half invested on one bar, and out on the next."""

    name = "flip"

    def __init__(self, options=None):
        super().__init__(options)
        self.weight = 0.0

    def on_bar(self, ctx):
        self.weight = 0.5 - self.weight
        ctx.target(weight=self.weight)


class SmallOrder(RiskRule):
    """Refuse an order that is worth more than the account."""

    name = "small-order"

    def check(self, order, account):
        if abs(order.quantity) * account.prices[order.symbol] > account.equity:
            return Verdict.reject("worth more than the account")
        return Verdict.accept()


class SmallPosition(RiskRule):
    """Refuse an order that makes a position of more than 0.9 of equity."""

    name = "small-position"

    def check(self, order, account):
        held = account.positions.get(order.symbol)
        units = order.quantity + (held.quantity if held else 0.0)
        share = abs(units) * account.prices[order.symbol] / account.equity
        if share > 0.9:
            return Verdict.reject("too large a position", {"share": share})
        return Verdict.accept(numbers={"share": share})


class EnoughCash(RiskRule):
    """Refuse to buy with the last tenth of the cash."""

    name = "enough-cash"

    def check(self, order, account):
        if order.quantity > 0 and account.cash - order.quantity * account.prices[order.symbol] < 0.1 * account.equity:
            return Verdict.reject("too little cash would be left")
        return Verdict.accept()


OWN = (Flip, SmallOrder, SmallPosition, EnoughCash)
RULES = "\n".join(f'[[risk]]\nrule = "{rule.name}"' for rule in OWN[1:])


def timed(rules):
    """Return the CPU seconds of a run, and its orders that were filled."""
    run = ready(Path(sys.argv[1]), "event", 'name = "flip"', rules, OWN)
    start = time.process_time()
    driven = drive(run.prepared, run.plan, lambda _done, _total: None)
    seconds = time.process_time() - start
    return seconds, len(driven.record.entries(EventKind.FILL))


without, orders = timed("risk = []")
judged, passed = timed(RULES)
if passed != orders:
    sys.exit(f"{orders} orders without rules, {passed} with them")
print(
    json.dumps(
        {
            "figure": round((judged - without) / orders * 1e6, 3),
            "orders": orders,
            "without_rules_us_per_order": round(without / orders * 1e6, 3),
        }
    )
)
