"""The data of a run: read, checked, on one clock, and described for the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from tradekit.data.align import align, cut
from tradekit.data.building import build_bars
from tradekit.data.calendars import on_sessions, sessions_of
from tradekit.data.fetch.whole import all_bars, all_trades
from tradekit.data.interval import DAY, bar_size_text, time_text
from tradekit.data.lacking import where_to_say
from tradekit.data.months import content_hash
from tradekit.data.quality.finding import Finding
from tradekit.data.quality.gaps import fill, find_gaps, missing_times, nothing_filled
from tradekit.data.quality.impossible import check_form, check_spacing, mend
from tradekit.data.quality.policy import Policy
from tradekit.data.quality.report import Inspected, inspected_trades, refuse
from tradekit.data.reference import facts_of, given, stored_facts
from tradekit.errors import DataError, nearest
from tradekit.model.bars import BAR_COLUMNS, Bars, Series
from tradekit.model.instrument import Instrument
from tradekit.model.ticks import Trades
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = [
    "CheckedSeries",
    "GivenBars",
    "LoadedBars",
    "bars_of",
    "checked_series",
    "edges",
    "given_bars",
    "instruments_of",
    "load_bars",
    "trades_inside",
]

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class LoadedBars:
    """The bars of a run and what a reader of its result should know about them."""

    bars: Bars
    instruments: tuple[Instrument, ...]
    """In the order of `bars.symbols`, with what the source knows about them."""
    facts: tuple[Mapping[str, Any], ...]
    """For each instrument: symbol, origin, rows, first, last (UTC), sha256 of what was read, holes, repairs, and where
    bars were made up (`made`: the first of each run, its last, how many); and of what is from
    a store, `data_set`, `revision` and `content`."""
    notes: tuple[str, ...]
    """What a policy changed, and where data begin late or end early."""
    checked: Mapping[str, CheckedSeries]
    """By symbol: what each was before it was put on the clock; nothing of bars that were streamed."""
    trades: Mapping[str, Inspected] = field(default_factory=dict)
    """By symbol: what was found in the trades of which its bars are made, where they are."""


def load_bars(
    source: DataSource, request: BarRequest, policy: Policy, calendars: Mapping[str, str] = _NOTHING, are_made: bool = False
) -> LoadedBars:
    """Read what `request` asks for (without symbols: all that the source lists), check it, and put it on one clock.

    `calendars` are the names of trading calendars by symbol, which overrule those that the source knows. Bars that `are_made`
    are built from the source's trades, whatever bars it has. Bars outside of the requested range are neither checked nor used.
    Raises `DataError` for what is missing, and for defects that `policy` does not repair.
    """
    found = given_bars(source, request, calendars, policy, are_made)
    checked = {}
    for one in found.instruments:
        each = checked_series(one, found.series[one.symbol], request, policy)
        each.demand()
        checked[one.symbol] = each
    bars = align({symbol: each.series for symbol, each in checked.items()})
    notes = []
    for symbol, each in checked.items():
        ends = int(each.series.open_time[0]), int(each.series.close_time[-1])
        notes += [*found.notes.get(symbol, ()), *each.repairs, *edges(symbol, ends, request)]
    return LoadedBars(
        bars,
        found.instruments,
        tuple({**_facts(symbol, each, len(bars)), **found.facts.get(symbol, {})} for symbol, each in checked.items()),
        tuple(notes),
        checked,
        found.trades,
    )


@dataclass(frozen=True, slots=True)
class GivenBars:
    """The bars of instruments as a source has them, by symbol, or as they were built from its trades.

    Of those, `facts` has `trades`: what is known about them. `notes` say what was left out. `trades` are what was found in the
    trades of which bars are made, whoever made them.
    """

    instruments: tuple[Instrument, ...]
    series: Mapping[str, Series]
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trades: Mapping[str, Inspected] = field(default_factory=dict)


def given_bars(
    source: DataSource,
    request: BarRequest,
    calendars: Mapping[str, str] = _NOTHING,
    policy: Policy = _POLICY,
    are_made: bool = False,
) -> GivenBars:
    """Return the instruments that are asked for, all that the source lists if none is named, and their bars.

    `calendars` overrule those that the source knows. Raises `DataError` for what the source doesn't have.
    """
    instruments = instruments_of(source, request.symbols, calendars)
    request = replace(request, symbols=tuple(instrument.symbol for instrument in instruments))
    if are_made or (request.threshold is not None and not source.has_threshold_bars):
        return _built(source, request, instruments, policy)
    series = bars_of(source, request)
    return GivenBars(instruments, series, trades=trades_inside(source, series))


def trades_inside(source: DataSource, series: Mapping[str, Series]) -> dict[str, Inspected]:
    """Return what is found in the trades of which bars are made, where a source made them of trades that a store keeps."""
    found: dict[str, Inspected] = {}
    for symbol, one in series.items():
        if len(one) and one.stored is not None and one.stored.data_set.endswith(" trades"):
            request = BarRequest((symbol,), 0, int(one.open_time.min()), int(one.close_time.max()))
            found[symbol] = inspected_trades(given(source, Trades, source.trades(request))[symbol])
    return found


def bars_of(source: DataSource, request: BarRequest) -> Mapping[str, Series]:
    """Return the bars that a source has; raise `DataError` for an instrument that it leaves out."""
    found = all_bars(source, request)
    for symbol in request.symbols:
        if symbol not in found:
            raise DataError(f"the data source {source.name!r} gave no bars for {symbol!r}{nearest(symbol, found)}")
    return found


def instruments_of(source: DataSource, symbols: Sequence[str], calendars: Mapping[str, str]) -> tuple[Instrument, ...]:
    """Return what a source knows about instruments, those that it lists if none are named; `calendars` overrule its own.

    Raises `DataError` if none are named and it lists none.
    """
    known = {instrument.symbol: instrument for instrument in source.instruments()}
    if not symbols and not known:
        raise DataError(f"the data source {source.name!r} does not list its instruments; name them: instruments = [...]")
    found = (known.get(symbol, Instrument(symbol)) for symbol in symbols or known)
    return tuple(replace(one, calendar=calendars.get(one.symbol, one.calendar)) for one in found)


def _built(source: DataSource, request: BarRequest, instruments: tuple[Instrument, ...], policy: Policy) -> GivenBars:
    """Build bars from trades."""
    size = bar_size_text(request.interval if request.threshold is None else request.threshold)
    found = given(source, Trades, all_trades(source, replace(request, interval=0, threshold=None)))
    built: dict[str, Series] = {}
    facts, notes, inside = {}, {}, {}
    for one in instruments:
        if one.symbol not in found:
            what = f"bars of {size!r} are made of trades, and the data source {source.name!r} gave none of {one.symbol!r}"
            raise DataError(f"{what}{where_to_say(source, 'trades') or nearest(one.symbol, found)}")
        trades = found[one.symbol]
        built[one.symbol], dropped = build_bars(trades, size, one.calendar, request.end, policy.off_session)
        if not len(built[one.symbol]):
            raise DataError(f"the {len(trades):,} trades of {one.symbol!r} from {trades.origin!r} make no bar of {size!r}")
        facts[one.symbol] = {"trades": facts_of(trades)}
        inside[one.symbol] = inspected_trades(trades)
        if dropped:
            notes[one.symbol] = (f"{one.symbol}: {dropped:,} trades dropped: they lie in no session of its calendar",)
    return GivenBars(instruments, built, facts, notes, inside)


@dataclass(frozen=True, slots=True)
class CheckedSeries:
    """A series that is fit for use, unless a finding is refused; what was found, and the hash of what was read."""

    symbol: str
    series: Series
    sound: Series
    """The same before missing bars were made up, at the times that the source gave: what further checks look at."""
    findings: tuple[Finding, ...]
    """What can't be right, and what is missing: each refused, repaired or noted."""
    raw: Series
    """What was read."""
    made: tuple[tuple[str, str, int], ...]
    """The runs of bars that were made up: the first, the last (UTC), how many."""

    @property
    def sha256(self) -> str:
        """The hash of what was read."""
        known = "" if self.raw.stored is None else self.raw.stored.sha256
        return known or content_hash(self.raw.open_time, [getattr(self.raw, column) for column in BAR_COLUMNS])

    def demand(self, kind: str = "bars") -> None:
        """Raise `DataError` for what is refused, and if nothing is left."""
        refuse(self.symbol, self.raw.origin, self.findings, kind)
        if not len(self.sound):
            what = "; ".join(f"{self.symbol}: {finding.what}" for finding in self.findings)
            raise DataError(f"the policy leaves no bar of {self.symbol!r}: {what}")

    @property
    def repairs(self) -> tuple[str, ...]:
        """What the policy changed, one sentence each."""
        return tuple(f"{self.symbol}: {finding.what}" for finding in self.findings if finding.verdict == "repaired")


def checked_series(instrument: Instrument, found: Series, request: BarRequest, policy: Policy) -> CheckedSeries:
    """Return the bars of a series in the requested range, checked, and at the times of its calendar's sessions.

    What `policy` refuses is among the findings, and there may be no bar left; whoever goes on to use the series calls `demand`
    first. Raises `DataError` for what is no series of that interval.
    """
    symbol, name = instrument.symbol, instrument.calendar
    whole = check_form(symbol, found)
    if request.threshold is None:
        check_spacing(symbol, whole, request.interval, policy)
    raw, rows = cut(symbol, whole, request.start, request.end)
    calendar = None if name is None else sessions_of(name, int(raw.open_time.min()), int(raw.close_time.max()))
    mended = mend(raw, policy, rows, calendar)
    sound, findings = mended.series, mended.findings
    if not len(sound):
        return CheckedSeries(symbol, sound, sound, findings, raw, ())
    missing = sound.open_time[:0] if request.threshold is not None else missing_times(sound, request.interval, calendar)
    is_filled = policy.gaps in ("fill", "interpolate")
    # Bars that were dropped are holes, too, and have been told of already.
    told = missing if is_filled or len(raw) == len(sound) else np.setdiff1d(missing, raw.open_time)
    gaps = find_gaps(sound, request.interval, told)
    filled = fill(sound, request.interval, missing, policy.gaps) if is_filled and gaps is not None else nothing_filled(sound)
    if gaps is not None:
        findings = (*findings, _with_policy(gaps, policy))
    series = filled.series if calendar is None else on_sessions(filled.series, calendar)
    return CheckedSeries(symbol, series, sound, findings, raw, filled.runs(series.open_time))


def _with_policy(gaps: Finding, policy: Policy) -> Finding:
    """Return what is missing with what the policy did about it."""
    if policy.gaps == "hole":
        return gaps
    if policy.gaps == "refuse":
        return gaps.judged("refused")
    how = "made of the close before, with volume 0"
    if policy.gaps == "interpolate":
        how = "interpolated up to the next open, which looks ahead, with volume 0"
    return replace(gaps, what=f"{gaps.what}: {how} (policy gaps = {policy.gaps!r})", verdict="repaired")


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
        **({"made": [list(run) for run in checked.made]} if checked.made else {}),
    }


def edges(symbol: str, ends: tuple[int, int], request: BarRequest) -> list[str]:
    """Say where the data leave part of the requested range uncovered; a week may be holidays."""
    notes = []
    slack = max(7 * DAY, 2 * request.interval)
    first, last = ends
    if request.start is not None and first - request.start > slack:
        notes.append(
            f"{symbol}: its bars begin at {time_text(first)}, {(first - request.start) // DAY} days after the start of the run"
        )
    if request.end is not None and request.end - last > slack:
        notes.append(f"{symbol}: its bars end at {time_text(last)}, {(request.end - last) // DAY} days before the end of the run")
    return notes
