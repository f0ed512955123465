"""Drawdowns: how far and how long the account was below its highest value so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tradekit.analysis.curve import DAY, NOT_YET, EquityCurve
from tradekit.model.bars import Floats, Times
from tradekit.simulator.underwater import underwater

__all__ = ["Drawdowns", "drawdown_periods"]


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
    first, trough, back, depth = underwater(curve.equity, curve.capital)
    if not len(first):
        none = np.zeros(0, dtype=np.int64)
        return Drawdowns(none, none, none, depth, np.zeros(0))
    start = np.where(first == 0, curve.start, curve.close_time[first - 1])
    is_open, ended = back < 0, curve.close_time[back]
    end, until = np.where(is_open, NOT_YET, ended), np.where(is_open, curve.close_time[-1], ended)
    return Drawdowns(start, curve.close_time[trough], end, depth, (until - start) / DAY)
