"""Put what is known by its time onto the rows of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.data.interval import DAY
from tradekit.model.bars import Bars, Floats, Times
from tradekit.model.reference import ActionKind, Actions, FundingRates, ScheduledKind, SessionTimes
from tradekit.model.timeline import Schedule

__all__ = ["scheduled"]


@dataclass(frozen=True, slots=True)
class _Own:
    """One instrument of the bars: its place, and the rows on which it has a bar."""

    bars: Bars
    i: int
    rows: Times

    @property
    def symbol(self) -> str:
        return self.bars.symbols[self.i]


@dataclass(frozen=True, slots=True)
class _Placed:
    """What was put on rows of one instrument, and what there is to say about the rest."""

    i: int
    row: Times
    kind: NDArray[np.int32]
    value: Floats
    price: Floats
    note: str = ""


def scheduled(
    bars: Bars, funding: Mapping[str, FundingRates], actions: Mapping[str, Actions], calendars: Mapping[str, SessionTimes]
) -> tuple[Schedule, tuple[str, ...]]:
    """Return what happens on which row, and what a reader should know about the rest; all mappings are by symbol.

    A split or a dividend belongs to the instrument's first bar that opens at its time or later; one of a date, to the first bar
    after the session before that date, where there is a calendar. Before its first bar nobody holds an instrument. A delisting
    belongs to the first row at its time or later that comes after the instrument's last bar; funding, to the row in which its time
    is, the end included, or to the next one if it is between two.
    """
    parts: list[_Placed] = []
    for i, symbol in enumerate(bars.symbols):
        if symbol not in actions and symbol not in funding:
            continue
        own = _Own(bars, i, np.flatnonzero(bars.exists[:, i]))
        if symbol in actions and len(own.rows):
            parts += _actions(own, actions[symbol], calendars.get(symbol))
        if symbol in funding and len(own.rows):
            parts.append(_funding(own, funding[symbol]))
    if not parts:
        return Schedule.of(), ()
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "kind", "value", "price")]
    instrument = np.repeat([part.i for part in parts], [len(part.row) for part in parts])
    return Schedule.in_order(columns[0], instrument, *columns[1:]), tuple(part.note for part in parts if part.note)


def _actions(own: _Own, actions: Actions, calendar: SessionTimes | None) -> Iterator[_Placed]:
    times = actions.time if calendar is None else _since_session_before(actions.time, calendar)
    is_end = actions.kind == ActionKind.DELISTING
    yield _on_bars(own, times[~is_end], actions.kind[~is_end], actions.value[~is_end])
    if is_end.any():
        yield _after_bars(own, times[is_end], actions.value[is_end])


def _since_session_before(times: Times, calendar: SessionTimes) -> Times:
    """Return dates as the close of the session before them; other times, and dates before the calendar, as they are."""
    before = np.searchsorted(calendar.date, times) - 1
    is_date = (times % DAY == 0) & (before >= 0)
    return np.where(is_date, calendar.close[before], times)


def _on_bars(own: _Own, times: Times, kinds: NDArray[np.int32], values: Floats) -> _Placed:
    opened = own.bars.open_time[own.rows]
    place = np.searchsorted(opened, times)
    is_held = (place > 0) & (place < len(opened))
    # What lies outside of all bars of the run is of no interest; an instrument that begins late or ends early is.
    inside = (times > own.bars.open_time[0]) & (times < own.bars.close_time[-1]) & ((times < opened[0]) | (times > opened[-1]))
    count = int(np.count_nonzero(inside & ~is_held))
    what = "1 corporate action is" if count == 1 else f"{count:,} corporate actions are"
    note = f"{own.symbol}: {what} before its first bar or after its last, and left out." if count else ""
    return _Placed(own.i, own.rows[place[is_held]], kinds[is_held], values[is_held], np.full(len(values[is_held]), np.nan), note)


def _after_bars(own: _Own, times: Times, values: Floats) -> _Placed:
    rows = np.maximum(np.searchsorted(own.bars.open_time, times), own.rows[-1] + 1)
    fits = rows < len(own.bars)
    is_cut_off = ~fits & (times <= own.bars.close_time[-1])
    note = f"{own.symbol}: it was delisted after the last bar of the run; a position in it keeps its last close."
    if own.bars.open_time[own.rows[-1]] >= times[0]:
        note = f"{own.symbol}: it has bars after its delisting, which takes effect after the last of them."
        is_cut_off |= True
    kind = np.full(np.count_nonzero(fits), ScheduledKind.DELISTING, dtype=np.int32)
    return _Placed(own.i, rows[fits], kind, values[fits], np.full(len(kind), np.nan), note if is_cut_off.any() else "")


def _funding(own: _Own, rates: FundingRates) -> _Placed:
    opened, closed = own.bars.open_time, own.bars.close_time
    rows = np.searchsorted(closed, rates.time)
    # An instrument that has no bar yet can't be held, and costs nothing.
    fits = (rows < len(closed)) & (rates.time > opened[own.rows[0]])
    rows, times = rows[fits], rates.time[fits]
    late = int(np.count_nonzero(opened[rows] >= times))
    what = "1 funding payment is" if late == 1 else f"{late:,} funding payments are"
    note = f"{own.symbol}: {what} due between two bars, and made at the close of the second." if late else ""
    kind = np.full(len(rows), ScheduledKind.FUNDING, dtype=np.int32)
    return _Placed(own.i, rows, kind, rates.rate[fits], rates.mark[fits], note)
