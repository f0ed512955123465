"""Features of momentum: where a price stands in what it did lately."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pydantic import model_validator

import tradekit
from tradekit import Field, Indicator, Step, steps
from tradekit_ml.features.formula import Formula, WindowedFeature, WindowOptions, ordered
from tradekit_ml.features.windows import Change, Delay, Floats, Mean, Percentile, Span, Window, ratio

__all__ = [
    "Acceleration",
    "BandPosition",
    "ClosePercentile",
    "CommodityChannel",
    "MacdPerPrice",
    "Momentum",
    "RangePosition",
    "ReturnRank",
    "StochasticRsi",
]


class Momentum(Indicator):
    """Log return from `length` bars ago to `skip` bars ago: the past without the latest bars, which tend to revert.

    N. Jegadeesh and S. Titman, Returns to Buying Winners and Selling Losers (1993).
    """

    name = "momentum"

    class Options(WindowOptions):
        """The two distances."""

        length: int = Field(default=60, ge=2, description="bars since which it counts")
        skip: int = Field(default=5, ge=0, description="latest bars that are left out")

        @model_validator(mode="after")
        def _is_ordered(self) -> Momentum.Options:
            return ordered(self, "skip", "length")

    @property
    def warmup(self) -> int:
        return int(self.options.length) + 1

    def step(self) -> Step:
        old, new = Delay(int(self.options.length)), Delay(int(self.options.skip))

        def values(close: Floats) -> Floats:
            price = np.log(close)
            found: Floats = new(price) - old(price)
            return found

        return Formula(values)


class Acceleration(WindowedFeature):
    """Log return over `length` bars less that over the `length` bars before them."""

    name = "acceleration"

    @property
    def warmup(self) -> int:
        return 2 * int(self.options.length) + 1

    def formula(self, length: int) -> Callable[..., Floats]:
        change, before = Change(length), Delay(length)

        def values(close: Floats) -> Floats:
            moved = change(np.log(close))
            found: Floats = moved - before(moved)
            return found

        return values


class RangePosition(WindowedFeature):
    """Where the close lies between the lowest low and the highest high of the window, from 0 to 1; 0.5 where these are equal.

    G. Lane's %K, in parts and not in percent.
    """

    name = "range-position"
    inputs = ("high", "low", "close")

    def formula(self, length: int) -> Callable[..., Floats]:
        span = Span(length)

        def values(high: Floats, low: Floats, close: Floats) -> Floats:
            top, bottom = span(high, low)
            return ratio(close - bottom, top - bottom, 0.5)

        return values


class ClosePercentile(WindowedFeature):
    """The share of the closes before this one in the window that are lower, from 0 to 1; equal ones count half."""

    name = "close-percentile"

    def formula(self, length: int) -> Callable[..., Floats]:
        return Percentile(length)


class ReturnRank(WindowedFeature):
    """The share of the log returns before this bar's in the window that are lower, from 0 to 1; equal ones count half."""

    name = "return-rank"
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        change, rank = Change(), Percentile(length)
        return lambda close: rank(change(np.log(close)))


class BandPosition(WindowedFeature):
    """Distance of the close to its mean in the window, in population standard deviations; 0 where nothing moved.

    Half of it is where the close lies between Bollinger's bands.
    """

    name = "band-position"

    def formula(self, length: int) -> Callable[..., Floats]:
        mean, spread = steps.Sma(length), steps.Stdev(length)
        return lambda close: ratio(close - mean.run(close), spread.run(close), 0.0)


class CommodityChannel(WindowedFeature):
    """Distance of (high + low + close) / 3 to its mean in the window, in units of 1.5 % of its mean distance.

    D. Lambert, Commodity Channel Index (1980). It is 0 where nothing moved.
    """

    name = "commodity-channel"
    inputs = ("high", "low", "close")

    def formula(self, length: int) -> Callable[..., Floats]:
        window, mean = Window(length), Mean(length)

        def values(high: Floats, low: Floats, close: Floats) -> Floats:
            price = (high + low + close) / 3.0
            average = mean(price)
            distance = np.zeros(len(price))
            for past in window(price):
                distance += np.abs(past - average)
            return ratio(price - average, 0.015 * distance / length, 0.0)

        return values


class MacdPerPrice(Indicator):
    """MACD as a part of the close, so that it can be compared between instruments and times: `line`, `signal`, `histogram`."""

    name = "macd-per-price"
    outputs = ("line", "signal", "histogram")

    class Options(tradekit.Options):
        """The three averages."""

        fast: int = Field(default=12, ge=1, description="bars in the fast average")
        slow: int = Field(default=26, ge=2, description="bars in the slow average")
        signal: int = Field(default=9, ge=1, description="bars in the average of their difference")

        @model_validator(mode="after")
        def _is_ordered(self) -> MacdPerPrice.Options:
            return ordered(self, "fast", "slow")

    @property
    def warmup(self) -> int:
        return int(self.options.slow + self.options.signal) - 1

    def step(self) -> Step:
        macd = steps.Macd(int(self.options.fast), int(self.options.slow), int(self.options.signal))
        return Formula(lambda close: macd.run(close) / close, 3)


class StochasticRsi(Indicator):
    """Where Wilder's RSI lies between its lowest and highest value of the window, from 0 to 1; 0.5 where these are equal.

    T. Chande and S. Kroll, The New Technical Trader (1994).
    """

    name = "stochastic-rsi"

    class Options(WindowOptions):
        """The window, for both."""

        length: int = Field(default=14, ge=2, description="bars in the RSI, and values of it in the window")

    @property
    def warmup(self) -> int:
        return 2 * int(self.options.length)

    def step(self) -> Step:
        length = int(self.options.length)
        rsi, span = steps.Rsi(length), Span(length)

        def values(close: Floats) -> Floats:
            strength = rsi.run(close)
            top, bottom = span(strength, strength)
            return ratio(strength - bottom, top - bottom, 0.5)

        return Formula(values)
