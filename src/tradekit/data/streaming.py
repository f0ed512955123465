"""The bars of a run, read month by month onto disk, for data larger than memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tradekit.data.align import align, cut
from tradekit.data.arrays import digest
from tradekit.data.calendars import sessions_of
from tradekit.data.interval import time_text
from tradekit.data.load import CheckedSeries, LoadedBars, bars_of, checked_series, edges, trades_inside
from tradekit.data.months import hash_of_months, months_between
from tradekit.data.quality.finding import Finding, counted
from tradekit.data.quality.gaps import find_gaps, missing_times
from tradekit.data.quality.policy import Policy
from tradekit.data.quality.report import Inspected, doubts, refuse
from tradekit.data.reference import stored_facts
from tradekit.errors import DataError
from tradekit.model.bars import BAR_COLUMNS, PRICE_COLUMNS, Bars, Series, Times
from tradekit.model.instrument import Instrument
from tradekit.model.memory import Scratch
from tradekit.model.reference import Actions
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["stream_bars"]


def stream_bars(
    source: DataSource,
    request: BarRequest,
    policy: Policy,
    instruments: Sequence[Instrument],
    actions: Mapping[str, Actions],
    scratch: Scratch,
) -> tuple[LoadedBars, dict[str, Inspected]]:
    """Return what `load_bars` does, with the bars in `scratch`, and what was found in them; the request needs a start and an end.

    A source is asked for one month after the other, and what it gives for two is all that is in memory at a time; nothing is looked
    for over a longer time. Raises `DataError` as `load_bars` does.
    """
    if request.start is None or request.end is None:
        raise ValueError("bars can be streamed only from a start to an end")
    seen = {one.symbol: _Seen(one, policy, actions.get(one.symbol)) for one in instruments}
    written = _Written(scratch, list(seen))
    inside: dict[str, list[Inspected]] = {}
    for month, (first, last) in months_between(request.start, request.end):
        start, end = max(first, request.start), min(last, request.end)
        part = replace(request, symbols=tuple(seen), start=start, end=end)
        found = bars_of(source, part)
        there = [symbol for symbol in seen if _has_any(found[symbol], start, end)]
        written.append({symbol: seen[symbol].take(found[symbol], part, month) for symbol in there})
        for symbol, looked_at in trades_inside(source, found).items():
            inside.setdefault(symbol, []).append(looked_at)
    for symbol, each in seen.items():
        if not each.rows:
            # Asked for as a whole, to say which range there is.
            cut(symbol, bars_of(source, replace(request, symbols=(symbol,)))[symbol], request.start, request.end)
    bars = written.done()
    facts = tuple(each.facts(len(bars)) for each in seen.values())
    notes = tuple(note for each in seen.values() for note in each.notes(request))
    inspected = {symbol: Inspected(each.origin, each.read, _summed(each.findings)) for symbol, each in seen.items()}
    trades = {symbol: _joined(parts) for symbol, parts in inside.items()}
    return LoadedBars(bars, tuple(instruments), facts, notes, {}, trades), inspected


def _joined(parts: Sequence[Inspected]) -> Inspected:
    """Return what was found in several months as one."""
    findings = [finding for part in parts for finding in part.findings]
    return Inspected(parts[0].origin, sum(part.rows for part in parts), _summed(findings))


def _has_any(series: Series, start: int, end: int) -> bool:
    return bool(((series.open_time >= start) & (series.open_time < end)).any())


def _summed(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings of one check in several months as one."""
    checks: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        checks.setdefault((finding.check, finding.verdict), []).append(finding)
    return tuple(map(_sum, checks.values()))


def _sum(found: Sequence[Finding]) -> Finding:
    first, count = found[0], sum(finding.count for finding in found)
    if len(found) == 1:
        return first
    what = f"{first.what}; and {counted(count - first.count, 'more such case')} in {counted(len(found) - 1, 'other month')}"
    return replace(first, what=what, count=count, times=np.concatenate([finding.times for finding in found]))


class _Seen:
    """What there is to say about the bars of one instrument, up to the month that was read last."""

    def __init__(self, instrument: Instrument, policy: Policy, actions: Actions | None) -> None:
        self.instrument = instrument
        self.policy = policy
        self.actions = actions
        self.rows = self.read = self.first = self.last_open = self.last_close = 0
        self.origin = ""
        self.findings: list[Finding] = []
        self.repairs: list[str] = []
        self.hashes: list[tuple[str, str]] = []
        self.stored: dict[str, Any] = {}
        self.before: Series | None = None

    def take(self, found: Series, request: BarRequest, month: str) -> Series:
        """Return the bars of a month, of which there are some, checked."""
        checked = checked_series(self.instrument, found, request, self.policy)
        checked.demand()
        self.findings += checked.findings
        self.findings += doubts(checked.sound, self.actions)
        self.findings += self._between(checked, request.interval)
        self.hashes.append((month, digest(getattr(checked.raw, name) for name in BAR_COLUMNS)))
        self.repairs += checked.repairs
        series = checked.series
        if not self.rows:
            self.first, self.origin, self.stored = int(series.open_time[0]), series.origin, stored_facts(series.stored)
        self.rows += len(series)
        self.read += len(checked.raw)
        self.last_open, self.last_close = int(series.open_time[-1]), int(series.close_time[-1])
        self.before = checked.sound
        return series

    def _between(self, checked: CheckedSeries, interval: int) -> list[Finding]:
        """Return what is missing between the month before and this one."""
        before, now = self.before, checked.sound
        if before is None:
            return []
        joined: dict[str, Any] = {name: np.concatenate((getattr(before, name), getattr(now, name))) for name in BAR_COLUMNS}
        both, name = Series(**joined), self.instrument.calendar
        calendar = None if name is None else sessions_of(name, int(both.open_time[0]), int(both.close_time[-1]))
        missing: Times = missing_times(both, interval, calendar)
        gaps = find_gaps(both, interval, missing[(missing > before.open_time[-1]) & (missing < now.open_time[0])])
        if gaps is not None and self.policy.gaps == "refuse":
            refuse(self.instrument.symbol, self.origin, [gaps.judged("refused")])
        return [] if gaps is None else [gaps]

    def facts(self, clock_rows: int) -> dict[str, Any]:
        return {
            "symbol": self.instrument.symbol,
            "origin": self.origin,
            "rows": self.rows,
            "first": time_text(self.first),
            "last": time_text(self.last_open),
            "sha256": hash_of_months(self.hashes),
            "holes": clock_rows - self.rows,
            "repairs": tuple(self.repairs),
            **self.stored,
        }

    def notes(self, request: BarRequest) -> list[str]:
        return [*self.repairs, *edges(self.instrument.symbol, (self.first, self.last_close), request)]


class _Written:
    """Bars of several instruments on one clock, on their way to disk."""

    def __init__(self, scratch: Scratch, symbols: list[str]) -> None:
        self.symbols = symbols
        self.times = [scratch.column(np.int64) for _ in range(2)]
        self.values = [scratch.column(np.float64, len(symbols)) for _ in PRICE_COLUMNS]
        self.close_time = 0

    def append(self, series: Mapping[str, Series]) -> None:
        """Add a month; raise `DataError` if it begins before the bars of the month before have ended."""
        if not series:
            return
        bars = align(series)
        if bars.open_time[0] < self.close_time:
            first, last = time_text(int(bars.open_time[0])), time_text(self.close_time)
            what = f"a bar from {first} begins before one of the month before ends, at {last}"
            raise DataError(f"{what}; bars of one run must not overlap: check interval, tz, label and calendar")
        self.close_time = int(bars.close_time[-1])
        for column, times in zip(self.times, (bars.open_time, bars.close_time), strict=True):
            column.append(times)
        places = [self.symbols.index(symbol) for symbol in bars.symbols]
        for column, name in zip(self.values, PRICE_COLUMNS, strict=True):
            whole = np.full((len(bars), len(self.symbols)), np.nan)
            whole[:, places] = getattr(bars, name)
            column.append(whole)

    def done(self) -> Bars:
        return Bars(tuple(self.symbols), *(column.done() for column in (*self.times, *self.values)))
