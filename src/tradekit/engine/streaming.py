"""What is computed for all bars of a run, a piece at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tradekit.data.interval import parse_interval
from tradekit.data.resample import count_ended, whole_windows
from tradekit.engine.calls import Blaming
from tradekit.engine.indicators import Computed, Reader, is_fed, ratio_of, value_names
from tradekit.errors import StrategyError
from tradekit.model.bars import BAR_COLUMNS, PRICE_COLUMNS, Bars, BarSize, Floats, Series, Times
from tradekit.model.memory import Scratch
from tradekit.model.reference import SessionTimes
from tradekit.model.timeline import Sessions
from tradekit.plugin.contracts import Indicator

__all__ = ["Feed", "compute_in_pieces", "feeds_of"]


def compute_in_pieces(
    indicators: Mapping[str, Indicator], bars: Bars, size: BarSize, sessions: Sessions, memory: Scratch
) -> Computed:
    """Return what `compute` does for indicators that are fed bar by bar; the values lie in `memory`.

    Raises `StrategyError` for an indicator that has an array form of its own, which wants all bars at once.
    """
    names = [value for name, indicator in indicators.items() for value in value_names(name, indicator)]
    values = memory.array((len(names), len(bars.symbols), len(bars)), np.float64)
    for name, indicator in indicators.items():
        if not is_fed(indicator):
            who = f"indicator {name!r} ({indicator.name})"
            raise StrategyError(f"{who} computes all bars at once, and streamed data are never all there; set data.stream = false")
    feeds = feeds_of(indicators, size, sessions)
    for block in memory.blocks(len(bars)):
        part = bars.rows(block.start, block.stop)
        at = dict.fromkeys(range(len(bars.symbols)), 0)
        for i, feed in feeds:
            found = feed.take(part, i)
            values[at[i] : at[i] + len(found), i, block] = found
            at[i] += len(found)
    return Computed({name: row for row, name in enumerate(names)}, values)


def feeds_of(indicators: Mapping[str, Indicator], size: BarSize, sessions: Sessions) -> list[tuple[int, Feed]]:
    """Return a feed of each indicator for each instrument, with the instrument's place: all of one, then all of the next."""
    readers = [
        Reader(name, one, parse_interval(str(one.bar_interval)) if ratio_of(one, size) > 1 else None)
        for name, one in indicators.items()
    ]
    return [(i, Feed(reader, sessions.calendar(i))) for i in range(len(sessions.calendar_of)) for reader in readers]


class Feed:
    """One indicator on the way through the bars of one instrument."""

    def __init__(self, reader: Reader, calendar: SessionTimes | None) -> None:
        self.reader = reader
        self.calendar = calendar
        self.began: int | None = None
        self._blaming = Blaming(str(reader), reader.indicator)
        with self._blaming:
            self.state = reader.indicator.step()
        self.last = np.full((len(reader.indicator.outputs), 1), np.nan)
        # One that has a `feed` of its own, or reads coarser bars, takes bars as arrays only.
        is_plain = reader.interval is None and type(reader.indicator).feed is Indicator.feed
        self._inputs = [PRICE_COLUMNS.index(name) for name in reader.indicator.inputs] if is_plain else None
        self.unfinished: Series | None = None

    def take(self, part: Bars, i: int) -> Floats:
        """Return the values on the rows of the next bars, float64 [output, row], held over holes."""
        exists = part.exists[:, i]
        prices: dict[str, Any] = {name: part.own(i, getattr(part, name)) for name in PRICE_COLUMNS}
        own = Series(part.open_time[exists], part.close_time[exists], **prices)
        if self.reader.interval is None:
            found = self._fed(own)
            ended = np.cumsum(exists)
        else:
            coarse, count = self._coarser(own, self.reader.interval)
            found = self._fed(coarse)
            ended = np.concatenate(([0], count))[np.cumsum(exists)]
        known = np.concatenate((self.last, found), axis=1)
        self.last = known[:, -1:]
        return known[:, ended]

    def push(self, bar: Sequence[float]) -> Floats | None:
        """Return the values on one bar, of open, high, low, close and volume, as `take` does; `None` where only that can do it."""
        if self._inputs is None:
            return None
        with self._blaming:
            self.last[:, 0] = self.state.push(*[bar[place] for place in self._inputs])
        return self.last[:, 0]

    def _fed(self, bars: Series) -> Floats:
        indicator = self.reader.indicator
        columns = [getattr(bars, name) for name in indicator.inputs]
        with self._blaming:
            return indicator.feed(self.state, *columns)

    def _coarser(self, own: Series, interval: int) -> tuple[Series, Times]:
        """Return the coarser bars that end within these, and how many have ended at the close of each of these."""
        before = 0 if self.unfinished is None else len(self.unfinished)
        if self.unfinished is not None:
            earlier = self.unfinished
            joined: dict[str, Any] = {name: np.concatenate((getattr(earlier, name), getattr(own, name))) for name in BAR_COLUMNS}
            own = replace(own, **joined)
        built, opened = whole_windows(own, interval, self.calendar, self.began)
        if self.began is None and len(opened):
            self.began = int(opened[0])
        ended = count_ended(built, own.close_time)
        whole = int(ended[-1]) if len(ended) else 0
        since = int(np.searchsorted(opened, built.open_time[whole])) if whole < len(built) else len(own)
        self.unfinished = _rows(own, since, len(own))
        return _rows(built, 0, whole), ended[before:]


def _rows(series: Series, start: int, stop: int) -> Series:
    return replace(series, **{name: getattr(series, name)[start:stop] for name in BAR_COLUMNS})
