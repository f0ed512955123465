"""The bars of a live run, made of the trades that a source streams."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tradekit.data.stream import StreamBars
from tradekit.model.bars import BAR_COLUMNS
from tradekit.model.outside import LiveBar, Reconnected
from tradekit.model.ticks import Trades
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["TradeBars", "bars_of_trades"]

_log = logging.getLogger("tradekit.live")
_LOOK_EVERY_S = 0.25


async def bars_of_trades(
    source: DataSource, late_s: float, now: Callable[[], int], request: BarRequest
) -> AsyncIterator[LiveBar | Reconnected]:
    """Yield bars as `DataSource.live_bars` does, made of `source.live_trades`.

    A bar is final when the venue's time, which `now` tells, is `late_s` past its end. One of which trades are missing is not given:
    the driver asks for it, and so it does for one in which nothing was traded.
    """
    makers = {symbol: TradeBars(symbol, request.interval, late_s, now()) for symbol in request.symbols}
    stream = source.live_trades(replace(request, interval=0))
    # A pause in the trades must not hold the bars up.
    coming = asyncio.ensure_future(anext(stream))
    try:
        while True:
            await asyncio.wait({coming}, timeout=_LOOK_EVERY_S)
            if coming.done():
                try:
                    heard = coming.result()
                except StopAsyncIteration:
                    return
                coming = asyncio.ensure_future(anext(stream))
                if isinstance(heard, Reconnected):
                    makers = {symbol: maker.anew(now()) for symbol, maker in makers.items()}
                    yield heard
                    continue
                for bar in _of(heard, makers):
                    yield bar
            for maker in makers.values():
                for bar in maker.advance(now()):
                    yield bar
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
        if (close := getattr(stream, "aclose", None)) is not None:
            await close()


def _of(heard: Mapping[str, Trades], makers: Mapping[str, TradeBars]) -> Iterator[LiveBar]:
    for symbol, trades in heard.items():
        if symbol in makers:
            yield from makers[symbol].push(trades)


@dataclass
class TradeBars:
    """Makes the bars of one instrument: what came so far of the one that is being made, and each once when it is finished."""

    symbol: str
    interval: int
    late_s: float
    start: int
    """From when on no trade is missing: bars that began before it are not made."""
    _bars: StreamBars = field(init=False)
    _opened: int = field(default=-1, init=False)
    _growing: list[float] = field(default_factory=list, init=False)
    """Open, high, low, close and volume so far."""

    def __post_init__(self) -> None:
        # Numbers that are made of text say nothing about the order.
        self._bars = StreamBars(self.interval, self.late_s, start=self.start, by_number=False)

    def anew(self, start: int) -> TradeBars:
        """Return one that begins from nothing, because trades are missing."""
        if self._bars.late or self._bars.duplicates:
            _log.info("of the trades in %s, %d came late and %d twice", self.symbol, self._bars.late, self._bars.duplicates)
        return TradeBars(self.symbol, self.interval, self.late_s, start)

    def push(self, trades: Trades) -> Iterator[LiveBar]:
        """Take in trades as they come; give the bars that they finish, and the one that is being made."""
        columns: tuple[list[Any], ...] = tuple(getattr(trades, name).tolist() for name in ("time", "price", "size", "number"))
        late = self._bars.late
        for time, price, size, number in zip(*columns, strict=True):
            before = self._bars.duplicates
            self._bars.push(time, price, size, number)
            if self._bars.duplicates == before:
                self._grow(time, price, size)
        if self._bars.late > late:
            what = "trades came after their bar was made, and are in none: live.late_s is too short for this venue"
            _log.warning("%d of the %s %s", self._bars.late - late, self.symbol, what)
        yield from self._finished()
        yield from self._shown()

    def advance(self, now: int) -> Iterator[LiveBar]:
        """Take note of the venue's time; give the bars that have ended by it."""
        self._bars.advance(now)
        yield from self._finished()

    def _finished(self) -> Iterator[LiveBar]:
        series = self._bars.take()
        columns: list[list[Any]] = [getattr(series, name).tolist() for name in BAR_COLUMNS]
        for row in zip(*columns, strict=True):
            yield replace(LiveBar(self.symbol, *row), is_final=True)

    def _grow(self, time: int, price: float, size: float) -> None:
        """Let the bar that is being made have a trade: as it stands, by the order in which they come."""
        opened = time - time % self.interval
        if opened > self._opened:
            self._opened = opened
            self._growing = [price, price, price, price, size]
        elif opened == self._opened:
            bar = self._growing
            if price > bar[1]:
                bar[1] = price
            elif price < bar[2]:
                bar[2] = price
            bar[3] = price
            bar[4] += size

    def _shown(self) -> Iterator[LiveBar]:
        """Give the bar that is being made. One of which trades are missing isn't: what it would say of its beginning is wrong."""
        if self._opened >= self.start:
            first, high, low, last, volume = self._growing
            yield LiveBar(self.symbol, self._opened, self._opened + self.interval, first, high, low, last, volume)
