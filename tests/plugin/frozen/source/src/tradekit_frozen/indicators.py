"""Indicators: one that is fed bar by bar, and one that has two outputs and computes them at once."""

from collections import deque

import numpy as np
import tradekit
from tradekit import Field, Indicator


class Midrange(Indicator):
    """The middle between the highest and the lowest price of the last bars."""

    name = "frozen-midrange"
    inputs = ("high", "low")

    class Options(tradekit.Options):
        length: int = Field(12, ge=1, description="bars")

    @property
    def warmup(self):
        return self.options.length

    def step(self):
        return _Middle(self.options.length)


class _Middle:
    def __init__(self, length):
        self.bars = deque(maxlen=length)

    def push(self, high, low):
        self.bars.append((high, low))
        if len(self.bars) < self.bars.maxlen:
            return float("nan")
        return (max(high for high, _ in self.bars) + min(low for _, low in self.bars)) / 2


class Spread(Indicator):
    """How far the close is from the high and from the low of its bar."""

    name = "frozen-spread"
    inputs = ("high", "low", "close")
    outputs = ("above", "below")
    warmup = 1

    def step(self):
        return _Spread()

    def compute(self, high, low, close):
        return np.array([high - close, close - low])


class _Spread:
    def push(self, high, low, close):
        return high - close, close - low
