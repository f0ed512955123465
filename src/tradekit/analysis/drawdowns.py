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
    values = np.concatenate(([curve.capital], curve.equity))
    fall = np.maximum.accumulate(values)
    # In place, because a minute bar's curve is long: what remains of the peak, then what is gone of it.
    np.subtract(1.0, np.divide(values, fall, out=fall), out=fall)
    is_below = fall > _ROUNDING
    first = np.flatnonzero(is_below[1:] & ~is_below[:-1]) + 1
    if not len(first):
        none = np.zeros(0, dtype=np.int64)
        return Drawdowns(none, none, none, np.zeros(0), np.zeros(0))
    back = np.flatnonzero(is_below[:-1] & ~is_below[1:]) + 1
    is_open = len(back) < len(first)
    start, ended = _times(curve, first - 1), _times(curve, back)
    end = np.append(ended, NOT_YET) if is_open else ended
    until = np.append(ended, curve.close_time[-1]) if is_open else ended
    depth = np.maximum.reduceat(fall, first)
    # The rows from one start to the next include the recovery, where the fall is 0 and changes no maximum.
    lowest = np.repeat(depth, np.diff(np.append(first, len(fall))))
    hits = np.flatnonzero(fall[first[0] :] == lowest) + first[0]
    trough = hits[np.searchsorted(hits, first)]
    return Drawdowns(start, _times(curve, trough), end, depth, (until - start) / DAY)


def _times(curve: EquityCurve, rows: NDArray[np.int64]) -> Times:
    """Return when values were reached: row 0 is the start of the run, row `n` the close of its bar `n`."""
    return np.where(rows == 0, curve.start, curve.close_time[np.maximum(rows - 1, 0)])
