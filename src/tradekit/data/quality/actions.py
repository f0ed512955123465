"""Splits and dividends held against the prices that should show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tradekit.data.interval import time_text
from tradekit.data.quality.finding import Finding, counted
from tradekit.model.bars import Series, Times
from tradekit.model.reference import ActionKind, Actions

__all__ = ["against_actions"]

_NORMAL = 1.4826
_FEWEST = 8
"""With fewer bars no change is usual."""
_LEAST_SPLIT = 0.1
_LEAST_DIVIDEND = 0.05
_SURE = 4.0
_HALF = 0.5
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Step:
    """The first bar at or after some actions."""

    row: int
    split: float
    """How many units there are for an old one."""
    dividend: float
    """Cash for a new unit."""
    before: float
    """The last close before, for a new unit."""
    change: float
    """What the price of a new unit did up to the open, in logarithms, as if there had been no split."""

    @property
    def raw(self) -> float:
        """What the price did up to the open, in logarithms."""
        return self.change - float(np.log(self.split))

    @property
    def is_right(self) -> bool:
        """Whether the jump is nearer to what the actions make than to none."""
        rest = self.before - self.dividend
        made = float(np.log(rest / self.before) - np.log(self.split)) if rest > 0 else -np.inf
        return abs(self.raw - made) < _HALF * abs(made)


def against_actions(series: Series, actions: Actions | None) -> tuple[Times, Iterator[Finding]]:
    """Return the rows whose jumps are explained by splits and dividends, and what these don't explain.

    An action takes effect with the first bar that opens at its time or later, as in a run.
    """
    steps = [] if actions is None or len(series) < 2 else list(_steps(series, actions))
    right = np.array([step.row for step in steps if step.is_right], dtype=np.int64)
    return right, _findings(series, steps)


def _findings(series: Series, steps: list[_Step]) -> Iterator[Finding]:
    if not steps or len(series) < _FEWEST:
        return
    usual = _NORMAL * float(np.median(np.abs(np.diff(np.log(series.close)))))
    splits, dividends = [], []
    for step in steps:
        size = abs(float(np.log(step.split)))
        if size > max(_LEAST_SPLIT, _SURE * usual) and abs(step.change) > _HALF * size and abs(step.raw) < _HALF * size:
            splits.append(step)
        share = step.dividend / step.before
        if share >= _LEAST_DIVIDEND and step not in splits:
            due = -float(np.log(max(1.0 - share, 1e-9)))
            if due + min(step.change, 0.0) > max(_HALF * due, _SURE * usual):
                dividends.append(step)
    if splits:
        what = "with a split by which prices did not change ("
        what += ", ".join(f"{step.split:g} for one" for step in splits[:_SHOWN]) + "); are they adjusted already?"
        yield _finding("split-not-in-prices", series, splits, what)
    if dividends:
        what = "with a dividend by which prices did not fall ("
        what += ", ".join(f"{step.dividend:g} after a close of {step.before:g}" for step in dividends[:_SHOWN]) + ")"
        yield _finding("dividend-not-in-prices", series, dividends, what)


def _steps(series: Series, actions: Actions) -> Iterator[_Step]:
    rows = np.searchsorted(series.open_time, actions.time)
    for row in np.unique(rows[(rows > 0) & (rows < len(series))]).tolist():
        here = rows == row
        split = float(np.prod(actions.value[here & (actions.kind == ActionKind.SPLIT)]))
        dividend = float(np.sum(actions.value[here & (actions.kind == ActionKind.DIVIDEND)]))
        before = float(series.close[row - 1]) / split
        yield _Step(row, split, dividend, before, float(np.log(series.open[row] / before)))


def _finding(check: str, series: Series, steps: list[_Step], what: str) -> Finding:
    times = series.open_time[[step.row for step in steps]]
    where = f"at {time_text(times[0])}" if len(steps) == 1 else f"the first at {time_text(times[0])}"
    return Finding(check, len(steps), f"{counted(len(steps))} {what}, {where}", times)
