"""One series of bars held against a second one of the same instrument: of another interval, or from another source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.data.interval import interval_text, time_text
from tradekit.data.quality.finding import Finding, counted
from tradekit.data.resample import resample, window_starts
from tradekit.model.bars import PRICE_COLUMNS, Floats, Series

__all__ = ["against_series"]

_NORMAL = 1.4826
_EXACT = 1e-6
_FAR = 20.0
_MORE = 1.01


def against_series(series: Series, interval: int, second: Series, second_interval: int) -> Iterator[Finding]:
    """Yield where the two tell different things, on the windows of the coarser interval that both have whole.

    Prices and volumes differ if they are further apart than the two usually are: by more than 20 robust standard deviations of what
    lies between them, and more than a millionth. Of one source both are 0; two venues have a spread of their own.
    """
    coarse = max(interval, second_interval)
    ours, theirs = _whole(series, coarse), _whole(second, coarse)
    times, at, there = np.intersect1d(ours.open_time, theirs.open_time, return_indices=True)
    if not len(times):
        return
    named = f"those of {second.origin or 'the second series'}"
    both = [(getattr(ours, name)[at], getattr(theirs, name)[there]) for name in ("open", "high", "low", "close")]
    off = np.logical_or.reduce([_apart(np.log(one / other)) for one, other in both])
    volume, other = ours.volume[at], theirs.volume[there]
    traded = (volume > 0) & (other > 0)
    off_volume = np.zeros(len(times), dtype=np.bool_)
    off_volume[traded] = _apart(np.log(volume[traded] / other[traded]))
    flat = _flat_windows(series, coarse)
    empty = np.isin(times, flat) & (other > _MORE * volume)
    if empty.any():
        starts = window_starts(series.open_time, coarse)
        rows = np.flatnonzero(_is_flat(series) & np.isin(starts, times[empty]))
        what = f"{counted(len(rows))} flat and without volume, while {second.origin or 'the second series'} traded"
        yield Finding("filler", len(rows), f"{what}, the first at {time_text(series.open_time[rows[0]])}", series.open_time[rows])
    for bad, what in ((off & ~empty, "prices"), (off_volume & ~off & ~empty, "volumes")):
        if count := int(np.count_nonzero(bad)):
            said = f"{counted(count)} of {interval_text(coarse)} with {what} other than {named}"
            yield Finding("differs", count, f"{said}, the first at {time_text(times[bad][0])}", times[bad])


def _whole(series: Series, interval: int) -> Series:
    """Return coarser bars, without those that the series begins or ends within."""
    made = resample(series, interval)
    first = int(made.open_time[0] < series.open_time[0])
    last = len(made) - int(made.close_time[-1] > series.close_time[-1])
    columns: dict[str, Any] = {name: getattr(made, name)[first:last] for name in ("open_time", "close_time", *PRICE_COLUMNS)}
    return replace(made, **columns)


def _apart(distance: Floats) -> NDArray[np.bool_]:
    """Return where two values are further apart than they usually are."""
    if not len(distance):
        return np.zeros(0, dtype=np.bool_)
    usual = np.median(distance)
    scale = _NORMAL * float(np.median(np.abs(distance - usual)))
    far: NDArray[np.bool_] = np.abs(distance - usual) > max(_FAR * scale, _EXACT)
    return far


def _is_flat(series: Series) -> NDArray[np.bool_]:
    flat: NDArray[np.bool_] = (series.volume == 0) & (series.high == series.low)
    return flat


def _flat_windows(series: Series, interval: int) -> NDArray[np.int64]:
    return np.unique(window_starts(series.open_time[_is_flat(series)], interval))
