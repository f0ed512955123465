"""Read a store's bars into the arrays that an engine runs on; `stored_cold.py` and `stored_warm.py` time it."""

from __future__ import annotations

from pathlib import Path

from tradekit import BarRequest
from tradekit.builtin.store import StoreSource
from tradekit.data.load import load_bars
from tradekit.data.quality.policy import Policy

__all__ = ["load"]

MINUTE = 60_000_000_000


def load(folder: Path, cache: bool) -> int:
    """Open the store, read all bars, check them, put them on a clock, hash them, and return how many there are."""
    source = StoreSource(StoreSource.Options(path=folder, cache=cache))
    return len(load_bars(source, BarRequest(("BTC/USDT",), MINUTE), Policy()).bars)
