"""Executors that need no venue."""

from __future__ import annotations

from typing import Literal

import tradekit
from tradekit import Executor, Field, FillRules

__all__ = ["Simulated"]


class Simulated(Executor):
    """Fill orders against the bars, from the bar after the decision, with the pessimistic choice wherever a bar leaves one open."""

    name = "simulated"

    class Options(tradekit.Options):
        """What happens where a bar does not tell."""

        insufficient_funds: Literal["cut", "reject"] = Field(
            "cut", description="a buy that exceeds the cash: cut to the whole lots that it pays for, or reject the order"
        )
        limit_fills: Literal["through", "touch"] = Field(
            "through", description="a limit order fills when the price goes through its limit, or already when it touches it"
        )

    def fill_rules(self) -> FillRules:
        """Return the rules that the options say."""
        return FillRules(self.options.insufficient_funds, self.options.limit_fills)
