"""Bars that a user, a command or a run asks for: built from trades or from finer bars, with everything checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tradekit.data.calendars import is_off_session, sessions_of
from tradekit.data.interval import bar_size_text, parse_bar_size, time_text
from tradekit.data.resample import bar_builder, is_in_session, resample, resample_sessions, spans_of
from tradekit.errors import ConfigError, DataError
from tradekit.model.bars import BAR_COLUMNS, PRICE_COLUMNS, BarSize, Series, Threshold, Times
from tradekit.model.reference import SessionTimes
from tradekit.model.ticks import Trades

__all__ = ["OffSession", "bar_size", "bars_of_trades", "build_bars", "coarser_bars", "sessions_for"]

OffSession = Literal["refuse", "drop"]
"""What to do with what lies in no session of a calendar."""


def bars_of_trades(
    trades: Trades,
    size: str | BarSize,
    calendar: str | None = None,
    until: int | None = None,
    off_session: OffSession = "refuse",
) -> Series:
    """Return the bars of trades: of a length such as `"5m"`, or of `"1000 trades"`, `"50 volume"` or `"1e6 value"`.

    A bar holds the first, highest, lowest and last price of its trades, and the sum of their sizes, added one after the other.
    Times without trades have no bar.

    Bars of a length are labelled by where their window begins, which they span whole: windows follow each other from 1970 on, UTC,
    those of whole weeks from Mondays. The others end with the time of the trade that makes them full, and begin with the next
    trade. That trade and others of the same time are in it whole, so that it may hold more than it has to; nothing is carried over
    into the next one (López de Prado, Advances in Financial Machine Learning, 2018, chapter 2). What the last one lacks makes no
    bar.

    With a `calendar`, such as `"XNYS"`, bars don't reach from one session into the next: windows begin at a session's open, the
    last ends at its close, and so does what the session's last bar lacks; bars of whole days hold whole sessions.

    `until`, in UTC nanoseconds, is when the trades end: a bar that ends later is left out. Without it, the last window counts as
    over. The first counts as whole, even if the trades may begin within it: its `open_time` tells.

    Raises `DataError` for trades in no session, unless `off_session` is `"drop"`, and `ConfigError` for a size that is none.
    """
    return build_bars(trades, size, calendar, until, off_session)[0]


def build_bars(
    trades: Trades, size: str | BarSize, calendar: str | None, until: int | None, off_session: OffSession
) -> tuple[Series, int]:
    """Return the same bars, and how many trades were dropped because they lie in no session."""
    size = bar_size(size)
    builder = bar_builder(size)
    dropped = 0
    kept: slice | NDArray[np.bool_] = slice(None)  # all, without a copy
    if calendar is not None and len(trades):
        sessions = sessions_for(calendar, size, int(trades.time[0]), int(trades.time[-1]))
        builder = bar_builder(size, sessions)
        kept = is_in_session(trades.time, spans_of(size, sessions))
        dropped = _off_session(~kept, trades.time, f"trades from {trades.origin or 'their source'!r}", calendar, off_session)
    price = trades.price[kept]
    builder.run(trades.time[kept], (price, price, price, price), trades.size[kept])
    if until is None:
        builder.finish()
    else:
        builder.advance(until)
    found = builder.take(trades.origin)
    return (found if until is None else _rows(found, found.close_time <= until)), dropped


def coarser_bars(series: Series, size: str | BarSize, calendar: str | None = None, off_session: OffSession = "refuse") -> Series:
    """Return the bars of a length, such as `"1h"`, that finer bars make.

    Windows and sessions are those of `bars_of_trades`; a bar belongs to the window in which it opens. The first window may have
    begun before the series, and the last may not have ended with it: `open_time` and `close_time` tell.

    Raises `DataError` for bars out of order, with values that are not finite, or that reach from one window into the next, and for
    bars in no session unless `off_session` is `"drop"`.
    """
    size = bar_size(size)
    if isinstance(size, Threshold):
        what = f"bars of {str(size)!r} can't be made of other bars, which don't tell when so much had been traded"
        raise ConfigError(f"{what}; make them of trades")
    _check_series(series)
    if not len(series):
        return series
    if calendar is None:
        coarse, opened, closed = resample(series, size), series.open_time, series.close_time
    else:
        sessions = sessions_for(calendar, size, int(series.open_time[0]), int(series.close_time[-1]))
        off = is_off_session(series, sessions)
        _off_session(off, series.open_time, f"bars from {series.origin or 'their source'!r}", calendar, off_session)
        series = _rows(series, ~off)
        coarse, opened, closed = resample_sessions(series, size, sessions)
    place = np.searchsorted(coarse.open_time, opened, side="right") - 1
    beyond = np.flatnonzero(closed > coarse.close_time[place])
    if len(beyond):
        at = int(beyond[0])
        raise DataError(
            f"the bar from {time_text(int(series.open_time[at]))} to {time_text(int(series.close_time[at]))} of "
            f"{series.origin or 'its source'!r} does not fit into one of {bar_size_text(size)!r}, from "
            f"{time_text(int(coarse.open_time[place[at]]))} to {time_text(int(coarse.close_time[place[at]]))}; "
            "coarser bars are made of whole finer ones"
        )
    return coarse


def sessions_for(calendar: str, size: BarSize, first: int, last: int) -> SessionTimes:
    """Return the sessions from which bars of a size are made between two times."""
    wide = 0 if isinstance(size, Threshold) else size
    return sessions_of(calendar, first - wide, last + wide)


def bar_size(size: str | BarSize) -> BarSize:
    """Return the size of a bar; raise `ConfigError` for text that is none."""
    if not isinstance(size, str):
        return size
    try:
        return parse_bar_size(size)
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _off_session(off: NDArray[np.bool_], times: Times, what: str, calendar: str, choice: OffSession) -> int:
    """Return how many are off session; raise `DataError` if that is to be refused."""
    if choice not in ("refuse", "drop"):
        raise ConfigError(f"off_session is {choice!r}; allowed: 'refuse', 'drop'")
    count = int(np.count_nonzero(off))
    if count and choice == "refuse":
        first = time_text(int(times[off.argmax()]))
        raise DataError(
            f"{count:,} of the {len(times):,} {what} lie in no session of calendar {calendar!r}, the first at {first}; "
            "give the calendar of their exchange, or off_session = 'drop'"
        )
    return count


def _check_series(series: Series) -> None:
    origin = series.origin or "their source"
    backward = np.flatnonzero(np.diff(series.open_time) <= 0)
    if len(backward):
        time = time_text(int(series.open_time[backward[0] + 1]))
        raise DataError(f"the bars from {origin!r} are out of order, or there twice, at {time}; coarser ones can't be made of them")
    for name in PRICE_COLUMNS:
        bad = np.flatnonzero(~np.isfinite(getattr(series, name)))
        if len(bad):
            time = time_text(int(series.open_time[bad[0]]))
            raise DataError(
                f"{name} of the bar at {time} from {origin!r} is {float(getattr(series, name)[bad[0]])!r}; mend or drop it"
            )


def _rows(series: Series, kept: NDArray[np.bool_]) -> Series:
    if kept.all():
        return series
    columns = {name: getattr(series, name)[kept] for name in BAR_COLUMNS}
    return replace(series, **columns)
