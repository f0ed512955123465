"""Bars and lines made coarser without losing an extreme: each bucket of rows keeps its first, highest, lowest and last value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Candles", "Envelope", "candles", "envelope", "step_for"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candles:
    """Bars of one instrument, each made of `step` rows of the clock: float64 [bucket]; NaN where no row of a bucket has a bar."""

    step: int
    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def __len__(self) -> int:
        return len(self.close)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A line, `step` rows a bucket: its lowest, highest and last values, float64 [bucket]; NaN where it has none."""

    step: int
    low: Floats
    high: Floats
    last: Floats

    def __len__(self) -> int:
        return len(self.last)


def step_for(rows: int, most: int) -> int:
    """Return the smallest power of two by which so many rows become `most` buckets at most."""
    step = 1
    while rows > most * step:
        step *= 2
    return step


def candles(open_: Floats, high: Floats, low: Floats, close: Floats, step: int) -> Candles:
    """Return bars of `step` rows each, counted from the first row; the last may have fewer."""
    if step == 1:
        return Candles(1, open_, high, low, close)
    starts = np.arange(0, len(close), step)
    return Candles(
        step,
        _first(open_, starts),
        np.fmax.reduceat(high, starts),
        np.fmin.reduceat(low, starts),
        _last(close, starts),
    )


def envelope(values: Floats, step: int) -> Envelope:
    """Return a line in buckets of `step` rows, counted from the first; the last may have fewer."""
    if step == 1:
        return Envelope(1, values, values, values)
    starts = np.arange(0, len(values), step)
    return Envelope(step, np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts), _last(values, starts))


def _first(values: Floats, starts: NDArray[np.int64]) -> Floats:
    """Return the first value of each bucket that is one."""
    row = np.arange(len(values))
    known = np.where(np.isnan(values), len(values), row)
    at = np.minimum.reduceat(known, starts)
    return np.where(at < len(values), values[np.minimum(at, len(values) - 1)], np.nan)


def _last(values: Floats, starts: NDArray[np.int64]) -> Floats:
    """Return the last value of each bucket that is one."""
    known = np.where(np.isnan(values), -1, np.arange(len(values)))
    at = np.maximum.reduceat(known, starts)
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan)
