"""Sizing and limits that the simulator enforces itself, in every driver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import tradekit
from tradekit import Field, Limit, LimitKind, RiskRule

__all__ = ["FixedFraction", "MaxDrawdown", "MaxLeverage", "MaxOrderValue", "MaxWeight", "VolatilityTarget"]

_ACTION = "an order beyond the limit: clip it to what is allowed, or reject it whole"


class FixedFraction(RiskRule):
    """Size every signal to the same fraction of equity.

    A strategy's target weight of 1, or an order without a quantity, becomes a position worth `fraction` of equity; a weight of 0.5
    half of that.
    """

    name = "fixed-fraction"

    class Options(tradekit.Options):
        """The fraction."""

        fraction: float = Field(gt=0, description="value of a full position, as a fraction of equity (0.1 is 10 %)")

    def limits(self) -> Sequence[Limit]:
        """Return the sizing."""
        return (Limit(LimitKind.FRACTION_SIZE, self.options.fraction),)


class VolatilityTarget(RiskRule):
    """Size every signal so that its position has the wanted volatility: larger in calm markets, smaller in wild ones.

    A signal of weight 1 gets `annual / realised volatility` of equity, at most `max_weight`. Realised volatility is the standard
    deviation of the last `window` close-to-close log returns times the square root of the bars a year. Until there are that many,
    nothing trades.
    """

    name = "volatility-target"

    class Options(tradekit.Options):
        """The target, and how volatility is measured."""

        annual: float = Field(gt=0, description="wanted volatility of a full position, a year (0.2 is 20 %)")
        window: int = Field(60, ge=2, description="bars whose returns the volatility is measured on")
        max_weight: float = Field(1.0, gt=0, description="largest value of a full position, as a fraction of equity")
        bars_per_year: float | None = Field(
            None, gt=0, description="bars a year, which make a year's volatility of a bar's; without it, taken from the data"
        )

    def limits(self) -> Sequence[Limit]:
        """Return the sizing."""
        options = self.options
        return (
            Limit(
                LimitKind.VOLATILITY_SIZE,
                options.annual,
                window=options.window,
                cap=options.max_weight,
                bars_per_year=options.bars_per_year,
            ),
        )


class MaxWeight(RiskRule):
    """Keep each position below a fraction of equity, counting open orders as filled.

    It judges orders, not prices: a position that grows past the limit by itself is not sold.
    """

    name = "max-weight"

    class Options(tradekit.Options):
        """The limit, and what becomes of an order beyond it."""

        limit: float = Field(
            gt=0, description="largest value of one position, long or short, as a fraction of equity (0.5 is 50 %)"
        )
        action: Literal["clip", "reject"] = Field("clip", description=_ACTION)

    def limits(self) -> Sequence[Limit]:
        """Return the limit."""
        return (Limit(LimitKind.MAX_WEIGHT, self.options.limit, self.options.action),)


class MaxLeverage(RiskRule):
    """Keep the value of all positions together below a multiple of equity, long and short added up.

    It judges orders, not prices: positions that grow past the limit by themselves are not sold.
    """

    name = "max-leverage"

    class Options(tradekit.Options):
        """The limit, and what becomes of an order beyond it."""

        limit: float = Field(gt=0, description="largest sum of absolute position values, as a multiple of equity (1 is all of it)")
        action: Literal["clip", "reject"] = Field("clip", description=_ACTION)

    def limits(self) -> Sequence[Limit]:
        """Return the limit."""
        return (Limit(LimitKind.MAX_LEVERAGE, self.options.limit, self.options.action),)


class MaxOrderValue(RiskRule):
    """Keep the value of each order below an amount of money; what an order reduces is not counted."""

    name = "max-order-value"

    class Options(tradekit.Options):
        """The limit, and what becomes of an order beyond it."""

        limit: float = Field(gt=0, description="largest value of one order, in account currency")
        action: Literal["clip", "reject"] = Field("clip", description=_ACTION)

    def limits(self) -> Sequence[Limit]:
        """Return the limit."""
        return (Limit(LimitKind.MAX_ORDER_VALUE, self.options.limit, self.options.action),)


class MaxDrawdown(RiskRule):
    """Stop trading once equity has fallen too far from its peak; what reduces a position stays possible.

    Equity is marked to market at each bar's close, so losses that are still open count. The halt lasts for the rest of the run.
    """

    name = "max-drawdown"

    class Options(tradekit.Options):
        """The limit, and what happens at it."""

        limit: float = Field(
            gt=0, lt=1, description="largest fall of equity from its peak, as a fraction of the peak (0.2 is 20 %)"
        )
        action: Literal["halt", "flatten"] = Field(
            "halt", description="halt: take no new risk; flatten: close all positions as well"
        )

    def limits(self) -> Sequence[Limit]:
        """Return the limit."""
        return (Limit(LimitKind.MAX_DRAWDOWN, self.options.limit, self.options.action),)
