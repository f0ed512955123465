"""The bars of a run, read month by month onto disk, for data larger than memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from tradekit.data.align import align, cut
from tradekit.data.arrays import Digest
from tradekit.data.checks import Policy
from tradekit.data.interval import time_text
from tradekit.data.load import COLUMNS, LoadedBars, checked_series, edges, given_bars, instruments_of
from tradekit.errors import DataError
from tradekit.model.bars import PRICE_COLUMNS, Bars, Series
from tradekit.model.instrument import Instrument
from tradekit.model.memory import Scratch
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["months", "stream_bars"]


def months(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a range of time that lie in each calendar month (UTC), oldest first."""
    first, last = (np.datetime64(time, "ns").astype("M8[M]") for time in (start, end - 1))
    bounds = np.arange(first, last + 2).astype("M8[ns]").astype(np.int64).tolist()
    for low, high in pairwise(bounds):
        yield max(low, start), min(high, end)


def stream_bars(
    source: DataSource, request: BarRequest, policy: Policy, calendars: Mapping[str, str], scratch: Scratch
) -> LoadedBars:
    """Return what `load_bars` does, with the bars in `scratch`; the request needs a start and an end.

    A source is asked for one month after the other, and what it gives for one is all that is in memory at a time. What a policy
    changed is told for each month. Raises `DataError` as `load_bars` does.
    """
    if request.start is None or request.end is None:
        raise ValueError("bars can be streamed only from a start to an end")
    seen = [_Seen(instrument) for instrument in instruments_of(source, request.symbols, calendars)]
    written = _Written(scratch, [each.instrument.symbol for each in seen])
    for start, end in months(request.start, request.end):
        part = replace(request, symbols=tuple(written.symbols), start=start, end=end)
        found = given_bars(source, part)
        there = {each.instrument.symbol: each for each in seen if _has_any(found[each.instrument.symbol], start, end)}
        written.append({symbol: each.take(found[symbol], part, policy) for symbol, each in there.items()})
    for each in seen:
        if not each.rows:
            # Asked for as a whole, to say which range there is.
            cut(each.instrument.symbol, given_bars(source, request)[each.instrument.symbol], request.start, request.end)
    bars = written.done()
    return LoadedBars(
        bars,
        tuple(each.instrument for each in seen),
        tuple(each.facts(len(bars)) for each in seen),
        tuple(note for each in seen for note in each.notes(request)),
    )


def _has_any(series: Series, start: int, end: int) -> bool:
    return bool(((series.open_time >= start) & (series.open_time < end)).any())


class _Seen:
    """What there is to say about the bars of one instrument, up to the month that was read last."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.rows = self.first = self.last_open = self.last_close = 0
        self.origin = ""
        self.repairs: list[str] = []
        self.digest = Digest()

    def take(self, found: Series, request: BarRequest, policy: Policy) -> Series:
        """Return the bars of a month, of which there are some, checked."""
        checked = checked_series(self.instrument, found, request, policy)
        series = checked.series
        self.digest.update(getattr(checked.raw, name) for name in COLUMNS)
        self.repairs += checked.repairs
        if not self.rows:
            self.first, self.origin = int(series.open_time[0]), series.origin
        self.rows += len(series)
        self.last_open, self.last_close = int(series.open_time[-1]), int(series.close_time[-1])
        return series

    def facts(self, clock_rows: int) -> dict[str, Any]:
        return {
            "symbol": self.instrument.symbol,
            "origin": self.origin,
            "rows": self.rows,
            "first": time_text(self.first),
            "last": time_text(self.last_open),
            "sha256": self.digest.hexdigest(),
            "holes": clock_rows - self.rows,
            "repairs": tuple(self.repairs),
        }

    def notes(self, request: BarRequest) -> list[str]:
        return [*self.repairs, *edges(self.instrument.symbol, self.first, self.last_close, request)]


class _Written:
    """Bars of several instruments on one clock, on their way to disk."""

    def __init__(self, scratch: Scratch, symbols: list[str]) -> None:
        self.symbols = symbols
        self.times = [scratch.column(np.int64) for _ in range(2)]
        self.values = [scratch.column(np.float64, len(symbols)) for _ in PRICE_COLUMNS]
        self.close_time = 0

    def append(self, series: Mapping[str, Series]) -> None:
        """Add a month; raise `DataError` if it begins before the bars of the month before have ended."""
        if not series:
            return
        bars = align(series)
        if bars.open_time[0] < self.close_time:
            first, last = time_text(int(bars.open_time[0])), time_text(self.close_time)
            what = f"a bar from {first} begins before one of the month before ends, at {last}"
            raise DataError(f"{what}; bars of one run must not overlap: check interval, tz, label and calendar")
        self.close_time = int(bars.close_time[-1])
        for column, times in zip(self.times, (bars.open_time, bars.close_time), strict=True):
            column.append(times)
        places = [self.symbols.index(symbol) for symbol in bars.symbols]
        for column, name in zip(self.values, PRICE_COLUMNS, strict=True):
            whole = np.full((len(bars), len(self.symbols)), np.nan)
            whole[:, places] = getattr(bars, name)
            column.append(whole)

    def done(self) -> Bars:
        return Bars(tuple(self.symbols), *(column.done() for column in (*self.times, *self.values)))
