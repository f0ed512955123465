"""The page of several runs side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from tradekit import Result
from tradekit_report.figures import ComparedRuns, compare_runs
from tradekit_report.page.blocks import Block, Cell, Picture, Section, Table, Text
from tradekit_report.page.frame import render
from tradekit_report.page.svg import Plot, span_of, time_ticks
from tradekit_report.page.words import NONE, figure, percent, plural, ratio

__all__ = ["comparison_page"]

_KINDS = ("main", "line-a", "line-b", "line-c", "line-d", "muted")


def comparison_page(runs: Mapping[str, Result]) -> str:
    """Return the page of two runs or more, by the names that they are told apart by; all are held against the first."""
    found = compare_runs(runs)
    growth = _growth(found)
    sections = [
        Section("growth", "Growth", "What 1 became in each run, over the days on which all of them have a return.", growth),
        Section("figures", "Figures", "The best of each row is marked, where one can be better than another.", [_figures(found)]),
        Section("different", "What differs", "Whatever is not listed here is the same in all runs.", list(_different(found))),
        Section("together", "Correlation", _correlation_lead(found), [_correlations(found)]),
    ]
    names = list(runs)
    parts: dict[str, Any] = {
        "name": f"{len(names)} runs",
        "currency": str(next(iter(runs.values())).config["account"]["currency"]),
        "kicker": "comparison",
        "headline": _headline(found),
        "second": f"{plural(len(names), 'run')} over {plural(found.days, 'common day')}, held against {names[0]}.",
        "sections": sections,
        "footer": "",
    }
    contents = [(section.id, section.title) for section in sections]
    return render("sections.html.j2", f"{' · '.join(names[:3])}: comparison", contents, [], parts)


def _headline(found: ComparedRuns) -> str:
    totals = next((one for one in found.figures if one.key == "total_return"), None)
    if totals is None or not totals.best:
        return "No run gained more than another."
    best = totals.best[0]
    others = [value for at, value in enumerate(totals.values) if at != best and value is not None]
    rest = f"; the others from {percent(min(others))} to {percent(max(others))}" if len(others) > 1 else ""
    rest = f", {percent(others[0])} the other" if len(others) == 1 else rest
    value = totals.values[best]
    return f"{found.names[best]} came to {percent(value, signed=True)}{rest}."


def _growth(found: ComparedRuns) -> list[Block]:
    if len(found.growth_time) < 2:
        return [Text("The runs have no two days in common, so that there is nothing to draw.")]
    times = found.growth_time.astype(np.float64)
    plot = Plot((1080, 360), (times[0], times[-1]), span_of(found.growth.ravel()), (10, 16, 28, 60))
    plot.y_axis(lambda value: f"{value:.4g}")
    plot.x_axis(time_ticks(int(times[0]), int(times[-1]), 9))
    for k in reversed(range(len(found.names))):
        plot.line(times, found.growth[k], f"line {_KINDS[k % len(_KINDS)]}")
    told = ", ".join(f"{name} {values[-1]:.3f}" for name, values in zip(found.names, found.growth, strict=True))
    legend = [(name, _KINDS[k % len(_KINDS)]) for k, name in enumerate(found.names)]
    return [Picture("Growth of 1", Markup("{}{}").format(_legend(legend), plot.render(f"Growth of 1: {told}.")), "", "wide")]


def _legend(entries: list[tuple[str, str]]) -> Markup:
    items = Markup("").join(Markup('<li><i class="key {}"></i>{}</li>').format(kind, name) for name, kind in entries)
    return Markup('<ul class="legend">{}</ul>').format(items)


def _figures(found: ComparedRuns) -> Table:
    rows: list[list[str | Cell]] = []
    for one in found.figures:
        cells = [Cell(figure(value, one.unit), "best" if at in one.best else "") for at, value in enumerate(one.values)]
        rows.append([one.label[:1].upper() + one.label[1:], *cells])
    return Table("Key figures", [("Figure", False), *((name, True) for name in found.names)], rows, wide=True)


def _different(found: ComparedRuns) -> list[Block]:
    blocks: list[Block] = []
    if found.settings:
        rows = [[key, *(NONE if value is None else _plain(value) for value in values)] for key, values in found.settings.items()]
        blocks.append(Table("Settings", [("Setting", False), *((name, False) for name in found.names)], rows, wide=True))
    if found.others:
        blocks.append(Table("Beside settings", [("What", False)], [[one] for one in found.others], wide=True))
    return blocks or [Text("Nothing: settings, data and versions are the same.")]


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _correlation_lead(found: ComparedRuns) -> str:
    return f"How the returns of {plural(found.days, 'common day')} go together: 1 is the same way, 0 is not at all."


def _correlations(found: ComparedRuns) -> Table:
    rows = [
        [name, *(ratio(float(value)) if np.isfinite(value) else NONE for value in values)]
        for name, values in zip(found.names, found.correlations, strict=True)
    ]
    return Table("Correlation of returns", [("Run", False), *((name, True) for name in found.names)], rows, wide=True)
