"""What a run is compared with: instruments bought at their first open and held, at no cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tradekit.errors import ConfigError, nearest
from tradekit.model.bars import Bars, Floats

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


def benchmark(bars: Bars, capital: float, choice: str) -> tuple[Floats | None, str]:
    """Return the value of the benchmark at each close, float64 [time], and a sentence that says what it is."""
    if choice in bars.symbols:
        sentence = f"The benchmark buys {choice} with all capital at its first open and holds it, at no cost."
        return _held(bars, bars.index_of(choice), capital), sentence
    if choice == "none":
        return None, "There is no benchmark."
    parts = [_held(bars, i, capital / len(bars.symbols)) for i in range(len(bars.symbols))]
    sentence = "The benchmark puts an equal part of the capital into each instrument at its first open and holds it, at no cost."
    return np.sum(parts, axis=0), sentence


def _held(bars: Bars, i: int, money: float) -> Floats:
    """Return what `money` becomes: cash until the first bar, then the instrument at its last close."""
    closes = bars.own(i, bars.close)
    if not len(closes):
        return np.full(len(bars), money)
    value = bars.on_clock(i, closes * (money / bars.own(i, bars.open)[0]))
    return value if len(closes) == len(bars) else np.where(np.isnan(value), money, value)
