"""How much of a result is assumption: the same run under all the ways in which its orders might have been filled and charged."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.definitions import DEFINITIONS, Unit, decimals_between
from tradekit.analysis.trades import RoundTrips
from tradekit.data.interval import time_text
from tradekit.engine.brief import FIGURES, figures_of, sampling_of, simulate
from tradekit.engine.compose import ComposedRun
from tradekit.engine.drive import Progress
from tradekit.engine.market import MarketData
from tradekit.engine.plan import Plan, Wanted
from tradekit.engine.prepare import prepare
from tradekit.engine.shared import Shared
from tradekit.engine.trades import fills_of, trips_of
from tradekit.journal.record import Record
from tradekit.model.bars import Floats
from tradekit.model.fills import FillRules
from tradekit.simulator.costs import Costs
from tradekit.simulator.setup import Setup
from tradekit.simulator.signals import decisions

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["bands_of", "bands_told"]

_SHOWN = ("total_return", "annual_return", "sharpe", "max_drawdown", "trades", "win_rate")
_MORE = 0.25  # by so much a fee without tiers is raised
_LEAST = 0.0005  # what is assumed where the run file has no slippage, or no fee, as a part of the value
_FAN = 200  # closes at which equity is told
_LATER_NS = 10_000_000  # by so much orders arrive later on ticks, where they take less than that
_PATHS = ("worst", "nearest-first", "high-first", "low-first")
_QUEUES = ("behind", "power", "log")


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """One answer to one question that the data leave open: what is changed in a setup for it."""

    assumption: str
    text: str
    changes: Mapping[str, Any]

    def onto(self, setup: Setup) -> Setup:
        fills = {key: value for key, value in self.changes.items() if key != "costs"}
        changed = replace(setup, fills=replace(setup.fills, **fills)) if fills else setup
        return replace(changed, costs=self.changes["costs"](changed.costs)) if "costs" in self.changes else changed


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of the run under some assumptions."""

    figures: Mapping[str, float | int | None]
    trips: RoundTrips
    equity: Floats
    """At some closes, the same in every run."""


class _Runs:
    """Runs the same decisions, or the same strategy, under other assumptions."""

    def __init__(self, composed: ComposedRun, market: MarketData, plan: Plan) -> None:
        self.composed = composed
        self.market = market
        self.wanted = None if plan.targets is None else Wanted(plan.targets, decisions(plan.targets)[0])
        self.shared = Shared()
        self.sampling = sampling_of(market, composed.config.run.periods_per_year)

    def run(self, ways: Sequence[_Way]) -> tuple[_Done, Record]:
        prepared = prepare(self.composed.renewed(), self.market, self.shared)
        setup = prepared.setup
        for way in ways:
            setup = way.onto(setup)
        record = simulate(replace(prepared, setup=setup), self.wanted)()
        trips = trips_of(record)
        figures = figures_of(record, trips, self.sampling, self.market.bar_length)
        return _Done(figures, trips, record.equity[_fan_rows(len(record.bars))]), record


def bands_of(
    composed: ComposedRun, market: MarketData, plan: Plan, progress: Progress = lambda _done, _total: None
) -> dict[str, Any]:
    """Run again under other assumptions, and return what depends on them, as JSON has it.

    Each assumption is first changed by itself; those that change nothing are left out, and the rest is run in every combination.
    `band` has for each figure the lowest and the highest of all these runs, and `fan` for some closes the lowest, the quartiles and
    the highest of their equity. A trade depends on an assumption if, under another one,
    there is no trade in the same direction at the same time, or one that wins where it lost, or the other way round.
    """
    runs = _Runs(composed, market, plan)
    written, record = runs.run(())
    ways = list(_ways(composed, market, record))
    single: dict[_Way, _Done] = {}
    for place, way in enumerate(ways):
        progress(place, 2 * len(ways))
        single[way] = runs.run((way,))[0]
    effective = {way: done for way, done in single.items() if dict(done.figures) != dict(written.figures)}
    by_assumption = [
        [None, *(way for way in effective if way.assumption == name)] for name in dict.fromkeys(w.assumption for w in ways)
    ]
    every = [written, *effective.values()]
    combined = [
        found for chosen in itertools.product(*by_assumption) if len(found := [way for way in chosen if way is not None]) > 1
    ]
    for place, chosen in enumerate(combined):
        progress(len(ways) + place, len(ways) + len(combined))
        every.append(runs.run(chosen)[0])
    progress(len(ways) + len(combined), len(ways) + len(combined))
    depends = {way: _depends(written.trips, done.trips) for way, done in single.items()}
    return {
        "runs": 1 + len(ways) + len(combined),
        "band": {key: _band([done.figures[key] for done in every], written.figures[key]) for key in FIGURES},
        "fan": _fan(record, written, every),
        "known": list(_known(market)),
        "assumptions": [_assumed(way, done, depends[way]) for way, done in single.items()],
        "trades_in_all": len(written.trips),
        "trades": list(_trades(written.trips, record, depends)),
    }


def _ways(composed: ComposedRun, market: MarketData, record: Record) -> Iterator[_Way]:
    """Yield the assumptions that a run does not make, one at a time."""
    yield from _fill_ways(composed.fill_rules, market)
    if composed.costs and _has_slippage(record):
        yield _Way("slippage", "no slippage", {"costs": lambda costs: _slipped(costs, 0.0)})
        yield _Way("slippage", "twice the slippage", {"costs": lambda costs: _slipped(costs, 2.0)})
    else:
        yield _Way(
            "slippage",
            f"slippage of {_LEAST:.2%}",
            {"costs": lambda costs: replace(costs, slippage_rate=costs.slippage_rate + _LEAST)},
        )
    yield _delayed(composed.fill_rules, market)
    yield _Way("fees", "fees one tier worse, or a quarter more", {"costs": _dearer})


def _fill_ways(rules: FillRules, market: MarketData) -> Iterator[_Way]:
    """Yield how else orders might have been filled: inside a bar, by a trade at their limit, or from their place in a queue."""
    tape = market.tape
    if tape is None:
        for path in _PATHS:
            if path != rules.path:
                yield _Way("path", f"prices inside a bar: {path}", {"path": path})
    if tape is None or not tape.has_depth:
        other = "touch" if rules.limit_fills == "through" else "through"
        yield _Way("touch", f"limits fill on: {other}", {"limit_fills": other})
        return
    for queue in _QUEUES:
        if queue != rules.queue:
            yield _Way("queue", f"units cancelled in a queue: {queue}", {"queue": queue})


def _delayed(rules: FillRules, market: MarketData) -> _Way:
    """Return orders that arrive a bar later, or on ticks after twice the time, and 10 ms later at least."""
    now = rules.latency_ns + rules.data_latency_ns
    if market.tape is None:
        return _Way("delay", "orders arrive a bar later", {"latency_ns": now + market.bar_length})
    later = max(now, _LATER_NS)
    return _Way("delay", f"orders arrive {later / 1e6:g} ms later", {"latency_ns": now + later})


def _known(market: MarketData) -> Iterator[str]:
    """Yield what need not be assumed, because ticks tell it."""
    if market.tape is not None:
        yield "prices inside a bar"
        if market.tape.has_depth:
            yield "whether a trade at its limit fills an order"


def _has_slippage(record: Record) -> bool:
    """Say whether any fill of a run slipped."""
    return bool(np.any(fills_of(record).slippage != 0.0))


def _slipped(costs: Costs, factor: float) -> Costs:
    names = ("slippage_rate", "half_spread", "row_slippage_rate", "row_half_spread")
    impacts = tuple(replace(impact, coefficient=impact.coefficient * factor) for impact in costs.impacts)
    changes: dict[str, Any] = {name: getattr(costs, name) * factor for name in names}
    return replace(costs, impacts=impacts, **changes)


def _dearer(costs: Costs) -> Costs:
    """Return costs whose fees are those of the tier below, or a quarter higher where there are no tiers; a rebate shrinks by it."""
    if not costs.tiers and not costs.fees.any() and not costs.minimum.any():
        fees = costs.fees.copy()
        fees[:2] += _LEAST
        return replace(costs, fees=fees)
    tiers = tuple(replace(one, fees=one.fees[np.maximum(np.arange(len(one.fees)) - 1, 0)]) for one in costs.tiers)
    raised = {name: getattr(costs, name) + _MORE * np.abs(getattr(costs, name)) for name in ("fees", "floored", "minimum")}
    return replace(costs, tiers=tiers, **raised)


def _band(values: Sequence[float | int | None], written: float | None) -> dict[str, float | int | None]:
    known = [value for value in values if value is not None]
    return {"lowest": min(known, default=None), "as_written": written, "highest": max(known, default=None)}


def _fan_rows(rows: int) -> NDArray[np.int64]:
    """Return the rows at whose closes equity is told, evenly spread, with the first and the last."""
    return np.unique(np.linspace(0, rows - 1, min(rows, _FAN)).round().astype(np.int64))


def _fan(record: Record, written: _Done, every: Sequence[_Done]) -> dict[str, Any]:
    """Return between what the equity of all runs lies, as JSON has it: `time` is UTC nanoseconds."""
    all_of_them = np.sort(np.array([done.equity for done in every]), axis=0)
    levels = {"lowest": 0.0, "lower": 0.25, "middle": 0.5, "upper": 0.75, "highest": 1.0}
    at = {name: level * (len(every) - 1) for name, level in levels.items()}
    return {
        "time": record.bars.close_time[_fan_rows(len(record.bars))].tolist(),
        "as_written": written.equity.tolist(),
        **{name: _between(all_of_them, place).tolist() for name, place in at.items()},
    }


def _between(ordered: Floats, place: float) -> Floats:
    """Return what stands at a place of each ordered column, between two of its values where it is no whole number."""
    below, part = int(place), place - int(place)
    found: Floats = ordered[below] + part * (ordered[min(below + 1, len(ordered) - 1)] - ordered[below])
    return found


def _assumed(way: _Way, done: _Done, depends: Sequence[bool]) -> dict[str, Any]:
    figures = {key: done.figures[key] for key in _SHOWN}
    return {"assumption": way.assumption, "text": way.text, "figures": figures, "trades_that_depend": int(sum(depends))}


def _depends(written: RoundTrips, other: RoundTrips) -> list[bool]:
    """Say of each trade whether it is gone, or has turned from a win into a loss or back, under another assumption."""
    found = []
    until = np.where(other.is_open, np.iinfo(np.int64).max, other.exit_time)
    for k in range(len(written)):
        end = np.iinfo(np.int64).max if written.is_open[k] else written.exit_time[k]
        overlap = np.minimum(until, end) - np.maximum(other.entry_time, written.entry_time[k])
        is_alike = (other.instrument == written.instrument[k]) & (other.direction == written.direction[k]) & (overlap >= 0)
        if not is_alike.any():
            found.append(True)
            continue
        match = int(np.argmax(np.where(is_alike, overlap, -1)))
        found.append(bool((other.profit[match] > 0) != (written.profit[k] > 0)))
    return found


def _trades(trips: RoundTrips, record: Record, depends: Mapping[_Way, Sequence[bool]]) -> Iterator[dict[str, Any]]:
    """Yield the trades that depend on any assumption."""
    for k in range(len(trips)):
        names = dict.fromkeys(way.assumption for way, found in depends.items() if found[k])
        if names:
            yield {
                "trade": k + 1,
                "symbol": record.bars.symbols[int(trips.instrument[k])],
                **({} if record.parts is None else {"strategy": record.parts.name_of(int(trips.instrument[k]))}),
                "direction": "long" if trips.direction[k] > 0 else "short",
                "entry_time": time_text(int(trips.entry_time[k])),
                "exit_time": None if trips.is_open[k] else time_text(int(trips.exit_time[k])),
                "profit": float(trips.profit[k]),
                "depends_on": list(names),
            }


def bands_told(bands: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield what a person reads of bands."""
    from rich.table import Table

    yield f"\nhow much of this is assumption ({bands['runs']} runs)"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("figure", "lowest", "as written", "highest"):
        table.add_column(title, justify="left" if title == "figure" else "right")
    for key in _SHOWN:
        band = bands["band"][key]
        table.add_row(DEFINITIONS[key].label, *_figures(key, [band[side] for side in ("lowest", "as_written", "highest")]))
    yield table
    yield ""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("if instead", "total return", "trades that depend"):
        table.add_column(title, justify="left" if title == "if instead" else "right")
    assumed = bands["assumptions"]
    returns = _figures("total_return", [one["figures"]["total_return"] for one in assumed])
    for one, told in zip(assumed, returns, strict=True):
        table.add_row(one["text"], told, f"{one['trades_that_depend']:,}")
    yield table
    several = len(bands["trades"])
    depend = "depends" if several == 1 else "depend"
    if several:
        yield f"{several:,} of {bands['trades_in_all']:,} trades {depend} on an assumption; bands.json names them"
    else:
        yield "no trade depends on any of these assumptions"
    if bands["known"]:
        yield f"not assumed, because the ticks tell it: {', '.join(bands['known'])}"


def _figures(key: str, values: Sequence[float | None]) -> list[str]:
    """Return figures of one kind side by side, with the decimals that show by how much they differ."""
    unit = DEFINITIONS[key].unit
    decimals = {"count": 0, "fraction": decimals_between(values, 100.0)}.get(unit, 3)
    return ["-" if value is None else _figure(unit, value, decimals) for value in values]


def _figure(unit: Unit, value: float, decimals: int) -> str:
    return f"{100.0 * value:z.{decimals}f} %" if unit == "fraction" else f"{value:z,.{decimals}f}"
