"""What may be chosen about a page."""

from __future__ import annotations

from tradekit import Field
from tradekit_report.figures import FigureOptions
from tradekit_report.sanity import Thresholds

__all__ = ["PageOptions"]


class PageOptions(FigureOptions):
    """What a page holds, and how large it may be."""

    chart_mb: float = Field(
        4.0,
        gt=0,
        le=100,
        description="megabytes that price charts may take; bars that don't fit are shown coarser, and the chart says so",
    )
    instruments: int = Field(12, ge=0, le=200, description="instruments with a price chart, those that were traded most")
    trades: int = Field(20_000, ge=0, le=1_000_000, description="trades in the list, the newest")
    checks: Thresholds = Field(Thresholds(), description="from where on each check of the result is doubtful")
