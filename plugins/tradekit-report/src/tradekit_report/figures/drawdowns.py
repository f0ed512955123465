"""The deepest drawdowns."""

from __future__ import annotations

import numpy as np

from tradekit import Result, drawdowns
from tradekit_report.figures.clock import DAY
from tradekit_report.figures.tables import DrawdownRow

__all__ = ["deepest_drawdowns"]

_NOT_YET = int(np.iinfo(np.int64).min)


def deepest_drawdowns(result: Result, count: int) -> tuple[DrawdownRow, ...]:
    """Return the `count` deepest drawdowns, the deepest first; of equal ones the earlier."""
    found = drawdowns(result)
    chosen = np.argsort(-found.depth, kind="stable")[:count].tolist()
    return tuple(
        DrawdownRow(
            start=int(found.start[at]),
            trough=int(found.trough[at]),
            end=None if int(found.end[at]) == _NOT_YET else int(found.end[at]),
            depth=float(found.depth[at]),
            days=float(found.days[at]),
            to_trough_days=(int(found.trough[at]) - int(found.start[at])) / DAY,
        )
        for at in chosen
    )
