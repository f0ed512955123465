"""Choose the driver, after proving that the fast one gives the same answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradekit.data.interval import time_text
from tradekit.engine.calls import Blaming, run_on_bar
from tradekit.engine.indicators import differs
from tradekit.engine.prepare import Prepared, cut
from tradekit.errors import StrategyError
from tradekit.model.bars import Floats
from tradekit.model.event import EventKind
from tradekit.plugin.contracts import Strategy
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.signals import decisions
from tradekit.simulator.simulation import Simulation

__all__ = ["Plan", "Wanted", "choose", "targets_of", "wanted_of"]

_SLICE = 5_000  # rows on which the two forms of a strategy are compared, beyond its warm-up
_FIRST_DECISIONS = 12  # how many of the first decisions are made again without what came after; early ones cost little


@dataclass(frozen=True)
class Plan:
    """The driver that a run takes, why, and for the compiled one the target weights, float64 [time, instrument]."""

    driver: Literal["event", "compiled"]
    reason: str
    targets: Floats | None = None


class Wanted(NamedTuple):
    """Target weights, float64 [time, instrument], and the rows of which they count, rising: int64 [decision]."""

    weights: Floats
    rows: NDArray[np.int64]


def choose(prepared: Prepared, wanted: str, obstacles: Sequence[str], fresh: Callable[[], Strategy]) -> Plan:
    """Return the fastest driver that everything composed supports; `obstacles` says in words what keeps the compiled one from it.

    `fresh` makes an unused copy of the strategy, for checks. Raises `StrategyError` if the array form looks ahead, or if the two
    forms of the strategy differ. That `wanted` can be had was checked when the run was composed.
    """
    if prepared.setup.tape is not None:
        return Plan("event", "it goes through ticks")
    has_events = type(prepared.strategy).on_bar is not Strategy.on_bar
    if has_events and (wanted == "event" or obstacles):
        return Plan("event", "the run file asks for it" if wanted == "event" else obstacles[0])
    weights = targets_of(prepared)
    _prove_causal(prepared, weights, fresh)
    if not has_events:
        return Plan("compiled", "the strategy gives targets(), which do not change when later bars are left out", weights)
    rows = min(len(prepared.setup.bars), prepared.setup.warmup + _SLICE)
    _prove_equal(cut(prepared, fresh(), rows), weights[:rows])
    return Plan("compiled", f"the strategy gives targets(), proven equal to its on_bar() on the first {rows:,} bars", weights)


def targets_of(prepared: Prepared) -> Floats:
    """Return the strategy's target weights, checked: float64 [time, instrument], finite or NaN, and NaN while warming up."""
    wanted = wanted_of(prepared)
    found = np.full(wanted.weights.shape, np.nan)
    found[wanted.rows] = wanted.weights[wanted.rows]
    return found


def wanted_of(prepared: Prepared) -> Wanted:
    """Return the strategy's target weights, checked, without copying them where all instruments have all bars."""
    bars, strategy, values = prepared.setup.bars, prepared.strategy, prepared.values()
    who = f"targets() of strategy {strategy.name!r}"
    with Blaming(who, strategy):
        found = np.asarray(strategy.targets(bars, values), dtype=np.float64)
    expected = (len(bars), len(bars.symbols))
    if found.shape != expected:
        raise StrategyError(f"{who} returned shape {found.shape}, expected [time, instrument] {expected}")
    rows, is_infinite = decisions(found, max(prepared.setup.warmup - 1, 0) if bars.is_whole else 0)
    if is_infinite:
        row, i = (int(k) for k in np.argwhere(np.isinf(found))[0])
        raise StrategyError(f"{who} returned an infinite weight for {bars.symbols[i]!r} at {_when(prepared, row)}")
    return Wanted(np.ascontiguousarray(found) if bars.is_whole else np.where(values.warm, found, np.nan), rows)


def _prove_causal(prepared: Prepared, weights: Floats, fresh: Callable[[], Strategy]) -> None:
    """Compute targets again on shortened data: a row that changes depended on bars after it."""
    for rows in _lengths(weights, prepared.setup.warmup):
        again = targets_of(cut(prepared, fresh(), rows))
        changed = differs(again, weights[:rows])
        if changed.any():
            row, i = (int(k) for k in np.argwhere(changed)[0])
            if differs(again, targets_of(cut(prepared, fresh(), rows))).any():
                raise StrategyError(
                    f"targets() of strategy {prepared.strategy.name!r} gives other weights each time on the same data; "
                    "let it draw from a generator whose seed is an option"
                )
            before, after = (_weight(form[row, i]) for form in (weights, again))
            raise StrategyError(
                f"targets() of strategy {prepared.strategy.name!r} looks into the future: for "
                f"{prepared.setup.bars.symbols[i]!r} at {_when(prepared, row)} it gives {before}, "
                f"but {after} when the data ends at {_when(prepared, rows - 1)}"
            )


def _lengths(weights: Floats, warmup: int) -> list[int]:
    """Return where to end the data: right after decisions, because one that needs the next bar is missing or another there."""
    total = len(weights)
    decisions = np.flatnonzero(~np.isnan(weights).all(axis=1))
    chosen = (
        [*decisions[:_FIRST_DECISIONS], *decisions[[len(decisions) // 3, len(decisions) * 2 // 3, -1]]] if len(decisions) else []
    )
    lengths = {int(row) + 1 for row in chosen} | {total // 3, total * 5 // 6, total - 1}
    return sorted(length for length in lengths if max(warmup, 1) <= length < total)


def _weight(weight: float) -> str:
    return "no target" if np.isnan(weight) else f"the weight {float(weight)!r}"


def _prove_equal(sample: Prepared, weights: Floats) -> None:
    """Run both forms on a slice of the data; they must leave the same journal, except for the numbers of the orders."""
    rows = len(sample.setup.bars)
    by_event, by_array = Simulation(sample.setup), Simulation(sample.setup)
    run_on_bar(Context(by_event, sample.setup), sample.strategy, (0, rows))
    run_targets(by_array, np.ascontiguousarray(weights), 0, rows)
    first, second = by_event.log.columns(), by_array.log.columns()
    shared = min(len(first["row"]), len(second["row"]))
    differ = np.zeros(shared, dtype=np.bool_)
    for column in ("row", "kind", "instrument", "code"):
        differ |= first[column][:shared] != second[column][:shared]
    for column in ("a", "b"):
        differ |= ~np.isclose(first[column][:shared], second[column][:shared], rtol=1e-9, atol=0.0, equal_nan=True)
    at = int(np.argmax(differ)) if differ.any() else shared
    if at == len(first["row"]) == len(second["row"]):
        return
    raise StrategyError(
        f"the two forms of strategy {sample.strategy.name!r} differ: on_bar() {_entry(sample, first, at)}, "
        f"targets() {_entry(sample, second, at)}; mend one of them, or set execution.driver = 'event' to use on_bar() alone"
    )


def _entry(prepared: Prepared, log: Mapping[str, Any], at: int) -> str:
    """Say what one form did where the other did something else."""
    if at >= len(log["row"]):
        return "does nothing more"
    kind = EventKind(int(log["kind"][at]))
    time = _when(prepared, int(log["row"][at]))
    if kind is EventKind.HALT:
        return f"is halted at {time}"
    what = "orders" if kind is EventKind.ORDER else f"gets a {kind.text} of"
    return f"{what} {log['a'][at]:+g} {prepared.setup.bars.symbols[int(log['instrument'][at])]} at {time}"


def _when(prepared: Prepared, row: int) -> str:
    return time_text(int(prepared.setup.bars.close_time[row]))
