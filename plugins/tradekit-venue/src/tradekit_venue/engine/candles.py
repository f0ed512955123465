"""Candles of all the intervals that a venue offers, kept as trades come in."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

__all__ = ["INTERVALS", "Candle", "Candles"]

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONDAY = 4 * DAY
"""The first Monday since 1970, from where weeks are counted."""

INTERVALS = {
    "1s": SECOND,
    "1m": MINUTE,
    "3m": 3 * MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "2h": 2 * HOUR,
    "4h": 4 * HOUR,
    "6h": 6 * HOUR,
    "8h": 8 * HOUR,
    "12h": 12 * HOUR,
    "1d": DAY,
    "3d": 3 * DAY,
    "1w": 7 * DAY,
    "1M": 0,
}
"""Names of intervals and their lengths in milliseconds; a month has none."""

ZERO = Decimal(0)


@dataclass(slots=True)
class Candle:
    """What was traded in an interval; it spans `open_time <= t < end`, in milliseconds."""

    open_time: int
    end: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    value: Decimal = ZERO
    """What was paid, in the quote currency."""
    trades: int = 0
    bought: Decimal = ZERO
    """How much of the volume buyers took."""
    bought_value: Decimal = ZERO

    def add(self, later: Candle) -> None:
        """Take in what came after."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.value += later.value
        self.trades += later.trades
        self.bought += later.bought
        self.bought_value += later.bought_value


def span(interval: str, time: int) -> tuple[int, int]:
    """Return when the candle begins that a time is in, and when the next one does."""
    length = INTERVALS[interval]
    if not length:
        begin = datetime.fromtimestamp(time // 1000, UTC).replace(day=1, hour=0, minute=0, second=0)
        end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
        return int(begin.timestamp()) * 1000, int(end.timestamp()) * 1000
    offset = MONDAY if interval == "1w" else 0
    open_time = (time - offset) // length * length + offset
    return open_time, open_time + length


class Candles:
    """The candles of one market. An interval is kept from when it is first asked for, built from the finest that is kept then."""

    def __init__(self, history: Sequence[Candle] = (), interval: str = "1m") -> None:
        self.finest = interval
        self._kept: dict[str, list[Candle]] = {interval: [replace(candle) for candle in history]}
        self._final: dict[str, int] = {}
        """Up to where candles of an interval have been told to be final."""

    def add(self, time: int, price: Decimal, quantity: Decimal, is_buy: bool) -> list[tuple[str, Candle]]:
        """Take in a trade, and return the candles that it has changed."""
        value = price * quantity
        taken = (quantity, value) if is_buy else (ZERO, ZERO)
        changed = []
        for interval, kept in self._kept.items():
            one = Candle(*span(interval, time), price, price, price, price, quantity, value, 1, *taken)
            if kept and kept[-1].open_time == one.open_time:
                kept[-1].add(one)
            else:
                kept.append(one)
            changed.append((interval, kept[-1]))
        return changed

    def settle(self, now: int) -> None:
        """Take the candles that have ended by now for told."""
        self.finished(now)

    def finished(self, now: int) -> list[tuple[str, Candle]]:
        """Return the candles that have ended by now and were not returned before."""
        found = []
        for interval, kept in self._kept.items():
            if kept and kept[-1].end <= now and self._final.get(interval, 0) < kept[-1].end:
                self._final[interval] = kept[-1].end
                found.append((interval, kept[-1]))
        return found

    def next_end(self) -> int | None:
        """Return when the next candle ends, of those that have begun."""
        ends = [kept[-1].end for interval, kept in self._kept.items() if kept and self._final.get(interval, 0) < kept[-1].end]
        return min(ends, default=None)

    def of(self, interval: str) -> list[Candle]:
        """Return the candles of an interval, oldest first, and keep it from now on."""
        if interval not in self._kept:
            self._kept[interval] = gathered(self._kept[self.finest], interval) if self._can_build(interval) else []
            if self._kept[interval]:
                self._final[interval] = self._final.get(self.finest, 0)
        return self._kept[interval]

    def _can_build(self, interval: str) -> bool:
        length, finest = INTERVALS[interval] or DAY, INTERVALS[self.finest]
        return length >= finest and length % finest == 0

    def between(self, interval: str, start: int | None, end: int | None, limit: int) -> list[Candle]:
        """Return candles that open in `start <= t <= end`: the first ones if a start is given, else the last."""
        kept = self.of(interval)
        first = 0 if start is None else bisect_left(kept, start, key=lambda candle: candle.open_time)
        stop = len(kept) if end is None else bisect_right(kept, end, key=lambda candle: candle.open_time)
        found = kept[first:stop]
        return found[:limit] if start is not None else found[-limit:]


def gathered(candles: Iterable[Candle], interval: str) -> list[Candle]:
    """Return candles put together into those of a coarser interval."""
    found: list[Candle] = []
    for candle in candles:
        open_time, end = span(interval, candle.open_time)
        if found and found[-1].open_time == open_time:
            found[-1].add(candle)
        else:
            found.append(replace(candle, open_time=open_time, end=end))
    return found
