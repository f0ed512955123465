"""How much of a result is assumption: the part of the page of a run that was made with `--bands`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from tradekit import DEFINITIONS
from tradekit_report.page.blocks import Block, Cell, Picture, Section, Table, tinted
from tradekit_report.page.svg import Plot, span_of, time_ticks
from tradekit_report.page.words import count_text, figure, money, money_tick, percent, plural

__all__ = ["bands_section"]

_MOST_TRADES = 30
_SHOWN = ("total_return", "annual_return", "sharpe", "max_drawdown", "trades", "win_rate", "profit_factor")


def bands_section(bands: Mapping[str, Any]) -> Section:
    """Return the section on bands: a fan of equity, each figure with its range, and what each assumption makes of the result."""
    total = bands["band"]["total_return"]
    lead = (
        f"Bars leave open how orders were filled. Under {plural(bands['runs'], 'set')} of assumptions the total return lies "
        f"between {percent(total['lowest'])} and {percent(total['highest'])}; as written it is {percent(total['as_written'])}."
    )
    blocks: list[Block] = []
    if len(bands.get("fan", {}).get("time", ())) > 1:
        note = "Dark: the middle half of all runs; light: from the lowest to the highest; the line is the run as written."
        blocks.append(Picture("Equity under all assumptions", _fan(bands["fan"]), note, "wide"))
    blocks += [_figures(bands["band"]), _assumptions(bands)]
    if bands["trades"]:
        blocks.append(_trades(bands))
    return Section("bands", "What is assumption", lead, blocks, "Bands")


def _fan(fan: Mapping[str, list[float]]) -> Markup:
    edges = {name: np.array(fan[name]) for name in ("as_written", "lowest", "lower", "upper", "highest")}
    times = np.array(fan["time"], dtype=np.float64)
    plot = Plot((1080, 320), (times[0], times[-1]), span_of(*edges.values()), (10, 16, 28, 76))
    plot.y_axis(money_tick)
    plot.x_axis(time_ticks(int(times[0]), int(times[-1]), 9))
    plot.between(times, edges["lowest"], edges["highest"], "fill band")
    plot.between(times, edges["lower"], edges["upper"], "fill soft")
    plot.line(times, edges["as_written"], "line main")
    ends = f"{money(float(edges['lowest'][-1]))} to {money(float(edges['highest'][-1]))}"
    return plot.render(
        f"Equity of all runs: at the end it lies from {ends}, as written it is {money(float(edges['as_written'][-1]))}."
    )


def _figures(band: Mapping[str, Mapping[str, float | None]]) -> Table:
    rows = [
        [DEFINITIONS[key].label, *(figure(band[key][side], DEFINITIONS[key].unit) for side in ("lowest", "as_written", "highest"))]
        for key in _SHOWN
        if key in band
    ]
    return Table("Figures", [("Figure", False), ("Lowest", True), ("As written", True), ("Highest", True)], rows)


def _assumptions(bands: Mapping[str, Any]) -> Table:
    rows: list[list[str | Cell]] = []
    for one in bands["assumptions"]:
        total = one["figures"]["total_return"]
        rows.append([one["text"], tinted(percent(total), total), count_text(one["trades_that_depend"])])
    note = f"{count_text(len(bands['trades']))} of {plural(bands['trades_in_all'], 'trade')} depend on an assumption."
    return Table("If instead, by itself", [("Assumption", False), ("Total return", True), ("Trades that depend", True)], rows, note)


def _trades(bands: Mapping[str, Any]) -> Table:
    shown = bands["trades"][:_MOST_TRADES]
    rows = [
        [
            str(one["trade"]),
            one["symbol"],
            one["direction"],
            one["entry_time"][:16].replace("T", " "),
            (one["exit_time"] or "open")[:16].replace("T", " "),
            tinted(money(one["profit"], signed=True), one["profit"]),
            ", ".join(one["depends_on"]),
        ]
        for one in shown
    ]
    heads = [("Trade", False), ("Instrument", False), ("Side", False), ("Entry", False), ("Exit", False), ("Profit", True)]
    left = len(bands["trades"]) - len(shown)
    note = f"And {left:,} more in bands.json." if left else ""
    return Table("Trades that depend on an assumption", [*heads, ("Depends on", False)], rows, note, wide=True)
