"""Which trials are the best, and whether what is near the best is good too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.engine.sweep.params import Param, Setting
from tradekit.engine.sweep.search import Planned
from tradekit.engine.sweep.trial import Outcome

__all__ = ["Neighbours", "figure_of", "neighbours", "ranked"]

_REACH = 0.1  # of a range, where values are not tried step by step
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The trials near another one: how many there are, and the figure that they are ranked by.

    In a grid those are near that differ by one step at most in every setting; otherwise by a tenth of its range, or one step where
    that is more. Of settings that are no numbers, only the same value is near.
    """

    count: int
    """Those that have the figure."""
    without: int
    """Those that failed, could not be run, or have no such figure."""
    lowest: float | None
    median: float | None
    highest: float | None


def figure_of(outcome: Outcome, planned: Planned) -> float | None:
    """Return the figure that a trial is ranked by; `None` if it has none."""
    found = outcome.figures.get(planned.search.by)
    return None if found is None else float(found)


def ranked(outcomes: Sequence[Outcome], planned: Planned) -> list[Outcome]:
    """Return the trials that have the figure, the best first; of two that are alike, the one that was tried first."""
    found = [(figure_of(outcome, planned), outcome) for outcome in outcomes]
    with_figure = [(value, outcome) for value, outcome in found if value is not None]
    with_figure.sort(key=lambda pair: (-planned.sign * pair[0], pair[1].number))
    return [outcome for _, outcome in with_figure]


def neighbours(of: Outcome, outcomes: Sequence[Outcome], planned: Planned) -> Neighbours:
    """Return what is known of the trials near one, itself left out."""
    near = np.ones(len(outcomes), dtype=np.bool_)
    for param in planned.params:
        near &= _near(param, of.values[param.name], [outcome.values[param.name] for outcome in outcomes], planned)
    found = [outcome for outcome, is_near in zip(outcomes, near.tolist(), strict=True) if is_near and outcome.number != of.number]
    figures = [value for outcome in found if (value := figure_of(outcome, planned)) is not None]
    without = len(found) - len(figures)
    if not figures:
        return Neighbours(0, without, None, None, None)
    return Neighbours(len(figures), without, min(figures), float(np.median(figures)), max(figures))


def _near(param: Param, value: Setting, values: Sequence[Setting], planned: Planned) -> NDArray[np.bool_]:
    if not param.is_numeric:
        return np.array([other == value for other in values], dtype=np.bool_)
    if param.is_continuous:
        low, high = (float(bound) for bound in param.values)
        distance = np.abs(np.array(values, dtype=np.float64) - float(value)) / (high - low)
        return np.asarray(distance <= _REACH + _ROUNDING)
    levels = {level: place for place, level in enumerate(sorted(param.values))}
    reach = 1.0 if planned.search.method == "grid" else max(1.0, _REACH * (len(levels) - 1))
    places = np.array([levels[other] for other in values], dtype=np.float64)
    return np.asarray(np.abs(places - levels[value]) <= reach + _ROUNDING)
