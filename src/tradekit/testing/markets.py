"""Markets that are made up: each the same for the same arguments, and sound by the kernel's own checks unless it says otherwise.

All give a `Series` of one instrument, which begins on Monday, 2024-01-01, around a price of 100. What happens in it happens in its
middle, so that a test with data before and after it can be written without looking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tradekit.data.align import align
from tradekit.model.bars import BAR_COLUMNS, Bars, Series
from tradekit.model.reference import ActionKind, Actions
from tradekit.model.ticks import BookUpdates, Quotes, Trades

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "START",
    "bars",
    "book",
    "flash_crash",
    "flat",
    "gap",
    "halt",
    "missing",
    "quotes",
    "scaled",
    "split",
    "taken",
    "trades",
    "trend",
    "walk",
]

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_704_067_200_000_000_000
"""When the first bar opens: Monday, 2024-01-01."""

_PRICES = ("open", "high", "low", "close")
_SPREAD = 2e-4  # of quotes and books, as a part of the price
_LEVELS = 5


def walk(count: int = 400, step: int = DAY, seed: int = 7, volatility: float = 0.01, drift: float = 0.0) -> Series:
    """Return bars of a random walk that trades through: each opens at the close before.

    `step` is how long a bar is, in nanoseconds; `volatility` and `drift` are the standard deviation and the mean of a bar's log
    return.
    """
    generator = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(generator.normal(drift, volatility, count))), 4)
    opened = np.concatenate(([100.0], close[:-1]))[:count]
    reach = np.abs(generator.normal(0, volatility / 2, (2, count)))
    high, low = np.maximum(opened, close) * (1 + reach[0]), np.minimum(opened, close) * (1 - reach[1])
    times = START + step * np.arange(count)
    return Series(times, times + step, opened, high, low, close, generator.integers(500, 1500, count).astype(float), "made up")


def trend(count: int = 400, step: int = DAY, seed: int = 7, drift: float = 0.003) -> Series:
    """Return bars of a walk that rises by `drift` a bar on average; falls where it is negative."""
    return walk(count, step, seed, drift=drift)


def flat(count: int = 400, step: int = DAY) -> Series:
    """Return bars in which the price never moves: no range, no variance, the same volume."""
    still = np.full(count, 100.0)
    times = START + step * np.arange(count)
    return Series(times, times + step, still, still, still, still, np.full(count, 1000.0), "made up")


def flash_crash(count: int = 400, step: int = DAY, seed: int = 7, depth: float = 0.4) -> Series:
    """Return a walk that falls by the fraction `depth` within one bar and closes where it was, with 20 times its volume."""
    series, at = walk(count, step, seed), count // 2
    low, volume = series.low.copy(), series.volume.copy()
    low[at] = min(series.open[at], series.close[at]) * (1 - depth)
    volume[at] *= 20
    return replace(series, low=low, volume=volume)


def gap(count: int = 400, step: int = DAY, seed: int = 7, size: float = -0.15) -> Series:
    """Return a walk that opens away from the close before by the fraction `size`, once, and goes on from there."""
    return scaled(walk(count, step, seed), slice(count // 2, None), 1 + size)


def halt(count: int = 400, step: int = DAY, seed: int = 7, length: int = 10) -> Series:
    """Return a walk in which trading stops for `length` bars: they stand still at the last close, without volume."""
    series, first = walk(count, step, seed), count // 2
    stopped = slice(first, min(first + length, count - 1))
    columns = {name: getattr(series, name).copy() for name in (*_PRICES, "volume")}
    for name in _PRICES:
        columns[name][stopped] = series.close[first - 1]
    columns["volume"][stopped] = 0.0
    after = stopped.stop
    columns["open"][after] = columns["close"][after - 1]
    columns["high"][after] = max(columns["high"][after], columns["open"][after])
    columns["low"][after] = min(columns["low"][after], columns["open"][after])
    return replace(series, **columns)


def missing(count: int = 400, step: int = DAY, seed: int = 7, share: float = 0.1) -> Series:
    """Return a walk without a `share` of its bars, one here and some there, but with its first and its last."""
    generator = np.random.default_rng((seed, 1))
    is_kept = generator.random(count) >= share
    is_kept[[0, -1]] = True
    return taken(walk(count, step, seed), is_kept)


def split(count: int = 400, step: int = DAY, seed: int = 7, ratio: float = 4.0) -> tuple[Series, Actions]:
    """Return a walk as it was traded around a split into `ratio` units, and the action; its value for a holder does not jump."""
    series, at = walk(count, step, seed), count // 2
    volume = series.volume.copy()
    volume[at:] *= ratio
    action = Actions(series.open_time[at : at + 1], np.array([ActionKind.SPLIT], np.int32), np.array([ratio]), "made up")
    return scaled(replace(series, volume=volume), slice(at, None), 1 / ratio), action


def trades(series: Series) -> Trades:
    """Return trades that make up the bars: four a bar, at its open, its extremes and its close, which share its volume.

    Buyers took where the price had risen, and sellers where it had fallen. A bar without volume has none.
    """
    time, price, side = _prints(series)
    size = np.repeat(series.volume / 4, 4)
    there = size > 0
    number = np.arange(1, int(there.sum()) + 1)
    return Trades(time[there], price[there], size[there], series.origin, side=side[there], number=number)


def quotes(series: Series) -> Quotes:
    """Return quotes around the bars: what is bid and asked when `trades` are made, of which it is the side that was taken.

    A hundredth of a bar's volume waits on each side, and a unit at least.
    """
    time, bid, ask, size = _best(series)
    return Quotes(time, bid, size, ask, size, series.origin)


def book(series: Series) -> BookUpdates:
    """Return a book around the bars, whole each time: five levels a side, of which the first are those of `quotes`."""
    time, bid, ask, size = _best(series)
    steps = (ask - bid)[:, np.newaxis] * np.arange(_LEVELS)
    price = np.concatenate((bid[:, np.newaxis] - steps, ask[:, np.newaxis] + steps), axis=1)
    rows = 2 * _LEVELS
    side = np.tile(np.repeat(np.array([1, -1], np.int8), _LEVELS), len(time))
    number = np.repeat(np.arange(1, len(time) + 1), rows)
    sizes = np.repeat(size, rows)
    return BookUpdates(np.repeat(time, rows), number, side, price.ravel(), sizes, np.ones(len(sizes), np.bool_), series.origin)


def _prints(series: Series) -> tuple[Any, Any, Any]:
    """Return when something trades at which price, four times a bar, and who takes."""
    is_low_first = series.close >= series.open
    first, second = np.where(is_low_first, (series.low, series.high), (series.high, series.low))
    price = np.stack((series.open, first, second, series.close), axis=1).ravel()
    parts = (series.close_time - series.open_time)[:, np.newaxis] * np.arange(4) // 4
    moves = np.sign(np.diff(price, prepend=price[:1])).astype(np.int8)
    # Where the price stands still, the same side takes that took before.
    side = moves[np.maximum.accumulate(np.where(moves != 0, np.arange(len(moves)), 0))]
    return (series.open_time[:, np.newaxis] + parts).ravel(), price, np.where(side == 0, 1, side).astype(np.int8)


def _best(series: Series) -> tuple[Any, Any, Any, Any]:
    """Return the best bids and asks when something trades, and how much waits at each."""
    time, price, side = _prints(series)
    size = np.maximum(np.round(np.repeat(series.volume / 100, 4)), 1.0)
    return time, np.where(side > 0, price * (1 - _SPREAD), price), np.where(side > 0, price, price * (1 + _SPREAD)), size


def bars(market: Mapping[str, Series]) -> Bars:
    """Return several series, by symbol, on one clock, as a strategy gets them."""
    return align(market)


def scaled(series: Series, rows: Any, factor: float) -> Series:
    """Return the series with the prices of some rows, an index of NumPy, multiplied."""
    columns: dict[str, Any] = {name: getattr(series, name).copy() for name in _PRICES}
    for column in columns.values():
        column[rows] *= factor
    return replace(series, **columns)


def taken(series: Series, rows: Any) -> Series:
    """Return some of the bars, by an index of NumPy."""
    return replace(series, **{name: getattr(series, name)[rows] for name in BAR_COLUMNS})
