"""The data of a run: read, checked, on one clock, and described for the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tradekit.data.align import align, cut
from tradekit.data.building import build_bars
from tradekit.data.calendars import on_sessions, sessions_of
from tradekit.data.checks import Policy, check_form, check_series, check_spacing
from tradekit.data.fetch.whole import all_bars, all_trades
from tradekit.data.interval import DAY, time_text
from tradekit.data.months import content_hash
from tradekit.data.reference import facts_of, given, stored_facts
from tradekit.errors import DataError, nearest
from tradekit.model.bars import BAR_COLUMNS, Bars, Series
from tradekit.model.instrument import Instrument
from tradekit.model.ticks import Trades
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
    is_built = request.threshold is not None and not source.has_threshold_bars
    if request.symbols:
        found = {} if is_built else all_bars(source, request)
        known = {instrument.symbol: instrument for instrument in source.instruments()}
    else:
        known = {instrument.symbol: instrument for instrument in source.instruments()}
        if not known:
            raise DataError(f"the data source {source.name!r} does not list its instruments; name them: instruments = [...]")
        request = replace(request, symbols=tuple(known))
        found = {} if is_built else all_bars(source, request)
    instruments = tuple(known.get(symbol, Instrument(symbol)) for symbol in request.symbols)
    instruments = tuple(replace(one, calendar=calendars.get(one.symbol, one.calendar)) for one in instruments)
    built = _built(source, request, instruments, policy) if is_built else {}
    found = found or {symbol: one.series for symbol, one in built.items()}
    for symbol in request.symbols:
        if symbol not in found:
            raise DataError(f"the data source {source.name!r} gave no bars for {symbol!r}{nearest(symbol, found)}")
    checked = {one.symbol: checked_series(one, found[one.symbol], request, policy) for one in instruments}
    bars = align({symbol: each.series for symbol, each in checked.items()})
    return LoadedBars(
        bars,
        instruments,
        tuple(
            _facts(symbol, each, len(bars)) | ({"trades": built[symbol].facts} if is_built else {})
            for symbol, each in checked.items()
        ),
        tuple(
            note
            for symbol, each in checked.items()
            for note in (*(built[symbol].notes if is_built else ()), *each.repairs, *_edges(symbol, each.series, request))
        ),
    )


@dataclass(frozen=True, slots=True)
class _Built:
    """Bars that were built from trades, and what should be known about these."""

    series: Series
    facts: Mapping[str, Any]
    notes: tuple[str, ...]


def _built(source: DataSource, request: BarRequest, instruments: Sequence[Instrument], policy: Policy) -> dict[str, _Built]:
    """Build the bars that end by what is traded."""
    size = str(request.threshold)
    found = given(source, Trades, all_trades(source, replace(request, threshold=None)))
    built = {}
    for one in instruments:
        if one.symbol not in found:
            what = f"bars of {size!r} are made of trades, and the data source {source.name!r} gave none of {one.symbol!r}"
            raise DataError(f"{what}{nearest(one.symbol, found)}")
        trades = found[one.symbol]
        series, dropped = build_bars(trades, size, one.calendar, request.end, policy.off_session)
        if not len(series):
            raise DataError(f"the {len(trades):,} trades of {one.symbol!r} from {trades.origin!r} make no bar of {size!r}")
        notes = () if not dropped else (f"{one.symbol}: {dropped:,} trades dropped: they lie in no session of its calendar",)
        built[one.symbol] = _Built(series, facts_of(trades), notes)
    return built


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
    if request.threshold is None:
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
