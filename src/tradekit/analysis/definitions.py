"""What each figure of a result means: the one list that results, reports and the documentation follow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["DEFINITIONS", "Definition", "Unit", "decimals_between"]

Unit = Literal["fraction", "ratio", "days", "money", "count", "per year"]
"""`fraction` is shown in per cent, `money` is in the account's currency, and `ratio` has no unit."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure is called, the unit it is in, and how it is made, in one sentence."""

    label: str
    unit: Unit
    text: str


DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {
        "total_return": Definition("total return", "fraction", "Equity at the end over the starting capital, minus 1."),
        "annual_return": Definition(
            "annual return",
            "fraction",
            "The constant yearly growth that gives the total return over the time from first open to last close (CAGR).",
        ),
        "annual_volatility": Definition(
            "volatility",
            "fraction",
            "Sample standard deviation of the periodic returns, times the root of the periods in a year.",
        ),
        "sharpe": Definition(
            "Sharpe ratio",
            "ratio",
            "Mean periodic return over its sample standard deviation, annualised, for a risk-free rate of 0.",
        ),
        "sortino": Definition(
            "Sortino ratio",
            "ratio",
            "Mean periodic return over the downside deviation of all periods, annualised, for a target of 0.",
        ),
        "calmar": Definition("Calmar ratio", "ratio", "Annual return over maximum drawdown, over the whole run."),
        "max_drawdown": Definition(
            "max. drawdown",
            "fraction",
            "The largest fall of equity from its highest value so far, at the close of any bar, as a positive part of that value.",
        ),
        "max_drawdown_days": Definition(
            "drawdown length",
            "days",
            "Time from the peak before the maximum drawdown until equity was back at it, or until the end of the run.",
        ),
        "longest_drawdown_days": Definition(
            "longest drawdown",
            "days",
            "The longest time between a peak of equity and the return to it, or the end of the run; not always the deepest one.",
        ),
        "var_95": Definition(
            "VaR 95 %",
            "fraction",
            "Value at risk: the loss of one period that 95 % of the periods stayed within; positive is a loss.",
        ),
        "cvar_95": Definition(
            "CVaR 95 %", "fraction", "Mean loss of the worst 5 % of the periods (expected shortfall); positive is a loss."
        ),
        "benchmark_return": Definition(
            "benchmark return", "fraction", "Total return of the same capital in the benchmark over the same time."
        ),
        "alpha": Definition(
            "alpha",
            "fraction",
            "Intercept of the periodic returns on the benchmark's, times the periods in a year, for a risk-free rate of 0.",
        ),
        "beta": Definition("beta", "ratio", "Slope of the periodic returns on the benchmark's."),
        "exposure": Definition("exposure", "fraction", "Share of the bars at whose close any position was held."),
        "average_leverage": Definition(
            "mean leverage",
            "ratio",
            "Mean over all bars of the sum of absolute position values over equity.",
        ),
        "turnover": Definition("turnover", "per year", "Value of all buys and sells over the mean equity, for one year."),
        "trades": Definition("trades", "count", "Round trips from flat to flat that were closed; all trade figures are of these."),
        "open_trades": Definition("open trades", "count", "Positions still open at the end: in equity, not in the trade figures."),
        "win_rate": Definition("win rate", "fraction", "Share of the closed trades with a profit above 0 after fees."),
        "profit_factor": Definition(
            "profit factor",
            "ratio",
            "Sum of the profits of winning trades over the sum of the losses of losing ones, after fees.",
        ),
        "expectancy": Definition("expectancy", "money", "Mean profit of a closed trade, after fees."),
        "average_win": Definition("average win", "money", "Mean profit of the winning trades, after fees."),
        "average_loss": Definition("average loss", "money", "Mean profit of the losing trades, after fees: a negative number."),
        "best_trade": Definition("best trade", "money", "Largest profit of a closed trade, after fees."),
        "worst_trade": Definition("worst trade", "money", "Smallest profit of a closed trade, after fees."),
        "fees": Definition("fees", "money", "All fees paid."),
        "slippage": Definition("slippage", "money", "What fills cost against their reference prices; the fill prices contain it."),
        "funding": Definition(
            "funding", "money", "Funding paid on perpetuals less what was received; below 0 if more was received."
        ),
        "borrowing": Definition("borrowing", "money", "What borrowing for short sales cost."),
        "liquidation_fees": Definition("liquidation fees", "money", "What closing positions for lack of margin cost."),
        "conversion_costs": Definition("conversion costs", "money", "What changing one currency into another cost."),
        "interest": Definition("interest", "money", "Interest received on cash less what was paid on loans."),
        "dividends": Definition("dividends", "money", "Cash dividends received less what short positions paid."),
    }
)
"""The figures of a result, in the order in which it holds them."""


def decimals_between(values: Sequence[float | None], scale: float = 1.0) -> int:
    """Return how many decimals show by how much values differ, times `scale`, with two digits of it: from 2 to 6."""
    known = [scale * value for value in values if value is not None]
    apart = max(known, default=0.0) - min(known, default=0.0)
    return 2 if not 0.0 < apart < math.inf else min(6, max(2, 1 - math.floor(math.log10(apart))))
