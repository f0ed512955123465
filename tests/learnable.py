"""Markets that are made up for models: noise, and an edge that is known."""

from dataclasses import replace

import numpy as np

from tradekit import Series
from tradekit.testing import markets


def noise(count: int, seed: int) -> Series:
    """Hours of a random walk, in which nothing can be foreseen."""
    return markets.walk(count, markets.HOUR, seed, volatility=0.01)


def with_edge(count: int, seed: int, drift: float = 0.003) -> Series:
    """Hours of a walk that drifts up or down for a hundred bars or so on end: what it did, it goes on doing for a while."""
    generator = np.random.default_rng(seed)
    way = np.where(np.logical_xor.accumulate(generator.random(count) < 0.01), -1.0, 1.0)
    close = 100.0 * np.exp(np.cumsum(generator.normal(drift * way, 0.01)))
    series = noise(count, seed)
    opened = np.concatenate(([100.0], close[:-1]))
    reach = np.abs(generator.normal(0.0, 0.005, (2, count)))
    high, low = np.maximum(opened, close) * (1 + reach[0]), np.minimum(opened, close) / (1 + reach[1])
    return replace(series, open=opened, high=high, low=low, close=close)
