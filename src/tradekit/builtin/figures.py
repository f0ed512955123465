"""Numbers and times as the summary shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tradekit import Definition

__all__ = ["closing_date", "day_text", "few", "figure", "minute_text", "money", "percent", "price", "second_text"]


def percent(value: float) -> str:
    """Return a fraction in per cent: two decimals, none from 1,000 % on."""
    return _fixed(100.0 * value, 2 if abs(value) < 10.0 else 0) + " %"


def money(value: float, scale: float) -> str:
    """Return an amount with the decimals that matter on an account of size `scale`: two on thousands, none on millions."""
    if scale >= 1_000.0:
        return _fixed(value, 2 if scale < 1e6 else 0)
    return _fixed(value, min(8, 5 - math.floor(math.log10(scale))))


def price(value: float) -> str:
    """Return a price with six significant digits."""
    if not math.isfinite(value) or value == 0.0:
        return f"{value:g}"
    return _fixed(value, min(10, max(0, 5 - math.floor(math.log10(abs(value))))))


def figure(value: float | None, definition: Definition, scale: float) -> str:
    """Return a figure of a result with its unit; `-` for one that is undefined."""
    if value is None:
        return "-"
    if definition.unit == "fraction":
        return percent(value)
    if definition.unit == "money":
        return money(value, scale)
    if definition.unit == "days" and 0.0 < value < 1.0:
        return f"{24.0 * value:.1f} hours" if value >= 1.0 / 24.0 else f"{1_440.0 * value:.1f} minutes"
    if definition.unit == "days":
        number = _fixed(value, 0 if value >= 10.0 or value == int(value) else 1)
        return f"{number} day" if number == "1" else f"{number} days"
    if definition.unit == "count":
        return f"{value:,.0f}"
    number = _fixed(value, 2 if abs(value) < 1_000.0 else 0)
    return f"{number} a year" if definition.unit == "per year" else number


def closing_date(time: int) -> str:
    """Return the UTC day of a close in nanoseconds; a close at midnight belongs to the day that ends then."""
    return day_text(time - 1)


def day_text(time: int) -> str:
    """Return the UTC day of a time in nanoseconds."""
    return str(np.datetime64(time, "ns").astype("M8[D]"))


def minute_text(time: int) -> str:
    """Return a time in nanoseconds to the minute, in UTC."""
    return str(np.datetime64(time, "ns").astype("M8[m]")).replace("T", " ")


def second_text(time: int) -> str:
    """Return a time in nanoseconds to the second, in UTC."""
    return str(np.datetime64(time, "ns").astype("M8[s]")).replace("T", " ")


def few(items: Sequence[str], room: int) -> str:
    """Join items with commas; those beyond `room` characters are only counted. The first is always there."""
    shown, used = 1, len(items[0]) if items else 0
    while shown < len(items) and used + len(items[shown]) + 2 <= room:
        used += len(items[shown]) + 2
        shown += 1
    rest = len(items) - shown
    return ", ".join(items[:shown]) + (f" and {rest} more" if rest > 0 else "")


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    # A number that rounds to nothing has no sign.
    return text.removeprefix("-") if not text.strip("-0.,") else text
