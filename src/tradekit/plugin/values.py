"""What the array form of a strategy reads: indicators of all bars at once, with the questions that `View` answers bar by bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tradekit.errors import StrategyError, nearest
from tradekit.model.bars import PRICE_COLUMNS, Bars, Floats

__all__ = ["Values"]

Flags = NDArray[np.bool_]


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
        if found is None and name in PRICE_COLUMNS:
            prices: Floats = getattr(self._bars, name)
            found = prices if self._has_all else self._each(lambda i: self._bars.own(i, prices))
        if found is None:
            allowed = [*PRICE_COLUMNS, *self._indicators]
            raise StrategyError(f"no value {name!r}; there are {', '.join(allowed)}{nearest(name, allowed)}")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._indicators)

    def __len__(self) -> int:
        return len(self._indicators)

    @cached_property
    def warm(self) -> Flags:
        """Bool [time, instrument]: whether the instrument has had enough bars for everything in the run."""
        if self._has_all:
            warm = np.ones(self._bars.close.shape, dtype=np.bool_)
            warm[: self._warmup - 1] = False
            return warm
        return np.cumsum(self._bars.exists, axis=0) >= self._warmup

    @cached_property
    def _has_all(self) -> bool:
        """Whether every instrument has a bar on every row."""
        return self._bars.is_whole

    @cached_property
    def ready(self) -> Flags:
        """Bool [time, instrument]: whether the instrument has a bar and is warmed up, as those in `ctx.instruments` are."""
        return self.warm if self._has_all else self._bars.exists & self.warm

    def previous(self, name: str) -> Floats:
        """Return a value on each instrument's bar before its last one; NaN if there is none."""
        values = self[name]
        if self._has_all:
            before = np.empty(values.shape)
            before[:1], before[1:] = np.nan, values[:-1]
            return before
        return self._each(lambda i: np.concatenate(([np.nan], self._bars.own(i, values)))[:-1])

    def crossed_above(self, first: str, second: str | float) -> Flags:
        """Say where `first` was at or below `second` one bar ago and is above it now; False in holes and during warm-up."""
        return self._crossed(first, second, is_above=True)

    def crossed_below(self, first: str, second: str | float) -> Flags:
        """Say where `first` was at or above `second` one bar ago and is below it now; False in holes and during warm-up."""
        return self._crossed(first, second, is_above=False)

    def _crossed(self, first: str, second: str | float, *, is_above: bool) -> Flags:
        """Return one direction and keep the other, which is found with it, for who asks for that next."""
        kept = self._other.pop((first, second, is_above), None)
        if kept is not None:
            return kept
        above, below = self._found(first, second)
        self._other.clear()
        self._other[first, second, not is_above] = below if is_above else above
        return above if is_above else below

    @cached_property
    def _other(self) -> dict[tuple[str, str | float, bool], Flags]:
        return {}

    def _found(self, first: str, second: str | float) -> tuple[Flags, Flags]:
        values = self[first]
        level = self[second] if isinstance(second, str) else np.broadcast_to(np.float64(second), values.shape)
        if self._has_all:  # the bar before is the row before
            # Only here: what is wrong with the compiled simulator must not keep 'tradekit doctor' from saying so.
            from tradekit.simulator.signals import crossings

            return crossings(values, level, self._warmup - 1)
        before = self.previous(first)
        level_before = self.previous(second) if isinstance(second, str) else second
        above: Flags = (values > level) & (before <= level_before) & self.ready
        below: Flags = (values < level) & (before >= level_before) & self.ready
        return above, below

    def _each(self, of_bars: Callable[[int], Floats]) -> Floats:
        """Return values of each instrument's own bars together on the clock."""
        return np.column_stack([self._bars.on_clock(i, of_bars(i)) for i in range(len(self._bars.symbols))])
