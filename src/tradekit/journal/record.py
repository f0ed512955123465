"""What the simulator leaves behind, reduced to arrays: the source of every table and event of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Bars, Floats, Times
from tradekit.model.event import EventKind

__all__ = ["Record"]


@dataclass(frozen=True)
class Record:
    """The raw record of a run: the log and the orders as columns, equity at each close, and the names behind the numbers.

    `bars` holds the rows that were done. What the columns mean is written at `tradekit.simulator.log.Log`.
    """

    bars: Bars
    capital: float
    log: Mapping[str, NDArray[Any]]
    words: Mapping[int, tuple[str, Mapping[str, float]]]
    orders: Mapping[str, NDArray[Any]]
    equity: Floats
    rules: Sequence[str]

    @cached_property
    def times(self) -> Times:
        """When each entry happened, UTC nanoseconds.

        Decisions are made at the close of a bar. An order that is due is filled, or given up, at the open of a bar or inside it, at
        some time that is not known: that has the last nanosecond before the close.
        """
        log = self.log
        opened, closed = self.bars.open_time[log["row"]], self.bars.close_time[log["row"]]
        given_up = np.isin(log["kind"], (EventKind.REJECT, EventKind.CANCEL))
        when = np.where(log["kind"] == EventKind.FILL, log["code"], np.where(given_up, log["e"], np.nan))
        found: Times = np.select([when == 0.0, when == 1.0], [opened, closed - 1], closed)
        return found

    def entries(self, kind: EventKind) -> NDArray[np.int64]:
        """Return the numbers of the entries of one kind."""
        return np.flatnonzero(self.log["kind"] == kind)
