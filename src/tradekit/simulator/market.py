"""The bars as the simulator reads them, and how far it has read."""

from __future__ import annotations

import numpy as np

from tradekit.model.bars import Bars

__all__ = ["Market", "Prices"]


class Prices:
    """The columns of some bars: prices and volume [row, instrument], and the times of each row."""

    def __init__(self, bars: Bars) -> None:
        self.open_time = bars.open_time
        self.close_time = bars.close_time
        self.open = bars.open
        self.high = bars.high
        self.low = bars.low
        self.close = bars.close
        self.volume = bars.volume


class Market:
    """The run's clock, with the row of each instrument's last bar and of the one before (-1: none), and a count of bars.

    `bars` are the prices that are traded at, `shown` those that a strategy reads by name: adjusted for splits and dividends. `only`
    are the closes of the only instrument, empty where there are more.
    """

    def __init__(self, bars: Bars, adjusted: Bars) -> None:
        self.rows = len(bars)
        self.size = len(bars.symbols)
        self.bars = Prices(bars)
        self.shown = self.bars if adjusted is bars else Prices(adjusted)
        self.close = bars.close
        self.only = bars.close.reshape(-1) if self.size == 1 else np.zeros(0)
        self.close_time = bars.close_time
        self.current, self.previous, self.seen = np.empty((3, self.size), dtype=np.int64)
        self.renew()

    def renew(self) -> int:
        """Go back to before the first row."""
        for i in range(self.size):
            self.current[i] = self.previous[i] = -1
            self.seen[i] = 0
        return 0

    def price(self, column: int, row: int, i: int) -> float:
        """Return a value that a strategy reads, by its position in `PRICE_COLUMNS`."""
        if column == 3:
            return self.shown.close[row, i]
        if column == 0:
            return self.shown.open[row, i]
        if column == 1:
            return self.shown.high[row, i]
        if column == 2:
            return self.shown.low[row, i]
        return self.shown.volume[row, i]
