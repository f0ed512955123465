"""Executors that need no venue."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

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
        path: Literal["worst", "nearest-first", "high-first", "low-first"] = Field(
            "worst",
            description="in which order a bar reached its prices: the worst for each order, or straight lines over the nearer "
            "extreme first, over the high first, over the low first",
        )
        participation: float | Literal["none"] = Field(
            0.1,
            description="the largest part of a bar's volume that the run's orders in an instrument take together, what is left "
            "of them waits for the next bar; 'none' is no limit",
        )
        latency_ms: float = Field(0.0, ge=0, description="milliseconds from a decision until it reaches the venue")
        data_latency_ms: float = Field(
            0.0, ge=0, description="milliseconds from what happens in a market until the run knows of it, and decides"
        )
        queue_ahead: float | None = Field(
            None,
            ge=0,
            description="units that stand before a limit order at its price when it arrives, used up by prints at that price; "
            "without it, all that is traded there goes to others",
        )

        queue: Literal["behind", "power", "log"] = Field(
            "behind",
            description="on a book, where units at a limit order's price were cancelled: behind it, all of them, or before and "
            "behind it in proportion to a power, or to the logarithm, of the units that stood there",
        )
        queue_power: float = Field(3.0, gt=0, description="the exponent of queue = 'power'")

        @field_validator("participation")
        @classmethod
        def _is_a_part(cls, value: float | str) -> float | str:
            if isinstance(value, float) and not 0.0 < value <= 1.0:
                raise ValueError("must be above 0 and at most 1 (0.1 is a tenth of the volume), or 'none'")
            return value

    def fill_rules(self) -> FillRules:
        """Return the rules that the options say."""
        options = self.options
        return FillRules(
            insufficient_funds=options.insufficient_funds,
            limit_fills=options.limit_fills,
            path=options.path,
            participation=None if options.participation == "none" else options.participation,
            latency_ns=round(options.latency_ms * 1e6),
            queue_ahead=options.queue_ahead,
            data_latency_ns=round(options.data_latency_ms * 1e6),
            queue=options.queue,
            queue_power=options.queue_power,
        )
