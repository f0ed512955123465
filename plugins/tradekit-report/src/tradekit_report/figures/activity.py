"""What was traded over time, and what risk rules made of the orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit import Result, column_values
from tradekit_report.figures.clock import months_of
from tradekit_report.figures.tables import RuleVerdicts, TurnoverMonths

__all__ = ["risk_verdicts", "turnover_months"]

_COLUMNS = ("rule", "event", "detail", "time", "text", "quantity", "allowed", "judged", "limit")
_ROUNDING = 1e-12


def turnover_months(result: Result) -> TurnoverMonths | None:
    """Return what was traded in each month over the mean equity of its bars; `None` without fills, or where that is not above 0."""
    fills, equity = result.fills, column_values(result.equity, "equity")
    if not fills.num_rows or not np.isfinite(equity).all() or float(np.min(equity)) <= 0.0:
        return None
    month = months_of(column_values(result.equity, "time") - 1)
    found, starts, counts = np.unique(month, return_index=True, return_counts=True)
    mean = np.add.reduceat(equity, starts) / counts
    place = np.clip(np.searchsorted(found, months_of(column_values(fills, "time"))), 0, len(found) - 1)
    traded = np.bincount(place, column_values(fills, "value"), len(found))
    return TurnoverMonths(found.astype("M8[M]").astype("M8[ns]").astype(np.int64), traded / mean)


def risk_verdicts(result: Result) -> tuple[RuleVerdicts, ...]:
    """Return what each risk rule of the run did, in the order of the run file; a rule that judged nothing is there too."""
    names = dict.fromkeys(use.name for use in result.components if use.kind == "risk rule")
    columns = {name: column_values(result.journal, name) for name in _COLUMNS}
    return tuple(_verdicts(name, {key: values[columns["rule"] == name] for key, values in columns.items()}) for name in names)


def _verdicts(rule: str, own: Mapping[str, NDArray[Any]]) -> RuleVerdicts:
    is_verdict, detail = own["event"] == "verdict", own["detail"]
    asked, allowed = np.abs(own["quantity"]), np.abs(own["allowed"])
    is_resized = is_verdict & (detail == "resize")
    is_cut = is_resized & (allowed < asked * (1.0 - _ROUNDING))
    is_refused = is_verdict & np.isin(detail, ("reject", "halt"))
    is_halt = own["event"] == "halt"
    judged, limit = own["judged"], own["limit"]
    # A rule that gives orders their size tells in `judged` what it made the size of, and no limit bounds that.
    is_measured = is_verdict & (judged >= 0.0) & (limit > 0.0)
    gives_size = bool((is_resized & ~is_cut).any())
    acted = own["time"][is_cut | is_refused | is_halt]
    return RuleVerdicts(
        rule=rule,
        judged=int(np.count_nonzero(is_verdict)),
        accepted=int(np.count_nonzero(is_verdict & ~is_cut & ~is_refused)),
        cut=int(np.count_nonzero(is_cut)),
        refused=int(np.count_nonzero(is_refused)),
        halts=int(np.count_nonzero(is_halt)),
        cut_share=1.0 - float(np.sum(allowed[is_cut]) / np.sum(asked[is_cut])) if is_cut.any() else None,
        closest=float(np.max(judged[is_measured] / limit[is_measured])) if is_measured.any() and not gives_size else None,
        last=int(acted[-1]) if len(acted) else None,
        reasons=Counter(text for text in own["text"][is_cut | is_refused].tolist() if text),
    )
