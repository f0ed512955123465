"""Numbers and times as a reader of a report sees them; without a value, a dash."""

from __future__ import annotations

import math

import numpy as np

__all__ = [
    "NONE",
    "closing_day",
    "count_text",
    "day",
    "days_text",
    "figure",
    "figure_signed",
    "minute",
    "money",
    "money_tick",
    "percent",
    "percent_tick",
    "plural",
    "ratio",
    "ratio_tick",
    "sentence",
]

NONE = "–"  # noqa: RUF001 - a dash, as wide as a figure
_MINUS = "−"  # noqa: RUF001 - the sign, as wide as a plus
_THIN = "\N{NARROW NO-BREAK SPACE}"


def percent(value: float | None, decimals: int | None = None, signed: bool = False) -> str:
    """Return a fraction in per cent: one decimal, two below 10 %, none from 1000 %."""
    if value is None or not math.isfinite(value):
        return NONE
    size = abs(100.0 * value)
    if decimals is None:
        decimals = 0 if size >= 999.5 else 1 if size >= 9.995 else 2
    return f"{_number(100.0 * value, decimals, signed)}{_THIN}%"


def percent_tick(value: float) -> str:
    """Return a fraction in per cent, with as many decimals as it needs."""
    return f"{100.0 * value:.4g}".replace("-", _MINUS) + f"{_THIN}%"


def money_tick(value: float) -> str:
    """Return an amount of money as an axis has room for it."""
    for size, name in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if name == 'k' else size):.6g}{name}".replace("-", _MINUS)
    return f"{value:,.6g}".replace("-", _MINUS)


def ratio_tick(value: float) -> str:
    """Return a number as an axis has room for it."""
    return f"{value:.4g}".replace("-", _MINUS)


def money(value: float | None, signed: bool = False) -> str:
    """Return an amount of money: whole from a thousand on, with up to four significant digits below."""
    if value is None or not math.isfinite(value):
        return NONE
    size = abs(value)
    decimals = 0 if size >= 1000 else 2 if size >= 0.1 or size == 0 else 4
    return _number(value, decimals, signed)


def ratio(value: float | None, signed: bool = False) -> str:
    """Return a number without a unit, with two decimals."""
    return NONE if value is None or not math.isfinite(value) else _number(value, 2, signed)


def days_text(value: float | None) -> str:
    """Return a length of time in the unit that reads best."""
    if value is None or not math.isfinite(value):
        return NONE
    if value >= 700:
        return f"{value / 365.25:.1f} years"
    if value >= 1:
        return plural(round(value), "day")
    if value == 0:
        return "0 days"
    hours = 24.0 * value
    return f"{hours:.1f} hours" if hours >= 2 else f"{60.0 * hours:.0f} min"


def figure(value: float | None, unit: str) -> str:
    """Return a figure in its unit; money without its currency, which stands once for all."""
    return figure_signed(value, unit, signed=False)


def figure_signed(value: float | None, unit: str, signed: bool = True) -> str:
    """Return a figure in its unit, with its sign where that means something."""
    if value is None:
        return NONE
    if unit == "fraction":
        return percent(value, signed=signed)
    if unit == "money":
        return money(value, signed)
    if unit == "count":
        return count_text(value)
    return days_text(value) if unit == "days" else ratio(value)


def count_text(value: float) -> str:
    """Return how many there are."""
    return f"{round(value):,}".replace("-", _MINUS)


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def day(time: int) -> str:
    """Return the UTC day of nanoseconds since 1970."""
    return str(np.datetime64(time, "ns").astype("datetime64[D]"))


def closing_day(time: int) -> str:
    """Return the UTC day of a bar by its close, in nanoseconds since 1970: what closes at midnight is of the day that ends."""
    return day(time - 1)


def minute(time: int) -> str:
    """Return the UTC minute of nanoseconds since 1970."""
    return str(np.datetime64(time, "ns").astype("datetime64[m]")).replace("T", " ")


def sentence(text: str) -> str:
    """Return a clause as a sentence."""
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def _number(value: float, decimals: int, signed: bool) -> str:
    text = f"{abs(value):,.{decimals}f}"
    is_zero = not text.strip("0.,")
    return ("" if is_zero else _MINUS if value < 0 else "+" if signed else "") + text
