"""The figures of a report: pure functions from a result to tables.

`figures_of(result, options)` makes all of them; what the kernel defines is taken from the kernel. The page reads `Figures`,
whose parts are the dataclasses of `tables`; `compare_runs` puts several runs side by side.
"""

from tradekit_report.figures.compare import ComparedFigure, ComparedRuns, compare_runs
from tradekit_report.figures.gather import figures_of
from tradekit_report.figures.options import FigureOptions
from tradekit_report.figures.tables import (
    CalendarReturns,
    CostPart,
    Costs,
    Distribution,
    DrawdownRow,
    Excursions,
    FactorFit,
    FactorRow,
    Figures,
    Group,
    KeyFigure,
    MarketStates,
    Piece,
    Rolling,
    RuleVerdicts,
    Tail,
    TurnoverMonths,
)

__all__ = [
    "CalendarReturns",
    "ComparedFigure",
    "ComparedRuns",
    "CostPart",
    "Costs",
    "Distribution",
    "DrawdownRow",
    "Excursions",
    "FactorFit",
    "FactorRow",
    "FigureOptions",
    "Figures",
    "Group",
    "KeyFigure",
    "MarketStates",
    "Piece",
    "Rolling",
    "RuleVerdicts",
    "Tail",
    "TurnoverMonths",
    "compare_runs",
    "figures_of",
]
