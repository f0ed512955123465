"""A data source in memory whose bars are there when the clock has passed them, and whose stream does what a script says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from tradekit.model.bars import BAR_COLUMNS, Series
from tradekit.model.instrument import Instrument
from tradekit.model.outside import LiveBar, Reconnected
from tradekit.model.reference import FundingRates
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["ScriptedSource"]

_SECOND = 1_000_000_000


class ScriptedSource(DataSource):
    """Bars of a script, set on the class: `type("Mine", (ScriptedSource,), {"script": bars, "clock": clock})`.

    `script` holds all bars of each symbol, `clock` returns nanoseconds UTC. `silent` are open times of bars that the stream leaves
    out, `unclosed` of those that it gives without saying that they are final; after those in `breaks` the stream begins anew.
    `withheld` are those that the history has not got either; `further` are bars that the stream gives besides, right after the one
    that opened at some time: such as one that comes late, or again and other. `rates` are funding rates.
    """

    name = "scripted"
    has_live_bars: ClassVar[bool] = True
    script: ClassVar[Mapping[str, Series]]
    clock: ClassVar[Callable[[], int]]
    known: ClassVar[Sequence[Instrument]] = ()
    silent: ClassVar[frozenset[int]] = frozenset()
    unclosed: ClassVar[frozenset[int]] = frozenset()
    breaks: ClassVar[frozenset[int]] = frozenset()
    withheld: ClassVar[frozenset[int]] = frozenset()
    further: ClassVar[Mapping[int, Sequence[LiveBar]]] = {}
    rates: ClassVar[Mapping[str, FundingRates]] = {}

    def venue_time(self) -> int | None:
        return type(self).clock()

    def instruments(self) -> Sequence[Instrument]:
        return self.known or [Instrument(symbol) for symbol in self.script]

    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        now = type(self).clock()
        return {symbol: _between(self.script[symbol], request, now, self.withheld) for symbol in request.symbols}

    def funding(self, symbols: Sequence[str]) -> Mapping[str, FundingRates]:
        return {symbol: self.rates[symbol] for symbol in symbols if symbol in self.rates}

    async def live_bars(self, request: BarRequest) -> AsyncIterator[LiveBar | Reconnected]:
        yield Reconnected()
        for bar in sorted(self._script(request.symbols), key=lambda one: (one.close_time, one.symbol)):
            wait = (bar.close_time - type(self).clock()) / _SECOND
            if wait < 0:
                continue
            await asyncio.sleep(wait)
            if bar.open_time in self.breaks:
                yield Reconnected()
            elif bar.open_time not in self.silent:
                yield replace(bar, is_final=bar.open_time not in self.unclosed)
            for one in self.further.get(bar.open_time, ()):
                yield one
        await asyncio.Event().wait()

    def _script(self, symbols: Sequence[str]) -> list[LiveBar]:
        return [bar for symbol in symbols for bar in _bars(symbol, self.script[symbol])]


def _bars(symbol: str, series: Series) -> list[LiveBar]:
    columns: list[list[Any]] = [getattr(series, name).tolist() for name in BAR_COLUMNS]
    return [LiveBar(symbol, *row) for row in zip(*columns, strict=True)]


def _between(series: Series, request: BarRequest, now: int, withheld: frozenset[int]) -> Series:
    asked = (series.open_time >= (request.start or 0)) & (series.close_time <= now)
    if request.end is not None:
        asked &= series.open_time < request.end
    asked &= ~np.isin(series.open_time, sorted(withheld))
    columns: dict[str, Any] = {name: getattr(series, name)[asked] for name in BAR_COLUMNS}
    return Series(**columns, origin="a script")
