"""What checks look at: the columns of a result, and the bars that it ran on where they are at hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit import Bars, Result, column_values
from tradekit_report.figures import Figures
from tradekit_report.figures.tables import Floats, Times
from tradekit_report.sanity.findings import Thresholds

__all__ = ["Evidence"]


@dataclass(frozen=True)
class Evidence:
    """A result with its figures, and what is derived from them once for all checks."""

    result: Result
    figures: Figures
    limits: Thresholds
    bars: Bars | None

    @cached_property
    def time(self) -> Times:
        """The close of each bar."""
        found: Times = column_values(self.result.equity, "time")
        return found

    @cached_property
    def change(self) -> Floats:
        """What equity changed by with each bar: money."""
        capital = float(self.result.config["account"]["capital"])
        return np.diff(column_values(self.result.equity, "equity"), prepend=capital)

    @property
    def profit(self) -> float:
        """The profit of the run: money."""
        return float(np.sum(self.change))

    def trades(self, name: str) -> NDArray[Any]:
        """Return a column of the closed trades."""
        found: NDArray[Any] = column_values(self.result.trades, name)[~column_values(self.result.trades, "is_open")]
        return found

    def fills(self, name: str) -> NDArray[Any]:
        """Return a column of the fills."""
        found: NDArray[Any] = column_values(self.result.fills, name)
        return found

    def orders(self, name: str) -> NDArray[Any]:
        """Return a column of the orders."""
        found: NDArray[Any] = column_values(self.result.orders, name)
        return found

    def rows_of(self, time: Times) -> Times:
        """Return the row of the bar in which each time lies; a close belongs to the next one."""
        return np.searchsorted(self.time, time, side="right").astype(np.int64)
