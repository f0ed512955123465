"""Bars of a live stream of trades, which come late, twice and out of order."""

from __future__ import annotations

import math
from heapq import heappop, heappush

import numpy as np

from tradekit.data.building import bar_size, sessions_for
from tradekit.data.interval import time_text
from tradekit.data.resample import bar_builder, spans_of
from tradekit.errors import ConfigError, DataError
from tradekit.model.bars import BAR_COLUMNS, BarSize, Series, Threshold
from tradekit.model.ticks import Trades

__all__ = ["StreamBars"]

_SECOND = 1_000_000_000
_NEVER = int(np.iinfo(np.int64).min)


class StreamBars:
    """Turns the trades of one instrument into finished bars as they come, by the builder that `bars_of_trades` has.

    Venue time is the latest that any trade or `advance` has told. A trade waits until venue time is more than `grace_s` past its
    own, and then takes its place: in order of time, at one time of number, and then of arrival. One that comes after that is late:
    it is in no bar, counted, and kept for `take_late`, so that what is stored can be corrected. A bar is finished when venue time
    is `grace_s` past its end, and doesn't change any more.

    A trade whose number has been seen before is a duplicate, which is counted and left out. Numbers are remembered for `memory_s`
    of venue time, or longer. Without numbers, nothing is a duplicate: two trades may be equal in everything. Where numbers say
    nothing about the order, such as those that `trade_number` makes of text, `by_number` is to be False.

    The bars are those that `bars_of_trades` makes of the same trades, without the late ones. A window that began before `start`, in
    UTC nanoseconds, makes no bar, because trades of it are missing; without it, that is the time of the first trade.
    """

    def __init__(
        self,
        size: str | BarSize,
        grace_s: float,
        *,
        calendar: str | None = None,
        start: int | None = None,
        by_number: bool = True,
        memory_s: float = 3600.0,
    ) -> None:
        for name, seconds in (("grace_s", grace_s), ("memory_s", memory_s)):
            if not 0.0 <= seconds < math.inf:
                raise ConfigError(f"{name} is {seconds!r}; it takes seconds, 0 or more")
        self.size = bar_size(size)
        self.grace = round(grace_s * _SECOND)
        self.memory = round(memory_s * _SECOND)
        self.calendar = calendar
        self.start = start
        self.by_number = by_number
        self.arrived = self.duplicates = self.late = self.off_session = 0
        """How many trades came at all, came again, came late, and lay in no session of the calendar."""
        self._builder = bar_builder(self.size)
        # Until then the sessions of the calendar are known.
        self._known = math.inf if calendar is None else -math.inf
        self._waiting: list[tuple[int, int, int, float, float]] = []
        self._late: list[tuple[int, float, float, int]] = []
        self._seen: set[int] = set()
        self._seen_before: set[int] = set()
        self._turned = _NEVER
        self._mark = _NEVER

    @property
    def waiting(self) -> int:
        """How many trades wait for their place."""
        return len(self._waiting)

    def push(self, time: int, price: float, size: float, number: int = 0) -> bool:
        """Take in a trade as it comes; say whether bars are finished, which `take` returns.

        `time` is UTC nanoseconds, `number` the venue's, 0 if it has none. Raises `DataError` for a price or a size that can't be.
        """
        if not (0.0 < price < math.inf and 0.0 <= size < math.inf):
            shown = f"trade {number} at {time_text(time)} has the price {price!r} and the size {size!r}"
            raise DataError(f"{shown}; a price is finite and above 0, a size finite and 0 or more")
        self.arrived += 1
        if number:
            if number in self._seen or number in self._seen_before:
                self.duplicates += 1
                return self._builder.count > 0
            self._seen.add(number)
        if time < self._mark:
            self.late += 1
            self._late.append((time, price, size, number))
            return self._builder.count > 0
        heappush(self._waiting, (time, number if self.by_number else 0, self.arrived, price, size))
        return self.advance(time)

    def advance(self, time: int) -> bool:
        """Take note of venue time, of which quiet markets tell nothing else; say whether bars are finished.

        It is the venue's clock that counts: time of one that is ahead of it makes trades late.
        """
        mark = time - self.grace
        if mark > self._mark:
            self._mark = mark
            if self._waiting and self._waiting[0][0] < mark:
                self._release(mark)
            self._builder.advance(mark)
            if mark - self._turned >= self.memory:
                self._turned = mark
                self._seen_before, self._seen = self._seen, set()
        return self._builder.count > 0

    def take(self) -> Series:
        """Return the bars that are finished since this was last asked."""
        bars = self._builder.take()
        if isinstance(self.size, Threshold) or self.start is None or not len(bars) or bars.open_time[0] >= self.start:
            return bars
        columns = (getattr(bars, name)[bars.open_time >= self.start] for name in BAR_COLUMNS)
        return Series(*columns)

    def take_late(self) -> Trades:
        """Return the trades that came late since this was last asked, in order of time."""
        late, self._late = sorted(self._late, key=lambda trade: trade[0]), []
        time, price, size, number = zip(*late, strict=True) if late else ((), (), (), ())
        return Trades(np.array(time, np.int64), np.array(price), np.array(size), number=np.array(number, np.int64))

    def _release(self, mark: int) -> None:
        """Give the builder what has waited long enough."""
        if self.start is None:
            self.start = self._waiting[0][0]
        while self._waiting and self._waiting[0][0] < mark:
            time, _, _, price, size = heappop(self._waiting)
            if time >= self._known:
                self._look_up(time)
            if self._builder.push(time, price, size):
                self.off_session += 1

    def _look_up(self, time: int) -> None:
        """Find out about the sessions from a time on."""
        spans = spans_of(self.size, sessions_for(str(self.calendar), self.size, time, time))
        self._builder.follow(spans)
        self._known = int(spans[1, -1])
