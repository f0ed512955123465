"""Choose the driver, after proving that the fast one gives the same answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tradekit.engine.calls import run_on_bar, when
from tradekit.engine.prepare import Prepared, cut
from tradekit.errors import StrategyError, TradekitError
from tradekit.model.bars import Floats
from tradekit.plugin.contracts import Strategy
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.simulation import Simulation

__all__ = ["Plan", "choose", "targets_of"]

_SLICE = 5_000  # rows on which the two forms of a strategy are compared, beyond its warm-up


@dataclass(frozen=True)
class Plan:
    """The driver that a run takes, why, and for the compiled one the target weights, float64 [time, instrument]."""

    driver: Literal["event", "compiled"]
    reason: str
    targets: Floats | None = None


def choose(prepared: Prepared, wanted: str, obstacles: Sequence[str], fresh: Callable[[], Strategy]) -> Plan:
    """Return the fastest driver that everything composed supports; `obstacles` says in words what keeps the compiled one from it.

    `fresh` makes an unused copy of the strategy, for checks. Raises `StrategyError` if the array form looks ahead, or if the two
    forms of the strategy differ. That `wanted` can be had was checked when the run was composed.
    """
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
    bars, name, values = prepared.setup.bars, prepared.strategy.name, prepared.values()
    try:
        weights = np.array(prepared.strategy.targets(bars, values), dtype=np.float64, order="C")
    except TradekitError:
        raise
    except Exception as error:
        raise StrategyError(f"targets() of strategy {name!r} raised {type(error).__name__}: {error}") from error
    expected = (len(bars), len(bars.symbols))
    if weights.shape != expected:
        raise StrategyError(f"targets() of strategy {name!r} returned shape {weights.shape}, expected [time, instrument] {expected}")
    if np.isinf(weights).any():
        row = int(np.flatnonzero(np.isinf(weights).any(axis=1))[0])
        raise StrategyError(f"targets() of strategy {name!r} returned an infinite weight at {_when(prepared, row)}")
    weights[~values.warm] = np.nan
    return weights


def _prove_causal(prepared: Prepared, weights: Floats, fresh: Callable[[], Strategy]) -> None:
    """Compute targets again on shortened data: a row that changes depended on bars after it."""
    total = len(weights)
    for rows in sorted({total // 3, total // 2, total * 5 // 6, total - 1} - {0}):
        again = targets_of(cut(prepared, fresh(), rows))
        same = (again == weights[:rows]) | (np.isnan(again) & np.isnan(weights[:rows]))
        if not same.all():
            row, i = (int(k) for k in np.argwhere(~same)[0])
            symbol = prepared.setup.bars.symbols[i]
            raise StrategyError(
                f"targets() of strategy {prepared.strategy.name!r} looks into the future: its weight for {symbol!r} at "
                f"{_when(prepared, row)} is {weights[row, i]!r}, but {again[row, i]!r} when the data ends at {_when(prepared, rows - 1)}"
            )


def _prove_equal(sample: Prepared, weights: Floats) -> None:
    """Run both forms on a slice of the data; they must leave the same journal, except for the numbers of the orders."""
    rows = len(sample.setup.bars)
    by_event, by_array = Simulation(sample.setup), Simulation(sample.setup)
    run_on_bar(Context(by_event, sample.setup), sample.strategy, (0, rows))
    run_targets(by_array, np.ascontiguousarray(weights), 0, rows)
    first, second = by_event.log.columns(), by_array.log.columns()
    shared = min(len(first["row"]), len(second["row"]))
    same = np.ones(shared, dtype=np.bool_)
    for column in ("row", "kind", "instrument", "code", "a", "b"):
        left, right = first[column][:shared], second[column][:shared]
        same &= (left == right) | ((left != left) & (right != right))
    at = int(np.argmin(same)) if not same.all() else shared
    if at == len(first["row"]) == len(second["row"]):
        return
    told = [
        f"{form} {_entry(sample, log, at)}" for form, log in (("on_bar()", first), ("targets()", second))
    ]
    raise StrategyError(
        f"the two forms of strategy {sample.strategy.name!r} differ: {told[0]}, {told[1]}; "
        "mend one of them, or set execution.driver = 'event' to use on_bar() alone"
    )


def _entry(prepared: Prepared, log: dict[str, np.ndarray], at: int) -> str:
    if at >= len(log["row"]):
        return "does nothing more"
    symbol = prepared.setup.bars.symbols[int(log["instrument"][at])]
    return f"asks for {log['a'][at]:+g} {symbol} at {_when(prepared, int(log['row'][at]))}"


def _when(prepared: Prepared, row: int) -> str:
    return when(int(prepared.setup.bars.close_time[row]))
