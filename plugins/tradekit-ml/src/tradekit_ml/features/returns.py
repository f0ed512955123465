"""Features of returns: how far the price has moved, and how its moves are distributed. Returns are logarithmic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import tradekit
from tradekit import Field, Indicator, Step
from tradekit_ml.features.formula import Formula, WindowedFeature, WindowOptions
from tradekit_ml.features.windows import Change, Correlation, Delay, Floats, Mean, Span, ratio

__all__ = [
    "BarReturn",
    "DownsideDeviation",
    "DrawdownFromHigh",
    "GapReturn",
    "LogReturn",
    "ReturnAutocorrelation",
    "ReturnKurtosis",
    "ReturnPerRisk",
    "ReturnSkewness",
    "RunUpFromLow",
    "UpShare",
]


class LogReturn(WindowedFeature):
    """Log return of the close over `length` bars."""

    name = "log-return"
    before = 1

    class Options(tradekit.Options):
        """The distance."""

        length: int = Field(default=1, ge=1, description="bars between the two closes")

    def formula(self, length: int) -> Callable[..., Floats]:
        change = Change(length)
        return lambda close: change(np.log(close))


class GapReturn(Indicator):
    """Log return from the close before to the open: what happened while nothing was traded."""

    name = "gap-return"
    inputs = ("open", "close")

    @property
    def warmup(self) -> int:
        return 2

    def step(self) -> Step:
        before = Delay(1)
        return Formula(lambda opened, close: np.log(opened) - before(np.log(close)))


class BarReturn(Indicator):
    """Log return from the open of the bar to its close."""

    name = "bar-return"
    inputs = ("open", "close")

    @property
    def warmup(self) -> int:
        return 1

    def step(self) -> Step:
        return Formula(lambda opened, close: np.log(close) - np.log(opened))


class ReturnPerRisk(WindowedFeature):
    """Log return over `length` bars in standard deviations of such a return, by the returns of the bars in between.

    T. Moskowitz, Y. H. Ooi and L. H. Pedersen, Time Series Momentum (2012), scale momentum so. It is 0 where nothing moved.
    """

    name = "return-per-risk"
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        change, mean, square = Change(), Mean(length), Mean(length)

        def values(close: Floats) -> Floats:
            returns = change(np.log(close))
            average, second = mean(returns), square(returns * returns)
            return ratio(average * np.sqrt(length), np.sqrt(np.maximum(second - average * average, 0.0)), 0.0)

        return values


class _ReturnMoment(WindowedFeature):
    """What the standardised moments share: central moments of the returns in the window, of the population."""

    before = 1

    class Options(WindowOptions):
        """The window."""

        length: int = Field(default=60, ge=4, description="returns in the window")

    def moments(self, length: int) -> Callable[[Floats], tuple[Floats, Floats, Floats]]:
        """Return a function of closes to the second, third and fourth central moment."""
        change, means = Change(), [Mean(length) for _ in range(4)]

        def found(close: Floats) -> tuple[Floats, Floats, Floats]:
            returns = change(np.log(close))
            square = returns * returns
            first, second, third, fourth = (
                mean(power) for mean, power in zip(means, (returns, square, square * returns, square * square), strict=True)
            )
            central = np.maximum(second - first * first, 0.0)
            skew = third - 3.0 * first * second + 2.0 * first * first * first
            return central, skew, fourth - 4.0 * first * third + 6.0 * first * first * second - 3.0 * first * first * first * first

        return found


class ReturnSkewness(_ReturnMoment):
    """Skewness of the log returns in the window, of the population; 0 where nothing moved."""

    name = "return-skewness"

    def formula(self, length: int) -> Callable[..., Floats]:
        moments = self.moments(length)

        def values(close: Floats) -> Floats:
            second, third, _ = moments(close)
            return ratio(third, second * np.sqrt(second), 0.0)

        return values


class ReturnKurtosis(_ReturnMoment):
    """Kurtosis of the log returns in the window, of the population, less the 3 of a normal distribution; 0 where nothing moved."""

    name = "return-kurtosis"

    def formula(self, length: int) -> Callable[..., Floats]:
        moments = self.moments(length)

        def values(close: Floats) -> Floats:
            second, _, fourth = moments(close)
            return ratio(fourth, second * second, 3.0) - 3.0

        return values


class ReturnAutocorrelation(Indicator):
    """Correlation of log returns with those `distance` bars before, over `length` pairs; 0 where nothing moved."""

    name = "return-autocorrelation"

    class Options(WindowOptions):
        """The window, and the distance."""

        length: int = Field(default=60, ge=3, description="pairs of returns in the window")
        distance: int = Field(default=1, ge=1, description="bars from one return of a pair to the other")

    @property
    def warmup(self) -> int:
        return int(self.options.length + self.options.distance) + 1

    def step(self) -> Step:
        length = int(self.options.length)
        change, before, correlate = Change(), Delay(int(self.options.distance)), Correlation(length)

        def values(close: Floats) -> Floats:
            returns = change(np.log(close))
            return correlate(before(returns), returns)

        return Formula(values)


class UpShare(WindowedFeature):
    """Share of the bars in the window that closed higher than the one before, from 0 to 1; equal ones count half."""

    name = "up-share"
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        change, mean = Change(), Mean(length)
        return lambda close: 0.5 + 0.5 * mean(np.sign(change(close)))


class DownsideDeviation(WindowedFeature):
    """Root mean square of the log returns in the window, of which those above 0 count as 0.

    F. Sortino and R. van der Meer, Downside Risk (1991), with the target 0.
    """

    name = "downside-deviation"
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        change, mean = Change(), Mean(length)
        return lambda close: np.sqrt(np.maximum(mean(np.square(np.minimum(change(np.log(close)), 0.0))), 0.0))


class DrawdownFromHigh(WindowedFeature):
    """Log distance of the close to the highest close in the window: 0 at a new high, and otherwise negative."""

    name = "drawdown-from-high"

    def formula(self, length: int) -> Callable[..., Floats]:
        span = Span(length)
        return lambda close: np.log(close) - np.log(span(close, close)[0])


class RunUpFromLow(WindowedFeature):
    """Log distance of the close to the lowest close in the window: 0 at a new low, and otherwise positive."""

    name = "run-up-from-low"

    def formula(self, length: int) -> Callable[..., Floats]:
        span = Span(length)
        return lambda close: np.log(close) - np.log(span(close, close)[1])
