"""Indicators that read several columns of a bar; those of one column are in `tradekit.builtin.indicators`, with what makes all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import tradekit
from tradekit import Field, Indicator, Step, steps

__all__ = ["Atr", "Bar", "Donchian", "Obv", "Vwap", "WindowOptions"]


class WindowOptions(tradekit.Options):
    """The window."""

    length: int = Field(default=20, ge=1, description="bars in the window")


class Same:
    """The step of `Bar`: its values are what it is given."""

    def push(self, *values: float) -> tuple[float, ...]:
        """Return the values of one bar."""
        return values

    def run(self, *columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return whole columns, [output, time]."""
        return np.stack(columns)


class Bar(Indicator):
    """The bar itself: what it is for is `bar().every("1h")`, the prices and the volume of the last hour that has ended."""

    name = "bar"
    inputs = ("open", "high", "low", "close", "volume")
    outputs = ("open", "high", "low", "close", "volume")

    @property
    def warmup(self) -> int:
        return 1

    def step(self) -> Step:
        return Same()


class Donchian(Indicator):
    """Donchian channel: the highest high and the lowest low of the last `length` bars, this one included, and their middle."""

    name = "donchian"
    inputs = ("high", "low")
    outputs = ("upper", "middle", "lower")

    Options = WindowOptions

    @property
    def warmup(self) -> int:
        return int(self.options.length)

    def step(self) -> Step:
        return steps.Donchian(self.options.length)


class Atr(Indicator):
    """Average true range: Wilder's average of the distance that a bar covers, the gap from the close before included.

    J. W. Wilder, New Concepts in Technical Trading Systems (1978). As in TA-Lib, the first bar has no true range, because it has
    no close before it; the first value is the mean of the `length` true ranges after it.
    """

    name = "atr"
    inputs = ("high", "low", "close")

    class Options(WindowOptions):
        """The window."""

        length: int = Field(default=14, ge=1, description="true ranges in the average")

    @property
    def warmup(self) -> int:
        return int(self.options.length) + 1

    def step(self) -> Step:
        return steps.Atr(self.options.length)


class Vwap(Indicator):
    """Rolling volume-weighted average price: the mean of (high + low + close) / 3 over `length` bars, weighted by volume.

    It is NaN where nothing was traded in these bars. A step sees no clock, so this is not the average since the day's start that
    desks are measured by. TA-Lib's VWAP begins with the data and never lets go of a bar; its VWMA of TYPPRICE is this one.
    """

    name = "vwap"
    inputs = ("high", "low", "close", "volume")

    Options = WindowOptions

    @property
    def warmup(self) -> int:
        return int(self.options.length)

    def step(self) -> Step:
        return steps.RollingVwap(self.options.length)


class Obv(Indicator):
    """On-balance volume: a running total to which a rising close adds the bar's volume and from which a falling one takes it.

    J. Granville, New Key to Stock Market Profits (1963). As in TA-Lib it begins with the first bar's volume; its level depends on
    where the data begin, and only its changes mean something.
    """

    name = "obv"
    inputs = ("close", "volume")

    @property
    def warmup(self) -> int:
        return 1

    def step(self) -> Step:
        return steps.Obv()
