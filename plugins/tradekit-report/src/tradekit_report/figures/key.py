"""Key figures: the kernel's own, beside those of the benchmark, and a few that only a report shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tradekit import DEFINITIONS, Periods, Result, benchmark_metrics, statistics
from tradekit_report.figures.tables import Floats, KeyFigure

__all__ = ["key_figures"]

_GROUPS = {
    "return": ("total_return", "annual_return", "sharpe", "sortino", "calmar"),
    "risk": (
        *("annual_volatility", "max_drawdown", "max_drawdown_days", "longest_drawdown_days", "var_95", "cvar_95"),
        *("exposure", "average_leverage", "turnover"),
    ),
    "benchmark": ("benchmark_return", "alpha", "beta"),
    "trades": (
        *("trades", "open_trades", "win_rate", "profit_factor", "expectancy", "average_win", "average_loss"),
        *("best_trade", "worst_trade"),
    ),
    "costs": (*("fees", "slippage", "funding", "borrowing", "liquidation_fees", "conversion_costs", "interest", "dividends"),),
}
_SHOWN_IF_ANY = ("funding", "borrowing", "liquidation_fees", "conversion_costs", "interest", "dividends")


def key_figures(result: Result, periods: Periods) -> Mapping[str, tuple[KeyFigure, ...]]:
    """Return the figures by group, in the kernel's order, those of the report at the end of their group."""
    other = benchmark_metrics(result)
    own = {
        "return": _chances(periods),
        "benchmark": _against(periods) if periods.benchmark is not None else iter(()),
    }
    found = {}
    for group, keys in _GROUPS.items():
        metrics = [_metric(key, result, other) for key in keys if result.metrics.get(key) or key not in _SHOWN_IF_ANY]
        found[group] = (*metrics, *own.get(group, ()))
    return found if other else {group: figures for group, figures in found.items() if group != "benchmark"}


def _metric(key: str, result: Result, other: Mapping[str, float | int | None]) -> KeyFigure:
    definition = DEFINITIONS[key]
    return KeyFigure(key, definition.label, definition.unit, definition.text, result.metrics.get(key), other.get(key))


def _chances(periods: Periods) -> Iterator[KeyFigure]:
    yield KeyFigure(
        "probabilistic_sharpe",
        "P(Sharpe > 0)",
        "fraction",
        "How likely the true Sharpe ratio is above 0, given how long the run is, and how skewed and heavy-tailed its returns are "
        "(Bailey and López de Prado, 2012); one trial is assumed.",
        _probability(periods.returns),
        None if periods.benchmark is None else _probability(periods.benchmark),
    )


def _probability(returns: Floats) -> float | None:
    ratio, skewness, excess = statistics.sharpe(returns, 1.0), statistics.skewness(returns), statistics.excess_kurtosis(returns)
    if ratio is None or skewness is None or excess is None:
        return None
    return statistics.probabilistic_sharpe(ratio, len(returns), skewness, excess + 3.0)


def _against(periods: Periods) -> Iterator[KeyFigure]:
    returns, other = periods.returns, periods.benchmark
    if other is None:
        return
    yield KeyFigure(
        "tracking_error",
        "tracking error",
        "fraction",
        "Sample standard deviation of the periodic returns less the benchmark's, times the root of the periods in a year.",
        statistics.tracking_error(returns, other, periods.per_year),
    )
    yield KeyFigure(
        "information_ratio",
        "information ratio",
        "ratio",
        "Mean over sample standard deviation of the periodic returns less the benchmark's, annualised (Goodwin, 1998).",
        statistics.information_ratio(returns, other, periods.per_year),
    )
    yield KeyFigure(
        "correlation",
        "correlation",
        "ratio",
        "Correlation of the periodic returns with the benchmark's.",
        _correlation(returns, other),
    )


def _correlation(first: Floats, second: Floats) -> float | None:
    if len(first) < 2 or min(float(np.std(first)), float(np.std(second))) <= 1e-14:
        return None
    return float(np.mean((first - np.mean(first)) * (second - np.mean(second))) / (np.std(first) * np.std(second)))
