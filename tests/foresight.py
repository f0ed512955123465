"""Values that know what comes later, in ways that happen to honest people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tradekit import Indicator


class OfWhole(Indicator):
    """A value that is computed from the whole series at once."""

    name = "of-whole"

    def __init__(self, make):
        super().__init__()
        self.make = make

    @property
    def warmup(self):
        return 20

    def step(self):
        raise NotImplementedError

    def compute(self, close):
        return np.nan_to_num(np.asarray(self.make(pd.Series(close)), dtype=np.float64))[np.newaxis]


def fitted(close):
    line = np.polynomial.Polynomial.fit(np.arange(len(close)), close, 2)
    return close - line(np.arange(len(close)))


def unfinished(close):
    weeks = np.arange(len(close)) // 5
    return close - close.groupby(weeks).transform("last")


CHEATS = {
    "negative shift": lambda close: close.shift(-1) - close,
    "centred window": lambda close: close - close.rolling(9, center=True, min_periods=1).mean(),
    "full-sample normalising": lambda close: (close - close.mean()) / close.std(),
    "resample that shows unfinished bars": unfinished,
    "indicator fitted on everything": fitted,
}
"""What is above 0 where it pays to hold, computed from closes, float64 [time]."""

__all__ = ["CHEATS", "OfWhole"]
