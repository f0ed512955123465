"""Excursions: how far the price went against a trade, and for it, while the trade was held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.curve import NOT_YET
from tradekit.analysis.trades import RoundTrips
from tradekit.model.bars import Bars, Floats
from tradekit.model.memory import MEMORY, Memory

__all__ = ["Excursions", "Splits", "excursions"]


@dataclass(frozen=True, slots=True)
class Excursions:
    """Of each trade, as fractions of its entry price, float64 [trade], both >= 0.

    `adverse` is the farthest that the price was on the losing side of the average entry (MAE), `favourable` on the winning side
    (MFE). Sweeney (1996), Maximum Adverse Excursion.
    """

    adverse: Floats
    favourable: Floats


@dataclass(frozen=True, slots=True)
class Splits:
    """The splits in a run: the row before whose open each takes effect, its instrument, and how many new units an old one is."""

    row: NDArray[np.int64]
    instrument: NDArray[np.int64]
    ratio: Floats

    @classmethod
    def none(cls) -> Splits:
        """Return that there were none."""
        return cls(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))


def excursions(bars: Bars, trips: RoundTrips, splits: Splits, memory: Memory = MEMORY) -> Excursions:
    """Find the excursions of each trade in the bars that it was held through, up to now where it is open.

    Only prices that surely lay inside a trade count, because what comes first within a bar is not known: lows and highs of bars
    that it was held through whole, the close of the bar in which it was entered, the open of the one in which it was left, and
    the average prices of entry and exit. `memory` is where the bars lie.
    """
    lowest, highest = np.minimum(trips.entry_price, trips.exit_price), np.maximum(trips.entry_price, trips.exit_price)
    for i in np.unique(trips.instrument).tolist():
        own = np.flatnonzero(trips.instrument == i)
        spans = _Spans.of(bars, trips, own)
        factor = _Factor.of(splits, i)
        # Trades have prices in units as they are when they end.
        units = factor.on(spans.last)
        low, high = _extremes(bars, i, spans, factor, memory)
        lowest[own] = np.fmin(lowest[own], low / units)
        highest[own] = np.fmax(highest[own], high / units)
    down, up = 1.0 - lowest / trips.entry_price, highest / trips.entry_price - 1.0
    is_long = trips.direction > 0
    return Excursions(np.where(is_long, down, up), np.where(is_long, up, down))


@dataclass(frozen=True, slots=True)
class _Spans:
    """Of some trades of one instrument, in order: the rows `first <= row < stop` that each was held through whole.

    `entered` and `left` are the rows inside which it began or ended, and -1 where it did so at an open or a close.
    """

    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    entered: NDArray[np.int64]
    left: NDArray[np.int64]
    last: NDArray[np.int64]
    """The row on which it ended."""

    @classmethod
    def of(cls, bars: Bars, trips: RoundTrips, own: NDArray[np.int64]) -> _Spans:
        entry, leave = trips.entry_time[own], trips.exit_time[own]
        is_open = leave == NOT_YET
        # What happens at a close belongs to the row that begins then.
        began = np.searchsorted(bars.close_time, entry, side="right")
        ended = np.where(is_open, len(bars), np.searchsorted(bars.close_time, leave, side="right"))
        last = len(bars) - 1
        is_inside = (began <= last) & (entry > bars.open_time[np.minimum(began, last)])
        is_left_inside = ~is_open & (ended <= last) & (leave > bars.open_time[np.minimum(ended, last)])
        return cls(
            first=began + is_inside,
            stop=ended,
            entered=np.where(is_inside & (ended > began), began, -1),
            left=np.where(is_left_inside & (ended > began), ended, -1),
            last=np.minimum(ended, last),
        )


@dataclass(frozen=True, slots=True)
class _Factor:
    """What makes prices of an instrument comparable over its splits: 1 before the first, then the product of their ratios."""

    row: NDArray[np.int64]
    product: Floats

    @classmethod
    def of(cls, splits: Splits, i: int) -> _Factor:
        own = splits.instrument == i
        return cls(splits.row[own], np.cumprod(np.append(1.0, splits.ratio[own])))

    def on(self, rows: NDArray[np.int64]) -> Floats:
        """Return the factors of some rows."""
        return self.product[np.searchsorted(self.row, rows, side="right")]


def _extremes(bars: Bars, i: int, spans: _Spans, factor: _Factor, memory: Memory) -> tuple[Floats, Floats]:
    """Return the lowest and the highest price of each span, in units as they were before any split; NaN where there is none."""
    low, high = np.full((2, len(spans.first)), np.nan)
    for block in memory.blocks(len(bars)):
        begin, end = np.searchsorted(spans.stop, block.start, side="right"), np.searchsorted(spans.first, block.stop)
        at = np.arange(begin, end)[spans.first[begin:end] < spans.stop[begin:end]]
        if not len(at):
            continue
        bounds = np.clip(np.column_stack((spans.first[at], spans.stop[at])), block.start, block.stop).ravel() - block.start
        lows, highs = bars.low[block, i], bars.high[block, i]
        if len(factor.row):
            scale = factor.on(np.arange(block.start, block.stop))
            lows, highs = lows * scale, highs * scale
        low[at] = np.fmin(low[at], _reduced(np.minimum, np.fmin, lows, bounds))
        high[at] = np.fmax(high[at], _reduced(np.maximum, np.fmax, highs, bounds))
    for rows, prices in ((spans.entered, bars.close), (spans.left, bars.open)):
        price = np.where(rows >= 0, prices[rows, i] * factor.on(rows), np.nan)
        low, high = np.fmin(low, price), np.fmax(high, price)
    return low, high


def _reduced(function: np.ufunc, over_holes: np.ufunc, values: Floats, bounds: NDArray[np.int64]) -> Floats:
    """Return what a function makes of the values between each pair of bounds, or one that passes over NaN where there are any."""
    # The last pair may end with the values, where no bound may be.
    within = bounds[:-1] if bounds[-1] == len(values) else bounds
    found: Floats = function.reduceat(values, within)[::2]
    if np.isnan(found).any():
        found = over_holes.reduceat(values, within)[::2]
    return found
