"""What a run is compared with: instruments bought at their first open and held, at no cost."""

from __future__ import annotations

import numpy as np

from tradekit.errors import ConfigError, nearest
from tradekit.model.bars import Bars, Floats

__all__ = ["benchmark"]


def benchmark(bars: Bars, capital: float, wanted: str | None) -> tuple[Floats | None, str]:
    """Return the value of the benchmark at each close, float64 [time], and a sentence that says what it is.

    `wanted` is a symbol, `equal-weight`, `none`, or `None` for the one instrument of the run, else `equal-weight`. Raises
    `ConfigError` for a symbol that the run doesn't have.
    """
    if wanted is None:
        wanted = bars.symbols[0] if len(bars.symbols) == 1 else "equal-weight"
    if wanted == "none":
        return None, "There is no benchmark."
    if wanted == "equal-weight":
        parts = [_held(bars, i, capital / len(bars.symbols)) for i in range(len(bars.symbols))]
        return np.sum(parts, axis=0), "The benchmark puts an equal part of the capital into each instrument at its first open and holds it."
    if wanted not in bars.symbols:
        allowed = ("equal-weight", "none", *bars.symbols)
        raise ConfigError(f"run.benchmark {wanted!r} is no instrument of this run; allowed: {', '.join(allowed)}{nearest(wanted, allowed)}")
    return _held(bars, bars.index_of(wanted), capital), f"The benchmark buys {wanted} with all capital at its first open and holds it, at no cost."


def _held(bars: Bars, i: int, money: float) -> Floats:
    """Return what `money` becomes: cash until the first bar, then the instrument at its last close."""
    exists = bars.exists[:, i]
    rows = np.flatnonzero(exists)
    latest = np.cumsum(exists) - 1
    closes = bars.close[rows, i]
    value: Floats = np.where(latest >= 0, money * closes[np.maximum(latest, 0)] / bars.open[rows[0], i], money)
    return value
