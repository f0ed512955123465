"""What the array form of a strategy reads: indicators of all bars at once, with the questions that `View` answers bar by bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tradekit.errors import StrategyError, nearest
from tradekit.model.bars import Bars, Floats

__all__ = ["Values"]

Flags = NDArray[np.bool_]

_PRICES = ("open", "high", "low", "close", "volume")


class Values(Mapping[str, Floats]):
    """Indicators by name, each float64 [time, instrument]: NaN while warming up, held over holes. Prices are there by name too.

    Everything here answers as `View` does at the same bar, so that the two forms of a strategy can be written alike.
    """

    def __init__(self, bars: Bars, indicators: Mapping[str, Floats], warmup: int) -> None:
        self._bars = bars
        self._indicators = indicators
        self._warmup = max(warmup, 1)

    def __getitem__(self, name: str) -> Floats:
        found = self._indicators.get(name)
        if found is None and name in _PRICES:
            found = self._held(getattr(self._bars, name))
        if found is None:
            allowed = [*_PRICES, *self._indicators]
            raise StrategyError(f"no value {name!r}; there are {', '.join(allowed)}{nearest(name, allowed)}")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._indicators)

    def __len__(self) -> int:
        return len(self._indicators)

    @cached_property
    def warm(self) -> Flags:
        """Bool [time, instrument]: whether the instrument has had enough bars for everything in the run."""
        return np.cumsum(self._bars.exists, axis=0) >= self._warmup

    @cached_property
    def ready(self) -> Flags:
        """Bool [time, instrument]: whether the instrument has a bar and is warmed up, as those in `ctx.instruments` are."""
        return self._bars.exists & self.warm

    def previous(self, name: str) -> Floats:
        """Return a value on each instrument's bar before its last one; NaN if there is none."""
        values = self[name]
        if self._bars.exists.all():
            before = np.full(values.shape, np.nan)
            before[1:] = values[:-1]
            return before
        return _on_bar_before(values, self._bars.exists)

    def crossed_above(self, first: str, second: str | float) -> Flags:
        """Say where `first` was at or below `second` one bar ago and is above it now; False in holes and during warm-up."""
        return self._crossed(first, second, np.greater, np.less_equal)

    def crossed_below(self, first: str, second: str | float) -> Flags:
        """Say where `first` was at or above `second` one bar ago and is below it now; False in holes and during warm-up."""
        return self._crossed(first, second, np.less, np.greater_equal)

    def _crossed(self, first: str, second: str | float, now: np.ufunc, before: np.ufunc) -> Flags:
        level = self[second] if isinstance(second, str) else second
        level_before = self.previous(second) if isinstance(second, str) else second
        found: Flags = now(self[first], level) & before(self.previous(first), level_before) & self.ready
        return found

    def _held(self, prices: Floats) -> Floats:
        """Return prices with holes filled by the last bar's; NaN before the first bar."""
        exists = self._bars.exists
        if exists.all():
            return prices
        rows = np.maximum.accumulate(np.where(exists, np.arange(len(prices))[:, None], 0), axis=0)
        return np.take_along_axis(prices, rows, axis=0)


def _on_bar_before(values: Floats, exists: Flags) -> Floats:
    """Return, in each column, the value on the bar before the last existing one."""
    before = np.full(values.shape, np.nan)
    for i in range(values.shape[1]):
        rows = np.flatnonzero(exists[:, i])
        latest = np.cumsum(exists[:, i]) - 1
        has_two = latest >= 1
        before[has_two, i] = values[rows[latest[has_two] - 1], i]
    return before
