"""Bars without the effect of splits and dividends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tradekit.data.interval import time_text
from tradekit.errors import DataError
from tradekit.model.bars import PRICE_COLUMNS, Bars, Floats
from tradekit.model.reference import ScheduledKind
from tradekit.model.timeline import Schedule

__all__ = ["adjust"]


def adjust(bars: Bars, schedule: Schedule) -> Bars:
    """Return bars adjusted forward; without splits and dividends, the very same.

    From an action on, prices are multiplied by what makes up for it: its ratio for a split, c / (c - dividend) for a dividend,
    where c is the close of the instrument's bar before. Volumes are divided by the ratios of splits. No value depends on a later
    action.
    Raises `DataError` for a dividend that is not less than the close before it.
    """
    actions = np.flatnonzero(schedule.kind <= ScheduledKind.DIVIDEND)
    if not len(actions):
        return bars
    price, units = np.ones(bars.close.shape), np.ones(bars.close.shape)
    for at in actions.tolist():
        row, i, value = int(schedule.row[at]), int(schedule.instrument[at]), float(schedule.value[at])
        if schedule.kind[at] == ScheduledKind.SPLIT:
            units[row, i] *= value
            price[row, i] *= value
        else:
            # The dividend of a new unit, where a split comes with it.
            before = _close_before(bars, row, i) / units[row, i]
            if value >= before:
                what = f"the dividend {value:g} of {bars.symbols[i]!r} at {time_text(bars.open_time[row])}"
                raise DataError(f"{what} is not less than its close before, {before:g}; do both count the same units?")
            price[row, i] *= before / (before - value)
    price, units = np.multiply.accumulate(price, axis=0), np.multiply.accumulate(units, axis=0)
    columns = {name: getattr(bars, name) * price for name in PRICE_COLUMNS[:4]}
    return replace(bars, **columns, volume=bars.volume / units)


def _close_before(bars: Bars, row: int, i: int) -> float:
    own: Floats = bars.close[:row, i]
    return float(own[~np.isnan(own)][-1])
