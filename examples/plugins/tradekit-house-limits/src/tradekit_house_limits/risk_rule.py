"""A risk rule of limits that the simulator enforces itself, in every driver."""

from collections.abc import Sequence
from typing import Literal

import tradekit
from tradekit import Field, Limit, LimitKind, RiskRule


class HouseLimits(RiskRule):
    """Give a run all limits of the house at once: what one position, all of them, and a loss may come to."""

    name = "house-limits"

    class Options(tradekit.Options):
        """Which limits, and how far."""

        book: Literal["careful", "usual"] = Field(
            "careful",
            description="careful: a fifth of equity in one instrument, no leverage, 10 % loss; usual: half, 2 times, 25 %",
        )
        flatten: bool = Field(False, description="whether positions are closed, too, when a loss ends trading")

    def limits(self) -> Sequence[Limit]:
        """Return the limits of the book."""
        weight, leverage, loss = (0.2, 1.0, 0.1) if self.options.book == "careful" else (0.5, 2.0, 0.25)
        return [
            Limit(LimitKind.MAX_WEIGHT, weight),
            Limit(LimitKind.MAX_LEVERAGE, leverage),
            Limit(LimitKind.MAX_DRAWDOWN, loss, action="flatten" if self.options.flatten else "halt"),
        ]
