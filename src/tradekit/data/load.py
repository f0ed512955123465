"""The data of a run: read, checked, on one clock, and described for the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tradekit.data.align import align, cut
from tradekit.data.calendars import on_sessions, sessions_of
from tradekit.data.checks import Policy, check_form, check_series, check_spacing
from tradekit.data.fetch.whole import all_bars
from tradekit.data.interval import DAY, time_text
from tradekit.data.months import content_hash
from tradekit.data.reference import stored_facts
from tradekit.errors import DataError, nearest
from tradekit.model.bars import BAR_COLUMNS, Bars, Series
from tradekit.model.instrument import Instrument
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["CheckedSeries", "LoadedBars", "checked_series", "load_bars"]

_NO_CALENDARS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class LoadedBars:
    """The bars of a run and what a reader of its result should know about them."""

    bars: Bars
    instruments: tuple[Instrument, ...]
    """In the order of `bars.symbols`, with what the source knows about them."""
    facts: tuple[Mapping[str, Any], ...]
    """For each instrument: symbol, origin, rows, first, last (UTC), sha256 of what was read, holes, repairs; and of what is from a
    store, `data_set`, `revision` and `content`."""
    notes: tuple[str, ...]
    """What a policy changed, and where data begin late or end early."""


def load_bars(source: DataSource, request: BarRequest, policy: Policy, calendars: Mapping[str, str] = _NO_CALENDARS) -> LoadedBars:
    """Read what `request` asks for (without symbols: all that the source lists), check it, and put it on one clock.

    `calendars` are the names of trading calendars by symbol, which overrule those that the source knows. Bars outside of the
    requested range are neither checked nor used. Raises `DataError` for what is missing, and for defects that
    `policy` does not repair.
    """
    if request.symbols:
        found = all_bars(source, request)
        known = {instrument.symbol: instrument for instrument in source.instruments()}
    else:
        known = {instrument.symbol: instrument for instrument in source.instruments()}
        if not known:
            raise DataError(f"the data source {source.name!r} does not list its instruments; name them: instruments = [...]")
        request = replace(request, symbols=tuple(known))
        found = all_bars(source, request)
    for symbol in request.symbols:
        if symbol not in found:
            raise DataError(f"the data source {source.name!r} gave no bars for {symbol!r}{nearest(symbol, found)}")
    instruments = tuple(known.get(symbol, Instrument(symbol)) for symbol in request.symbols)
    instruments = tuple(replace(one, calendar=calendars.get(one.symbol, one.calendar)) for one in instruments)
    checked = {one.symbol: checked_series(one, found[one.symbol], request, policy) for one in instruments}
    bars = align({symbol: each.series for symbol, each in checked.items()})
    return LoadedBars(
        bars,
        instruments,
        tuple(_facts(symbol, each, len(bars)) for symbol, each in checked.items()),
        tuple(note for symbol, each in checked.items() for note in (*each.repairs, *_edges(symbol, each.series, request))),
    )


@dataclass(frozen=True, slots=True)
class CheckedSeries:
    """A series that is fit for use, what was done to it, and the hash of what was read."""

    series: Series
    repairs: tuple[str, ...]
    sha256: str


def checked_series(instrument: Instrument, found: Series, request: BarRequest, policy: Policy) -> CheckedSeries:
    """Return the bars of a series in the requested range, checked, and at the times of its calendar's sessions.

    Raises `DataError` for what `policy` does not repair.
    """
    symbol, name = instrument.symbol, instrument.calendar
    whole = check_form(symbol, found)
    check_spacing(symbol, whole, request.interval, policy)
    raw, rows = cut(symbol, whole, request.start, request.end)
    calendar = None if name is None else sessions_of(name, int(raw.open_time.min()), int(raw.close_time.max()))
    series, repairs = check_series(symbol, raw, policy, rows, calendar)
    if not len(series):
        raise DataError(f"the policy leaves no bar of {symbol!r}: {'; '.join(repairs)}")
    if calendar is not None:
        series = on_sessions(series, calendar)
    known = "" if raw.stored is None else raw.stored.sha256
    return CheckedSeries(series, repairs, known or content_hash(raw.open_time, [getattr(raw, name) for name in BAR_COLUMNS]))


def _facts(symbol: str, checked: CheckedSeries, clock_rows: int) -> dict[str, Any]:
    series = checked.series
    return {
        "symbol": symbol,
        "origin": series.origin,
        "rows": len(series),
        "first": time_text(series.open_time[0]),
        "last": time_text(series.open_time[-1]),
        "sha256": checked.sha256,
        "holes": clock_rows - len(series),
        "repairs": checked.repairs,
        **stored_facts(series.stored),
    }


def _edges(symbol: str, series: Series, request: BarRequest) -> list[str]:
    """Say where the data leave part of the requested range uncovered; a week may be holidays."""
    notes = []
    slack = max(7 * DAY, 2 * request.interval)
    first, last = int(series.open_time[0]), int(series.close_time[-1])
    if request.start is not None and first - request.start > slack:
        notes.append(
            f"{symbol}: its bars begin at {time_text(first)}, {(first - request.start) // DAY} days after the start of the run"
        )
    if request.end is not None and request.end - last > slack:
        notes.append(f"{symbol}: its bars end at {time_text(last)}, {(request.end - last) // DAY} days before the end of the run")
    return notes
