"""Lengths of bars as people write them (`5m`, `1h`, `1d`), and times as messages show them."""

from __future__ import annotations

import re

import numpy as np

__all__ = ["DAY", "interval_text", "parse_interval", "time_text"]

_UNITS = {"w": 604_800_000_000_000, "d": 86_400_000_000_000, "h": 3_600_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000}
_WORDS = {"sec": "s", "second": "s", "min": "m", "minute": "m", "hour": "h", "hr": "h", "day": "d", "week": "w", "wk": "w"}

DAY = _UNITS["d"]
"""Nanoseconds in a day."""


def parse_interval(text: str) -> int:
    """Return the length of a bar in nanoseconds from text such as `30s`, `5m`, `4h`, `1d` or `1w`.

    Raises `ValueError` for anything else, months among it: their length varies.

    >>> parse_interval("5m")
    300000000000
    """
    match = re.fullmatch(r"([1-9][0-9]{0,5})([wdhms])", text)
    if match is None:
        raise ValueError(f"{text!r} is not an interval; write a whole number and one of s, m, h, d, w, such as '5m'{_hint(text)}")
    return int(match[1]) * _UNITS[match[2]]


def _hint(text: str) -> str:
    match = re.fullmatch(r"([1-9][0-9]*)?\s*([A-Za-z]+?)s?", text.strip())
    unit = "" if match is None else match[2].lower()
    unit = _WORDS.get(unit, unit if unit in _UNITS else "")
    # A capital M is a month in some notations and a minute in others: no guess.
    if match is None or not unit or match[2] == "M":
        return ""
    return f"; did you mean '{match[1] or 1}{unit}'?"


def interval_text(interval: int) -> str:
    """Return nanoseconds as text in the largest unit that divides them; what is not whole seconds is shown in seconds.

    >>> interval_text(3_600_000_000_000)
    '1h'
    """
    for unit, size in _UNITS.items():
        if interval and interval % size == 0:
            return f"{interval // size}{unit}"
    return f"{interval / _UNITS['s']:.9g}s"


def time_text(time: int) -> str:
    """Return UTC nanoseconds as ISO 8601, with no more decimals of a second than needed.

    >>> time_text(1_600_000_000_000_000_000)
    '2020-09-13T12:26:40Z'
    """
    text = str(np.datetime64(int(time), "ns"))
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}Z" if decimals else f"{whole}Z"
