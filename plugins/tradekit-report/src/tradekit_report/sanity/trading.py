"""Checks of how trading was simulated: costs, orders, fills, prices and volumes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradekit import Bars, column_values
from tradekit_report.figures.clock import DAY, days_of, weekdays_of
from tradekit_report.figures.tables import Times
from tradekit_report.page.words import plural
from tradekit_report.sanity.check import Check, Measured, Unknown
from tradekit_report.sanity.evidence import Evidence

__all__ = ["CHECKS"]

_NO_BARS = "the bars that it ran on are not at hand"
_NO_FILLS = "nothing was traded"
_ROUNDING = 1e-9
_SATURDAY = 5
_WHOLE = 0.99
"""Part of an order from which on it counts as filled whole."""


def _parameters(evidence: Evidence) -> Measured | Unknown:
    options = next((use.options for use in evidence.result.components if use.kind == "strategy"), {})
    numbers = [name for name, value in options.items() if isinstance(value, int | float) and not isinstance(value, bool)]
    if not numbers:
        return Unknown("the strategy has no numbers among its options")
    trades = int(evidence.result.metrics["trades"] or 0)
    each = trades / len(numbers)
    return Measured(
        f"{plural(trades, 'trade')} for {plural(len(numbers), 'parameter')} ({', '.join(numbers)}): {each:,.1f} for each",
        each < evidence.limits.trades_per_parameter,
    )


def _no_costs(evidence: Evidence) -> Measured | Unknown:
    bps = evidence.figures.costs.bps
    return (
        Unknown(_NO_FILLS)
        if bps is None
        else Measured(f"costs of {bps:.2f} bps of the traded value", bps < evidence.limits.cost_bps)
    )


def _thin_profit(evidence: Evidence) -> Measured | Unknown:
    if evidence.profit <= 0.0:
        return Unknown("there is no profit")
    costs, times = evidence.figures.costs.total, evidence.limits.cost_multiple
    left = evidence.profit - (times - 1.0) * costs
    return Measured(
        f"with {times:g} times the costs the profit would be {left:,.2f} instead of {evidence.profit:,.2f}", left <= 0.0
    )


def _refused(evidence: Evidence) -> Measured | Unknown:
    status, filled, quantity = (evidence.orders(name) for name in ("status", "filled", "quantity"))
    if not len(status):
        return Unknown("no order was placed")
    # What a risk rule cuts is meant to be cut; what rounding to lots takes is nothing.
    is_refused = status == "rejected"
    is_short = (status == "filled") & (np.abs(filled) < _WHOLE * np.abs(quantity))
    share = float(np.mean(is_refused | is_short))
    told = f"{np.count_nonzero(is_refused):,} refused and {np.count_nonzero(is_short):,} cut of {len(status):,} orders"
    return Measured(told, share > evidence.limits.refused)


def _same_bar(evidence: Evidence) -> Measured | Unknown:
    entry, leave = evidence.rows_of(evidence.trades("entry_time")), evidence.rows_of(evidence.trades("exit_time"))
    if not len(entry):
        return Unknown("no trade was closed")
    count = int(np.count_nonzero(entry == leave))
    return Measured(f"{count:,} of {len(entry):,} trades began and ended in one bar", count / len(entry) > evidence.limits.same_bar)


def _late_fills(evidence: Evidence) -> Measured | Unknown:
    is_market = evidence.orders("kind") == "market"
    order, first = np.unique(evidence.fills("order"), return_index=True)
    chosen = is_market[order]
    if not chosen.any():
        return Unknown("no market order was filled")
    decided = evidence.rows_of(evidence.orders("time")[order[chosen]])
    at_close = evidence.fills("at")[first[chosen]] == "close"
    waited = evidence.rows_of(evidence.fills("time")[first[chosen]]) - at_close - decided
    late = int(np.count_nonzero(waited > 0))
    told = f"{late:,} of {len(waited):,} market orders waited, for {max(int(waited.max()), 0):,} bars at most"
    return Measured(told, late / len(waited) > evidence.limits.late_fills)


def _holes(evidence: Evidence) -> Measured | Unknown:
    held = column_values(evidence.result.equity, "gross_exposure") > 0.0
    if not held.any():
        return Unknown("no position was held")
    stale = int(np.count_nonzero(column_values(evidence.result.equity, "is_stale") & held))
    gaps = int(np.count_nonzero(_gaps(evidence) & held[:-1]))
    told = f"an instrument that was held had no bar at {stale:,} of {plural(int(held.sum()), 'bar')}"
    told += f", and for longer than usual no bar came at all {plural(gaps, 'time')}"
    return Measured(told, (stale + gaps) / int(held.sum()) > evidence.limits.holes)


def _gaps(evidence: Evidence) -> NDArray[np.bool_]:
    """Return after which bars, but the last, none comes for longer than weekends and holidays take."""
    spacing = np.diff(evidence.time)
    if len(spacing) < 2 or " " in str(evidence.result.config["data"]["interval"]):
        # Bars that end by what is traded have no spacing.
        return np.zeros(len(spacing), dtype=np.bool_)
    days = np.unique(days_of(evidence.time - 1))
    has_weekends = np.count_nonzero(weekdays_of(days * DAY) == _SATURDAY) * 14 >= len(days)
    usual = 1.5 * float(np.median(spacing))
    found: NDArray[np.bool_] = spacing > (usual if has_weekends else max(usual, 5 * DAY))
    return found


def _stale_fills(evidence: Evidence) -> Measured | Unknown:
    bars = evidence.bars
    if bars is None:
        return Unknown(_NO_BARS)
    row, column = _places(evidence, bars)
    if not len(row):
        return Unknown(_NO_FILLS)
    count = int(np.count_nonzero(_is_stale(bars, evidence.limits.stale_bars)[row, column]))
    return Measured(f"{count:,} of {len(row):,} fills at a stale price", count / len(row) > evidence.limits.stale_fills)


def _is_stale(bars: Bars, count: int) -> NDArray[np.bool_]:
    """Return on which bars the price had not moved for `count` bars, this one included, or nothing was traded at all."""
    before = np.vstack((np.full((1, len(bars.symbols)), np.nan), bars.close[:-1]))
    is_still = (bars.high == bars.low) & (bars.close == before)
    all_still = is_still.copy()
    for back in range(1, count):
        all_still[back:] &= is_still[:-back]
        all_still[:back] = False
    # Where no volume is known, all of it is 0, and says nothing.
    has_volume = np.nansum(bars.volume, axis=0) > 0.0
    found: NDArray[np.bool_] = all_still | ((bars.volume == 0.0) & has_volume)
    return found


def _large_fills(evidence: Evidence) -> Measured | Unknown:
    bars = evidence.bars
    if bars is None:
        return Unknown(_NO_BARS)
    row, column = _places(evidence, bars)
    if not len(row):
        return Unknown(_NO_FILLS)
    known = np.nansum(bars.volume, axis=0)[column] > 0.0
    if not known.any():
        return Unknown("the volume is not known")
    volume, value = bars.volume[row, column], evidence.fills("value")
    # Fills of one instrument in one bar take of the same volume.
    place = np.unique(row * len(bars.symbols) + column, return_inverse=True)[1]
    taken = np.bincount(place, np.abs(evidence.fills("quantity")))[place]
    is_large = known & (taken > evidence.limits.volume_share * volume * (1.0 + _ROUNDING))
    part = float(np.sum(value[is_large]) / np.sum(value[known]))
    return Measured(
        f"{part:.1%} of the traded value in fills above {evidence.limits.volume_share:.0%} of their bar's volume",
        part > evidence.limits.large_fills,
    )


def _places(evidence: Evidence, bars: Bars) -> tuple[Times, Times]:
    """Return the row and the column of the bar of each fill."""
    row = np.searchsorted(bars.close_time, evidence.fills("time"), side="right")
    at_close = evidence.fills("at") == "close"
    row = np.where(at_close, row - 1, row)  # a close belongs to the bar that ends with it
    column = np.array([bars.index_of(symbol) for symbol in evidence.fills("symbol").tolist()], dtype=np.int64)
    return row.astype(np.int64), column


CHECKS = (
    Check(
        "parameters",
        "Many parameters for few trades",
        "trades_per_parameter",
        _parameters,
        "Doubtful below {trades_per_parameter:g} closed trades for each number among the strategy's options.",
        "Leave out what the strategy can do without, or run it over more data; tradekit sweep shows how wide the good region is.",
    ),
    Check(
        "no-costs",
        "Trading is too cheap",
        "cost_bps",
        _no_costs,
        "Doubtful if all costs together are below {cost_bps:g} basis points of what was traded.",
        "Set the fee and the spread of your venue in execution.costs.",
    ),
    Check(
        "thin-profit",
        "Costs are nearly all of it",
        "cost_multiple",
        _thin_profit,
        "Doubtful if {cost_multiple:g} times the costs would leave no profit.",
        "Trade less, or know your costs better than you know the market; --bands shows how much hangs on them.",
    ),
    Check(
        "refused",
        "Many orders were not filled as asked",
        "refused",
        _refused,
        "Doubtful if more than {refused:.0%} of the orders were refused, or filled only in part of what the rules let pass.",
        "See the reasons in the notes: the strategy asks for what the account, the rules or the market don't give.",
    ),
    Check(
        "same-bar",
        "Trades inside one bar",
        "same_bar",
        _same_bar,
        "Doubtful if more than {same_bar:.0%} of the trades began and ended in one bar, inside which the path is an assumption.",
        "Let finer bars decide (data.fill_interval), and compare the paths (execution.path).",
    ),
    Check(
        "late-fills",
        "Orders waited over missing bars",
        "late_fills",
        _late_fills,
        "Doubtful if more than {late_fills:.0%} of the market orders were not filled on the bar after that of their decision.",
        "Look for holes in the data, and for an order size that the volume doesn't carry.",
    ),
    Check(
        "holes",
        "Holes in the data while positions were held",
        "holes",
        _holes,
        "Doubtful if more than {holes:.0%} of the bars in positions are missing: no stop is reached there, equity stands still.",
        "Fetch the missing bars, or leave the instrument out.",
    ),
    Check(
        "stale-fills",
        "Fills at stale prices",
        "stale_fills",
        _stale_fills,
        "Doubtful if more than {stale_fills:.0%} of the fills are on bars without any volume, or at a price that has not moved for "
        "{stale_bars} bars.",
        "Nobody traded there: leave such instruments or hours out, or ask for limit orders.",
    ),
    Check(
        "large-fills",
        "More was traded than the volume carries",
        "large_fills",
        _large_fills,
        "Doubtful if more than {large_fills:.0%} of the traded value is in fills above {volume_share:.0%} of their bar's volume.",
        "Run it with less capital, or with an impact model among execution.costs.",
    ),
)
