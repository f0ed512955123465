"""The page of one run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tradekit import Result, column_values
from tradekit_report.figures import Figures, figures_of
from tradekit_report.page.account import Account, account_of, charted_account, charted_trades
from tradekit_report.page.bands import bands_section
from tradekit_report.page.frame import render
from tradekit_report.page.market import Charted, Market, charted_market
from tradekit_report.page.options import PageOptions
from tradekit_report.page.pictures import account_picture, drawdown_picture, exposure_picture, price_picture
from tradekit_report.page.rest import components_of, data_of, figure_groups, known, run_facts, trade_rows
from tradekit_report.page.sections import report_sections
from tradekit_report.page.trust import trust_of
from tradekit_report.page.verdict import tiles, verdict
from tradekit_report.page.words import closing_day, percent, plural
from tradekit_report.sanity import Finding, check

__all__ = ["report_page"]

_DAY = 86_400e9


@dataclass(frozen=True)
class _Shown:
    """What the page is made of."""

    result: Result
    figures: Figures
    findings: Sequence[Finding]
    account: Account
    market: Market | None
    gone: str
    """Why there is no market."""


def report_page(result: Result, options: PageOptions | None = None, market: Market | None = None, gone: str = "") -> str:
    """Return the page of a run as HTML.

    `market` is what it went through, if that is at hand; if it isn't, `gone` says why, and there is no price chart.
    """
    options = options or PageOptions.model_validate({})
    account = account_of(result)
    if market is not None:
        market = _cut(market, account)
        gone = gone if market is not None else "The bars that are at hand are not those that this run went through."
    figures = figures_of(result, options)
    findings = check(result, figures, options.checks, None if market is None else market.bars)
    shown = _Shown(result, figures, findings, account, market, gone or "The market of this run was not given to the report.")
    return _rendered(shown, options)


def _cut(market: Market, account: Account) -> Market | None:
    """Return the market up to the end of a run that was interrupted; `None` if it is not that of the run."""
    rows = len(account)
    if len(market.bars) < rows or not np.array_equal(market.bars.close_time[:rows], account.time):
        return None
    return Market(market.bars.rows(0, rows), {name: market.values[name][:rows] for name in market.values})


def _rendered(shown: _Shown, options: PageOptions) -> str:
    result, account = shown.result, shown.account
    currency = str(result.config["account"]["currency"])
    charts, packs = _charts(shown, options)
    # Of a run in which nothing was traded, there is nothing to take apart.
    sections = report_sections(shown.figures, currency) if result.fills.num_rows else []
    beside = {one.key: one.benchmark for group in shown.figures.key.values() for one in group if one.benchmark is not None}
    days = float(account.time[-1] - account.time[0]) / _DAY if len(account) else 0.0
    contents = [("trust", "Trust"), *([("account", "Equity")] if len(account) else []), ("price", "Price"), ("figures", "Figures")]
    if result.bands is not None:
        sections.insert(0, bands_section(result.bands))
    contents += [(one.id, one.short or one.title) for one in sections] + [("trades", "Trades"), ("made", "Made of")]
    parts: dict[str, Any] = {
        "name": result.name,
        "currency": currency,
        "run": run_facts(result, account.time),
        "verdict": verdict(result, days, shown.findings),
        "tiles": tiles(result, beside),
        "trust": trust_of(result, shown.findings),
        "account": _account_part(account, charts.step, result) if len(account) else None,
        "market": _market_part(shown, charts.instruments),
        "figures": figure_groups(shown.figures, currency),
        "sections": sections,
        "trades": trade_rows(result, options.trades),
        "made": {
            **components_of(result),
            **data_of(result),
            "plan": result.plan,
            "config": json.dumps(known(result.config), indent=1),
        },
    }
    return render("report.html.j2", f"{result.name}: report", contents, packs, parts)


@dataclass(frozen=True, slots=True)
class _Charts:
    step: int
    instruments: Sequence[Charted]


def _charts(shown: _Shown, options: PageOptions) -> tuple[_Charts, list[tuple[str, str]]]:
    """Return what is charted, and the data of it as text."""
    packs: list[tuple[str, str]] = []
    bars = None if shown.market is None else shown.market.bars
    step, instruments = 1, []
    if len(shown.account):
        text, step = charted_account(shown.account, None if bars is None else bars.open_time)
        packs.append(("data-account", text))
    if shown.market is not None and len(shown.market.bars):
        symbols = _most_traded(shown.result, shown.market.bars.symbols)[: options.instruments]
        room = int(options.chart_mb * 1e6 / max(len(symbols), 1))
        instruments = list(charted_market(shown.result, shown.market, symbols, room))
        packs += [(f"data-market-{k}", one.text) for k, one in enumerate(instruments)]
    if shown.result.trades.num_rows and options.trades:
        packs.append(("data-trades", charted_trades(shown.result, bars, options.trades)))
    return _Charts(step, instruments), packs


def _most_traded(result: Result, symbols: Sequence[str]) -> list[str]:
    """Return the symbols, those whose fills are worth most first."""
    symbol = column_values(result.fills, "symbol")
    value = np.abs(column_values(result.fills, "price") * column_values(result.fills, "quantity"))
    worth = {name: float(value[symbol == name].sum()) for name in symbols}
    return sorted(symbols, key=lambda name: -worth[name])


def _account_part(account: Account, step: int, result: Result) -> Mapping[str, Any]:
    kept = f" One point stands for {step} bars, with the highest and the lowest of them." if step > 1 else ""
    worst = int(np.nanargmin(account.drawdown))
    said = f"worst drawdown {percent(float(account.drawdown[worst]))} on {closing_day(int(account.time[worst]))}"
    named = next((line for line in result.assumptions if line.startswith("The benchmark")), "")
    return {
        "lead": "At the close of each bar, with what the same capital would have become in the benchmark."
        if account.benchmark is not None
        else "At the close of each bar.",
        "label": f"Equity, drawdown and exposure over {plural(len(account), 'bar')}; {said}",
        "equity": account_picture(account),
        "drawdown": drawdown_picture(account),
        "exposure": exposure_picture(account),
        "benchmark": "benchmark" if account.benchmark is not None else "",
        "note": f"{named}{kept}".strip(),
    }


def _market_part(shown: _Shown, charted: Sequence[Charted]) -> Mapping[str, Any]:
    if shown.market is None or not charted:
        return {
            "first": None,
            "lead": "",
            "gone": shown.gone if shown.market is None else "No instrument is charted: the option instruments is 0.",
        }
    bars, first = shown.market.bars, charted[0]
    i = bars.index_of(first.symbol)
    orders = shown.result.orders
    stops, limits = np.isfinite(column_values(orders, "stop")), np.isfinite(column_values(orders, "limit"))
    is_own = column_values(shown.result.fills, "symbol") == first.symbol
    fills = (
        column_values(shown.result.fills, "time")[is_own].astype(np.float64),
        column_values(shown.result.fills, "price")[is_own],
        column_values(shown.result.fills, "quantity")[is_own] > 0,
    )
    return {
        "first": 0,
        "lead": "Each fill stands at its price: triangles that point up were bought, those that point down sold.",
        "choices": list(enumerate(one.symbol for one in charted)),
        "label": f"Price of {first.symbol} with {plural(int(is_own.sum()), 'fill')}",
        "picture": price_picture(bars.close_time, np.asarray(bars.close[:, i]), fills, first.symbol),
        "has_stops": bool(stops.any()),
        "has_limits": bool((limits & ~stops).any()),
        "note": _market_note(shown, charted),
    }


def _market_note(shown: _Shown, charted: Sequence[Charted]) -> str:
    bars = shown.market.bars if shown.market is not None else None
    said = []
    if bars is not None and len(charted) < len(bars.symbols):
        said.append(
            f"{len(charted)} of {len(bars.symbols)} instruments have a chart, those that were traded most (option instruments)."
        )
    coarse = [one for one in charted if one.step > 1]
    if coarse:
        one = coarse[0]
        whole = f"The whole history of {one.symbol} is here in candles of {one.step} bars"
        said.append(f"{whole}; {percent(one.fine, 0)} of its bars are here one by one, those with trades first (option chart_mb).")
    left = [name for one in charted[:1] for name in one.left_out]
    if left:
        said.append(f"Not drawn: {', '.join(left)}.")
    return " ".join(said)
