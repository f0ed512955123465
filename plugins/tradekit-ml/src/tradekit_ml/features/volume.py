"""Features of volume: how much was traded, and on which side of the price. Where no volume is known all of it is 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pydantic import model_validator

import tradekit
from tradekit import Field, Indicator, Step, steps
from tradekit_ml.features.formula import Formula, WindowedFeature, WindowOptions, ordered
from tradekit_ml.features.windows import Change, Correlation, Floats, Mean, deviation, ratio

__all__ = [
    "ChaikinMoneyFlow",
    "MoneyFlow",
    "RelativeVolume",
    "SignedVolume",
    "VolumePriceCorrelation",
    "VolumeTrend",
    "VolumeZscore",
    "VwapDistance",
]


class RelativeVolume(WindowedFeature):
    """Log of the volume plus its mean over twice that mean: 0 for a usual bar, and defined where nothing was traded.

    With the volume v and its mean m it is ln((v + m) / 2m), and 0 where m is 0.
    """

    name = "relative-volume"
    inputs = ("volume",)

    def formula(self, length: int) -> Callable[..., Floats]:
        mean = Mean(length)

        def values(volume: Floats) -> Floats:
            average = mean(volume)
            return np.log(ratio(volume + average, 2.0 * average, 1.0))

        return values


class VolumeZscore(WindowedFeature):
    """The log of 1 + volume, less its mean in the window, in sample standard deviations of it; 0 where these are 0."""

    name = "volume-zscore"
    inputs = ("volume",)

    def formula(self, length: int) -> Callable[..., Floats]:
        mean, spread = Mean(length), deviation(length)

        def values(volume: Floats) -> Floats:
            size = np.log(1.0 + volume)
            return ratio(size - mean(size), spread(size), 0.0)

        return values


class VolumeTrend(Indicator):
    """Log of the mean volume of the last `length` bars over that of the last `longer` bars; 0 where one of both is 0."""

    name = "volume-trend"
    inputs = ("volume",)

    class Options(tradekit.Options):
        """The two windows."""

        length: int = Field(default=10, ge=1, description="bars in the shorter window")
        longer: int = Field(default=60, ge=2, description="bars in the longer window")

        @model_validator(mode="after")
        def _is_ordered(self) -> VolumeTrend.Options:
            return ordered(self, "length", "longer")

    @property
    def warmup(self) -> int:
        return int(self.options.longer)

    def step(self) -> Step:
        short, long = Mean(int(self.options.length)), Mean(int(self.options.longer))

        def values(volume: Floats) -> Floats:
            near, far = short(volume), long(volume)
            found: Floats = np.where((near > 0.0) & (far > 0.0), np.log(near) - np.log(far), 0.0 * (near + far))
            return found

        return Formula(values)


class SignedVolume(WindowedFeature):
    """Share of the volume in the window on rising closes less that on falling ones, from -1 to 1: imbalance by the tick rule.

    C. Lee and M. Ready, Inferring Trade Direction from Intraday Data (1991), for the rule, here bar by bar. It is 0 where nothing
    was traded.
    """

    name = "signed-volume"
    inputs = ("close", "volume")
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        change, signed, whole = Change(), Mean(length), Mean(length)

        def values(close: Floats, volume: Floats) -> Floats:
            sign = np.sign(change(close))
            return np.clip(ratio(signed(sign * volume), whole(volume + 0.0 * sign), 0.0), -1.0, 1.0)

        return values


class MoneyFlow(WindowedFeature):
    """Money traded in the window at rising prices (high + low + close) / 3, in percent of that at rising and at falling ones.

    G. Quong and A. Soudack, Money Flow Index (1989). It is 50 where neither was.
    """

    name = "money-flow"
    inputs = ("high", "low", "close", "volume")
    before = 1

    class Options(WindowOptions):
        """The window."""

        length: int = Field(default=14, ge=1, description="changes in the window")

    def formula(self, length: int) -> Callable[..., Floats]:
        change, rising, both = Change(), Mean(length), Mean(length)

        def values(high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
            price = (high + low + close) / 3.0
            moved = change(price)
            money = price * volume + 0.0 * moved
            up = rising(np.where(moved > 0.0, money, 0.0 * money))
            return 100.0 * np.clip(ratio(up, both(np.where(moved != 0.0, money, 0.0)), 0.5), 0.0, 1.0)

        return values


class ChaikinMoneyFlow(WindowedFeature):
    """Volume in the window, each bar's weighted -1 to 1 by where it closed in its range, over all of it; 0 where none was traded.

    M. Chaikin. A bar without a range weighs 0.
    """

    name = "chaikin-money-flow"
    inputs = ("high", "low", "close", "volume")

    def formula(self, length: int) -> Callable[..., Floats]:
        weighted, whole = Mean(length), Mean(length)

        def values(high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
            place = ratio((close - low) - (high - close), high - low, 0.0)
            return np.clip(ratio(weighted(place * volume), whole(volume), 0.0), -1.0, 1.0)

        return values


class VwapDistance(WindowedFeature):
    """Log distance of the close to the volume-weighted average price of the window; 0 where nothing was traded in it."""

    name = "vwap-distance"
    inputs = ("high", "low", "close", "volume")

    def formula(self, length: int) -> Callable[..., Floats]:
        vwap, whole = steps.RollingVwap(length), Mean(length)

        def values(high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
            away = np.log(close) - np.log(vwap.run(high, low, close, volume))
            found: Floats = np.where(whole(volume) == 0.0, 0.0, away)
            return found

        return values


class VolumePriceCorrelation(WindowedFeature):
    """Correlation of the log returns in the window with the changes of ln(1 + volume); 0 where one of them stood still."""

    name = "volume-price-correlation"
    inputs = ("close", "volume")
    before = 1

    class Options(WindowOptions):
        """The window."""

        length: int = Field(default=30, ge=3, description="changes in the window")

    def formula(self, length: int) -> Callable[..., Floats]:
        price, size, correlate = Change(), Change(), Correlation(length)
        return lambda close, volume: correlate(price(np.log(close)), size(np.log(1.0 + volume)))
