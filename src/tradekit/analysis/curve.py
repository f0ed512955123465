"""The account's value over time, and the periods that its statistics are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Floats, Times
from tradekit.model.memory import MEMORY, Memory

__all__ = ["DAY", "NOT_YET", "YEAR", "EquityCurve", "Sampling", "sample"]

DAY = 86_400_000_000_000
YEAR = 365.25 * DAY
NOT_YET = int(np.iinfo(np.int64).min)
"""The time of what hasn't happened by the end of the run; as `datetime64` it reads NaT."""

_FRIDAY, _SATURDAY, _SUNDAY = 4, 5, 6


@dataclass(frozen=True, slots=True)
class EquityCurve:
    """The account at the close of each bar, in account currency.

    `close_time` is int64 [time], UTC nanoseconds. `equity` is float64 [time], marked at each close; `gross` is the sum of the
    absolute values of all positions, float64 [time], or `None` where it is not asked for. `capital` is what the account started
    with when the first bar opened, and `interval` the length of a bar in nanoseconds. `benchmark`, float64 [time], is what the same
    capital would have become. `opened` is when the first bar opened, where that is not one `interval` before its close.
    `memory` is where these arrays lie.
    """

    close_time: Times
    equity: Floats
    gross: Floats | None
    capital: float
    interval: int
    benchmark: Floats | None = None
    opened: int | None = None
    memory: Memory = MEMORY

    @property
    def start(self) -> int:
        """Return when the first bar opened, in UTC nanoseconds; 0 when there are no bars."""
        if self.opened is not None:
            return self.opened
        return int(self.close_time[0]) - self.interval if len(self.close_time) else 0

    @property
    def years(self) -> float:
        """Return the time from the first open to the last close, in years of 365.25 days."""
        return (int(self.close_time[-1]) - self.start) / YEAR if len(self.close_time) else 0.0


@dataclass(frozen=True, slots=True)
class Sampling:
    """Where the periods of a run end, how many of them make a year, and the same in words for the result's assumptions."""

    rows: NDArray[np.int64]
    per_year: float
    sentences: tuple[str, ...]

    def returns(self, values: Floats, capital: float) -> Floats:
        """Return the simple return of each period, the first one from `capital`; `values` is float64 [time], all > 0."""
        ends = values[self.rows]
        starts = np.concatenate(([capital], ends[:-1]))
        return ends / starts - 1.0


def sample(curve: EquityCurve, per_year: float | None = None) -> Sampling:
    """Choose the periods for statistics on returns: days for bars of a day or less, the bars themselves otherwise.

    A day is a UTC day, and a bar that closes at midnight belongs to the day that ends then. Bars of a market that opens on
    Sunday evening for a week that ends on Friday (currencies, futures) count to the Monday, because two hours are no day.

    A year has 365 days when the data has Saturdays, otherwise 252; 52 weeks; 12 months. `per_year` overrules that.
    """
    if curve.interval > DAY:
        days = curve.interval / DAY
        rows = np.arange(len(curve.close_time))
        chosen, reason = _bars_per_year(days), f"for bars of {days:g} days"
        periods = "returns of single bars"
    else:
        rows, chosen, reason = _day_ends(curve.close_time)
        periods = "daily returns (UTC days)"
    if per_year is not None:
        chosen, reason = per_year, "as set in the run"
    first = (
        f"Statistics use {len(rows):,} {periods} and {chosen:g} periods a year, {reason}; "
        "the risk-free rate is 0; drawdowns use every bar."
    )
    extrapolated = f"The run spans {_span(curve.years * YEAR / DAY)}: its annual figures are extrapolated."
    return Sampling(rows, chosen, (first, extrapolated) if curve.years < 0.99 else (first,))


def _span(days: float) -> str:
    for count, unit in ((days, "days"), (24.0 * days, "hours")):
        if count >= 2.0:
            return f"{count:,.0f} {unit}"
    return f"{1_440.0 * days:,.1f} minutes"


def _bars_per_year(days: float) -> float:
    if days == 7:
        return 52.0
    return 12.0 if 28 <= days <= 31 else 365.0 / days


def _day_ends(close_time: Times) -> tuple[NDArray[np.int64], float, str]:
    if not len(close_time):
        return np.zeros(0, dtype=np.int64), 252.0, "because the data has no weekends"
    midnights = np.arange((close_time[0] - 1) // DAY + 1, (close_time[-1] - 1) // DAY + 2) * DAY
    rows = np.searchsorted(close_time, midnights, side="right") - 1
    rows = rows[np.append(True, rows[1:] != rows[:-1])]
    weekday = ((close_time[rows] - 1) // DAY + 3) % 7
    # An exchange may open on single Saturdays; a market that never closes has one day in seven.
    if np.count_nonzero(weekday == _SATURDAY) * 14 >= len(rows):
        return rows, 365.0, "because the data has weekends"
    is_sunday = weekday == _SUNDAY
    is_sunday[-1] = False
    if is_sunday.any() and (weekday == _FRIDAY).any():
        return rows[~is_sunday], 252.0, "because the data has no weekends (Sunday's hours count to the Monday)"
    return rows, 252.0, "because the data has no weekends"
