"""Indicators that are broken in one way each."""

import math
from collections import deque

import numpy as np

from broken.sound import Echo
from tradekit.testing import IndicatorContract


class MeanStep:
    """The mean of the last three values."""

    def __init__(self, window=None):
        self.window = deque(maxlen=3) if window is None else window

    def push(self, value):
        self.window.append(value)
        return math.fsum(self.window) / 3 if len(self.window) == 3 else math.nan


class Mean(Echo):
    """Give the mean of three closes."""

    @property
    def warmup(self):
        return 3

    def step(self):
        return MeanStep()


class Flattened(Mean):
    """Return the values of a single output without the axis of outputs."""

    name = "flattened"

    def compute(self, close):
        return super().compute(close)[0]


class TestFlattened(IndicatorContract):
    component = Flattened
    breaks = "ind01"
    also = ("ind05",)  # which reads what it returns


class Biased(Mean):
    """Divide by another number in the array form than in the other."""

    name = "biased"

    def compute(self, close):
        return super().compute(close) * 3 / 2


class TestBiased(IndicatorContract):
    component = Biased
    breaks = "ind02"
    also = ("ind03",)  # what differs on ordinary bars differs on others, too


class CumulativeSum(Mean):
    """Take the mean from a running sum, which a NaN spoils for all bars after it."""

    name = "cumulative-sum"

    def compute(self, close):
        total = np.cumsum(np.concatenate(([0.0], close)))
        means = (total[3:] - total[:-3]) / 3
        return np.concatenate((np.full(min(2, len(close)), np.nan), means))[np.newaxis]


class TestCumulativeSum(IndicatorContract):
    component = CumulativeSum
    breaks = "ind03"


class Impatient(Mean):
    """Declare a warm-up that is shorter than the one it has."""

    name = "impatient"

    @property
    def warmup(self):
        return 2


class TestImpatient(IndicatorContract):
    component = Impatient
    breaks = "ind04"


class Prophet(Mean):
    """Give the mean of a window that is centred on its bar."""

    name = "prophet"

    def compute(self, close):
        values = super().compute(close)
        values[:, 2:-1] = values[:, 3:]
        return values


class TestProphet(IndicatorContract):
    component = Prophet
    breaks = "ind05"
    also = ("ind02", "ind03")  # a form that pushes bars can't know the future


WINDOW = deque(maxlen=3)


class Shared(Mean):
    """Keep one window for all states."""

    name = "shared"
    window = WINDOW

    def step(self):
        self.window.clear()
        return MeanStep(self.window)


class TestShared(IndicatorContract):
    component = Shared
    breaks = "ind06"


class Scribbler(Mean):
    """Write into the column that it gets."""

    name = "scribbler"

    def compute(self, close):
        values = super().compute(close)
        close[np.isnan(values[0])] = 0.0
        return values


class TestScribbler(IndicatorContract):
    component = Scribbler
    breaks = "ind07"


class ForgetfulStep(MeanStep):
    """Begin anew with each call of run."""

    def run(self, close):
        fresh = MeanStep()
        return np.array([fresh.push(value) for value in close.tolist()])


class Forgetful(Mean):
    """Begin anew with each piece of the bars."""

    name = "forgetful"

    def step(self):
        return ForgetfulStep()


class TestForgetful(IndicatorContract):
    component = Forgetful
    breaks = "ind08"
