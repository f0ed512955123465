"""Compute what a strategy declares, for all bars at once, and prove that no value depends on a later bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.data.interval import time_text
from tradekit.engine.calls import blaming
from tradekit.errors import StrategyError, nearest
from tradekit.model.bars import PRICE_COLUMNS, Bars, Floats
from tradekit.plugin.contracts import Indicator, Strategy

__all__ = ["Computed", "compute", "declared", "differs", "warmup_of"]


@dataclass(frozen=True)
class Computed:
    """Indicators on all bars: float64 [value, instrument, time], held over holes, and which value is which by its name."""

    names: Mapping[str, int]
    values: Floats


def declared(strategy: Strategy) -> dict[str, Indicator]:
    """Return the indicators of a strategy, checked. Raises `StrategyError` for what is none, and for a name that is taken."""
    who = f"strategy {strategy.name!r}"
    with blaming(f"indicators() of {who}", strategy):
        found = dict(strategy.indicators())
    for name, indicator in found.items():
        if not isinstance(indicator, Indicator):
            raise StrategyError(f"indicator {name!r} of {who} is {indicator!r}, which is no indicator; make one, such as sma(20)")
        for column in indicator.inputs:
            if column not in PRICE_COLUMNS:
                allowed = f"allowed: {', '.join(PRICE_COLUMNS)}{nearest(str(column), PRICE_COLUMNS)}"
                raise StrategyError(f"indicator {name!r} of {who} reads {column!r}, which no bar has; {allowed}")
    taken = dict.fromkeys(PRICE_COLUMNS, "a price")
    for name, indicator in found.items():
        for value in _value_names(name, indicator):
            if value in taken:
                raise StrategyError(f"indicator {name!r} of {who} has the value {value!r}, and so has {taken[value]}; rename it")
            taken[value] = f"indicator {name!r}"
    return found


def compute(indicators: Mapping[str, Indicator], bars: Bars) -> Computed:
    """Compute all values; then some again on shortened bars, which must not change them.

    Raises `StrategyError` for an indicator that raises, gives values of another shape, or looks into the future.
    """
    names = [value for name, indicator in indicators.items() for value in _value_names(name, indicator)]
    values = np.full((len(names), len(bars.symbols), len(bars)), np.nan)
    row = 0
    for name, indicator in indicators.items():
        for i in range(len(bars.symbols)):
            values[row : row + len(indicator.outputs), i] = _of_instrument(name, indicator, bars, i)
        row += len(indicator.outputs)
    return Computed({name: row for row, name in enumerate(names)}, values)


def warmup_of(strategy: Strategy, indicators: Mapping[str, Indicator]) -> int:
    """Return how many bars a strategy and its indicators need. Raises `StrategyError` if one of them can't say."""
    owners: list[tuple[Strategy | Indicator, str]] = [(strategy, f"strategy {strategy.name!r}")]
    owners += [(indicator, f"indicator {name!r}") for name, indicator in indicators.items()]
    found = 0
    for owner, who in owners:
        with blaming(f"warmup of {who}", owner):
            bars = owner.warmup
        if not isinstance(bars, int | np.integer):
            raise StrategyError(f"warmup of {who} is {bars!r}; it must be a whole number of bars")
        found = max(found, int(bars))
    return found


def _value_names(name: str, indicator: Indicator) -> list[str]:
    return [name] if len(indicator.outputs) == 1 else [f"{name}.{output}" for output in indicator.outputs]


def _of_instrument(name: str, indicator: Indicator, bars: Bars, i: int) -> Floats:
    columns = [bars.own(i, getattr(bars, column)) for column in indicator.inputs]
    found = _on_columns(name, indicator, columns)
    _prove_causal(name, indicator, columns, found, (bars, i))
    return bars.on_clock(i, found)


def _on_columns(name: str, indicator: Indicator, columns: list[Floats]) -> Floats:
    who = f"indicator {name!r} ({indicator.name})"
    with blaming(who, indicator):
        found = np.asarray(indicator.compute(*columns), dtype=np.float64)
    expected = (len(indicator.outputs), len(columns[0]))
    if found.shape != expected:
        raise StrategyError(f"{who} returned values of shape {found.shape}, expected [output, time] {expected}")
    return found


def _prove_causal(name: str, indicator: Indicator, columns: list[Floats], found: Floats, where: tuple[Bars, int]) -> None:
    """Compute values again on shortened columns: one that changes depended on bars after it."""
    if type(indicator).compute is Indicator.compute:
        state = indicator.step()
        if type(state).__module__.startswith("tradekit.simulator.") or not hasattr(state, "run"):
            return  # it was fed bar by bar, by the kernel's own loop or by ours
    total = len(columns[0])
    for length in sorted({total // 3, total * 5 // 6, total - 1}):
        if length < max(indicator.warmup, 1):
            continue
        again = _on_columns(name, indicator, [column[:length] for column in columns])
        changed = differs(again, found[:, :length])
        if changed.any():
            output, row = (int(k) for k in np.argwhere(changed)[0])
            bars, i = where
            closes = bars.close_time[bars.exists[:, i]]
            raise StrategyError(
                f"indicator {name!r} ({indicator.name}) looks into the future: its value for {bars.symbols[i]!r} at "
                f"{time_text(closes[row])} is {float(found[output, row])!r}, but {float(again[output, row])!r} when the data ends "
                f"at {time_text(closes[length - 1])}"
            )


def differs(first: Floats, second: Floats) -> NDArray[np.bool_]:
    """Say where two arrays differ by more than rounding, which may be another where sums have another length; NaN equals NaN."""
    slack = 1e-9 * np.max(np.abs(second), initial=0.0, where=np.isfinite(second))
    with np.errstate(invalid="ignore"):
        same: NDArray[np.bool_] = (first == second) | (np.abs(first - second) <= slack) | (np.isnan(first) & np.isnan(second))
    return ~same
