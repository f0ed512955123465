"""From a stream of bars that change to rows of bars that have closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tradekit.engine.live.growing import Closed, Ohlcv
from tradekit.model.bars import BAR_COLUMNS, Series
from tradekit.model.outside import LiveBar

__all__ = ["Feed", "prices_of"]


@dataclass(slots=True)
class Feed:
    """Puts the bars of several instruments together, one row of the clock after the other.

    A bar counts as closed once the venue has said so or a later one of its instrument has begun, and never before the venue's clock
    has passed its end. A row is complete when all instruments have closed a bar; `grace` nanoseconds after its end the driver asks
    the source for those that are missing, and after `patience` the row goes on without them.
    """

    symbols: Sequence[str]
    interval: int
    following: int
    """When the next row opens."""
    grace: int
    patience: int
    bars: dict[int, dict[str, LiveBar]] = field(default_factory=dict)
    finished: dict[int, set[str]] = field(default_factory=dict)
    late: list[LiveBar] = field(default_factory=list)
    """Final bars whose row has been; whoever takes them empties it."""

    def push(self, bar: LiveBar) -> None:
        """Take in a bar as it stands."""
        if bar.symbol not in self.symbols:
            return
        if bar.open_time < self.following:
            if bar.is_final:
                self.late.append(bar)
            return
        self.bars.setdefault(bar.open_time, {})[bar.symbol] = bar
        if bar.is_final:
            self.finished.setdefault(bar.open_time, set()).add(bar.symbol)
        for earlier, found in self.bars.items():
            # A later bar proves that an earlier one is over, but not that its last state was seen: the source is asked for it.
            if earlier < bar.open_time and bar.symbol in found and bar.symbol not in self.finished.get(earlier, ()):
                del found[bar.symbol]
                break

    def fill(self, found: Mapping[str, Series]) -> None:
        """Take in bars that the source was asked for: these are over."""
        for symbol, series in found.items():
            columns: list[list[Any]] = [getattr(series, name).tolist() for name in BAR_COLUMNS]
            for row in zip(*columns, strict=True):
                bar = replace(LiveBar(symbol, *row), is_final=True)
                if bar.open_time >= self.following and bar.close == bar.close:
                    self.push(bar)

    def missing(self, now: int) -> tuple[str, ...]:
        """Return whose bars should be there by now, with some time for them to come, and are not."""
        if now < self.following + self.interval + self.grace:
            return ()
        return tuple(symbol for symbol in self.symbols if symbol not in self.finished.get(self.following, ()))

    def take(self, now: int) -> Closed | None:
        """Return the next row if it has closed by now; call it again until there is none."""
        while now >= self.following + self.interval:
            opened, closed = self.following, self.following + self.interval
            finished = self.finished.get(opened, set())
            if len(finished) < len(self.symbols) and now < closed + self.patience:
                return None
            bars = self.bars.pop(opened, {})
            self.finished.pop(opened, None)
            self.following = closed
            if finished:
                return Closed(opened, closed, {symbol: prices_of(bars[symbol]) for symbol in self.symbols if symbol in finished})
        return None


def prices_of(bar: LiveBar) -> Ohlcv:
    """Return open, high, low, close and volume."""
    return bar.open, bar.high, bar.low, bar.close, bar.volume
