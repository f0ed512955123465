"""Drawdowns: how far and how long the account was below its highest value so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.curve import DAY, NOT_YET, EquityCurve
from tradekit.model.bars import Floats, Times

__all__ = ["Drawdowns", "drawdown_periods"]

# Booking fills leaves rounding of this order: a fall smaller than it is none.
_ROUNDING = 1e-12
_BLOCK = 65_536  # rows


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
    fall = _fall(curve)
    is_below = fall > _ROUNDING
    turns = np.flatnonzero(is_below[1:] != is_below[:-1]) + 1
    turns = np.append(0, turns) if len(fall) and is_below[0] else turns
    first, back = turns[::2], turns[1::2]
    if not len(first):
        none = np.zeros(0, dtype=np.int64)
        return Drawdowns(none, none, none, np.zeros(0), np.zeros(0))
    is_open = len(back) < len(first)
    start, ended = np.where(first == 0, curve.start, curve.close_time[first - 1]), curve.close_time[back]
    end = np.append(ended, NOT_YET) if is_open else ended
    until = np.append(ended, curve.close_time[-1]) if is_open else ended
    # The rows from one start to the next include the recovery, where the fall is 0 and changes no maximum.
    depth = np.maximum.reduceat(fall, first)
    return Drawdowns(start, curve.close_time[_troughs(fall, first, depth)], end, depth, (until - start) / DAY)


def _fall(curve: EquityCurve) -> Floats:
    """Return how far below the highest value so far each bar closed, as a fraction of it."""
    # In place, because memory that is new costs more than what is computed in it.
    fall = np.maximum.accumulate(curve.equity)
    np.maximum(fall, curve.capital, out=fall)
    np.divide(curve.equity, fall, out=fall)
    return np.subtract(1.0, fall, out=fall)


def _troughs(fall: Floats, first: NDArray[np.int64], depth: Floats) -> NDArray[np.int64]:
    """Return the first row of each drawdown on which it is as deep as it gets."""
    hits = []
    # Block by block, for the same reason.
    for start in range(int(first[0]), len(fall), _BLOCK):
        block = fall[start : start + _BLOCK]
        begun, next_begun = np.searchsorted(first, (start, start + len(block) - 1), side="right")
        bounds = np.concatenate(([0], first[begun:next_begun] - start, [len(block)]))
        hits.append(np.flatnonzero(block == np.repeat(depth[begun - 1 : next_begun], np.diff(bounds))) + start)
    rows = np.concatenate(hits)
    return rows[np.searchsorted(rows, first)]
