"""The common technical indicators.

Definitions are those of TA-Lib unless an indicator says otherwise; where TA-Lib keeps running sums, values here are the more
exact. All are NaN until `warmup` bars have been seen. The step of each is compiled, in `tradekit.steps`.

>>> import numpy as np
>>> sma(2).compute(np.array([10.0, 12.0, 14.0]))
array([[nan, 11., 13.]])
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import ValidationError, model_validator

import tradekit
from tradekit import ConfigError, Field, Indicator, Step, steps
from tradekit.builtin.bar_indicators import Atr, Bar, Donchian, Obv, Vwap, WindowOptions

__all__ = [
    "atr",
    "bar",
    "bollinger",
    "donchian",
    "ema",
    "highest",
    "lowest",
    "macd",
    "obv",
    "rma",
    "roc",
    "rsi",
    "sma",
    "stdev",
    "vwap",
    "wma",
]

Source = Literal["open", "high", "low", "close", "volume"]
"""The columns of a bar."""


class ColumnOptions(WindowOptions):
    """The window and the column."""

    source: Source = Field(default="close", description="the column that is read")


class OfColumn(Indicator):
    """What indicators of one column share."""

    Options = ColumnOptions

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self.inputs = (self.options.source,)

    @property
    def warmup(self) -> int:
        return int(self.options.length)


class Sma(OfColumn):
    """Simple moving average: the mean of the last `length` values."""

    name = "sma"

    def step(self) -> Step:
        return steps.Sma(self.options.length)


class Ema(OfColumn):
    """Exponential moving average: a new value weighs 2 / (length + 1), and the first is the mean of `length` values."""

    name = "ema"

    def step(self) -> Step:
        return steps.Ema(self.options.length)


class Wma(OfColumn):
    """Weighted moving average: the newest of `length` values weighs `length`, the oldest 1."""

    name = "wma"

    def step(self) -> Step:
        return steps.Wma(self.options.length)


class Rma(OfColumn):
    """Wilder's moving average: a new value weighs 1 / length, and the first is the mean of `length` values.

    J. W. Wilder, New Concepts in Technical Trading Systems (1978).
    """

    name = "rma"

    def step(self) -> Step:
        return steps.Rma(self.options.length)


class Stdev(OfColumn):
    """Standard deviation of the last `length` values, of the population: the sum of squares is divided by `length`."""

    name = "stdev"

    def step(self) -> Step:
        return steps.Stdev(self.options.length)


class Rsi(OfColumn):
    """Relative strength index: gains in percent of all changes from bar to bar, both under Wilder's average; 0 to 100.

    J. W. Wilder, New Concepts in Technical Trading Systems (1978). Where nothing has changed at all it is 50, neither strong nor
    weak, and not 0 as in TA-Lib, which would read as oversold.
    """

    name = "rsi"

    class Options(ColumnOptions):
        """The window and the column."""

        length: int = Field(default=14, ge=1, description="changes in the average")

    @property
    def warmup(self) -> int:
        return int(self.options.length) + 1

    def step(self) -> Step:
        return steps.Rsi(self.options.length)


class Roc(OfColumn):
    """Rate of change: the change since `length` bars ago, in percent of the value then.

    It is NaN where the value then was 0, and not 0 as in TA-Lib, which would read as no change.
    """

    name = "roc"

    class Options(ColumnOptions):
        """The distance and the column."""

        length: int = Field(default=10, ge=1, description="bars between the two values")

    @property
    def warmup(self) -> int:
        return int(self.options.length) + 1

    def step(self) -> Step:
        return steps.Roc(self.options.length)


class Highest(OfColumn):
    """The greatest of the last `length` values, this bar's included; of the highs, unless told otherwise."""

    name = "highest"

    class Options(ColumnOptions):
        """The window and the column."""

        source: Source = Field(default="high", description="the column that is read")

    def step(self) -> Step:
        return steps.Highest(self.options.length)


class Lowest(OfColumn):
    """The least of the last `length` values, this bar's included; of the lows, unless told otherwise."""

    name = "lowest"

    class Options(ColumnOptions):
        """The window and the column."""

        source: Source = Field(default="low", description="the column that is read")

    def step(self) -> Step:
        return steps.Lowest(self.options.length)


class Macd(OfColumn):
    """Moving average convergence/divergence: a fast EMA less a slow one, its EMA as the signal, and their difference.

    G. Appel, Technical Analysis: Power Tools for Active Investors (2005). As in TA-Lib, the fast average leaves out the first
    `slow - fast` bars, so that both begin on the same bar, and all three values begin together; for a while after that, `line`
    is not quite `ema(fast) - ema(slow)`.
    """

    name = "macd"
    outputs = ("line", "signal", "histogram")

    class Options(tradekit.Options):
        """The three averages and the column."""

        fast: int = Field(default=12, ge=1, description="bars in the fast average")
        slow: int = Field(default=26, ge=2, description="bars in the slow average")
        signal: int = Field(default=9, ge=1, description="bars in the average of their difference")
        source: Source = Field(default="close", description="the column that is read")

        @model_validator(mode="after")
        def _is_ordered(self) -> Macd.Options:
            if self.fast >= self.slow:
                raise ValueError(f"fast is {self.fast} and slow is {self.slow}; fast must be less than slow")
            return self

    @property
    def warmup(self) -> int:
        return int(self.options.slow + self.options.signal) - 1

    def step(self) -> Step:
        return steps.Macd(self.options.fast, self.options.slow, self.options.signal)


class Bollinger(OfColumn):
    """Bollinger bands: the simple moving average, and a number of population standard deviations above and below it.

    J. Bollinger, Bollinger on Bollinger Bands (2001). `middle` is the same number as `sma`.
    """

    name = "bollinger"
    outputs = ("upper", "middle", "lower")

    class Options(ColumnOptions):
        """The window, the width and the column."""

        deviations: float = Field(default=2.0, gt=0, description="standard deviations from the middle to a band")

    def step(self) -> Step:
        return steps.Bollinger(self.options.length, self.options.deviations)


def _made(kind: type[Indicator], given: Mapping[str, object]) -> Indicator:
    try:
        return kind(kind.Options.model_validate(given))
    except ValidationError as error:
        first = error.errors()[0]
        culprit = f"{first['loc'][0]!r} {first['input']!r}" if first["loc"] else "these options"
        raise ConfigError(f"indicator {kind.name!r} can't take {culprit}: {first['msg'].removeprefix('Value error, ')}") from error


def bar() -> Indicator:
    """Return the bar itself, with its values `open`, `high`, `low`, `close` and `volume`."""
    return _made(Bar, {})


def sma(length: int, source: Source = "close") -> Indicator:
    """Return the simple moving average of a column."""
    return _made(Sma, {"length": length, "source": source})


def ema(length: int, source: Source = "close") -> Indicator:
    """Return the exponential moving average of a column."""
    return _made(Ema, {"length": length, "source": source})


def wma(length: int, source: Source = "close") -> Indicator:
    """Return the linearly weighted moving average of a column."""
    return _made(Wma, {"length": length, "source": source})


def rma(length: int, source: Source = "close") -> Indicator:
    """Return Wilder's moving average of a column."""
    return _made(Rma, {"length": length, "source": source})


def stdev(length: int, source: Source = "close") -> Indicator:
    """Return the population standard deviation of a column."""
    return _made(Stdev, {"length": length, "source": source})


def rsi(length: int = 14, source: Source = "close") -> Indicator:
    """Return Wilder's relative strength index of a column, 0 to 100."""
    return _made(Rsi, {"length": length, "source": source})


def roc(length: int, source: Source = "close") -> Indicator:
    """Return the rate of change of a column over `length` bars, in percent."""
    return _made(Roc, {"length": length, "source": source})


def highest(length: int, source: Source = "high") -> Indicator:
    """Return the greatest value of a column in the last `length` bars, this one included."""
    return _made(Highest, {"length": length, "source": source})


def lowest(length: int, source: Source = "low") -> Indicator:
    """Return the least value of a column in the last `length` bars, this one included."""
    return _made(Lowest, {"length": length, "source": source})


def macd(fast: int = 12, slow: int = 26, signal: int = 9, source: Source = "close") -> Indicator:
    """Return MACD with its values `line`, `signal` and `histogram`."""
    return _made(Macd, {"fast": fast, "slow": slow, "signal": signal, "source": source})


def bollinger(length: int = 20, deviations: float = 2.0, source: Source = "close") -> Indicator:
    """Return Bollinger bands with their values `upper`, `middle` and `lower`."""
    return _made(Bollinger, {"length": length, "deviations": deviations, "source": source})


def donchian(length: int = 20) -> Indicator:
    """Return the Donchian channel with its values `upper`, `middle` and `lower`."""
    return _made(Donchian, {"length": length})


def atr(length: int = 14) -> Indicator:
    """Return Wilder's average true range, in units of price."""
    return _made(Atr, {"length": length})


def vwap(length: int) -> Indicator:
    """Return the rolling volume-weighted average price over `length` bars."""
    return _made(Vwap, {"length": length})


def obv() -> Indicator:
    """Return on-balance volume, in units of volume."""
    return _made(Obv, {})
