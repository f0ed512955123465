"""Features of volatility: standard deviations of a log return over one bar, unless they say otherwise; none is annualised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pydantic import model_validator

import tradekit
from tradekit import Field, Indicator, Step
from tradekit_ml.features.formula import Formula, WindowedFeature, WindowOptions, ordered
from tradekit_ml.features.windows import Change, Delay, Floats, Mean, Percentile, Smoothing, deviation, ratio

__all__ = [
    "CloseVolatility",
    "EwmaVolatility",
    "GarmanKlass",
    "JumpShare",
    "Parkinson",
    "RangePerClose",
    "RogersSatchell",
    "VolatilityOfVolatility",
    "VolatilityPercentile",
    "VolatilityRatio",
    "YangZhang",
]

_LN2 = float(np.log(2.0))


class CloseVolatility(WindowedFeature):
    """Sample standard deviation of the log returns of the close in the window."""

    name = "close-volatility"
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        change, spread = Change(), deviation(length)
        return lambda close: spread(change(np.log(close)))


class Parkinson(WindowedFeature):
    """Volatility by the range of each bar: the root of the mean of ln(high / low)^2 / (4 ln 2).

    M. Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return (1980).
    """

    name = "parkinson"
    inputs = ("high", "low")

    def formula(self, length: int) -> Callable[..., Floats]:
        mean = Mean(length)
        return lambda high, low: np.sqrt(mean(np.square(np.log(high) - np.log(low)) / (4.0 * _LN2)))


class GarmanKlass(WindowedFeature):
    """Volatility by range and body: the root of the mean of ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2.

    M. B. Garman and M. J. Klass, On the Estimation of Security Price Volatilities from Historical Data (1980). A mean below 0
    counts as 0.
    """

    name = "garman-klass"
    inputs = ("open", "high", "low", "close")

    def formula(self, length: int) -> Callable[..., Floats]:
        mean = Mean(length)

        def values(opened: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
            reach, body = np.log(high) - np.log(low), np.log(close) - np.log(opened)
            return np.sqrt(np.maximum(mean(0.5 * reach * reach - (2.0 * _LN2 - 1.0) * body * body), 0.0))

        return values


def _rogers_satchell(opened: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    """Return the variance of each bar by its four prices, for any drift."""
    o, h, low_, c = (np.log(prices) for prices in (opened, high, low, close))
    found: Floats = (h - c) * (h - o) + (low_ - c) * (low_ - o)
    return found


class RogersSatchell(WindowedFeature):
    """Volatility by the four prices of each bar, which a drift does not disturb.

    L. C. G. Rogers and S. E. Satchell, Estimating Variance from High, Low and Closing Prices (1991).
    """

    name = "rogers-satchell"
    inputs = ("open", "high", "low", "close")

    def formula(self, length: int) -> Callable[..., Floats]:
        mean = Mean(length)
        return lambda *prices: np.sqrt(np.maximum(mean(_rogers_satchell(*prices)), 0.0))


class YangZhang(WindowedFeature):
    """Volatility with the gaps between bars: variances of gaps and bodies, and Rogers and Satchell's, weighted to the least error.

    D. Yang and Q. Zhang, Drift-Independent Volatility Estimation Based on High, Low, Open, and Close Prices (2000), with their
    k = 0.34 / (1.34 + (n + 1) / (n - 1)).
    """

    name = "yang-zhang"
    inputs = ("open", "high", "low", "close")
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        before, gaps, bodies, mean = Delay(1), deviation(length), deviation(length), Mean(length)
        k = 0.34 / (1.34 + (length + 1) / (length - 1))

        def values(opened: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
            gap = gaps(np.log(opened) - before(np.log(close)))
            # The first bar has no gap; the bodies and ranges of the window are those of the bars that have one.
            body = bodies(np.log(close) - np.log(opened))
            inside = mean(_rogers_satchell(opened, high, low, close))
            return np.sqrt(np.maximum(gap * gap + k * body * body + (1.0 - k) * inside, 0.0))

        return values


class EwmaVolatility(Indicator):
    """Root of the exponentially weighted mean of squared log returns, of which a new one weighs 1 - `decay`.

    J. P. Morgan, RiskMetrics Technical Document (1996): decay 0.94 for days. The mean of the first `length` is where it starts.
    """

    name = "ewma-volatility"

    class Options(WindowOptions):
        """The decay, and how it starts."""

        length: int = Field(default=20, ge=2, description="squared returns whose mean is the first value")
        decay: float = Field(default=0.94, gt=0, lt=1, description="weight of the value before")

    @property
    def warmup(self) -> int:
        return int(self.options.length) + 1

    def step(self) -> Step:
        change, smooth = Change(), Smoothing(int(self.options.length), float(self.options.decay))
        return Formula(lambda close: np.sqrt(smooth(np.square(change(np.log(close))))))


class RangePerClose(WindowedFeature):
    """Mean true range in the window as a part of the close: high to low, with the gap from the close before."""

    name = "range-per-close"
    inputs = ("high", "low", "close")
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        before, mean = Delay(1), Mean(length)

        def values(high: Floats, low: Floats, close: Floats) -> Floats:
            last = before(close)
            return mean(np.maximum(high, last) - np.minimum(low, last)) / close

        return values


class VolatilityRatio(Indicator):
    """Log of the volatility of the last `length` bars over that of the last `longer` bars, both by ranges (Parkinson).

    It is 0 where one of both is 0.
    """

    name = "volatility-ratio"
    inputs = ("high", "low")

    class Options(tradekit.Options):
        """The two windows."""

        length: int = Field(default=10, ge=2, description="bars in the shorter window")
        longer: int = Field(default=60, ge=3, description="bars in the longer window")

        @model_validator(mode="after")
        def _is_ordered(self) -> VolatilityRatio.Options:
            return ordered(self, "length", "longer")

    @property
    def warmup(self) -> int:
        return int(self.options.longer)

    def step(self) -> Step:
        short, long = Mean(int(self.options.length)), Mean(int(self.options.longer))

        def values(high: Floats, low: Floats) -> Floats:
            square = np.square(np.log(high) - np.log(low))
            near, far = short(square), long(square)
            found: Floats = np.where((near > 0.0) & (far > 0.0), 0.5 * (np.log(near) - np.log(far)), 0.0 * (near + far))
            return found

        return Formula(values)


class VolatilityOfVolatility(WindowedFeature):
    """Standard deviation of the bar ranges ln(high / low) in the window over their mean; 0 where all are 0."""

    name = "volatility-of-volatility"
    inputs = ("high", "low")

    def formula(self, length: int) -> Callable[..., Floats]:
        mean, spread = Mean(length), deviation(length)

        def values(high: Floats, low: Floats) -> Floats:
            reach = np.log(high) - np.log(low)
            return ratio(spread(reach), mean(reach), 0.0)

        return values


class VolatilityPercentile(Indicator):
    """Where the volatility of the last `length` bars (Parkinson) lies among its last `window` values, from 0 to 1.

    It is the share of the values before this one that are smaller; equal ones count half.
    """

    name = "volatility-percentile"
    inputs = ("high", "low")

    class Options(WindowOptions):
        """The window of the volatility, and that of the ranking."""

        window: int = Field(default=120, ge=2, description="values of the volatility that are ranked")

    @property
    def warmup(self) -> int:
        return int(self.options.length + self.options.window) - 1

    def step(self) -> Step:
        mean, rank = Mean(int(self.options.length)), Percentile(int(self.options.window))
        return Formula(lambda high, low: rank(mean(np.square(np.log(high) - np.log(low)))))


class JumpShare(WindowedFeature):
    """Share of the squared returns in the window that is not explained by bipower variation, from 0 to 1: how much of it was jumps.

    O. E. Barndorff-Nielsen and N. Shephard, Power and Bipower Variation with Stochastic Volatility and Jumps (2004).
    """

    name = "jump-share"
    before = 2

    def formula(self, length: int) -> Callable[..., Floats]:
        change, before, squares, products = Change(), Delay(1), Mean(length), Mean(length)

        def values(close: Floats) -> Floats:
            returns = np.abs(change(np.log(close)))
            pairs = returns * before(returns)
            # The first return is in no pair, and the same returns are in both means.
            total, smooth = squares(returns * returns + 0.0 * pairs), products(pairs)
            return np.clip(1.0 - ratio(0.5 * np.pi * smooth, total, 1.0), 0.0, 1.0)

        return values
