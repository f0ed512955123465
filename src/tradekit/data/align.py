"""Several series on one clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tradekit.data.interval import time_text
from tradekit.errors import DataError
from tradekit.model.bars import BAR_COLUMNS, PRICE_COLUMNS, Bars, Floats, Series, Times

__all__ = ["align", "cut"]


def cut(symbol: str, series: Series, start: int | None, end: int | None) -> tuple[Series, Times]:
    """Return the bars with `start <= open_time < end`, in any order, and the positions that they had.

    Raises `DataError`, with the range that the data have, if there is none.
    """
    times = series.open_time
    if not len(times):
        raise DataError(f"there are no bars of {symbol!r} in {series.origin or 'its source'!r}")
    first, last = int(times.min()), int(times.max())
    low, high = first if start is None else start, last + 1 if end is None else end
    if low <= first and last < high:
        return series, np.arange(len(times))
    rows = np.flatnonzero((times >= low) & (times < high))
    if not len(rows):
        since = "" if start is None else f" at {time_text(start)} or later"
        until = "" if end is None else f" before {time_text(end)}"
        where = series.origin or "its source"
        raise DataError(f"no bar of {symbol!r}{since}{until}; {where!r} has bars from {time_text(first)} to {time_text(last)}")
    columns = {name: getattr(series, name)[rows] for name in BAR_COLUMNS}
    # What a store knows of the whole does not hold for a part.
    stored = None if series.stored is None else replace(series.stored, sha256="")
    return replace(series, **columns, stored=stored), rows


def align(series: Mapping[str, Series]) -> Bars:
    """Return all series on one clock: the union of their opening times, with NaN where an instrument has no bar.

    Each series must be in order of time, without duplicates. A row closes when the last of its bars does. Raises `DataError` if
    bars of different instruments overlap without opening together: a decision at the close of one would be filled at an open
    that lies before it.
    """
    parts = list(series.values())
    clock = parts[0].open_time
    if all(part.open_time is clock or np.array_equal(part.open_time, clock) for part in parts[1:]):
        columns: dict[str, Any] = {name: _side_by_side([getattr(part, name) for part in parts]) for name in PRICE_COLUMNS}
        close_time = np.maximum.reduce([part.close_time for part in parts]) if len(parts) > 1 else parts[0].close_time
    else:
        clock, columns, close_time = _union(parts)
    late = np.flatnonzero(close_time[:-1] > clock[1:])
    if len(late):
        raise DataError(_overlap(series, clock, close_time, int(late[0]), len(late)))
    return Bars(tuple(series), clock, close_time, **columns)


def _side_by_side(columns: list[Floats]) -> Floats:
    """Return one table of columns; a single one becomes it without being copied."""
    return columns[0][:, np.newaxis] if len(columns) == 1 else np.column_stack(columns)


def _union(parts: list[Series]) -> tuple[Times, dict[str, Any], Times]:
    clock = np.unique(np.concatenate([part.open_time for part in parts]))
    places = [np.searchsorted(clock, part.open_time) for part in parts]
    close_time = np.full(len(clock), np.iinfo(np.int64).min)
    for part, place in zip(parts, places, strict=True):
        close_time[place] = np.maximum(close_time[place], part.close_time)
    columns = {}
    for name in PRICE_COLUMNS:
        # Filled by instrument, where memory is contiguous, and turned once.
        table = np.full((len(parts), len(clock)), np.nan)
        for row, (part, place) in enumerate(zip(parts, places, strict=True)):
            table[row, place] = getattr(part, name)
        columns[name] = np.ascontiguousarray(table.T)
    return clock, columns, close_time


def _overlap(series: Mapping[str, Series], clock: Times, close_time: Times, row: int, count: int) -> str:
    def with_bar(time: int) -> str:
        return next(repr(symbol) for symbol, part in series.items() if time in part.open_time)

    first, second = (int(clock[at]) for at in (row, row + 1))
    return (
        f"instruments of one run share a clock, but {count:,} bars overlap without opening together: that of {with_bar(first)} "
        f"from {time_text(first)} to {time_text(int(close_time[row]))}, that of {with_bar(second)} from {time_text(second)}; "
        "run them apart, or check tz, label and calendar"
    )
