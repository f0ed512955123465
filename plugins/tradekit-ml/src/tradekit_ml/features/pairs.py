"""Features of two instruments: how one moves with another, such as the market. Both need a bar at a time for it to count."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import tradekit
from tradekit import Field
from tradekit_ml.features.formula import WindowedFeature, WindowOptions
from tradekit_ml.features.windows import Change, Correlation, Delay, Floats, Mean, deviation, ratio

__all__ = ["Beta", "LeadReturn", "PairCorrelation", "PairFeature", "RelativeStrength", "ResidualVolatility", "SpreadZscore"]


class PairFeature(WindowedFeature):
    """A formula of two closes: that of the instrument itself and that of the other one."""

    inputs = ("close", "other")
    before = 1

    class Options(WindowOptions):
        """The window."""

        length: int = Field(default=60, ge=3, description="bars in the window, that both have")


class _Moments:
    """Means and products of two log returns over a window: what a regression through both is made of."""

    def __init__(self, length: int) -> None:
        self.own, self.other = Change(), Change()
        self.means = [Mean(length) for _ in range(5)]

    def __call__(self, close: Floats, other: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Take in closes and return the variances of the own and the other return, their covariance, and what fits best."""
        y, x = self.own(np.log(close)), self.other(np.log(other))
        my, mx, myy, mxx, mxy = (mean(values) for mean, values in zip(self.means, (y, x, y * y, x * x, x * y), strict=True))
        own, market, both = np.maximum(myy - my * my, 0.0), np.maximum(mxx - mx * mx, 0.0), mxy - mx * my
        return own, market, both, ratio(both, market, 0.0)


class Beta(PairFeature):
    """Slope of the log returns on those of the other instrument, by least squares; 0 where the other one stood still."""

    name = "beta"

    def formula(self, length: int) -> Callable[..., Floats]:
        moments = _Moments(length)
        return lambda close, other: moments(close, other)[3]


class PairCorrelation(PairFeature):
    """Correlation of the log returns with those of the other instrument; 0 where one of both stood still."""

    name = "correlation"

    def formula(self, length: int) -> Callable[..., Floats]:
        own, market, correlate = Change(), Change(), Correlation(length)
        return lambda close, other: correlate(market(np.log(other)), own(np.log(close)))


class ResidualVolatility(PairFeature):
    """Standard deviation of what the other instrument does not explain of the log returns, of the population."""

    name = "residual-volatility"

    def formula(self, length: int) -> Callable[..., Floats]:
        moments = _Moments(length)

        def values(close: Floats, other: Floats) -> Floats:
            own, _, both, slope = moments(close, other)
            return np.sqrt(np.maximum(own - slope * both, 0.0))

        return values


class RelativeStrength(PairFeature):
    """Log return over the window less that of the other instrument."""

    name = "relative-strength"

    def formula(self, length: int) -> Callable[..., Floats]:
        change = Change(length)
        return lambda close, other: change(np.log(close) - np.log(other))


class SpreadZscore(PairFeature):
    """Log price over that of the other instrument, less its mean in the window, in sample standard deviations; 0 where it stood."""

    name = "spread-zscore"
    before = 0

    def formula(self, length: int) -> Callable[..., Floats]:
        mean, spread = Mean(length), deviation(length)

        def values(close: Floats, other: Floats) -> Floats:
            away = np.log(close) - np.log(other)
            return ratio(away - mean(away), spread(away), 0.0)

        return values


class LeadReturn(PairFeature):
    """Log return of the other instrument, `length` bars long and `delay` bars old: where it leads."""

    name = "lead-return"

    class Options(tradekit.Options):
        """The distance, and the delay."""

        length: int = Field(default=1, ge=1, description="bars between the two closes")
        delay: int = Field(default=0, ge=0, description="bars since the later of them")

    @property
    def warmup(self) -> int:
        return int(self.options.length + self.options.delay) + 1

    def formula(self, length: int) -> Callable[..., Floats]:
        change, delay = Change(length), Delay(int(self.options.delay))
        return lambda _, other: delay(change(np.log(other)))
