"""Times of bars as people group them: by the UTC day, month and hour that ends with a close."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradekit_report.figures.tables import Times

__all__ = ["DAY", "HOUR", "WEEKDAYS", "days_of", "hours_of", "months_of", "weekdays_of"]

HOUR = 3_600_000_000_000
DAY = 24 * HOUR
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def days_of(time: Times) -> Times:
    """Return the number of the UTC day, since 1970, that each time lies in."""
    return time // DAY


def weekdays_of(time: Times) -> Times:
    """Return 0 for a Monday."""
    return (time // DAY + 3) % 7


def hours_of(time: Times) -> Times:
    """Return the hour of the UTC day."""
    return time // HOUR % 24


def months_of(time: Times) -> NDArray[np.int64]:
    """Return the number of the calendar month, since January 1970."""
    return time.view("M8[ns]").astype("M8[M]").astype(np.int64)
