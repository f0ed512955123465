"""Features of trend: where a price is going, and how straight."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pydantic import model_validator

import tradekit
from tradekit import Field, Indicator, Step, steps
from tradekit_ml.features.formula import Formula, WindowedFeature, WindowOptions, ordered
from tradekit_ml.features.windows import Change, Delay, Floats, Mean, Window, ratio

__all__ = [
    "Aroon",
    "AverageCross",
    "AverageDistance",
    "DirectionalMovement",
    "EfficiencyRatio",
    "LinearTrend",
    "VarianceRatio",
]


class AverageDistance(WindowedFeature):
    """Log distance of the close to its mean in the window."""

    name = "average-distance"

    def formula(self, length: int) -> Callable[..., Floats]:
        mean = Mean(length)
        return lambda close: np.log(close) - np.log(mean(close))


class AverageCross(Indicator):
    """Log distance of a fast exponential average of the close to a slow one."""

    name = "average-cross"

    class Options(tradekit.Options):
        """The two averages."""

        fast: int = Field(default=12, ge=1, description="bars in the fast average")
        slow: int = Field(default=48, ge=2, description="bars in the slow average")

        @model_validator(mode="after")
        def _is_ordered(self) -> AverageCross.Options:
            return ordered(self, "fast", "slow")

    @property
    def warmup(self) -> int:
        return int(self.options.slow)

    def step(self) -> Step:
        fast, slow = steps.Ema(int(self.options.fast)), steps.Ema(int(self.options.slow))
        return Formula(lambda close: np.log(fast.run(close)) - np.log(slow.run(close)))


class LinearTrend(WindowedFeature):
    """A line fitted to the log closes in the window: its `slope` for each bar, its t statistic, and the share R^2 that it explains.

    Ordinary least squares. The slope comes from two averages, weighted and not: 6 (WMA - SMA) / (length - 1). `t` is held within
    1,000 either way, which only closes on a line reach. Where nothing moved all three are 0.
    """

    name = "linear-trend"
    outputs = ("slope", "t", "r2")

    class Options(WindowOptions):
        """The window."""

        length: int = Field(default=20, ge=4, description="closes in the window")

    def formula(self, length: int) -> Callable[..., Floats]:
        weighted, mean, spread = steps.Wma(length), steps.Sma(length), steps.Stdev(length)
        time_variance = (length * length - 1) / 12.0

        def values(close: Floats) -> Floats:
            price = np.log(close)
            slope = 6.0 * (weighted.run(price) - mean.run(price)) / (length - 1)
            variance = np.square(spread.run(price))
            explained = np.clip(ratio(slope * slope * time_variance, variance, 0.0), 0.0, 1.0)
            size = np.sqrt(ratio(explained * (length - 2), 1.0 - explained, 1e6))
            return np.stack((slope, np.sign(slope) * np.minimum(size, 1000.0), explained))

        return values


class EfficiencyRatio(WindowedFeature):
    """Change of the close over `length` bars as a part of the way that it went, with its sign: -1 to 1, and 0 where nothing moved.

    P. J. Kaufman, Trading Systems and Methods (1995), there without the sign.
    """

    name = "efficiency-ratio"
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        whole, change, mean = Change(length), Change(), Mean(length)
        return lambda close: np.clip(ratio(whole(close), mean(np.abs(change(close))) * length, 0.0), -1.0, 1.0)


class DirectionalMovement(Indicator):
    """Wilder's directional movement: `plus` and `minus` in percent of the true range, and `adx`, the smoothed strength of a trend.

    J. W. Wilder, New Concepts in Technical Trading Systems (1978). All three begin with the first `adx`. Averages begin with a mean
    of `length` values, where TA-Lib sums one less. Where nothing moved they are 0.
    """

    name = "directional-movement"
    inputs = ("high", "low", "close")
    outputs = ("plus", "minus", "adx")

    class Options(WindowOptions):
        """The smoothing."""

        length: int = Field(default=14, ge=2, description="bars in the smoothing")

    @property
    def warmup(self) -> int:
        return 2 * int(self.options.length)

    def step(self) -> Step:
        length = int(self.options.length)
        rise, fall, before = Change(), Change(), Delay(1)
        plus, minus, reach, strength = (steps.Rma(length) for _ in range(4))

        def values(high: Floats, low: Floats, close: Floats) -> Floats:
            up, down, last = rise(high), -fall(low), before(close)
            distance = np.maximum(high, last) - np.minimum(low, last)
            known = 0.0 * distance
            ups = plus.run(np.where((up > down) & (up > 0.0), up, 0.0) + known)
            downs = minus.run(np.where((down > up) & (down > 0.0), down, 0.0) + known)
            span = reach.run(distance)
            ups, downs = 100.0 * ratio(ups, span, 0.0), 100.0 * ratio(downs, span, 0.0)
            adx = strength.run(100.0 * ratio(np.abs(ups - downs), ups + downs, 0.0))
            return np.stack((ups + 0.0 * adx, downs + 0.0 * adx, adx))

        return Formula(values, 3)


class Aroon(WindowedFeature):
    """How long ago the highest high and the lowest low of the window were: 100 for this bar, 0 for the first; and `up` less `down`.

    T. Chande (1995). Of equal extremes the latest counts.
    """

    name = "aroon"
    inputs = ("high", "low")
    outputs = ("up", "down", "oscillator")
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        highs, lows = Window(length + 1), Window(length + 1)

        def values(high: Floats, low: Floats) -> Floats:
            up, down = (_latest(window(prices), sign) for window, prices, sign in ((highs, high, 1.0), (lows, low, -1.0)))
            return np.stack((up, down, up - down)) * (100.0 / length)

        return values


def _latest(window: list[Floats], sign: float) -> Floats:
    """Return the place of the latest extreme in a window, from 0 for the oldest value; NaN where the window isn't full."""
    best, place = sign * window[0], np.zeros(len(window[0]))
    for k, values in enumerate(window):
        is_new = sign * values >= best
        best, place = np.where(is_new, sign * values, best), np.where(is_new, float(k), place)
    return np.where(np.isnan(window[0]), np.nan, place)


class VarianceRatio(Indicator):
    """Variance of log returns over `period` bars over `period` times that over one: above 1 in trends, below 1 where moves revert.

    A. W. Lo and A. C. MacKinlay, Stock Market Prices Do Not Follow Random Walks (1988), here of overlapping returns in a window and
    without their correction for small samples. It is 1 where nothing moved.
    """

    name = "variance-ratio"

    class Options(WindowOptions):
        """The window, and the longer return."""

        length: int = Field(default=120, ge=4, description="returns in the window")
        period: int = Field(default=5, ge=2, description="bars in a longer return")

    @property
    def warmup(self) -> int:
        return int(self.options.length + self.options.period)

    def step(self) -> Step:
        length, period = int(self.options.length), int(self.options.period)
        one, many, first, square, longer = Change(), Change(period), Mean(length), Mean(length), Mean(length)

        def values(close: Floats) -> Floats:
            price = np.log(close)
            far = many(price)
            near = one(price) + 0.0 * far
            mean = first(near)
            return ratio(
                np.maximum(longer(np.square(far)) - np.square(period * mean), 0.0),
                period * np.maximum(square(np.square(near)) - np.square(mean), 0.0),
                1.0,
            )

        return Formula(values)
