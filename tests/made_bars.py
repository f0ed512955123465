"""Bars that tests make up, as a market makes them."""

from dataclasses import replace

import numpy as np

from tradekit import Series

DAY = 86_400_000_000_000
MINUTE = 60_000_000_000
START = 1_704_067_200_000_000_000  # Monday, 2024-01-01


def walk(count: int = 400, step: int = DAY, seed: int = 7, volatility: float = 0.01) -> Series:
    """Return bars of a random walk that trades through: each opens near the close before."""
    generator = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(generator.normal(0, volatility, count))), 4)
    opened = np.concatenate(([100.0], close[:-1]))
    reach = np.abs(generator.normal(0, volatility / 2, (2, count)))
    high, low = np.maximum(opened, close) * (1 + reach[0]), np.minimum(opened, close) * (1 - reach[1])
    times = START + step * np.arange(count)
    return Series(times, times + step, opened, high, low, close, generator.integers(500, 1500, count).astype(float), "made up")


def scaled(series: Series, rows: object, factor: float) -> Series:
    """Return the series with the prices of some rows multiplied."""
    columns = {name: getattr(series, name).copy() for name in ("open", "high", "low", "close")}
    for column in columns.values():
        column[rows] *= factor
    return replace(series, **columns)


def taken(series: Series, index: object) -> Series:
    """Return some of the bars."""
    names = ("open_time", "close_time", "open", "high", "low", "close", "volume")
    return replace(series, **{name: getattr(series, name)[index] for name in names})
