"""All figures of a run at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tradekit import Periods, Result, periods
from tradekit_report.figures.activity import risk_verdicts, turnover_months
from tradekit_report.figures.costs import costs_of
from tradekit_report.figures.drawdowns import deepest_drawdowns
from tradekit_report.figures.factors import fit_factors, read_factors
from tradekit_report.figures.groups import Grouper, bridge, contributions
from tradekit_report.figures.key import key_figures
from tradekit_report.figures.market import market_states
from tradekit_report.figures.options import FigureOptions
from tradekit_report.figures.quality import excursions
from tradekit_report.figures.returns import calendar_returns, distribution, rolling
from tradekit_report.figures.tables import FactorFit, Figures

__all__ = ["figures_of"]


def figures_of(result: Result, options: FigureOptions | None = None) -> Figures:
    """Return all figures of a run; a part that can't be told is left out, and `Figures.missing` says why.

    Raises `ConfigError` where the file of factors can't be used.
    """
    options = options or FigureOptions()
    made, grouper, costs = periods(result), Grouper(result), costs_of(result)
    fit = None if options.factors is None else fit_factors(made, read_factors(options.factors))
    by_instrument = grouper.by_instrument()
    found = Figures(
        key=key_figures(result, made),
        calendar=calendar_returns(made),
        distribution=distribution(made.returns),
        drawdowns=deepest_drawdowns(result, options.drawdowns),
        rolling=rolling(made, options.rolling),
        excursions=excursions(result),
        costs=costs,
        by_instrument=by_instrument,
        by_direction=grouper.by_direction(),
        by_weekday=grouper.by_weekday(),
        by_hour=grouper.by_hour(),
        states=market_states(grouper, made, options.state_window),
        contributions=contributions(by_instrument),
        bridge=bridge(result, costs, grouper.profit),
        turnover=turnover_months(result),
        verdicts=risk_verdicts(result),
        factors=fit if isinstance(fit, FactorFit) else None,
        missing={},
    )
    missing = dict(_missing(found, made, options))
    return replace(found, missing=missing | ({"factors": fit} if isinstance(fit, str) else {}))


def _missing(found: Figures, made: Periods, options: FigureOptions) -> Iterator[tuple[str, str]]:
    """Yield why each part is missing that is."""
    gone = "equity was 0 or below, so that there are no returns" if not len(made) else ""
    if found.calendar is None:
        yield "calendar", gone
    if found.distribution is None:
        yield "distribution", gone or ("the returns don't vary" if len(made) > 1 else "there is only one period")
    if not found.drawdowns:
        yield "drawdowns", "there were none" if options.drawdowns else "none were asked for (drawdowns = 0)"
    if found.rolling is None:
        yield "rolling", gone or f"a window holds {options.rolling} periods, and the run has {len(made)}"
    if found.excursions is None:
        yield "excursions", "there are no trades"
    if not found.by_hour:
        yield "by_hour", "the bars are a day long, or longer"
    if found.states is None:
        why = "there is no benchmark to tell the market by" if made.benchmark is None else ""
        yield "states", gone or why or f"they need more than {options.state_window} periods, and the run has {len(made)}"
    if found.turnover is None:
        yield "turnover", "there are no fills, or equity was 0 or below"
    if found.factors is None:
        yield "factors", "no series of factors are given (factors = 'FILE')"
    if not found.verdicts:
        yield "verdicts", "no risk rule is in force (risk = [])"
