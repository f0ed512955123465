"""All figures of a run at once."""

from __future__ import annotations

from tradekit import Bars, Result
from tradekit_report.figures.options import FigureOptions
from tradekit_report.figures.tables import Figures

__all__ = ["figures_of"]


def figures_of(result: Result, options: FigureOptions | None = None, bars: Bars | None = None) -> Figures:
    """Return all figures of a run. `bars` are those that it ran on, where they are at hand: they are needed for nothing but checks."""
    raise NotImplementedError
