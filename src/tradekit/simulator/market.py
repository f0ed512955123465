"""The bars as the simulator reads them, and how far it has read."""

from __future__ import annotations

import numpy as np

from tradekit.model.bars import Bars

__all__ = ["Market"]


class Market:
    """Bars [row, instrument], with the row of each instrument's last bar and of the one before (-1: none), and a count of bars."""

    def __init__(self, bars: Bars) -> None:
        self.rows = len(bars)
        self.size = len(bars.symbols)
        self.open = bars.open
        self.high = bars.high
        self.low = bars.low
        self.close = bars.close
        self.volume = bars.volume
        self.close_time = bars.close_time
        self.current = np.full(self.size, -1, dtype=np.int64)
        self.previous = np.full(self.size, -1, dtype=np.int64)
        self.seen = np.zeros(self.size, dtype=np.int64)

    def price(self, column: int, row: int, i: int) -> float:
        """Return a value by its position in `PRICE_COLUMNS`."""
        if column == 3:
            return self.close[row, i]
        if column == 0:
            return self.open[row, i]
        if column == 1:
            return self.high[row, i]
        if column == 2:
            return self.low[row, i]
        return self.volume[row, i]
