"""The bars of a session held against others of the same time: changed, missing and additional ones, and clocks that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tradekit.data.align import align
from tradekit.data.interval import interval_text, time_text
from tradekit.data.load import load_bars
from tradekit.engine.compose import ComposedRun
from tradekit.engine.live.growing import Ohlcv
from tradekit.engine.live.inputs import Revised
from tradekit.engine.live.recording import Recording
from tradekit.errors import DataError
from tradekit.model.bars import BAR_COLUMNS, PRICE_COLUMNS, Bars, Series
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["BarChange", "Others", "are_same", "bar_changes", "fetched", "final_bars", "mixed", "shift_text"]

_DAY = 86_400_000_000_000
_MOSTLY = 0.8  # of the bars of a session, how many are elsewhere at the same distance if a clock differs


@dataclass(frozen=True, slots=True)
class BarChange:
    """A bar that is another on the other side: `changed`, or `missing` or `additional` there."""

    symbol: str
    open_time: int
    what: str
    was: Ohlcv | None
    now: Ohlcv | None
    warms_up: bool = False
    """Whether nothing was decided on its row."""

    @property
    def columns(self) -> dict[str, tuple[float, float]]:
        """Return what differs of a bar that both sides have, as (the session's, the other)."""
        if self.was is None or self.now is None:
            return {}
        return {name: (a, b) for name, a, b in zip(PRICE_COLUMNS, self.was, self.now, strict=True) if a != b}

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        bars = {"session": None if self.was is None else list(self.was), "other": None if self.now is None else list(self.now)}
        return {"symbol": self.symbol, "open_time": time_text(self.open_time), "what": self.what, "warms_up": self.warms_up, **bars}

    def __str__(self) -> str:
        where = f"{self.symbol} {time_text(self.open_time)}"
        if self.columns:
            return f"{where}: {', '.join(f'{name} {a:.12g} in the run, {b:.12g} now' for name, (a, b) in self.columns.items())}"
        return f"{where}: {'not there now' if self.now is None else 'the run did not have it'}"


@dataclass(frozen=True)
class Others:
    """Bars to replay with, and what tells of them: where they are from, and by how much their clock differs (0: not at all)."""

    bars: Bars
    what: str
    shift: int = 0
    """Nanoseconds that they lie later than those of the session."""
    changes: Sequence[BarChange] = field(default=())


def bar_changes(session: Bars, other: Bars, first_row: int) -> list[BarChange]:
    """Return the bars that differ, by time; `first_row` is when the first row opened on which something was decided."""
    return sorted(_changes(session, other, first_row), key=lambda one: (one.open_time, one.symbol))


def _changes(session: Bars, other: Bars, first_row: int) -> Iterator[BarChange]:
    for i, symbol in enumerate(session.symbols):
        before, after = _by_time(session, i), _by_time(other, other.symbols.index(symbol))
        for opened in {**before, **after}:
            was, now = before.get(opened), after.get(opened)
            if was != now:
                what = "changed" if was is not None and now is not None else "missing" if now is None else "additional"
                yield BarChange(symbol, opened, what, was, now, opened < first_row)


def are_same(first: Bars, second: Bars) -> bool:
    """Say whether two sets of bars of the same instruments are the same in every number."""
    names = ("open_time", *PRICE_COLUMNS)
    return all(np.array_equal(getattr(first, name), getattr(second, name), equal_nan=True) for name in names)


def _by_time(bars: Bars, i: int) -> dict[int, Ohlcv]:
    columns = [getattr(bars, name)[:, i].tolist() for name in PRICE_COLUMNS]
    rows = zip(bars.open_time.tolist(), zip(*columns, strict=True), strict=True)
    return {opened: bar for opened, bar in rows if bar[3] == bar[3]}


def mixed(session: Bars, changes: Sequence[BarChange]) -> Bars:
    """Return the bars of a session with some changes made to them."""
    if not changes:
        return session
    length = int(session.close_time[0] - session.open_time[0])
    found = [dict(_by_time(session, i)) for i in range(len(session.symbols))]
    for one in changes:
        own = found[session.symbols.index(one.symbol)]
        if one.now is None:
            own.pop(one.open_time, None)
        else:
            own[one.open_time] = one.now
    opened = np.array(sorted({time for own in found for time in own}), dtype=np.int64)
    columns: dict[str, Any] = {name: np.full((len(opened), len(session.symbols)), np.nan) for name in PRICE_COLUMNS}
    for i, own in enumerate(found):
        rows = np.searchsorted(opened, np.array(sorted(own), dtype=np.int64))
        for name, values in zip(PRICE_COLUMNS, zip(*(own[time] for time in sorted(own)), strict=True), strict=False):
            columns[name][rows, i] = values
    return Bars(session.symbols, opened, opened + length, **columns)


def final_bars(recording: Recording) -> Others:
    """Return the bars of a session as they were in the end: with those that came late, and those that came again and other."""
    last = {(given.symbol, given.open_time): given.bar for given in recording.inputs if isinstance(given, Revised)}
    known = [_by_time(recording.bars, i) for i in range(len(recording.bars.symbols))]
    changes = []
    for (symbol, opened), bar in sorted(last.items(), key=lambda one: (one[0][1], one[0][0])):
        was = known[recording.bars.symbols.index(symbol)].get(opened)
        if was != bar:
            what = "additional" if was is None else "changed"
            changes.append(BarChange(symbol, opened, what, was, bar, opened < recording.first_row))
    return Others(mixed(recording.bars, changes), "the bars that came late or were revised", 0, changes)


def fetched(recording: Recording, composed: ComposedRun, source: DataSource, history: int) -> Others:
    """Ask another source for the bars of a session, with as many before its first row as are to warm it up.

    Raises `DataError` for a source that has none, or not those instruments.
    """
    size = composed.config.data.size
    interval = size if isinstance(size, int) else 0
    first = recording.first_row
    begin = min(int(recording.bars.open_time[0]), first - history * interval)
    wide = BarRequest(recording.bars.symbols, interval, begin - _DAY, recording.end + _DAY)
    loaded = load_bars(source, wide, composed.config.data.policy).bars
    bars = _cut(loaded, begin, recording.end)
    shift = _shift(recording.bars, loaded)
    if shift == 0 and not len(bars):
        span = f"from {time_text(begin)} to {time_text(recording.end)}"
        raise DataError(f"the data source {source.name!r} has no bars {span}, the time of the run")
    own_time = int(recording.bars.open_time[0])
    changes = [one for one in bar_changes(recording.bars, bars, first) if one.open_time >= own_time]
    return Others(bars, f"the bars of {source.name!r}", shift, changes)


def _cut(bars: Bars, begin: int, end: int) -> Bars:
    rows = np.flatnonzero((bars.open_time >= begin) & (bars.close_time <= end))
    series = {}
    for i, symbol in enumerate(bars.symbols):
        own = rows[bars.exists[rows, i]]
        columns: dict[str, Any] = {name: getattr(bars, name)[own] for name in BAR_COLUMNS[:2]}
        columns |= {name: getattr(bars, name)[own, i] for name in PRICE_COLUMNS}
        series[symbol] = Series(**columns)
    return align(series)


def _shift(session: Bars, other: Bars) -> int:
    """Return by how much later the bars of a session are in the other ones, if most of them are there, at one distance; or 0."""
    distances: Counter[int] = Counter()
    count = 0
    for i, symbol in enumerate(session.symbols):
        mine, theirs = _by_time(session, i), _by_time(other, other.symbols.index(symbol))
        count += len(mine)
        if sum(theirs.get(opened) == bar for opened, bar in mine.items()) > (1.0 - _MOSTLY) * len(mine):
            return 0
        places: dict[Ohlcv, list[int]] = {}
        for opened, bar in theirs.items():
            places.setdefault(bar, []).append(opened)
        distances.update(time - opened for opened, bar in mine.items() for time in places.get(bar, ())[:3])
    (found, times) = distances.most_common(1)[0] if distances else (0, 0)
    return found if times >= _MOSTLY * count else 0


def shift_text(shift: int) -> str:
    """Return in words that a clock differs."""
    return f"{interval_text(abs(shift))} {'later' if shift > 0 else 'earlier'}"
