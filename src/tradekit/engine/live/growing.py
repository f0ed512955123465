"""A run whose bars are not all there yet: arrays with room at their end, and indicators that are fed as bars come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.engine.indicators import declared
from tradekit.engine.prepare import Prepared
from tradekit.engine.streaming import Feed, feeds_of
from tradekit.engine.together import members_of
from tradekit.errors import ConfigError, RunError
from tradekit.model.bars import PRICE_COLUMNS, Bars, BarSize, Period
from tradekit.model.risk import LimitKind
from tradekit.model.timeline import Sessions
from tradekit.plugin.values import Values
from tradekit.simulator.setup import Setup

__all__ = ["Closed", "GrowingRun", "Ohlcv"]

_NEVER = int(np.iinfo(np.int64).max)
Ohlcv = tuple[float, float, float, float, float]
"""Open, high, low, close and volume."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The bars that closed together: one row of the clock. An instrument that had none is left out."""

    open_time: int
    close_time: int
    bars: Mapping[str, Ohlcv]


class _Growing(Bars):
    """Bars of which the rows that are still to come are holes; what depends on all rows is computed anew each time."""

    @property
    def exists(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.close)

    @property
    def is_whole(self) -> bool:
        return bool(self.exists.all())

    def starts(self, period: Period) -> Any:
        return _Starts(self, period)


@dataclass(frozen=True, slots=True)
class _Starts:
    """Whether a row begins a period, found out when it is asked for."""

    bars: Bars
    period: Period

    def __getitem__(self, row: int) -> bool:
        return row > 0 and bool(self.bars.rows(row - 1, row + 1).starts(self.period)[1])


class GrowingRun:
    """A prepared run on its history, that goes on with each row of bars that is added.

    `setup` is what a simulation is made from. Rows are counted from the first of the history.
    """

    def __init__(self, prepared: Prepared, size: BarSize, room: int) -> None:
        history = prepared.setup
        _refuse_what_is_dated(prepared)
        self.prepared = prepared
        self.rows = 0
        self.room = len(history.bars) + room
        symbols = history.bars.symbols
        self._times = [np.full(self.room, _NEVER) for _ in range(2)]
        self._columns = [np.full((self.room, len(symbols)), np.nan) for _ in PRICE_COLUMNS]
        bars = _Growing(symbols, *self._times, *self._columns)
        self._values = np.full((len(history.values), len(symbols), self.room), np.nan)
        self._feeds = _feeds(prepared, size, Sessions.of_days(bars))
        self._places: list[slice] = []
        ends = dict.fromkeys(range(len(symbols)), 0)
        for i, feed in self._feeds:
            self._places.append(slice(ends[i], ends[i] + len(feed.last)))
            ends[i] += len(feed.last)
        self.setup: Setup = replace(
            history,
            bars=bars,
            adjusted=bars,
            sessions=Sessions.of_days(bars),
            values=self._values,
            volatility=np.zeros((len(symbols), 0)),
        )
        self._begin(history.bars)

    def add(self, closed: Closed) -> int:
        """Add a row of bars, and return its number. Raises `RunError` for one that is not later than the last, or has no room."""
        if self.rows and closed.open_time < self._times[1][self.rows - 1]:
            raise RunError(f"a bar that opens at {closed.open_time} comes after one that closed at {self._times[1][self.rows - 1]}")
        if self.rows == self.room:
            raise RunError(f"this session has seen {self.rows:,} bars, which is all that it has room for; start it again")
        row = self.rows
        self._times[0][row], self._times[1][row] = closed.open_time, closed.close_time
        given = [closed.bars.get(symbol) for symbol in self.setup.bars.symbols]
        for i, bar in enumerate(given):
            if bar is not None:
                for column, value in zip(self._columns, bar, strict=True):
                    column[row, i] = value
        self.rows += 1
        for (i, feed), place in zip(self._feeds, self._places, strict=True):
            self._values[place, i, row] = self._value(feed, i, given[i])
        return row

    def _value(self, feed: Feed, i: int, bar: Ohlcv | None) -> Any:
        """Return the values of an indicator on the last row; in a hole it keeps those that it had."""
        if bar is None:
            return feed.last[:, 0]
        found = feed.push(bar)
        return feed.take(self.setup.bars.rows(self.rows - 1, self.rows), i)[:, 0] if found is None else found

    def _begin(self, bars: Bars) -> None:
        rows = slice(0, len(bars))
        for array, name in zip((*self._times, *self._columns), ("open_time", "close_time", *PRICE_COLUMNS), strict=True):
            array[rows] = getattr(bars, name)
        for (i, feed), place in zip(self._feeds, self._places, strict=True):
            self._values[place, i, rows] = feed.take(bars, i)
        self.rows = rows.stop

    def bar(self, symbol: str, open_time: int) -> Ohlcv | None:
        """Return the bar of an instrument that opened at some time, as it was added; `None` if it had none."""
        row = int(np.searchsorted(self._times[0][: self.rows], open_time))
        i = self.setup.bars.symbols.index(symbol)
        if row == self.rows or self._times[0][row] != open_time or np.isnan(self._columns[3][row, i]):
            return None
        opened, high, low, close, volume = (float(column[row, i]) for column in self._columns)
        return opened, high, low, close, volume

    def market_bars(self) -> Bars:
        """Return the bars so far, each instrument once, however many strategies share the account."""
        bars, size = self.setup.bars.rows(0, self.rows), self.setup.share_size
        columns = {name: getattr(bars, name)[:, :size] for name in PRICE_COLUMNS}
        return Bars(bars.symbols[:size], bars.open_time, bars.close_time, **columns)

    def seen(self) -> tuple[Bars, Values]:
        """Return the bars so far and the values on them, for `Strategy.targets`."""
        bars = self.setup.bars.rows(0, self.rows)
        values = self._values[:, :, : self.rows].view()
        values.flags.writeable = False
        return bars, Values(bars, {name: values[k].T for name, k in self.setup.names.items()}, self.setup.warmup)


def _feeds(prepared: Prepared, size: BarSize, sessions: Sessions) -> list[tuple[int, Feed]]:
    """Return the feeds of the strategy; of several, those of each on its own copies of the instruments."""
    count = prepared.setup.share_size
    own = replace(sessions, calendar_of=sessions.calendar_of[:count])
    every = enumerate(members_of(prepared.strategy))
    return [(place * count + i, feed) for place, one in every for i, feed in feeds_of(declared(one, size), size, own)]


def _refuse_what_is_dated(prepared: Prepared) -> None:
    """Raise `ConfigError` for what a run can't know of bars that are still to come."""
    setup = prepared.setup
    wrong: Sequence[tuple[bool, str]] = (
        (setup.adjusted is not setup.bars, "the instruments had splits or dividends in the time that warms the run up"),
        (setup.finer is not None, "data.fill_interval is set"),
        (any(calendar is not None for calendar in setup.sessions.calendars), "an instrument has a trading calendar"),
        (len(setup.costs.row_slippage_rate) > 0 or len(setup.costs.row_half_spread) > 0, "a cost model gives a cost for each bar"),
        (any(len(impact.coefficient) > 1 or len(impact.volume) > 1 for impact in setup.costs.impacts), "an impact is by the day"),
        (any(limit.kind is LimitKind.VOLATILITY_SIZE for rule in setup.rules for limit in rule.limits), "sizes are by volatility"),
        (len(setup.currencies) > 0, "the account has several currencies"),
    )
    for is_wrong, why in wrong:
        if is_wrong:
            raise ConfigError(
                f"run.mode {'paper'!r}, 'shadow' and 'live' can't do that yet: {why}; leave it out, or run a backtest"
            )
