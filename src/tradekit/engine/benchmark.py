"""What a run is compared with: instruments bought at their first open and held, at no cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tradekit.errors import ConfigError, nearest
from tradekit.model.bars import Bars, Floats
from tradekit.model.memory import MEMORY, Memory

__all__ = ["benchmark", "chosen"]


def chosen(symbols: Sequence[str], wanted: str | None) -> str:
    """Return a symbol of the run, `equal-weight` or `none`; raise `ConfigError` for anything else.

    `wanted` is what the run file says; without it, it is the one instrument of the run, else `equal-weight`.
    """
    if wanted is None:
        return symbols[0] if len(symbols) == 1 else "equal-weight"
    allowed = ("equal-weight", "none", *symbols)
    if wanted not in allowed:
        listed = ", ".join(map(repr, allowed))
        raise ConfigError(f"run.benchmark {wanted!r} is no instrument of this run; allowed: {listed}{nearest(wanted, allowed)}")
    return wanted


def benchmark(bars: Bars, capital: float, choice: str, memory: Memory = MEMORY) -> tuple[Floats | None, str]:
    """Return the value of the benchmark at each close, float64 [time] in `memory`, and a sentence that says what it is."""
    if choice in bars.symbols:
        sentence = f"The benchmark buys {choice} with all capital at its first open and holds it, at no cost."
        return _held([_Holding(bars, bars.index_of(choice), capital)], len(bars), memory), sentence
    if choice == "none":
        return None, "There is no benchmark."
    parts = [_Holding(bars, i, capital / len(bars.symbols)) for i in range(len(bars.symbols))]
    sentence = "The benchmark puts an equal part of the capital into each instrument at its first open and holds it, at no cost."
    return _held(parts, len(bars), memory), sentence


def _held(parts: Sequence[_Holding], rows: int, memory: Memory) -> Floats:
    def compute(start: int, stop: int) -> tuple[Floats]:
        total = parts[0].values(start, stop)
        for part in parts[1:]:
            total += part.values(start, stop)
        return (total,)

    (found,) = memory.columns(rows, compute)
    return found


class _Holding:
    """What some money becomes: cash until the first bar, then the instrument at its last close."""

    def __init__(self, bars: Bars, i: int, money: float) -> None:
        self.bars, self.i, self.money = bars, i, money
        self.units = math.nan
        self.last = money

    def values(self, start: int, stop: int) -> Floats:
        """Return its value at each close of the next rows."""
        close = self.bars.close[start:stop, self.i]
        exists = ~np.isnan(close)
        if math.isnan(self.units) and exists.any():
            self.units = self.money / float(self.bars.open[start + int(exists.argmax()), self.i])
        if exists.all() and len(close):
            value: Floats = close * self.units
            self.last = float(value[-1])
            return value
        known = np.concatenate(([self.last], close[exists] * self.units))
        self.last = float(known[-1])
        held: Floats = known[np.cumsum(exists)]
        return held
