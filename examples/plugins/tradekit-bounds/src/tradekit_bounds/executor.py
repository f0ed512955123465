"""An executor with two extremes, to learn how much a result owes to what bars don't tell."""

from typing import Literal

import tradekit
from tradekit import Executor, Field, FillRules


class Bounds(Executor):
    """Simulate fills as a pessimist does or as an optimist does: what lies between the two results, bars can't tell.

    A pessimist takes little of the volume, is late, and lets limits fill only where the price goes through them. An optimist takes
    any volume at once, and lets limits fill where the price touches them.
    """

    name = "bounds"

    class Options(tradekit.Options):
        """Which of the two."""

        view: Literal["pessimist", "optimist"] = Field("pessimist", description="who decides what bars leave open")

    def fill_rules(self) -> FillRules:
        """Return the rules of the one or the other."""
        if self.options.view == "optimist":
            return FillRules(limit_fills="touch", path="nearest-first", participation=None)
        return FillRules(
            insufficient_funds="reject", limit_fills="through", path="worst", participation=0.01, latency_ns=1_000_000_000
        )
