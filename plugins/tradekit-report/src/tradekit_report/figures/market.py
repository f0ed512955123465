"""Results by the state of the market, told from the past alone."""

from __future__ import annotations

from bisect import insort

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tradekit import Periods
from tradekit_report.figures.groups import Grouper
from tradekit_report.figures.tables import Floats, MarketStates

__all__ = ["market_states"]

_STATES = ("up, calm", "up, wild", "range, calm", "range, wild", "down, calm", "down, wild")
_RULE = (
    "The state in which a period begins is that of the benchmark over the {window} periods before: up or down if it moved by more "
    "than half of their standard deviation times the root of {window}, else range; wild if that deviation is above the median of "
    "all until then, else calm."
)
UNKNOWN = "unknown"


def market_states(grouper: Grouper, periods: Periods, window: int) -> MarketStates | None:
    """Return the results by state; `None` without a benchmark, or where there are too few periods to tell any."""
    if periods.benchmark is None or len(periods) <= window:
        return None
    state = _states(periods.benchmark, window)
    # Money by period, from the changes of equity by bar.
    period = np.searchsorted(periods.end, grouper.time)
    entered = np.minimum(np.searchsorted(periods.end, grouper.entry, side="right"), len(periods) - 1)
    groups = []
    for name in (*_STATES, UNKNOWN):
        own = state == name
        if own.any():
            trades = own[entered] if len(entered) else np.zeros(0, dtype=np.bool_)
            groups.append(grouper.group(name, float(np.sum(grouper.change[own[period]])), trades))
    return MarketStates(
        rule=_RULE.format(window=window),
        groups=tuple(groups),
        share={name: float(np.mean(state == name)) for name in (*_STATES, UNKNOWN) if (state == name).any()},
        time=periods.end,
        state=tuple(state.tolist()),
    )


def _states(benchmark: Floats, window: int) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return the state in which each period begins, as it could be told then."""
    logs = np.log1p(benchmark)
    # The last window ends with the last period, and nothing begins after that.
    windows = sliding_window_view(logs, window)[:-1]
    moved, deviation = windows.sum(axis=-1), windows.std(axis=-1, ddof=1)
    usual = _medians(deviation)
    limit = 0.5 * deviation * np.sqrt(window)
    trend = np.where(moved > limit, 0, np.where(moved < -limit, 2, 1))
    is_wild = deviation > usual
    state = np.full(len(benchmark), UNKNOWN, dtype=object)
    state[window:] = np.array(_STATES, dtype=object)[2 * trend + is_wild]
    return state


def _medians(values: Floats) -> Floats:
    """Return the median of all values up to each."""
    kept: list[float] = []
    found = np.empty(len(values))
    for at, value in enumerate(values.tolist()):
        insort(kept, value)
        middle = len(kept) // 2
        found[at] = kept[middle] if len(kept) % 2 else 0.5 * (kept[middle - 1] + kept[middle])
    return found
