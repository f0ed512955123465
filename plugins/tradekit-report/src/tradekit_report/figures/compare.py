"""Several runs side by side: their figures, how their returns go together, and what differs in what they were made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tradekit import DEFINITIONS, Periods, Result, compare_results, periods
from tradekit_report.figures.clock import days_of
from tradekit_report.figures.tables import Floats, Times

__all__ = ["ComparedFigure", "ComparedRuns", "compare_runs"]


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """One figure of each run, in their order; `best` are the runs that have the best one, where one can be better than another."""

    key: str
    label: str
    unit: str
    text: str
    values: tuple[float | int | None, ...]
    best: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ComparedRuns:
    """Two runs or more, by the names that they are told apart by."""

    names: tuple[str, ...]
    figures: tuple[ComparedFigure, ...]
    correlations: Floats
    """Of the returns between the days on which all runs have one: float64 [run, run], NaN where they can't be told."""
    days: int
    """How many such days there are."""
    growth_time: Times
    """The closes of those days in the first run, UTC nanoseconds."""
    growth: Floats
    """What 1 became by each of them, from the first one on: float64 [run, day]."""
    settings: Mapping[str, tuple[Any, ...]]
    """Settings that are not the same in all runs, by the key that a person writes: the value in each, `None` where it isn't set."""
    others: tuple[str, ...]
    """What else differs from the first run: data, versions, drivers."""


_HIGHER = ("total_return", "annual_return", "sharpe", "sortino", "calmar", "alpha", "win_rate", "profit_factor", "expectancy")
_LOWER = ("annual_volatility", "max_drawdown", "longest_drawdown_days", "var_95", "cvar_95", "fees", "slippage")


def compare_runs(runs: Mapping[str, Result]) -> ComparedRuns:
    """Return runs side by side; they are held against the first one."""
    results = tuple(runs.values())
    made = [periods(result) for result in results]
    time, growth = _growth(made)
    differences = [compare_results(results[0], other) for other in results[1:]]
    keys = list(dict.fromkeys(key for one in differences for key in one.settings))
    settings = {
        key: (_first(key, differences), *(one.settings.get(key, (None, _first(key, differences)))[1] for one in differences))
        for key in keys
    }
    return ComparedRuns(
        names=tuple(runs),
        figures=tuple(_figure(key, results) for key in DEFINITIONS if any(result.metrics.get(key) for result in results)),
        correlations=_correlations(np.diff(np.log(growth), axis=1)),
        days=len(time),
        growth_time=time,
        growth=growth,
        settings=settings,
        others=tuple(f"{name}: {other}" for name, one in zip(tuple(runs)[1:], differences, strict=True) for other in one.others),
    )


def _first(key: str, differences: Sequence[Any]) -> Any:
    """Return the first run's value of a setting in which another differs."""
    return next(one.settings[key][0] for one in differences if key in one.settings)


def _figure(key: str, results: Sequence[Result]) -> ComparedFigure:
    definition = DEFINITIONS[key]
    values = tuple(result.metrics.get(key) for result in results)
    known = [value for value in values if value is not None]
    best: tuple[int, ...] = ()
    if len(set(known)) > 1 and key in (*_HIGHER, *_LOWER):
        wanted = max(known) if key in _HIGHER else min(known)
        best = tuple(at for at, value in enumerate(values) if value == wanted)
    return ComparedFigure(key, definition.label, definition.unit, definition.text, values, best)


def _growth(made: Sequence[Periods]) -> tuple[Times, Floats]:
    """Return the days that all runs have, and what 1 became by each of them in each run."""
    days = [days_of(one.end - 1) for one in made]
    common = days[0]
    for own in days[1:]:
        common = np.intersect1d(common, own)
    growth = np.ones((len(made), len(common)))
    for row, (one, own) in enumerate(zip(made, days, strict=True)):
        if len(common):
            at = np.searchsorted(own, common)
            whole = np.cumprod(1.0 + one.returns)[at]
            growth[row] = whole / whole[0]
    time = made[0].end[np.searchsorted(days[0], common)] if len(common) else np.zeros(0, dtype=np.int64)
    return time, growth


def _correlations(returns: Floats) -> Floats:
    count = len(returns)
    found = np.full((count, count), np.nan)
    deviation = returns.std(axis=1) if returns.shape[1] > 1 else np.zeros(count)
    centred = returns - returns.mean(axis=1, keepdims=True) if returns.shape[1] > 1 else returns
    for one in range(count):
        for other in range(count):
            if min(deviation[one], deviation[other]) > 1e-14:
                found[one, other] = np.mean(centred[one] * centred[other]) / (deviation[one] * deviation[other])
    return found
