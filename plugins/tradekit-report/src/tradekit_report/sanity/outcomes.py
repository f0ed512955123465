"""Checks of what the profit is made of, and of how much there is to judge it by."""

from __future__ import annotations

import numpy as np

from tradekit import periods
from tradekit_report.figures.clock import DAY
from tradekit_report.figures.groups import ACCOUNT
from tradekit_report.page.words import plural
from tradekit_report.sanity.check import Check, Measured, Unknown
from tradekit_report.sanity.evidence import Evidence

__all__ = ["CHECKS"]

_YEAR = int(365.25 * DAY)
_LOST = "there is no profit to be carried by anything"


def _few_trades(evidence: Evidence) -> Measured | Unknown:
    count = int(evidence.result.metrics["trades"] or 0)
    return Measured(plural(count, "closed trade"), count < evidence.limits.trades)


def _short(evidence: Evidence) -> Measured | Unknown:
    if len(evidence.time) < 2:
        return Unknown("there are no two bars")
    days = int(evidence.time[-1] - evidence.time[0]) / DAY
    return Measured(plural(round(days), "day"), days < evidence.limits.days)


def _one_trade(evidence: Evidence) -> Measured | Unknown:
    profit = evidence.trades("profit")
    total = float(np.sum(profit))
    if total <= 0.0:
        return Unknown("the closed trades lost in sum" if len(profit) else "no trade was closed")
    share = float(np.max(profit)) / total
    return Measured(f"the best trade brought {share:.0%} of what all {len(profit):,} did", share > evidence.limits.one_trade)


def _best_periods(evidence: Evidence) -> Measured | Unknown:
    returns = np.sort(periods(evidence.result).returns)
    count = evidence.limits.best_periods
    if evidence.profit <= 0.0:
        return Unknown(_LOST)
    if len(returns) < 4 * count:
        return Unknown(f"there are {len(returns)} periods, and the {count} best of them would be a large part")
    without = float(np.prod(1.0 + returns[:-count])) - 1.0
    return Measured(f"without its {count} best periods the run returns {without:.1%}", without <= 0.0)


def _one_instrument(evidence: Evidence) -> Measured | Unknown:
    groups = [group for group in evidence.figures.by_instrument if group.name != ACCOUNT]
    if len(groups) < 2:
        return Unknown("the run has one instrument")
    if evidence.profit <= 0.0:
        return Unknown(_LOST)
    best = max(groups, key=lambda group: group.profit)
    share = best.profit / evidence.profit
    return Measured(f"{best.name} brought {share:.0%} of the profit", share > evidence.limits.one_instrument)


def _first_year(evidence: Evidence) -> Measured | Unknown:
    if len(evidence.time) < 2 or int(evidence.time[-1] - evidence.time[0]) < 1.5 * _YEAR:
        return Unknown("the run is shorter than a year and a half")
    if evidence.profit <= 0.0:
        return Unknown(_LOST)
    later = float(np.sum(evidence.change[evidence.time > evidence.time[0] + _YEAR]))
    told = f"{later:,.2f} of the profit of {evidence.profit:,.2f} came after the first year"
    return Measured(told, later < evidence.limits.later * evidence.profit)


def _open_profit(evidence: Evidence) -> Measured | Unknown:
    if evidence.profit <= 0.0:
        return Unknown(_LOST)
    opened = evidence.profit - float(np.sum(evidence.trades("profit")))
    if not evidence.result.metrics["open_trades"]:
        return Measured("no position is open at the end", False)
    share = opened / evidence.profit
    return Measured(f"{share:.0%} of the profit is in positions still open", share > evidence.limits.open_profit)


def _last_bar(evidence: Evidence) -> Measured | Unknown:
    if len(evidence.time) < 20 or not evidence.profit:
        return Unknown("there are fewer than 20 bars, or neither profit nor loss")
    share = abs(float(evidence.change[-1])) / abs(evidence.profit)
    return Measured(f"the last bar made {share:.1%} of the profit or loss", share > evidence.limits.last_bar)


def _sharpe(evidence: Evidence) -> Measured | Unknown:
    found = evidence.result.metrics["sharpe"]
    if found is None:
        return Unknown("the Sharpe ratio is undefined")
    return Measured(f"a Sharpe ratio of {found:.2f}", found > evidence.limits.sharpe)


def _idle(evidence: Evidence) -> Measured | Unknown:
    found = evidence.result.metrics["exposure"]
    if found is None:
        return Unknown("exposure is undefined, because equity was 0 or below")
    return Measured(f"positions were held at {found:.1%} of the bars", found < evidence.limits.exposure)


def _stopped(evidence: Evidence) -> Measured | Unknown:
    event = evidence.result.journal["event"].to_pylist()
    liquidations, halts = event.count("liquidation"), event.count("halt")
    is_done = evidence.result.status == "done"
    told = f"{plural(liquidations, 'liquidation')}, {plural(halts, 'halt')}, status {evidence.result.status}"
    return Measured(told, bool(liquidations or halts) or not is_done)


CHECKS = (
    Check(
        "few-trades",
        "Too few trades",
        "trades",
        _few_trades,
        "Doubtful below {trades:,} closed trades: the figures on trades are then mostly chance.",
        "Run it over a longer time, or over more instruments.",
    ),
    Check(
        "short-run",
        "A short run",
        "days",
        _short,
        "Doubtful if the bars span fewer than {days:,.0f} days: annual figures are extrapolated, from one state of the market.",
        "Run it over years that have a rise, a fall and a quiet time.",
    ),
    Check(
        "one-trade",
        "One trade carries the result",
        "one_trade",
        _one_trade,
        "Doubtful if the best closed trade brought more than {one_trade:.0%} of what all of them did together.",
        "Look at that trade, and see whether the rest is worth trading.",
    ),
    Check(
        "best-periods",
        "A few periods carry the result",
        "best_periods",
        _best_periods,
        "Doubtful if there is no profit without the {best_periods} best periods.",
        "Ask whether these days could be traded at these prices, and whether there will be others.",
    ),
    Check(
        "one-instrument",
        "One instrument carries the result",
        "one_instrument",
        _one_instrument,
        "Doubtful if one of several instruments brought more than {one_instrument:.0%} of the profit.",
        "Run it without that instrument, and on others of its kind.",
    ),
    Check(
        "first-year",
        "Profit only in the first year",
        "later",
        _first_year,
        "Doubtful if less than {later:.0%} of the profit came after the first 365 days.",
        "See whether what it lives on has gone; look at the years one by one.",
    ),
    Check(
        "open-profit",
        "The profit is not taken",
        "open_profit",
        _open_profit,
        "Doubtful if more than {open_profit:.0%} of the profit lies in positions that are open at the end.",
        "Let the run end when it is flat, or read the figures on trades, which leave open ones out.",
    ),
    Check(
        "last-bar",
        "The last bar decides",
        "last_bar",
        _last_bar,
        "Doubtful if the last bar made more than {last_bar:.0%} of the profit or loss.",
        "End the run a few bars earlier and later, and compare.",
    ),
    Check(
        "high-sharpe",
        "A suspicious Sharpe ratio",
        "sharpe",
        _sharpe,
        "Doubtful above {sharpe:g} a year: what is that good has mostly seen the future, or costs are missing.",
        "Let tradekit lookahead check the strategy, and look for costs and fills that are too kind.",
    ),
    Check(
        "idle",
        "Hardly ever invested",
        "exposure",
        _idle,
        "Doubtful if positions were held at fewer than {exposure:.0%} of the bars.",
        "See whether the strategy is asked on enough bars; its figures are mostly those of waiting.",
    ),
    Check(
        "stopped",
        "The run did not go on to its end",
        "",
        _stopped,
        "Doubtful if positions were liquidated, trading was halted, or the run was interrupted.",
        "Read the notes of the result: what comes after is not what the strategy does.",
    ),
)
