"""An indicator that reads three columns and has two values."""

from collections import deque

import numpy as np
import tradekit
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from tradekit import Field, Indicator


class Vortex(Indicator):
    """How far highs reach above the lows before them, and lows below the highs before them, as parts of the true range.

    Both are 0 where the price has not moved at all. Defined in: Etienne Botes and Douglas Siepman, The Vortex Indicator, Technical
    Analysis of Stocks & Commodities, January 2010.
    """

    name = "vortex"
    inputs = ("high", "low", "close")
    outputs = ("plus", "minus")

    class Options(tradekit.Options):
        """How it is made."""

        length: int = Field(14, ge=1, description="bars over which it is summed up")

    @property
    def warmup(self) -> int:
        """Return the bar with the first values: each bar is compared with the one before it."""
        return int(self.options.length) + 1

    def step(self) -> "VortexStep":
        """Return the state for one instrument."""
        return VortexStep(self.options.length)

    def compute(self, *columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return all values at once."""
        length = self.options.length
        values = np.full((2, len(columns[0])), np.nan)
        if len(columns[0]) > length:
            moves = _moves([column[:-1] for column in columns], [column[1:] for column in columns])
            plus, minus, ranges = sliding_window_view(moves, length, axis=1).sum(axis=2)
            for row, sums in enumerate((plus, minus)):
                values[row, length:] = np.divide(sums, ranges, out=0.0 * ranges, where=ranges != 0.0)
        return values


class VortexStep:
    """The last bars of one instrument."""

    def __init__(self, length: int) -> None:
        self.before: list[float] = []
        self.moves: deque[NDArray[np.float64]] = deque(maxlen=length)

    def push(self, high: float, low: float, close: float) -> tuple[float, float]:
        """Take a bar and return both values on it; NaN during warm-up."""
        bar = [high, low, close]
        if self.before:
            self.moves.append(_moves(self.before, bar))
        self.before = bar
        if len(self.moves) < (self.moves.maxlen or 0):
            return float("nan"), float("nan")
        plus, minus, ranges = np.sum(self.moves, axis=0)
        return (float(plus / ranges), float(minus / ranges)) if ranges else (0.0, 0.0)


def _moves(before: list[float] | list[NDArray[np.float64]], now: list[float] | list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the move up, the move down and the true range, of one bar or of many."""
    high_before, low_before, close_before = before
    high, low, _ = now
    ranges = np.maximum(high, close_before) - np.minimum(low, close_before)
    return np.array([np.abs(np.subtract(high, low_before)), np.abs(np.subtract(low, high_before)), ranges])
