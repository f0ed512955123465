"""What may be chosen about the figures of a report."""

from __future__ import annotations

from pathlib import Path

import tradekit
from tradekit import Field

__all__ = ["FigureOptions"]


class FigureOptions(tradekit.Options):
    """What figures are made of; reporters extend it."""

    rolling: int = Field(default=63, ge=5, le=10_000, description="periods (days, as a rule) in the window of rolling statistics")
    drawdowns: int = Field(default=10, ge=0, le=100, description="how many of the deepest drawdowns to list")
    state_window: int = Field(default=20, ge=5, le=1_000, description="periods from which the state of the market is told")
    factors: Path | None = Field(
        default=None, description="a CSV or Parquet file of factor returns: a column of dates, and one of fractions for each factor"
    )
