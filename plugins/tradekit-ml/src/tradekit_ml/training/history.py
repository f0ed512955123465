"""What a strategy has seen: bars and features, one row for each time at which it was asked, in arrays that grow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit import Bars

__all__ = ["PRICES", "History"]

Floats = NDArray[np.float64]
PRICES = ("open", "high", "low", "close", "volume")


@dataclass
class History:
    """Rows of a clock: when each closed, the five columns of a bar [time, instrument, column], and features [.., feature].

    A bar that an instrument doesn't have is NaN. Both forms of a strategy fill it with the same numbers: one row after the other,
    or all at once.
    """

    symbols: tuple[str, ...]
    times: NDArray[np.int64]
    prices: Floats
    features: Floats
    count: int

    @classmethod
    def empty(cls, symbols: tuple[str, ...], features: int) -> History:
        """Return one without rows, to which `append` adds."""
        room, width = 1024, len(symbols)
        prices, rows = np.empty((room, width, len(PRICES))), np.empty((room, width, features))
        return cls(symbols, np.empty(room, dtype=np.int64), prices, rows, 0)

    def append(self, time: int, prices: Floats, features: Floats) -> None:
        """Add a row: [instrument, column] and [instrument, feature]."""
        if self.count == len(self.times):
            self.times = np.concatenate((self.times, np.empty_like(self.times)))
            self.prices = np.concatenate((self.prices, np.empty_like(self.prices)))
            self.features = np.concatenate((self.features, np.empty_like(self.features)))
        self.times[self.count], self.prices[self.count], self.features[self.count] = time, prices, features
        self.count += 1

    def bars(self, first: int, stop: int) -> Bars:
        """Return rows `first <= row < stop` as bars. Each is taken to open when the one before closed."""
        close_time = self.times[first:stop]
        opened = np.concatenate((close_time[:1], close_time[:-1]))
        columns = (np.ascontiguousarray(self.prices[first:stop, :, k]) for k in range(len(PRICES)))
        return Bars(self.symbols, opened, close_time, *columns)
