"""What a run knows about its clock besides the bars: scheduled events, finer bars inside a bar, and trading sessions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradekit.model.bars import Bars, Floats, Times
from tradekit.model.reference import ScheduledKind, SessionTimes

__all__ = ["Finer", "Schedule", "Sessions"]

_DAY = 86_400_000_000_000


@dataclass(frozen=True, eq=False)
class Schedule:
    """What happens to instruments on known rows, in arrays of equal length: by row, then by instrument, then by kind.

    `row` is int64; splits, dividends and delistings take effect before the open of their row, funding at its close. `instrument`
    and `kind` (`ScheduledKind`) are int32. `value` is float64: new units for an old one, cash for a unit, or the funding rate.
    `price` is the mark price of a funding, NaN where the last close serves, and NaN for everything else.
    """

    row: Times
    instrument: NDArray[np.int32]
    kind: NDArray[np.int32]
    value: Floats
    price: Floats

    @classmethod
    def of(cls, entries: Iterable[tuple[int, int, ScheduledKind, float, float]] = ()) -> Schedule:
        """Return a schedule of entries (row, instrument, kind, value, price), in any order."""
        rows = list(entries)
        return cls.in_order(*(zip(*rows, strict=True) if rows else ((),) * 5))

    @classmethod
    def in_order(cls, *columns: ArrayLike) -> Schedule:
        """Return a schedule of five columns, whose rows may be in any order."""
        row, instrument, kind, value, price = map(np.asarray, columns)
        order = np.lexsort((kind, instrument, row))
        return cls(
            row.astype(np.int64)[order],
            instrument.astype(np.int32)[order],
            kind.astype(np.int32)[order],
            value.astype(np.float64)[order],
            price.astype(np.float64)[order],
        )

    def __len__(self) -> int:
        return len(self.row)

    def cut(self, rows: int) -> Schedule:
        """Return what happens on the first `rows` rows."""
        stop = int(np.searchsorted(self.row, rows))
        return Schedule(self.row[:stop], self.instrument[:stop], self.kind[:stop], self.value[:stop], self.price[:stop])


@dataclass(frozen=True, eq=False)
class Finer:
    """Finer bars, or single trades, that decide what happens inside each bar; they are on a clock of their own.

    `bars` has the instruments of the run in their order. `first` is int64 [rows + 1]: the finer rows `first[row] <= k <
    first[row + 1]` lie in row `row` of the run's clock. An instrument that has a bar there has at least one finer bar in it. A
    trade is a bar without extent that lasts a nanosecond; several may share an open time.
    """

    bars: Bars
    first: Times

    def cut(self, rows: int) -> Finer:
        """Return what lies in the first `rows` rows."""
        return Finer(self.bars.rows(0, int(self.first[rows])), self.first[: rows + 1])


@dataclass(frozen=True)
class Sessions:
    """Which trading session each row belongs to; computed when it is first asked for, because only some orders need it.

    `calendars` are the distinct calendars of the run, `None` for days of UTC, and `calendar_of` is int32 [instrument]: the place of
    each instrument's calendar among them.
    """

    open_time: Times
    close_time: Times
    calendars: tuple[SessionTimes | None, ...]
    calendar_of: NDArray[np.int32]

    @classmethod
    def of_days(cls, bars: Bars) -> Sessions:
        """Return sessions that are days of UTC, for all instruments."""
        return cls(bars.open_time, bars.close_time, (None,), np.zeros(len(bars.symbols), dtype=np.int32))

    def calendar(self, i: int) -> SessionTimes | None:
        """Return the calendar of an instrument, by its place; `None` for days of UTC."""
        return self.calendars[int(self.calendar_of[i])]

    @cached_property
    def number(self) -> NDArray[np.int32]:
        """Int32 [calendar, row]: the session, counted from some day on; a row outside of any belongs to the next one."""
        numbers = np.empty((len(self.calendars), len(self.open_time)), dtype=np.int32)
        for place, calendar in enumerate(self.calendars):
            if calendar is None:
                numbers[place] = self.open_time // _DAY
            else:
                numbers[place] = np.searchsorted(calendar.close, self.open_time, side="right")
        return numbers

    @cached_property
    def is_last(self) -> NDArray[np.int8]:
        """Int8 [calendar, row]: 1 on the last row of a session; on the last row of all only if the session ends with it."""
        found = np.zeros(self.number.shape, dtype=np.int8)
        found[:, :-1] = self.number[:, 1:] != self.number[:, :-1]
        for place, calendar in enumerate(self.calendars):
            if len(self.open_time):
                found[place, -1] = self.close_time[-1] >= _end(calendar, int(self.number[place, -1]))
        return found

    def cut(self, rows: int) -> Sessions:
        """Return the sessions of the first `rows` rows."""
        return replace(self, open_time=self.open_time[:rows], close_time=self.close_time[:rows])


def _end(calendar: SessionTimes | None, number: int) -> int:
    """Return when a session ends; one that the calendar does not know, never."""
    if calendar is None:
        return (number + 1) * _DAY
    return int(calendar.close[number]) if number < len(calendar) else np.iinfo(np.int64).max
