"""What is known about an instrument besides its bars: funding rates, corporate actions, trading sessions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Floats, Stored, Times
from tradekit.model.demands import demand, freeze, in_order

__all__ = ["ActionKind", "Actions", "FundingRates", "ScheduledKind", "SessionTimes", "whole_seconds"]

_SECOND = 1_000_000_000


class ActionKind(IntEnum):
    """What a company, or an exchange, does to the units that one holds; in the order in which those of one date take effect."""

    SPLIT = 0
    """The value is how many new units there are for an old one: 7.0 for seven to one, 0.1 for one to ten."""
    DIVIDEND = 1
    """The value is the cash paid for a unit, in the instrument's currency; on the date of a split, for a new unit."""
    DELISTING = 2
    """The value is the cash paid for a unit at the end; 0 if they are worthless."""


class ScheduledKind(IntEnum):
    """What happens to an instrument at a known row of a run."""

    SPLIT = 0
    DIVIDEND = 1
    DELISTING = 2
    FUNDING = 3


@dataclass(frozen=True, slots=True)
class FundingRates:
    """The funding rates of one perpetual, oldest first: what a long position pays, as a fraction of its value.

    `time` is int64, UTC nanoseconds, rounded to whole seconds, because venues stamp payments some milliseconds late; `rate` is
    float64. `mark` is the mark price that values the position, float64, NaN where it is not known. The arrays are read-only.
    Raises `DataError` for times that are not ascending and for values that are not finite.
    """

    time: Times
    rate: Floats
    mark: Floats
    origin: str = ""
    """Where they came from, as a person would name it."""
    stored: Stored | None = None
    """Where in a store they are from, if they are from one."""

    def __post_init__(self) -> None:
        freeze(self, {"rate": np.float64, "mark": np.float64})
        rounded = whole_seconds(self.time)
        rounded.flags.writeable = False
        object.__setattr__(self, "time", rounded)
        in_order(self.time, "funding rates", is_once=True)
        demand(self.time, self.rate, np.isfinite(self.rate), "a funding rate must be finite")
        demand(self.time, self.mark, np.isnan(self.mark) | ((self.mark > 0) & (self.mark < np.inf)), "a mark price must be above 0")

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Actions:
    """The corporate actions of one instrument, in order of time and then of `ActionKind`.

    `time` is int64, UTC nanoseconds: an action takes effect before the first bar that opens at this time or later. For one that is
    known by its date (the ex-date), that is midnight UTC of the date, as for daily bars. `kind` is int32, see `ActionKind`, and
    `value` float64. The arrays are read-only. Raises `DataError` for what is out of order, there twice, or has no meaning.
    """

    time: Times
    kind: NDArray[np.int32]
    value: Floats
    origin: str = ""
    """Where they came from, as a person would name it."""
    stored: Stored | None = None
    """Where in a store they are from, if they are from one."""

    def __post_init__(self) -> None:
        freeze(self, {"kind": np.int32, "value": np.float64})
        in_order(self.time, "corporate actions")
        known = np.isin(self.kind, list(ActionKind))
        demand(self.time, self.kind, known, "an action must be of kind 0 (split), 1 (dividend) or 2 (delisting)")
        is_next = np.ones(len(self.time), dtype=np.bool_)
        is_next[1:] = (np.diff(self.time) > 0) | (np.diff(self.kind) > 0)
        what = "actions of one time must be in the order split (0), dividend (1), delisting (2), each there once"
        demand(self.time, self.kind, is_next, what)
        for kind in ActionKind:
            name = kind.name.lower()
            others = self.kind != kind
            good = np.isfinite(self.value) & ((self.value > 0) if kind is ActionKind.SPLIT else (self.value >= 0))
            least = "above 0" if kind is ActionKind.SPLIT else "0 or more"
            demand(self.time, self.value, others | good, f"the value of a {name} must be {least}")

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """The sessions of a trading calendar, oldest first, in int64 arrays of UTC nanoseconds.

    `date` is midnight UTC of the date by which the session is known. A session without a break has both ends of it at its close.
    """

    name: str
    date: Times
    open: Times
    close: Times
    break_start: Times
    break_end: Times

    def __len__(self) -> int:
        return len(self.date)


def whole_seconds(time: Times) -> Times:
    """Return times rounded to whole seconds."""
    rounded: Times = (time + _SECOND // 2) // _SECOND * _SECOND
    return rounded
