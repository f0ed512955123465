"""All figures of a run at once."""

from __future__ import annotations

from tradekit import Result
from tradekit_report.figures.options import FigureOptions
from tradekit_report.figures.tables import Figures

__all__ = ["figures_of"]


def figures_of(result: Result, options: FigureOptions | None = None) -> Figures:
    """Return all figures of a run."""
    raise NotImplementedError
