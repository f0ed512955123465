"""What a run knows about its clock besides the bars: scheduled events, finer bars inside a bar, and trading sessions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Floats, Times
from tradekit.model.reference import ScheduledKind

__all__ = ["Schedule"]


@dataclass(frozen=True, eq=False)
class Schedule:
    """What happens to instruments on known rows, in arrays of equal length: by row, then by instrument, then by kind.

    `row` is int64; splits, dividends and delistings take effect before the open of their row, funding at its close. `instrument`
    and `kind` (`ScheduledKind`) are int32. `value` is float64: new units for an old one, cash for a unit, or the funding rate.
    `price` is the mark price of a funding, NaN where the last close serves, and NaN for everything else.
    """

    row: Times
    instrument: NDArray[np.int32]
    kind: NDArray[np.int32]
    value: Floats
    price: Floats

    @classmethod
    def of(cls, entries: Iterable[tuple[int, int, ScheduledKind, float, float]] = ()) -> Schedule:
        """Return a schedule of entries (row, instrument, kind, value, price), in any order."""
        rows = sorted(entries, key=lambda entry: entry[:3])
        row, instrument, kind, value, price = zip(*rows, strict=True) if rows else ((),) * 5
        return cls(
            row=np.array(row, np.int64),
            instrument=np.array(instrument, np.int32),
            kind=np.array(kind, np.int32),
            value=np.array(value, float),
            price=np.array(price, float),
        )

    def __len__(self) -> int:
        return len(self.row)

    def cut(self, rows: int) -> Schedule:
        """Return what happens on the first `rows` rows."""
        stop = int(np.searchsorted(self.row, rows))
        return Schedule(self.row[:stop], self.instrument[:stop], self.kind[:stop], self.value[:stop], self.price[:stop])
