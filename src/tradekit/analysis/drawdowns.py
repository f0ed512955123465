"""Drawdowns: how far and how long the account was below its highest value so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.curve import DAY, NOT_YET, EquityCurve
from tradekit.model.bars import Floats, Times

__all__ = ["Drawdowns", "drawdown_periods"]

# Booking fills leaves rounding of this order: a fall smaller than it is none.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Drawdowns:
    """Each stretch below the highest value so far, in order: five arrays of equal length.

    `start` is the time of the peak, `trough` of the lowest value after it, `end` of the first close back at the peak, or
    `NOT_YET`: int64 UTC nanoseconds. `depth` is the fall from peak to trough as a positive fraction of the peak, and `days` the
    time from `start` to `end`, or to the end of the run.
    """

    start: Times
    trough: Times
    end: Times
    depth: Floats
    days: Floats

    def __len__(self) -> int:
        return len(self.start)


def drawdown_periods(curve: EquityCurve) -> Drawdowns:
    """Find all drawdowns of a curve, measured at every bar's close; the starting capital is the first peak.

    Magdon-Ismail and Atiya (2004), Maximum Drawdown, Risk 17(10). The curve must be finite and its capital > 0.
    """
    turns = np.concatenate([np.zeros(0, dtype=np.int64), *_turns(curve)])
    first, back = turns[::2], turns[1::2]
    if not len(first):
        none = np.zeros(0, dtype=np.int64)
        return Drawdowns(none, none, none, np.zeros(0), np.zeros(0))
    is_open = len(back) < len(first)
    start, ended = np.where(first == 0, curve.start, curve.close_time[first - 1]), curve.close_time[back]
    end = np.append(ended, NOT_YET) if is_open else ended
    until = np.append(ended, curve.close_time[-1]) if is_open else ended
    depth, trough = _depths(curve, first)
    return Drawdowns(start, curve.close_time[trough], end, depth, (until - start) / DAY)


def _falls(curve: EquityCurve) -> Iterator[tuple[int, Floats]]:
    """Yield how far below the highest value so far each bar closed, as a fraction of it: the first row of a block, and its falls.

    Twice a block costs less than once the whole: memory that is new costs more than what is computed in it.
    """
    peak = curve.capital
    for block in curve.memory.blocks(len(curve.equity)):
        fall = np.maximum.accumulate(curve.equity[block])
        np.maximum(fall, peak, out=fall)
        peak = float(fall[-1])
        np.divide(curve.equity[block], fall, out=fall)
        yield block.start, np.subtract(1.0, fall, out=fall)


def _turns(curve: EquityCurve) -> Iterator[NDArray[np.int64]]:
    """Yield the rows on which a drawdown begins and on which it is made up for, in turns, a block at a time."""
    was_below = False
    for start, fall in _falls(curve):
        is_below = np.concatenate(([was_below], fall > _ROUNDING))
        was_below = bool(is_below[-1])
        yield np.flatnonzero(is_below[1:] != is_below[:-1]) + start


def _depths(curve: EquityCurve, first: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """Return how deep the drawdowns that begin at rows `first` get, and the first row on which each is as deep as that."""
    depth, trough = np.zeros(len(first)), np.zeros(len(first), dtype=np.int64)
    for start, fall in _falls(curve):
        begun, next_begun = np.searchsorted(first, (start, start + len(fall) - 1), side="right")
        # The rows up to the next beginning include the recovery, where the fall is 0 and changes no maximum.
        bounds = np.concatenate(([0] if begun else [], first[begun:next_begun] - start)).astype(np.int64)
        if not len(bounds):
            continue
        which = slice(begun - 1 if begun else 0, next_begun)
        deepest = np.maximum.reduceat(fall, bounds)
        lengths = np.diff(bounds, append=len(fall))
        hits = np.flatnonzero(fall[bounds[0] :] == np.repeat(deepest, lengths)) + bounds[0]
        rows = hits[np.searchsorted(hits, bounds)] + start
        is_deeper = deepest > depth[which]
        trough[which] = np.where(is_deeper, rows, trough[which])
        depth[which] = np.maximum(deepest, depth[which])
    return depth, trough
