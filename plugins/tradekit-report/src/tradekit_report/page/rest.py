"""The parts of a page that are facts of the run: what ran, all figures, the data, the newest trades for a reader without script."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit import ComponentUse, Result, column_values
from tradekit_report.figures import Figures, KeyFigure
from tradekit_report.page.blocks import Cell, tinted
from tradekit_report.page.words import NONE, closing_day, days_text, figure, minute, money, percent, plural

__all__ = ["components_of", "data_of", "figure_groups", "known", "run_facts", "trade_rows"]

_SHOWN_ROWS = 50
_COLUMNS = (("return", "benchmark"), ("risk",), ("trades", "costs"))
_GROUPS = {"return": "Return", "risk": "Risk", "benchmark": "Against the benchmark", "trades": "Trades", "costs": "Costs"}


def run_facts(result: Result, time: NDArray[np.int64]) -> Mapping[str, Any]:
    """Return what ran, on what, and when."""
    symbols = [str(fact["symbol"]) for fact in result.data]
    named = ", ".join(symbols[:4]) + (f" and {len(symbols) - 4} more" if len(symbols) > 4 else "")
    account = result.config["account"]
    facts = [("Strategy", _used(result, "strategy")), ("Instruments", named)]
    if len(time):
        bars = f"{len(time):,} bars of {result.config['data']['interval']}"
        facts.append(("Span", f"{closing_day(int(time[0]))} to {closing_day(int(time[-1]))}, {bars}"))
    leverage = f", leverage {account['leverage']:g}" if account["kind"] == "margin" else ""
    facts.append(("Account", f"{money(float(account['capital']))} {account['currency']}, {account['kind']}{leverage}"))
    facts.append(("Risk rules", _used(result, "risk rule") or "none"))
    facts.append(("Costs", _used(result, "cost model") or "none"))
    return {"kicker": f"{result.name} · {result.mode}", "status": result.status, "facts": facts}


def _used(result: Result, kind: str) -> str:
    return "; ".join(_component(use) for use in result.components if use.kind == kind)


def _component(use: ComponentUse) -> str:
    numbers = {
        name: value
        for name, value in use.options.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and value
    }
    shown = ", ".join(f"{name} {value:g}" for name, value in list(numbers.items())[:4])
    return f"{use.name} ({shown})" if shown else use.name


def components_of(result: Result) -> Mapping[str, Any]:
    """Return each component with its package, version and options."""
    rows = []
    for use in result.components:
        options = ", ".join(f"{name} = {_plain(value)}" for name, value in known(use.options).items())
        # Names stay whole: what wraps is the column of options.
        kind, package = (text.replace(" ", "\N{NO-BREAK SPACE}") for text in (use.kind, f"{use.package} {use.version}"))
        rows.append([kind, use.name, package, options if len(options) <= 400 else f"{options[:397]}..."])
    return {"component_heads": [("Kind", False), ("Name", False), ("Package", False), ("Options", False)], "components": rows}


def known(value: Any) -> Any:
    """Return settings without those that have no value."""
    if isinstance(value, Mapping):
        found = {name: known(inner) for name, inner in value.items()}
        return {name: inner for name, inner in found.items() if inner not in (None, "", [], {})}
    return [known(inner) for inner in value] if isinstance(value, list | tuple) else value


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def data_of(result: Result) -> Mapping[str, Any]:
    """Return what was read for each instrument, and what its quality is."""
    heads = [
        ("Instrument", False),
        ("Bars", True),
        ("First", False),
        ("Last", False),
        ("Quality", True),
        ("Holes", True),
        ("Findings", False),
        ("From", False),
        ("SHA-256", False),
    ]
    rows = []
    for fact in result.data[:200]:
        quality = fact.get("quality")
        findings = fact.get("findings") or ()
        rows.append(
            [
                str(fact["symbol"]),
                f"{fact.get('rows', 0):,}",
                str(fact.get("first", ""))[:16].replace("T", " "),
                str(fact.get("last", ""))[:16].replace("T", " "),
                f"{quality:.2f}" if isinstance(quality, int | float) else NONE,
                _holes(fact.get("holes")),
                "; ".join(f"{one['what']}" for one in findings) or "none",
                str(fact.get("origin", "")),
                str(fact.get("sha256", ""))[:12],
            ]
        )
    note = f"{plural(len(result.data) - 200, 'instrument')} more." if len(result.data) > 200 else ""
    return {"data_heads": heads, "data": rows, "data_note": note}


def _holes(holes: Any) -> str:
    return f"{len(holes):,}" if isinstance(holes, Sequence) else f"{holes:,}" if isinstance(holes, int) else NONE


def figure_groups(figures: Figures, currency: str) -> Mapping[str, Any]:
    """Return all key figures, each with the benchmark's beside it where it has one."""
    groups = {name: _group(name, ones, currency) for name, ones in figures.key.items() if ones}
    columns = [[groups[name] for name in names if name in groups] for names in _COLUMNS]
    others = [group for name, group in groups.items() if not any(name in names for names in _COLUMNS)]
    lead = "What each is made of stands under the pointer, and in the reference of tradekit's figures."
    return {"lead": lead, "columns": [column for column in (*columns, others) if column]}


def _group(name: str, ones: Sequence[KeyFigure], currency: str) -> Mapping[str, Any]:
    rows = [
        {
            "label": one.label[:1].upper() + one.label[1:],
            "text": one.text,
            "value": figure(one.value, one.unit),
            "benchmark": figure(one.benchmark, one.unit) if one.benchmark is not None else "",
        }
        for one in ones
    ]
    return {
        "title": _GROUPS.get(name, name.capitalize()),
        "unit": currency if any(one.unit == "money" for one in ones) else "",
        "rows": rows,
        "has_benchmark": any(one.benchmark is not None for one in ones),
    }


def trade_rows(result: Result, most: int) -> Mapping[str, Any]:
    """Return the newest trades as rows of text: what a reader without script sees, and paper."""
    table = result.trades
    count = table.num_rows
    shown = min(count, _SHOWN_ROWS)
    columns = {name: column_values(table, name)[count - shown :] for name in table.column_names}
    heads = [
        ("#", True),
        ("Instrument", False),
        ("Side", False),
        ("Entry", False),
        ("Exit", False),
        ("Held", True),
        ("Quantity", True),
        ("Entry price", True),
        ("Exit price", True),
        ("Return", True),
        ("Profit", True),
    ]
    rows: list[list[str | Cell]] = [_trade(columns, row, count - shown + row + 1) for row in range(shown)]
    listed = min(count, most)
    more = f" The list has the newest {listed:,} of {count:,} (option trades)." if listed < count else ""
    return {
        "lead": f"From flat to flat, in the order of their entries. The number of a trade shows it in the price chart.{more}",
        "rows": rows,
        "heads": heads,
        "told": f"the newest {shown:,} of {plural(count, 'trade')}" if shown < count else plural(count, "trade"),
        "symbols": sorted({str(name) for name in column_values(table, "symbol")}),
        "none": "There was no trade.",
    }


def _trade(columns: Mapping[str, Any], row: int, number: int) -> list[str | Cell]:
    entry, left, is_open = int(columns["entry_time"][row]), int(columns["exit_time"][row]), bool(columns["is_open"][row])
    profit, came = float(columns["profit"][row]), float(columns["return_on_entry"][row])
    return [
        f"{number:,}",
        str(columns["symbol"][row]),
        str(columns["direction"][row]),
        minute(entry),
        "open" if is_open else minute(left),
        "" if is_open else days_text((left - entry) / 86_400e9),
        f"{columns['quantity'][row]:,.8g}",
        f"{columns['entry_price'][row]:,.8g}",
        f"{columns['exit_price'][row]:,.8g}",
        tinted(percent(came, signed=True), came),
        tinted(money(profit, signed=True), profit),
    ]
