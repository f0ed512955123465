"""The contract of executors: what those keep to that simulate fills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from tradekit.model.context import Context
from tradekit.model.fills import FillRules
from tradekit.plugin.contracts import Executor, Strategy
from tradekit.testing import markets
from tradekit.testing.component import ComponentContract
from tradekit.testing.failure import broken, refusal
from tradekit.testing.lab import Lab

__all__ = ["ExecutorContract"]

New = Callable[[], Executor]


class ExecutorContract(ComponentContract):
    """What an executor keeps to that simulates fills; its rules are skipped for one that sends orders out of this process."""

    kind = "executor"

    @pytest.fixture
    def simulating(self, new: New) -> New:
        """Return what makes an unused executor that simulates; skip the test for one that doesn't."""
        if new().fill_rules() is None:
            pytest.skip("it sends orders out of this process")
        return new

    def test_exe01_gives_rules_that_the_simulator_knows(self, simulating: New) -> None:
        """`fill_rules` returns `FillRules` with values that have a meaning.

        The simulator would read any other value as one of those that it knows, and the result would state what wasn't done.
        """
        rules = simulating().fill_rules()
        if not isinstance(rules, FillRules):
            broken(
                "fill_rules() returns something else", f"{rules!r}", "return tradekit.FillRules(...), or None to send orders out"
            )
        hints = get_type_hints(FillRules)
        wrong = {}
        for field in fields(rules):
            value, allowed = getattr(rules, field.name), get_args(hints[field.name])
            if isinstance(field.default, str) and value not in allowed:
                wrong[field.name] = f"{value!r}, allowed: {', '.join(map(repr, allowed))}"
        if rules.participation is not None and not 0 < rules.participation <= 1:
            wrong["participation"] = f"{rules.participation!r}, allowed: above 0 and at most 1, or None"
        if not isinstance(rules.latency_ns, int) or rules.latency_ns < 0:
            wrong["latency_ns"] = f"{rules.latency_ns!r}, allowed: whole nanoseconds, 0 or more"
        if rules.queue_ahead is not None and not 0 <= rules.queue_ahead < float("inf"):
            wrong["queue_ahead"] = f"{rules.queue_ahead!r}, allowed: 0 or more, or None"
        if wrong:
            told = "; ".join(f"{name} is {what}" for name, what in wrong.items())
            broken(
                "fill_rules() has values without a meaning", told, "check them in Options, so that a run file can't ask for them"
            )

    def test_exe02_gives_the_same_rules_each_time(self, simulating: New) -> None:
        """`fill_rules` answers the same whenever it is asked, and for each executor with the same options.

        The rules are read once, and stated in the result: a second run must be one under the same rules.
        """
        executor = simulating()
        answers = [executor.fill_rules(), executor.fill_rules(), simulating().fill_rules()]
        if any(answer != answers[0] for answer in answers):
            broken("fill_rules() answers otherwise each time", f"{answers!r}", "make the rules from the options alone")

    def test_exe03_fills_each_order_once(self, simulating: New, settings: Mapping[str, Any], folder: Path) -> None:
        """In a run under its rules orders are filled, none for more than was ordered, and positions are the sum of the fills.

        Rules under which nothing fills make every strategy look harmless.
        """
        lab = Lab(folder / "lab", {"AAA": markets.walk(60)})
        lab.bring(self.component)
        tables = {"execution": {"executor": simulating().name, **settings}}
        problem = refusal(lambda: lab.run(Impatient, tables=tables))
        if problem:
            broken("a run under its rules fails", problem, "mend what the message names")
        result = lab.run(Impatient, tables=tables).result
        filled: Counter[int] = Counter()
        for fill in result.fills.to_pylist():
            filled[fill["order"]] += fill["quantity"]
        if not filled:
            reasons = Counter(str(order["reason"]) for order in result.orders.to_pylist())
            broken(
                "nothing fills under its rules",
                f"{result.orders.num_rows} orders: {dict(reasons)!r}",
                "give rules under which it can",
            )
        for order in result.orders.to_pylist():
            if abs(filled[order["order"]]) > abs(order["quantity"]) * (1 + 1e-9):
                what = f"order {order['order']} for {order['quantity']:g} has fills of {filled[order['order']]:g}"
                broken("an order is filled for more than was ordered", what, "give rules that the simulator knows")


class Impatient(Strategy):
    """Buy a unit on one bar, and sell it on the next."""

    name = "impatient"

    def on_bar(self, ctx: Context) -> None:
        """Order a unit."""
        for view in ctx.instruments:
            if view.position > 0:
                view.sell(1.0)
            else:
                view.buy(1.0)
