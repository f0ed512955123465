"""Features of the calendar: what the close of a bar tells without any price. All are in UTC, and known in advance."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

import tradekit
from tradekit_ml.features.windows import Floats

__all__ = ["ClockFeature", "DayOfWeek", "DayOfYear", "MonthPart", "TimeOfDay"]

_DAY = 86_400_000_000_000
_TURN = 2.0 * np.pi


class ClockFeature:
    """What depends on the time alone: one value, or several, for the close of each bar."""

    name: ClassVar[str]
    outputs: ClassVar[tuple[str, ...]] = ("sin", "cos")

    Options = tradekit.Options

    def values(self, close_time: NDArray[np.int64]) -> Floats:
        """Return float64 [output, time] for times in UTC nanoseconds."""
        raise NotImplementedError


def _circle(part: Floats) -> Floats:
    """Return sine and cosine of a part of a turn, so that the end of a period is next to its beginning."""
    return np.stack((np.sin(_TURN * part), np.cos(_TURN * part)))


class TimeOfDay(ClockFeature):
    """The time of the day on a circle, from midnight UTC: `sin`, `cos`, and `part` of the day gone, 0 to 1."""

    name = "time-of-day"
    outputs = ("sin", "cos", "part")

    def values(self, close_time: NDArray[np.int64]) -> Floats:
        part = (close_time % _DAY) / _DAY
        return np.concatenate((_circle(part), part[np.newaxis]))


class DayOfWeek(ClockFeature):
    """The time of the week on a circle, from Monday midnight UTC: `sin` and `cos`, and the `day`, 0 for Monday to 6."""

    name = "day-of-week"
    outputs = ("sin", "cos", "day")

    def values(self, close_time: NDArray[np.int64]) -> Floats:
        # 1970 began on a Thursday.
        since = (close_time + 3 * _DAY) % (7 * _DAY)
        return np.concatenate((_circle(since / (7 * _DAY)), (since // _DAY).astype(np.float64)[np.newaxis]))


class MonthPart(ClockFeature):
    """The part of the month gone, 0 to 1, and how many whole `days_left` it has; by the calendar, not by the bars to come."""

    name = "month-part"
    outputs = ("part", "days_left")

    def values(self, close_time: NDArray[np.int64]) -> Floats:
        month = close_time.view("M8[ns]").astype("M8[M]")
        begins, ends = (months.astype("M8[ns]").astype(np.int64) for months in (month, month + 1))
        return np.stack(((close_time - begins) / (ends - begins), ((ends - close_time - 1) // _DAY).astype(np.float64)))


class DayOfYear(ClockFeature):
    """The time of the year on a circle, from January, 1st, UTC: `sin` and `cos`."""

    name = "day-of-year"

    def values(self, close_time: NDArray[np.int64]) -> Floats:
        year = close_time.view("M8[ns]").astype("M8[Y]")
        begins, ends = (years.astype("M8[ns]").astype(np.int64) for years in (year, year + 1))
        return _circle((close_time - begins) / (ends - begins))
