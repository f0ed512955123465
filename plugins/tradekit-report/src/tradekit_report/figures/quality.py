"""Entry and exit quality: how far prices went against trades and for them, and how much of that was kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tradekit import Result, column_values
from tradekit_report.figures.clock import DAY
from tradekit_report.figures.tables import Excursions, KeyFigure

__all__ = ["excursions"]


def excursions(result: Result) -> Excursions | None:
    """Return the excursions of all trades; `None` where there are none."""
    trades = result.trades
    if not trades.num_rows:
        return None
    is_open = column_values(trades, "is_open")
    is_long = column_values(trades, "direction") == "long"
    last = column_values(result.equity, "time")[-1]
    ended = np.where(is_open, last, column_values(trades, "exit_time"))
    change = column_values(trades, "exit_price") / column_values(trades, "entry_price") - 1.0
    found = Excursions(
        symbol=tuple(column_values(trades, "symbol")),
        is_long=is_long,
        is_open=is_open,
        adverse=column_values(trades, "mae"),
        favourable=column_values(trades, "mfe"),
        gross=np.where(is_long, change, -change),
        return_on_entry=column_values(trades, "return_on_entry"),
        profit=column_values(trades, "profit"),
        days=(ended - column_values(trades, "entry_time")) / DAY,
        summary=(),
    )
    return replace(found, summary=tuple(_summary(found)))


_FIGURES = {
    "winner_kept": (
        "winners kept",
        "fraction",
        "Median over the trades that won of the move from entry to exit over the largest move in their favour (MFE).",
    ),
    "winner_adverse": ("winners' MAE", "fraction", "Median of how far the price went against trades that won."),
    "loser_adverse": ("losers' MAE", "fraction", "Median of how far the price went against trades that lost."),
    "winner_favourable": ("winners' MFE", "fraction", "Median of how far the price went for trades that won."),
    "loser_favourable": ("losers' MFE", "fraction", "Median of how far the price went for trades that lost, before it turned."),
    "winner_days": ("winners held", "days", "Median time for which trades that won were held."),
    "loser_days": ("losers held", "days", "Median time for which trades that lost were held."),
    "longest_days": ("longest trade", "days", "The longest time for which a closed trade was held."),
}


def _summary(found: Excursions) -> Iterator[KeyFigure]:
    closed = ~found.is_open
    won, lost = closed & (found.profit > 0.0), closed & (found.profit < 0.0)
    moved = won & (found.favourable > 0.0)
    values = {
        "winner_kept": found.gross[moved] / found.favourable[moved],
        "winner_adverse": found.adverse[won],
        "loser_adverse": found.adverse[lost],
        "winner_favourable": found.favourable[won],
        "loser_favourable": found.favourable[lost],
        "winner_days": found.days[won],
        "loser_days": found.days[lost],
        "longest_days": np.sort(found.days[closed])[-1:],
    }
    for key, (label, unit, text) in _FIGURES.items():
        yield KeyFigure(key, label, unit, text, float(np.median(values[key])) if len(values[key]) else None)
