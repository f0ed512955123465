"""Page by page: what a source answers to a range of time, and how much of the range each answer settles.

A source promises the first rows of what is asked for. Venues keep to less: some give fewer rows than they say, some the last ones,
and some are late. So an answer is believed between its first row and its last; what is before and after is asked for once more,
and only an empty answer says that nothing is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tradekit.data.fetch.asking import Asker
from tradekit.data.interval import DAY, interval_text, time_text
from tradekit.data.lacking import where_to_say
from tradekit.data.store.kinds import LAYOUTS, Columns, Kept
from tradekit.data.store.spans import Span
from tradekit.errors import DataError, VenueError
from tradekit.model.bars import Series, Times
from tradekit.plugin.contracts import BarRequest, DataSource, Paging

__all__ = ["Page", "Pager", "Wanted", "comes_at_once", "newest"]

_ARRIVING = 60_000_000_000
"""Ticks that are younger may not all be there yet."""
_ENOUGH = 10
"""So many equal steps are no chance."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a kind of data of an instrument; bars are `interval` nanoseconds long."""

    symbol: str
    kind: str
    interval: int = 0

    def __str__(self) -> str:
        return f"{self.kind} of {self.symbol!r}"


@dataclass(frozen=True, slots=True)
class Page:
    """All rows that there are in a range; there may be none."""

    data: Kept
    start: int
    end: int


def comes_at_once(source: DataSource, kind: str) -> bool:
    """Say whether a source gives all of a kind in one answer, though it has pages of others."""
    return kind == "actions" or (kind == "funding" and type(source).funding_page is DataSource.funding_page)


def newest(wanted: Wanted, now: int) -> int:
    """Return up to when rows can be there at `now`: bars that open later can't be finished, and ticks may still arrive."""
    return now // wanted.interval * wanted.interval if wanted.kind == "bars" else now - _ARRIVING


class Pager:
    """Asks for one thing until ranges of time are answered."""

    def __init__(self, asker: Asker, wanted: Wanted) -> None:
        self._asker = asker
        self._wanted = wanted
        self._layout = LAYOUTS[wanted.kind]
        self._step = wanted.interval or 1
        self._origin = asker.source.name

    def pages(self, spans: Sequence[Span]) -> Iterator[Page]:
        """Yield what answers `spans`, in order of time, as far as it can be known by now.

        Each page holds what is finished, and reaches as far as is certain. Raises `VenueError` for what doesn't pass, and
        `DataError` for what the source doesn't have.
        """
        limit = newest(self._wanted, self._asker.clock.now())
        ready = [(start, min(end, limit)) for start, end in spans if start < limit]
        paging = self._asker.source.paging
        if paging is None or comes_at_once(self._asker.source, self._wanted.kind):
            yield from self._whole(ready) if ready else ()
            return
        for start, end in ready:
            yield from self._bars(start, end, paging) if self._wanted.kind == "bars" else self._ticks(start, end, paging)

    def _bars(self, start: int, end: int, paging: Paging) -> Iterator[Page]:
        step = paging.rows * self._wanted.interval
        for at in range(start, end, step):
            todo: list[Span | Page] = [(at, min(at + step, end))]
            while todo:
                item = todo.pop()
                if isinstance(item, Page):
                    yield item
                else:
                    todo += self._parts(*item)

    def _parts(self, start: int, end: int) -> list[Span | Page]:
        """Return what an answer settles and what is still to be asked for, the latest first."""
        columns, finished, unfinished = self._finished(*self._answer(start, end))
        times = columns["open_time"]
        if unfinished is not None:
            end = unfinished
        elif not len(times):
            end = min(end, self._settled(finished))
        if not len(times):
            return [self._page(columns, start, end)] if start < end else []
        first, last = int(times[0]), int(times[-1]) + self._wanted.interval
        rest: list[Span | Page] = [(last, end)] if last < end and unfinished is None else []
        before: list[Span | Page] = [(start, first)] if first - start >= self._wanted.interval else []
        return [*rest, self._page(columns, first if before else start, last if rest else end), *before]

    def _ticks(self, start: int, end: int, paging: Paging) -> Iterator[Page]:
        """Yield pages without the rows of an answer's last time, which may not all be in it: the next one begins there."""
        is_first = True
        while start < end:
            columns, finished = self._answer(start, end)
            times = columns["time"]
            if is_first and len(times) and times[0] > start:
                self._check_first(start, int(times[0]))
            is_first = False
            if not len(times):
                end = min(end, self._settled(finished))
                if start < end:
                    yield self._page(columns, start, end)
                return
            last = int(times[-1])
            if times[0] == last:
                if len(times) >= paging.rows:
                    what = f"one answer of {self._named} is full of {len(times)} {self._wanted.kind} of {time_text(last)}"
                    raise VenueError(f"{what}: there may be more of that time, which can't be asked for")
                last += 1
            yield self._page(self._layout.cut(columns, (start, last)), start, last)
            start = last

    def _check_first(self, start: int, first: int) -> None:
        """Make sure that nothing lies before the first row of an answer, where a venue gives the last rows and not the first."""
        before, _ = self._answer(start, first)
        if len(before["time"]):
            what = f"the {self._named} gives the last {self._wanted.kind} of a range and not the first: it gave those from"
            raise VenueError(f"{what} {time_text(first)} on, and there are some from {time_text(before['time'][0])} on")

    def _whole(self, spans: Sequence[Span]) -> Iterator[Page]:
        """Yield what one answer has for each range. It is cheap to ask again, so nothing after its last row counts as answered."""
        columns, _, unfinished = self._finished(*self._answer(spans[0][0], spans[-1][1]))
        times = columns[self._layout.time]
        if unfinished is None and len(times):
            unfinished = int(times[-1]) + self._step
        for start, end in spans:
            end = min(end, unfinished or start)
            if start < end:
                yield self._page(self._layout.cut(columns, (start, end)), start, end)

    def _finished(self, columns: Columns, finished: int) -> tuple[Columns, int, int | None]:
        """Return the columns without unfinished bars, and when the first of those opens, if there is one."""
        if self._wanted.kind != "bars":
            return columns, finished, None
        late = np.flatnonzero(columns["close_time"] > finished)
        if not len(late):
            return columns, finished, None
        opens = int(columns["open_time"][late[0]])
        return {name: column[: late[0]] for name, column in columns.items()}, finished, opens

    def _settled(self, finished: int) -> int:
        """Return up to when an empty answer says that nothing is there, and not that it has yet to come."""
        return (finished - max(DAY, 2 * self._wanted.interval)) // self._step * self._step

    def _page(self, columns: Columns, start: int, end: int) -> Page:
        return Page(self._layout.data_of(columns, self._origin), start, end)

    @property
    def _named(self) -> str:
        return f"data source {self._asker.source.name!r}"

    def _answer(self, start: int, end: int) -> tuple[Columns, int]:
        """Return the rows of one answer in the range that was asked for, and up to when they are finished."""
        return self._asker.ask(lambda: self._layout.cut(self._given(start, end), (start, end)))

    def _given(self, start: int, end: int) -> Columns:
        wanted, source = self._wanted, self._asker.source
        found = _given(source, wanted, BarRequest((wanted.symbol,), wanted.interval, start, end))
        if found is None:
            raise DataError(f"the {self._named} has no {wanted}{where_to_say(source, wanted.kind)}")
        if isinstance(found, Series):
            self._check_spacing(found)
        self._origin = found.origin
        return self._layout.columns_of(found)

    def _check_spacing(self, series: Series) -> None:
        """Refuse bars that are closer than their length: out of order, there twice, or of another interval."""
        steps = np.diff(series.open_time)
        bad = np.flatnonzero(steps < self._wanted.interval)
        self._check_interval(series, steps)
        if not len(bad):
            return
        times = " and then at ".join(time_text(time) for time in series.open_time[bad[0] : bad[0] + 2].tolist())
        what = f"bars of {interval_text(self._wanted.interval)} from {series.origin!r} open at {times}"
        if self._asker.source.paging is None:
            raise DataError(f"{what}; import what needs repair with a policy, or mend the source")
        raise VenueError(f"{what}: out of order, or there twice", is_passing=True)

    def _check_interval(self, series: Series, steps: Times) -> None:
        """Refuse bars that are of another interval than was asked for, which asking again doesn't change.

        They are if most are closer than that, or if all are equally far apart and further than that.
        """
        if not len(steps):
            return
        values, counts = np.unique(steps, return_counts=True)
        commonest = int(values[counts.argmax()])
        is_shorter = 0 < commonest < self._wanted.interval and 2 * int(counts.max()) > len(steps)
        if is_shorter or (len(values) == 1 and commonest > self._wanted.interval and len(steps) >= _ENOUGH):
            asked, given = interval_text(self._wanted.interval), interval_text(commonest)
            what = f"bars from {series.origin!r} are {given} apart, and {asked} was asked for"
            raise VenueError(f"{what}; ask for {given}, or tell the source how its intervals are called")


def _given(source: DataSource, wanted: Wanted, request: BarRequest) -> Kept | None:
    """Return what a source gives of one kind, for the one symbol of the request."""
    symbols = request.symbols
    if wanted.kind == "funding":
        page = source.funding_page(request) if source.paging is not None else None
        return (source.funding(symbols) if page is None else page).get(wanted.symbol)
    if wanted.kind == "actions":
        return source.actions(symbols).get(wanted.symbol)
    if wanted.kind == "trades":
        return source.trades(request).get(wanted.symbol)
    if wanted.kind == "quotes":
        return source.quotes(request).get(wanted.symbol)
    if wanted.kind == "book":
        return source.book(request).get(wanted.symbol)
    return source.bars(request).get(wanted.symbol)
