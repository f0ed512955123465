"""The market of a run: all its data, read, checked and on one clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tradekit.data.adjust import adjust
from tradekit.data.calendars import sessions_of
from tradekit.data.finer import LoadedFiner, load_finer
from tradekit.data.load import LoadedBars, instruments_of, load_bars
from tradekit.data.quality.policy import Quality
from tradekit.data.quality.report import Inspected, Report, doubts, judge
from tradekit.data.reference import LoadedReference, load_reference
from tradekit.data.streaming import stream_bars
from tradekit.data.tape import LoadedTape, load_tape
from tradekit.engine.compose import ComposedRun
from tradekit.engine.runfile import RunConfig
from tradekit.engine.schedule import scheduled
from tradekit.errors import ConfigError, nearest
from tradekit.model.bars import Bars, BarSize, Threshold
from tradekit.model.instrument import Instrument
from tradekit.model.memory import MEMORY, Memory, Scratch
from tradekit.model.reference import SessionTimes
from tradekit.model.tape import Tape
from tradekit.model.timeline import Finer, Schedule, Sessions
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["MarketData", "load_market", "request_of"]


@dataclass(frozen=True)
class MarketData:
    """The data of a run, and what a reader of its result should know about them."""

    bars: Bars
    adjusted: Bars
    """The bars without the effect of splits and dividends; `bars` itself where there were none."""
    schedule: Schedule
    sessions: Sessions
    finer: Finer | None
    bar_length: int
    """How long a bar is, in nanoseconds; of bars that end by what is traded, how long it is from one to the next on average."""
    instruments: tuple[Instrument, ...]
    """In the order of `bars.symbols`: what the source knows, overruled by the run file."""
    facts: tuple[Mapping[str, Any], ...]
    """For each instrument: what was read for it, with the sha256 of each part."""
    notes: tuple[str, ...]
    """What a policy changed, where data begin late or end early, and what could not be used."""
    memory: Memory = MEMORY
    """Where the bars lie."""
    tape: Tape | None = None
    """What the run goes through besides bars."""


def load_market(composed: ComposedRun) -> MarketData:
    """Read all that a run needs; raise `DataError` for what is missing or wrong, `ConfigError` for facts that contradict it."""
    config, source = composed.config, composed.source
    read = _streamed(config, source) if config.data.stream else _read(config, source)
    loaded, instruments, reference = read.loaded, read.instruments, read.reference
    quality = config.data.quality
    reports, trades = _reports(read.inspected, quality), _reports(loaded.trades, quality, "trades")
    calendars = _calendars(loaded.bars, instruments)
    known = {one.symbol: found for one in instruments if (found := calendars[one.calendar]) is not None}
    schedule, notes = scheduled(loaded.bars, reference.funding, reference.actions, known)
    finer, inside = _finer(config, source, loaded.bars, instruments, reference)
    tape = None if config.data.ticks is None else load_tape(source, loaded.bars, config.data.ticks)
    ticks = {kind: _reports(found, quality, kind) for kind, found in ({} if tape is None else tape.inspected).items()}
    checked = _Reports(reports, trades, inside, ticks)
    return MarketData(
        bars=loaded.bars,
        adjusted=adjust(loaded.bars, schedule),
        schedule=schedule,
        sessions=Sessions(
            loaded.bars.open_time,
            loaded.bars.close_time,
            tuple(calendars.values()),
            np.array([list(calendars).index(one.calendar) for one in instruments], dtype=np.int32),
        ),
        finer=None if finer is None else finer.finer,
        bar_length=_length(loaded.bars, config.data.size),
        instruments=instruments,
        facts=tuple(_facts(fact, checked, reference, finer, tape) for fact in loaded.facts),
        notes=(
            *loaded.notes,
            *_notes(checked.all(), quality),
            *reference.notes,
            *notes,
            *(note for one in (finer, tape) if one is not None for note in one.notes),
        ),
        memory=read.memory,
        tape=None if tape is None else tape.tape,
    )


def _finer(
    config: RunConfig, source: DataSource, bars: Bars, instruments: Sequence[Instrument], reference: LoadedReference
) -> tuple[LoadedFiner | None, dict[str, Report]]:
    """Read what decides inside the bars, and what its checks come to."""
    if config.data.fill_interval is None:
        return None, {}
    finer = load_finer(source, bars, instruments, config.data.fill_interval_ns, config.data.policy, reference.actions)
    kind = "trades" if config.data.fill_interval == "trades" else "finer bars"
    return finer, _reports(finer.inspected, config.data.quality, kind)


def request_of(config: RunConfig) -> BarRequest:
    """Return which bars a run asks its source for."""
    size, symbols, span = config.data.size, config.data.instruments or (), (config.run.start_ns, config.run.end_ns)
    return BarRequest(symbols, 0, *span, size) if isinstance(size, Threshold) else BarRequest(symbols, size, *span)


def _length(bars: Bars, size: BarSize) -> int:
    if not isinstance(size, Threshold):
        return size
    return max(int(bars.close_time[-1] - bars.open_time[0]) // len(bars), 1)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read from the source, and what was found in it."""

    loaded: LoadedBars
    instruments: tuple[Instrument, ...]
    reference: LoadedReference
    inspected: Mapping[str, Inspected]
    memory: Memory


def _read(config: RunConfig, source: DataSource) -> _Read:
    are_made = "trades" in (config.data.ticks or ())
    loaded = load_bars(source, request_of(config), config.data.policy, _calendar_names(config), are_made)
    instruments = _instruments(config, loaded.instruments)
    reference = load_reference(source, instruments, request_of(config), is_told=config.run.mode == "live")
    inspected = {}
    for symbol, checked in loaded.checked.items():
        findings = (*checked.findings, *doubts(checked.sound, reference.actions.get(symbol)))
        inspected[symbol] = Inspected(checked.sound.origin, len(checked.raw), findings)
    return _Read(loaded, instruments, reference, inspected, MEMORY)


def _streamed(config: RunConfig, source: DataSource) -> _Read:
    request, memory = request_of(config), Scratch()
    given = instruments_of(source, request.symbols, _calendar_names(config))
    instruments = _instruments(config, given)
    reference = load_reference(source, instruments, request)
    loaded, inspected = stream_bars(source, request, config.data.policy, given, reference.actions, memory)
    return _Read(loaded, instruments, reference, inspected, memory)


def _calendar_names(config: RunConfig) -> dict[str, str]:
    return {fact.symbol: fact.calendar for fact in config.instruments if fact.calendar is not None}


def _reports(inspected: Mapping[str, Inspected], quality: Quality, kind: str = "bars") -> dict[str, Report]:
    """Return what the checks of each instrument come to. Raises `DataError` for what a run must not use."""
    reports = {}
    for symbol, found in inspected.items():
        reports[symbol] = judge(symbol, found.origin, found.rows, found.findings, quality, kind)
        reports[symbol].demand(quality)
    return reports


def _notes(reports: Sequence[Report], quality: Quality) -> Iterator[str]:
    """Yield what is known about the quality of the data, and which waivers waive nothing."""
    # Bars that are made of the trades that decide inside of them have the same said twice.
    yield from dict.fromkeys(note for report in reports for note in report.notes())
    waived = [(finding.check, report.symbol) for report in reports for finding in report.findings if finding.verdict == "waived"]
    for waiver in quality.waive:
        if not any(waiver.covers(*one) for one in waived):
            about = "" if waiver.instrument is None else f" of {waiver.instrument}"
            yield f"The data{about} have nothing to waive for check = {waiver.check!r}."


def _calendars(bars: Bars, instruments: Sequence[Instrument]) -> dict[str | None, SessionTimes | None]:
    """Return the distinct calendars of instruments, by name, over the time of the bars."""
    first, last = int(bars.open_time[0]), int(bars.close_time[-1])
    names = dict.fromkeys(instrument.calendar for instrument in instruments)
    return {name: None if name is None else sessions_of(name, first, last) for name in names}


@dataclass(frozen=True, slots=True)
class _Reports:
    """What the checks come to, by symbol: of the bars, of the trades they are made of, of what decides inside of them."""

    bars: Mapping[str, Report]
    trades: Mapping[str, Report]
    finer: Mapping[str, Report]
    ticks: Mapping[str, Mapping[str, Report]]
    """By kind first."""

    def all(self) -> list[Report]:
        """Return all of them."""
        return [one for part in (self.bars, self.trades, self.finer, *self.ticks.values()) for one in part.values()]


def _facts(
    fact: Mapping[str, Any], reports: _Reports, reference: LoadedReference, finer: LoadedFiner | None, tape: LoadedTape | None
) -> dict[str, Any]:
    symbol = fact["symbol"]
    found = {**fact, **reports.bars[symbol].facts(), **reference.facts(symbol)}
    if symbol in reports.trades:
        of = reports.trades[symbol]
        found["trades"] = {"origin": of.origin, "rows": of.rows, **fact.get("trades", {}), **of.facts()}
    if finer is not None:
        found["finer"] = {**finer.facts[symbol], **reports.finer[symbol].facts()}
    if tape is not None:
        found["ticks"] = {kind: {**one, **reports.ticks[kind][symbol].facts()} for kind, one in tape.facts[symbol].items()}
    return found


def _instruments(config: RunConfig, known: Sequence[Instrument]) -> tuple[Instrument, ...]:
    """Return what the source knows about each instrument, overruled by the run file."""
    found = {instrument.symbol: instrument for instrument in known}
    for index, fact in enumerate(config.instruments):
        if fact.symbol in found:
            found[fact.symbol] = fact.onto(found[fact.symbol])
        elif config.data.instruments is None:  # where they are listed, the run file has been held to its list
            allowed = ", ".join(map(repr, found))
            what = f"instrument[{index}].symbol {fact.symbol!r} is not one of the instruments that the data has"
            raise ConfigError(f"{what}; allowed: {allowed}{nearest(fact.symbol, found)}")
    return tuple(_possible(instrument, config.account.kind) for instrument in found.values())


def _possible(instrument: Instrument, account: str) -> Instrument:
    """Return an instrument that the account can hold: what the source knows may contradict the run file."""
    if instrument.is_derivative and account == "cash":
        what = f"{instrument.symbol!r} is a {instrument.kind}, which is held against margin, but account.kind is 'cash'"
        raise ConfigError(f"{what}; set account.kind = 'margin'")
    opening, keeping = instrument.initial_margin, instrument.maintenance_margin
    if opening is not None and keeping is not None and keeping >= opening:
        what = f"maintenance_margin {keeping:g} of {instrument.symbol!r} must be smaller than its initial_margin {opening:g}"
        raise ConfigError(f"{what}, or a position is liquidated as it is opened; [[instrument]] overrules what the source says")
    return instrument
