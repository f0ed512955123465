"""Sizes of bars as people write them (`5m`, `1d`, `1000 trades`), and times as messages show them."""

from __future__ import annotations

import math
import re
from functools import lru_cache

import numpy as np

from tradekit.model.bars import BarSize, Threshold

__all__ = ["DAY", "bar_size_text", "interval_text", "parse_bar_size", "parse_interval", "time_text"]

_UNITS = {"w": 604_800_000_000_000, "d": 86_400_000_000_000, "h": 3_600_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000}
_WORDS = {"sec": "s", "second": "s", "min": "m", "minute": "m", "hour": "h", "hr": "h", "day": "d", "week": "w", "wk": "w"}
_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,2})?"
_COUNTED = {"trades": "1000 trades", "volume": "50 volume", "value": "1e6 value"}
_COUNTED_WORDS = {"trade": "trades", "tick": "trades", "volume": "volume", "unit": "volume", "value": "value", "dollar": "value"}

DAY = _UNITS["d"]
"""Nanoseconds in a day."""
_LONGEST = 36_525 * DAY
"""So that a time and an interval fit into 64 bits together."""


def parse_interval(text: str) -> int:
    """Return the length of a bar in nanoseconds from text such as `30s`, `5m`, `4h`, `1d` or `1w`.

    Raises `ValueError` for anything else, months among it: their length varies.

    >>> parse_interval("5m")
    300000000000
    """
    match = re.fullmatch(r"([1-9][0-9]{0,5})([wdhms])", text)
    if match is None:
        raise ValueError(f"{text!r} is not an interval; write a whole number and one of s, m, h, d, w, such as '5m'{_hint(text)}")
    interval = int(match[1]) * _UNITS[match[2]]
    if interval > _LONGEST:
        raise ValueError(f"{text!r} is too long for an interval; the longest is '{_LONGEST // DAY}d', a hundred years")
    return interval


@lru_cache(maxsize=64)
def parse_bar_size(text: str) -> BarSize:
    """Return what makes a bar: nanoseconds for text such as `5m`, and a `Threshold` for `1000 trades`, `50 volume` or `1e6 value`.

    Raises `ValueError` for anything else.

    >>> parse_bar_size("1e6 value")
    Threshold(amount=1000000.0, of='value')
    """
    number, _, what = text.partition(" ")
    if what not in _COUNTED or re.fullmatch(_NUMBER, number) is None:
        return _parse_length(text)
    amount = float(number)
    if not 0.0 < amount < math.inf or (what == "trades" and amount != int(amount)):
        least = "a whole number of trades, 1 or more" if what == "trades" else f"a {what} above 0"
        raise ValueError(f"{text!r} is no size of a bar; it ends with {least}, such as {_COUNTED[what]!r}")
    return Threshold(amount, what)  # type: ignore[arg-type]  # its three words are the keys of _COUNTED


def _parse_length(text: str) -> int:
    try:
        return parse_interval(text)
    except ValueError as error:
        counted = re.fullmatch(rf"({_NUMBER})\s*([A-Za-z]+)", text.strip())
        if counted is not None and (what := _COUNTED_WORDS.get(counted[2].lower().removesuffix("s"))) is not None:
            raise ValueError(f"{text!r} is no size of a bar; did you mean '{counted[1]} {what}'?") from None
        if _hint(text):
            raise
        raise ValueError(f"{error}; or how much is traded in a bar: {', '.join(map(repr, _COUNTED.values()))}") from None


def bar_size_text(size: BarSize) -> str:
    """Return the size of a bar as text: that of `interval_text`, or of the threshold.

    >>> bar_size_text(Threshold(1e6, "value"))
    '1000000 value'
    """
    return str(size) if isinstance(size, Threshold) else interval_text(size)


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
