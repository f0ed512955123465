"""Trading calendars: the sessions of an exchange, and bars put onto them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradekit.data.interval import DAY, time_text
from tradekit.errors import ConfigError, DataError, PluginError, nearest
from tradekit.model.bars import Series, Times
from tradekit.model.reference import SessionTimes

if TYPE_CHECKING:
    import pandas as pd

_NONE = np.iinfo(np.int64).min
"""How NumPy writes a time that is none."""

__all__ = ["are_dates", "is_off_session", "on_sessions", "sessions_of"]


def sessions_of(name: str, first: int, last: int) -> SessionTimes:
    """Return the sessions of a calendar over the years in which two times lie, and more where it goes further.

    Raises `PluginError` if exchange_calendars is not installed, `ConfigError` for a name that it doesn't have, and `DataError` for
    times that it doesn't reach.
    """
    years = [int(str(np.datetime64(time, "ns"))[:4]) for time in (first, last)]
    try:
        return _sessions(name, f"{years[0] - 1}-12-01", f"{years[1] + 1}-01-31")
    except DataError:
        return _sessions(name, time_text(first)[:10], time_text(last)[:10])


@lru_cache(maxsize=32)
def _sessions(name: str, start: str, end: str) -> SessionTimes:
    try:
        # It takes half a second, and few runs need it.
        import exchange_calendars
        from exchange_calendars.errors import CalendarError, InvalidCalendarName
    except ImportError as error:
        what = f"calendar {name!r} needs the package exchange_calendars, which is not installed"
        raise PluginError(f"{what}: pip install 'tradekit[calendars]'") from error
    try:
        calendar = exchange_calendars.get_calendar(name, start=start, end=end)
    except InvalidCalendarName as error:
        hint = nearest(name, exchange_calendars.get_calendar_names())
        what = f"no calendar {name!r}; allowed are the names in exchange_calendars, such as 'XNYS'"
        raise ConfigError(f"{what}{hint}") from error
    except (CalendarError, ValueError) as error:
        reason = f"{str(error)[:1].lower()}{str(error)[1:].rstrip('.')}"
        raise DataError(f"calendar {name!r} can't be had from {start} to {end}: {reason}") from error
    date, opened, closed = map(_nanoseconds, (calendar.sessions, calendar.opens, calendar.closes))
    breaks = [np.where(times == _NONE, closed, times) for times in map(_nanoseconds, (calendar.break_starts, calendar.break_ends))]
    return SessionTimes(name, date, opened, closed, *breaks)


def _nanoseconds(times: pd.Series[Any] | pd.DatetimeIndex) -> Times:
    found: Times = times.to_numpy(dtype="M8[ns]").astype(np.int64)
    return found


def is_off_session(series: Series, calendar: SessionTimes) -> NDArray[np.bool_]:
    """Return bool [bar]: does it lie outside of all sessions, or within a break; for bars of dates, is there no session on them."""
    if are_dates(series):
        first, last = _sessions_in(series, calendar)
        return last < first
    place, is_known = _sessions_at(series, calendar)
    in_break = (series.open_time >= calendar.break_start[place]) & (series.close_time <= calendar.break_end[place])
    off: NDArray[np.bool_] = ~is_known | (calendar.open[place] >= series.close_time) | in_break
    return off


def on_sessions(series: Series, calendar: SessionTimes) -> Series:
    """Return bars, none of which is off session, at the times of their sessions.

    Bars of dates begin and end with the first and the last session in them. Of others, one that goes on after the last trade of a
    session ends with the session, so that it is seen then; one into which the next session falls as well keeps its end.
    """
    if not len(series):
        return series
    if are_dates(series):
        first, last = _sessions_in(series, calendar)
        return replace(series, open_time=calendar.open[first], close_time=calendar.close[last])
    place, _ = _sessions_at(series, calendar)
    next_open = np.append(calendar.open[1:], np.iinfo(np.int64).max)[place]
    ends = np.where(next_open < series.close_time, series.close_time, np.minimum(series.close_time, calendar.close[place]))
    return replace(series, close_time=ends)


def are_dates(series: Series) -> bool:
    """Say whether the bars are of whole days, which stand for sessions."""
    lengths = series.close_time - series.open_time
    return not (series.open_time % DAY).any() and not lengths.max(initial=0) % DAY


def _sessions_in(series: Series, calendar: SessionTimes) -> tuple[Times, Times]:
    """Return the first and the last session that bars of dates have in them; the last is before the first if there is none."""
    return np.searchsorted(calendar.date, series.open_time), np.searchsorted(calendar.date, series.close_time) - 1


def _sessions_at(series: Series, calendar: SessionTimes) -> tuple[Times, NDArray[np.bool_]]:
    """Return the first session that ends after each bar has opened, and whether the calendar knows one."""
    place = np.searchsorted(calendar.close, series.open_time, side="right")
    is_known = place < len(calendar)
    return np.where(is_known, place, 0), is_known
