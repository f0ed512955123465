"""The page of a sweep: what each setting came to, whether the best is a plateau, and what many trials make of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from tradekit import DEFINITIONS, Definition, RunError
from tradekit_report.page.blocks import Block, Cell, Picture, Section, Table, Text
from tradekit_report.page.frame import render
from tradekit_report.page.svg import Plot, nice_ticks, span_of
from tradekit_report.page.words import NONE, figure, percent, plural

__all__ = ["is_sweep", "sweep_page"]

_FORMAT = 1
_MOST_ROWS = 40
_LOW_IS_GOOD = (
    "annual_volatility",
    "max_drawdown",
    "max_drawdown_days",
    "longest_drawdown_days",
    "var_95",
    "cvar_95",
    "fees",
    "slippage",
    "funding",
    "borrowing",
    "liquidation_fees",
    "conversion_costs",
)
_BESIDE = ("total_return", "sharpe", "max_drawdown", "trades")

Floats = NDArray[np.float64]


def is_sweep(folder: Path) -> bool:
    """Say whether a folder is that of a sweep."""
    return (folder / "sweep.json").exists()


@dataclass(frozen=True)
class _Sweep:
    """A sweep as its folder has it."""

    told: Mapping[str, Any]
    columns: Mapping[str, list[Any]]
    params: tuple[str, ...]
    """Those that were varied: the ones with most values first."""
    value: Floats
    """The figure that trials are ranked by, NaN where a trial has none."""

    @property
    def by(self) -> str:
        return str(self.told["by"])

    @property
    def definition(self) -> Definition:
        return DEFINITIONS[self.by]

    @property
    def order(self) -> list[int]:
        """The rows of trials that have the figure, the best first."""
        sign = 1.0 if self.by in _LOW_IS_GOOD else -1.0
        known = np.flatnonzero(np.isfinite(self.value))
        return [int(row) for row in known[np.argsort(sign * self.value[known], kind="stable")]]

    def text(self, value: float | None) -> str:
        return figure(value, self.definition.unit) if value is not None and math.isfinite(value) else NONE


def sweep_page(folder: Path) -> str:
    """Return the page of a sweep. Raises `RunError` if its folder can't be read, or is of another version."""
    found = _read(folder)
    name = str(found.told["config"]["run"]["name"])
    sections = [
        Section("map", "Plateau or peak", _plateau_lead(found), list(_maps(found))),
        Section("spread", "All trials", _spread_lead(found), list(_spread(found))),
        Section("trials", "Trials", f"The best by {found.definition.label}; all of them are in trials.parquet.", [_table(found)]),
    ]
    parts: dict[str, Any] = {
        "name": name,
        "currency": str(found.told["config"]["account"]["currency"]),
        "kicker": f"{name} · sweep of {' and '.join(found.params[:3])}",
        "headline": _headline(found),
        "second": _second(found),
        "sections": sections,
        "footer": f"Search: {found.told['search']['method']}; data {found.told['data'][:12]}; tradekit {found.told['tradekit']}.",
    }
    contents = [(section.id, section.title) for section in sections]
    return render("sections.html.j2", f"{name}: sweep", contents, [], parts)


def _read(folder: Path) -> _Sweep:
    import pyarrow.parquet as pq

    try:
        told = json.loads((folder / "sweep.json").read_bytes())
        with pq.ParquetFile(folder / "trials.parquet") as file:
            table = file.read(use_threads=False)
    except (OSError, ValueError) as error:
        raise RunError(f"the sweep in {str(folder)!r} can't be read: {error}; the same sweep command makes it again") from error
    if told.get("format") != _FORMAT:
        raise RunError(
            f"the sweep in {str(folder)!r} has format {told.get('format')!r}, and this version of tradekit-report reads {_FORMAT}"
        )
    columns = {name: table[name].to_pylist() for name in table.column_names}
    params = sorted(told["search"]["params"], key=lambda name: -len(set(columns[name])))
    value = np.array([math.nan if one is None else float(one) for one in columns[told["by"]]], dtype=np.float64)
    return _Sweep(told, columns, tuple(params), value)


def _headline(found: _Sweep) -> str:
    trials = found.told["trials"]
    if not found.order:
        return f"None of {plural(sum(trials.values()), 'trial')} has a {found.definition.label}."
    best = found.order[0]
    settings = ", ".join(f"{_short(name)} {_plain(found.columns[name][best])}" for name in found.params)
    value = found.text(float(found.value[best]))
    return f"The best of {plural(trials['done'], 'trial')} has a {found.definition.label} of {value}: {settings}."


def _second(found: _Sweep) -> str:
    near = found.told.get("neighbours") or {}
    said = []
    if near.get("count"):
        known = found.value[np.isfinite(found.value)]
        share = float(np.mean(known < near["median"])) if found.by not in _LOW_IS_GOOD else float(np.mean(known > near["median"]))
        said.append(
            f"The {plural(near['count'], 'trial')} near it come to {found.text(near['lowest'])} to {found.text(near['highest'])}, "
            f"in the middle {found.text(near['median'])}, which is better than {percent(share, 0)} of all."
        )
    trials = found.told["trials"]
    said += [f"Not run: {plural(trials[status], status + ' trial')}." for status in ("invalid", "failed") if trials[status]]
    if found.told["status"] != "done":
        said.append(f"The sweep was {found.told['status']}: not everything was tried.")
    said.append("The best of many looks good by chance alone; look for a plateau, not for a peak.")
    return " ".join(said)


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plateau_lead(found: _Sweep) -> str:
    if len(found.params) < 2:
        return "Each value with what it came to. Where neighbours are as good, the best is no accident."
    more = "" if len(found.params) == 2 else f" Where {', '.join(map(_short, found.params[2:]))} vary too, a field is their median."
    return f"Each field is a pair of settings. Where the fields around the best are as good, it is no accident.{more}"


def _maps(found: _Sweep) -> list[Block]:
    if not found.order:
        return [Text("There is nothing to draw: no trial has the figure.")]
    if len(found.params) == 1:
        return [Picture(found.definition.label.capitalize(), _one(found), "One dot is one trial; the ring is the best.", "wide")]
    across, up = found.params[:2]
    blocks: list[Block] = [
        Picture(
            f"{found.definition.label[:1].upper()}{found.definition.label[1:]} by {_short(across)} and {_short(up)}",
            _map(found, across, up),
            _map_note(found),
            "wide",
        )
    ]
    return blocks


def _map_note(found: _Sweep) -> str:
    low, high = float(np.nanmin(found.value)), float(np.nanmax(found.value))
    good = "low is good" if found.by in _LOW_IS_GOOD else "high is good"
    colours = f"From {found.text(low)} to {found.text(high)}, {good}: green is better than the median trial, red worse."
    return f"{colours} The frame is the best; an empty field was not tried, or has no figure."


def _levels(values: Sequence[Any]) -> list[Any]:
    return sorted(set(values), key=lambda one: (isinstance(one, str), one))


def _binned(values: Sequence[Any], most: int = 24) -> tuple[list[int], list[str]]:
    """Return which column each value falls into, and the names of the columns: its own, or one of some equal parts of the range."""
    levels = _levels(values)
    if len(levels) <= most or isinstance(levels[0], str):
        place = {level: k for k, level in enumerate(levels)}
        return [place[value] for value in values], [_plain(level) for level in levels]
    low, high = float(levels[0]), float(levels[-1])
    edges = np.linspace(low, high, 13)
    at = np.clip(np.searchsorted(edges, np.array(values, dtype=np.float64), "right") - 1, 0, 11)
    return at.tolist(), [f"{edge:.3g}" for edge in edges[:-1]]


def _map(found: _Sweep, across: str, up: str) -> Markup:
    column, names = _binned(found.columns[across])
    row, rows = _binned(found.columns[up])
    best = found.order[0]
    middle = float(np.nanmedian(found.value))
    reach = max(float(np.nanmax(np.abs(found.value - middle))), 1e-12)
    sign = -1.0 if found.by in _LOW_IS_GOOD else 1.0
    height = max(220, min(30 * len(rows), 620) + 70)
    plot = Plot((1080, height), (0.0, float(len(names))), (0.0, float(len(rows))), (8, 16, 50, 90))
    fields: dict[tuple[int, int], list[float]] = {}
    for a, b, value in zip(column, row, found.value.tolist(), strict=True):
        fields.setdefault((a, b), []).append(value)
    for (a, b), values in sorted(fields.items()):
        known = [value for value in values if math.isfinite(value)]
        value = float(np.median(known)) if known else math.nan
        tip = f"{_short(across)} {names[a]}, {_short(up)} {rows[b]}: {found.text(value)}"
        plot.cell((a + 0.03, a + 0.97), (b + 0.05, b + 0.95), _tone(sign * (value - middle) / reach), tip)
        if known and len(names) <= 14:
            plot.text(
                plot.x(a + 0.5),
                plot.y(b + 0.5) + 4.5,
                found.text(value),
                "middle",
                f"label {_ink(sign * (value - middle) / reach)}",
            )
    a, b = column[best], row[best]
    plot.cell((a + 0.03, a + 0.97), (b + 0.05, b + 0.95), "best")
    for k, name in enumerate(rows):
        plot.text(plot.left - 8, plot.y(k + 0.5) + 4.5, name, "end")
    plot.x_axis([(k + 0.5, name) for k, name in enumerate(names)])
    plot.text((plot.left + plot.width) / 2, plot.height - 8, _short(across), "middle")
    plot.text(4, plot.top + 12, _short(up))
    return plot.render(
        f"{found.definition.label} by {across} and {up}; "
        f"the best is {names[a]} and {rows[b]} with {found.text(float(found.value[best]))}."
    )


def _tone(part: float) -> str:
    if not math.isfinite(part):
        return "none"
    step = 1 + sum(abs(part) > edge for edge in (0.2, 0.45, 0.75))
    return "h0" if abs(part) < 0.02 else f"{'h' if part > 0 else 'c'}{step}"


def _ink(part: float) -> str:
    return "over" if abs(part) > 0.75 else "on" if abs(part) > 0.45 else "near"


def _one(found: _Sweep) -> Markup:
    (name,) = found.params
    at, names = _binned(found.columns[name], most=10_000)
    values = found.columns[name]
    is_number = not isinstance(values[0], str | bool)
    x = np.array([float(value) for value in values] if is_number else at, dtype=np.float64)
    plot = Plot((1080, 320), span_of(x), span_of(found.value, include=()), (10, 16, 44, 76))
    plot.y_axis(lambda value: figure(value, found.definition.unit))
    plot.x_axis(
        [(tick, f"{tick:g}") for tick in nice_ticks(*plot.xs, 9)] if is_number else [(float(k), one) for k, one in enumerate(names)]
    )
    order = np.argsort(x, kind="stable")
    plot.line(x[order], found.value[order], "line muted thin")
    plot.dots(x, found.value, "dot main", 3.5)
    best = found.order[:1]
    plot.dots(x[best], found.value[best], "best", 7.0)
    plot.text((plot.left + plot.width) / 2, plot.height - 6, _short(name), "middle")
    return plot.render(f"{found.definition.label} by {name}; the best is {_plain(values[best[0]])}.")


def _spread_lead(found: _Sweep) -> str:
    known = found.value[np.isfinite(found.value)]
    if not len(known):
        return ""
    lower, middle, upper = (found.text(float(np.quantile(known, level))) for level in (0.25, 0.5, 0.75))
    return f"Half of all trials lie between {lower} and {upper}, in the middle {middle}."


def _spread(found: _Sweep) -> list[Block]:
    known = found.value[np.isfinite(found.value)]
    if len(known) < 2:
        return []
    # Of two settings, three pictures fill one row.
    width: Literal["", "third"] = "third" if len(found.params) == 2 else ""
    size = (340, 220) if width else (520, 240)
    title = f"Distribution of {found.definition.label}"
    note = "Thick: the middle half; line: from lowest to highest; dot: the median."
    blocks: list[Block] = [Picture(title, _histogram(found, known, size), "The line is the best trial.", width)]
    blocks += [Picture(f"By {_short(name)}", _by_value(found, name, size), note, width) for name in found.params]
    return blocks


def _histogram(found: _Sweep, known: Floats, size: tuple[int, int]) -> Markup:
    counts, edges = np.histogram(known, bins=min(max(len(known) // 4, 5), 30))
    plot = Plot(size, (float(edges[0]), float(edges[-1])), (0.0, float(counts.max()) * 1.1))
    plot.y_axis(lambda value: f"{value:,.0f}", 4)
    plot.x_axis([(tick, figure(tick, found.definition.unit)) for tick in nice_ticks(*plot.xs, 4)])
    for k, number in enumerate(counts.tolist()):
        if number:
            plot.bar(
                float(edges[k]),
                float(edges[k + 1]),
                number,
                "bar soft",
                tip=f"{found.text(float(edges[k]))} to {found.text(float(edges[k + 1]))}: {plural(number, 'trial')}",
            )
    plot.upright(float(found.value[found.order[0]]), "rule main")
    return plot.render(f"Distribution of {found.definition.label} over {plural(len(known), 'trial')}.")


def _by_value(found: _Sweep, name: str, size: tuple[int, int]) -> Markup:
    at, names = _binned(found.columns[name], most=20)
    plot = Plot(size, (-0.5, len(names) - 0.5), span_of(found.value), (10, 12, 26, 58))
    plot.y_axis(lambda value: figure(value, found.definition.unit), 4)
    every = -(-len(names) // (size[0] // 45))
    plot.x_axis([(float(k), one) for k, one in enumerate(names) if k % every == 0])
    for k, one in enumerate(names):
        values = np.array(
            [value for place, value in zip(at, found.value.tolist(), strict=True) if place == k and math.isfinite(value)]
        )
        if len(values):
            low, lower, middle, upper, high = (float(np.quantile(values, level)) for level in (0.0, 0.25, 0.5, 0.75, 1.0))
            plot.bar(k - 0.02, k + 0.02, high, "bar muted", low)
            plot.bar(
                k - 0.22,
                k + 0.22,
                upper,
                "bar soft",
                lower,
                tip=f"{_short(name)} {one}: median {found.text(middle)} of {plural(len(values), 'trial')}",
            )
            plot.dots(np.array([float(k)]), np.array([middle]), "dot main", 3.5)
    return plot.render(f"{found.definition.label} by {name}.")


def _table(found: _Sweep) -> Table:
    keys = list(dict.fromkeys([found.by, *_BESIDE]))
    heads = [("Trial", False), *((_short(name), True) for name in found.params), *((DEFINITIONS[key].label, True) for key in keys)]
    rows: list[list[str | Cell]] = []
    for row in found.order[:_MOST_ROWS]:
        cells: list[str | Cell] = [str(found.columns["trial"][row]), *(_plain(found.columns[name][row]) for name in found.params)]
        rows.append([*cells, *(figure(found.columns[key][row], DEFINITIONS[key].unit) for key in keys)])
    left = len(found.value) - len(rows)
    return Table("The best trials", heads, rows, f"And {left:,} more." if left else "", wide=True)
