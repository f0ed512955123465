"""What formulas keep of the past: windows over columns that come whole or in pieces, with the same values either way.

Windows are never summed by adding and taking away: a value that has left leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tradekit import steps

__all__ = ["Change", "Correlation", "Delay", "Floats", "Mean", "Percentile", "Smoothing", "Span", "Window", "deviation", "ratio"]

Floats = NDArray[np.float64]


class Delay:
    """Values of `length` bars ago; NaN before there are any."""

    def __init__(self, length: int) -> None:
        self.past = np.full(length, np.nan)

    def __call__(self, values: Floats) -> Floats:
        """Take in values and return those that came `length` before each."""
        known = np.concatenate((self.past, values))
        self.past = known[len(values) :]
        return known[: len(values)]


class Change:
    """Values less those of `length` bars ago; NaN before there are any."""

    def __init__(self, length: int = 1) -> None:
        self.before = Delay(length)

    def __call__(self, values: Floats) -> Floats:
        """Take in values and return their changes."""
        changes: Floats = values - self.before(values)
        return changes


class Mean:
    """The mean of the last `length` values that are numbers, NaN on one that is none; `Mean(n)(x) * n` is their sum."""

    def __init__(self, length: int) -> None:
        self.step = steps.Sma(length)

    def __call__(self, values: Floats) -> Floats:
        """Take in values and return the mean at each."""
        return self.step.run(values)


class Window:
    """The last `length` values at each bar, for a formula that needs all of them: arrays of [time], the oldest first."""

    def __init__(self, length: int) -> None:
        self.past = np.full(length - 1, np.nan)

    def __call__(self, values: Floats) -> list[Floats]:
        """Take in values and return views of them, each one bar later than the one before it; the last is `values` itself."""
        known = np.concatenate((self.past, values))
        self.past = known[len(values) :]
        return [known[k : k + len(values)] for k in range(len(known) - len(values) + 1)]


class Span:
    """The highest and the lowest of the last `length` values, from their columns."""

    def __init__(self, length: int) -> None:
        self.highest, self.lowest = steps.Highest(length), steps.Lowest(length)

    def __call__(self, highs: Floats, lows: Floats) -> tuple[Floats, Floats]:
        """Take in values and return the highest of the ones and the lowest of the others."""
        return self.highest.run(highs), self.lowest.run(lows)


class Correlation:
    """Pearson's correlation of the last `length` pairs that are numbers; 0 where one side stood still."""

    def __init__(self, length: int) -> None:
        self.means = [Mean(length) for _ in range(5)]

    def __call__(self, first: Floats, second: Floats) -> Floats:
        """Take in pairs and return the correlation at each."""
        both = first + second  # NaN where either is, so that all means leave out the same pairs
        x, y = first + 0.0 * both, second + 0.0 * both
        mx, my, mxx, myy, mxy = (mean(values) for mean, values in zip(self.means, (x, y, x * x, y * y, x * y), strict=True))
        spread = np.maximum(mxx - mx * mx, 0.0) * np.maximum(myy - my * my, 0.0)
        return np.clip(ratio(mxy - mx * my, np.sqrt(spread), 0.0), -1.0, 1.0)


class Percentile:
    """The share of the `length` - 1 values before a value that are smaller, equal ones by half; NaN where one of all is NaN."""

    def __init__(self, length: int) -> None:
        self.window, self.length = Window(length), length

    def __call__(self, values: Floats) -> Floats:
        """Take in values and return the percentile of each."""
        *past, now = self.window(values)
        below, known = np.zeros(len(values)), np.isfinite(now)
        for before in past:
            below += (before < now) + 0.5 * (before == now)
            known &= np.isfinite(before)
        return np.where(known, below / (self.length - 1), np.nan)


class Smoothing:
    """An exponentially weighted mean that begins with the mean of the first `length` values. It goes bar by bar, as it must."""

    def __init__(self, length: int, decay: float) -> None:
        self.length, self.decay = length, decay
        self.seen, self.value = 0, 0.0

    def __call__(self, values: Floats) -> Floats:
        """Take in values and return the mean at each."""
        found = [self.next(value) for value in values.tolist()]
        return np.array(found, dtype=np.float64)

    def next(self, value: float) -> float:
        """Take in one value and return the mean; NaN until there are `length`, and on one that is none."""
        if value != value:
            return float("nan")
        if self.seen < self.length:
            self.seen += 1
            self.value += (value - self.value) / self.seen
            return self.value if self.seen == self.length else float("nan")
        self.value = value + self.decay * (self.value - value)
        return self.value


def deviation(length: int) -> Callable[[Floats], Floats]:
    """Return a function to the sample standard deviation of the last `length` values, which is divided by `length` - 1."""
    step, scale = steps.Stdev(length), float(np.sqrt(length / (length - 1)))
    return lambda values: step.run(values) * scale


def ratio(part: Floats, whole: Floats, otherwise: float) -> Floats:
    """Return `part / whole`, and `otherwise` where `whole` is 0; NaN stays."""
    found: Floats = np.where(whole == 0.0, np.where(np.isnan(part), np.nan, otherwise), part / whole)
    return found
