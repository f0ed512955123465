"""Data sources that are broken in one way each."""

from dataclasses import replace
from pathlib import Path

import numpy as np

import tradekit
from tradekit import DataError, DataSource, Field, Instrument, Paging
from tradekit.testing import DataSourceContract, markets

DAY = markets.DAY


HAS = {"AAA": markets.walk(40), "BBB": markets.walk(40, seed=8)}


class Memory(DataSource):
    """Give bars out of memory."""

    def instruments(self):
        return [Instrument(symbol) for symbol in HAS]

    def bars(self, request):
        return {symbol: self.taken(self.series(symbol), request) for symbol in request.symbols}

    def series(self, symbol):
        if symbol not in HAS:
            raise DataError(f"there is no {symbol!r}")
        return HAS[symbol]

    def taken(self, series, request):
        start = -np.inf if request.start is None else request.start
        end = np.inf if request.end is None else request.end
        return markets.taken(series, (series.open_time >= start) & (series.open_time < end))


class OfMemory(DataSourceContract):
    symbols = ("AAA", "BBB")


class Milliseconds(Memory):
    """Date bars in milliseconds."""

    name = "milliseconds"

    def taken(self, series, request):
        found = super().taken(series, request)
        return replace(found, open_time=found.open_time // 10**6, close_time=found.close_time // 10**6)


class TestMilliseconds(OfMemory):
    component = Milliseconds
    breaks = "src01"
    also = ("src02", "src03")  # such bars are too close to each other, and never where they are asked for


class NewestFirst(Memory):
    """Give the newest bars first, as some venues do."""

    name = "newest-first"

    def taken(self, series, request):
        return markets.taken(super().taken(series, request), slice(None, None, -1))


class TestNewestFirst(OfMemory):
    component = NewestFirst
    breaks = "src02"
    also = ("src03", "src04", "src07")  # which can't read what is out of order


class AfterTheStart(Memory):
    """Leave out the bar at the start of a range."""

    name = "after-the-start"

    def taken(self, series, request):
        found = super().taken(series, request)
        return found if request.start is None else markets.taken(found, found.open_time > request.start)


class TestAfterTheStart(OfMemory):
    component = AfterTheStart
    breaks = "src03"
    also = ("src07",)  # each part of a fetch lacks its first bar


class Drifting(Memory):
    """Count its requests, and add to the volume."""

    name = "drifting"
    asked = 0

    def taken(self, series, request):
        type(self).asked += 1
        found = super().taken(series, request)
        return replace(found, volume=found.volume + self.asked)


class TestDrifting(OfMemory):
    component = Drifting
    breaks = "src04"
    also = ("src03", "src07")  # which ask more than once, too


class Polite(Memory):
    """Give an empty series for what it doesn't have."""

    name = "polite"

    def series(self, symbol):
        return HAS.get(symbol, markets.walk(0))


class TestPolite(OfMemory):
    component = Polite
    breaks = "src05"


class Paged(Memory):
    """Give ten bars for a request."""

    paging = Paging(10, 1000.0)

    def taken(self, series, request):
        return markets.taken(super().taken(series, request), slice(None, 10))


class OfPages(OfMemory):
    start = "2024-01-01"
    end = "2024-02-10"


class Generous(Paged):
    """Give two bars more than it says."""

    name = "generous"

    def taken(self, series, request):
        return markets.taken(Memory.taken(self, series, request), slice(None, 12))


class TestGenerous(OfPages):
    component = Generous
    breaks = "src06"
    also = ("src03",)  # which is asked for more than a page as well


class Cursor(Memory):
    """Go on from where the last answer ended, whatever is asked for."""

    name = "cursor"

    def __init__(self, options=None):
        super().__init__(options)
        self.at = {}

    def taken(self, series, request):
        found = super().taken(series, request)
        if request.end is None:
            return found
        at = self.at.get(request.symbols, 0)
        self.at[request.symbols] = max(int(request.end) + DAY, at)
        return markets.taken(found, found.open_time >= at)


class TestCursor(OfMemory):
    component = Cursor
    breaks = "src07"


class Careless(Memory):
    """Let what happens to be raised pass where its file is missing."""

    name = "careless"

    class Options(tradekit.Options):
        path: Path | None = Field(None, description="file to read; without it, what is in memory")

    def series(self, symbol):
        if self.options.path is not None:
            return self.options.path.read_bytes()
        return super().series(symbol)


class TestCareless(OfMemory):
    component = Careless
    failing = ({"path": "not-there.csv"},)
    breaks = "src08"


class Repeating(Memory):
    """List its instruments twice."""

    name = "repeating"

    def instruments(self):
        return [*super().instruments(), *super().instruments()]


class TestRepeating(OfMemory):
    component = Repeating
    breaks = "src09"
