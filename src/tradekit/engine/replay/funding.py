"""The funding of a run as rates: what the venue paid and took, held against the rates that another source has."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tradekit.data.fetch.whole import all_funding
from tradekit.data.interval import time_text
from tradekit.data.reference import given
from tradekit.engine.decisions import columns_of
from tradekit.engine.live.inputs import Paid
from tradekit.engine.live.recording import Recording
from tradekit.model.event import EventKind
from tradekit.model.reference import FundingRates, whole_seconds
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["Funding", "RateChange", "funding_of"]

Rates = Mapping[str, FundingRates]

_NEAR = 300_000_000_000  # ns between when funding is due and the time that a venue gives its payment, at most
_ALIKE = 1e-6
"""Rates are the same up to this: venues round amounts, and the mark price behind one is not always known."""


@dataclass(frozen=True, slots=True)
class RateChange:
    """A rate that is another now: fractions of what is held, `None` where nothing was paid, or where there is none now."""

    symbol: str
    time: int
    was: float | None
    now: float | None

    def __str__(self) -> str:
        was = "nothing was paid in the run" if self.was is None else f"a rate of {self.was:.6g} in the run"
        return f"{self.symbol} {time_text(self.time)}: {was}, {'none' if self.now is None else f'{self.now:.6g}'} now"


@dataclass(frozen=True)
class Funding:
    """The funding that a session was told of, as rates by symbol, and the rates that a replay takes."""

    session: Rates
    now: Rates
    what: str = ""
    """Whose rates those of now are; empty for those of the session."""
    changes: Sequence[RateChange] = field(default=())
    paid: Mapping[str, Mapping[int, Mapping[str, float]]] = field(default_factory=dict)
    """What the session was paid, by instrument and the number of the bar that opened then."""


def funding_of(recording: Recording, source: DataSource | None = None) -> Funding:
    """Return the funding of a session, and the rates of `source`, as far as that has any of an instrument.

    A payment becomes a rate by what was held then and the close of its bar, so that a replay that holds more pays more.
    """
    perpetuals = [one.symbol for one in recording.opening.market.instruments if one.kind == "perpetual"]
    held = _held(recording, perpetuals)
    session = {symbol: rates for symbol in perpetuals if len(rates := _of_session(recording, symbol, held[symbol]))}
    paid = {symbol: _paid(recording, held[symbol], rates) for symbol, rates in session.items()}
    if source is None or not perpetuals:
        return Funding(session, session, paid=paid)
    request = BarRequest(tuple(perpetuals), 0, recording.first_row, recording.end + _NEAR)
    told = {symbol: rates for symbol, rates in given(source, FundingRates, all_funding(source, request)).items() if len(rates)}
    now, changes = dict(session), []
    for symbol, rates in told.items():
        now[symbol], found = _onto(recording, held[symbol], session.get(symbol, _NO_RATES), rates)
        changes += [RateChange(symbol, *one) for one in found]
    in_order = sorted(changes, key=lambda one: (one.time, one.symbol))
    return Funding(session, now, f"the rates of {source.name!r}", in_order, paid)


@dataclass(frozen=True, slots=True)
class _Holding:
    """What a run held of an instrument, which is the one at a place, and since when."""

    place: int
    multiplier: float
    since: list[int]
    units: list[float]

    def at(self, time: int) -> float:
        """Return what was held at a time, in units times their multiplier."""
        # What is filled at that very time was asked for at the close, and funding is on what was held until then.
        return self.units[bisect_left(self.since, time) - 1] * self.multiplier


def _held(recording: Recording, symbols: Sequence[str]) -> dict[str, _Holding]:
    """Return what a run held of some instruments."""
    found = {}
    for symbol in symbols:
        place = recording.bars.symbols.index(symbol)
        begun = recording.opening.positions.get(symbol, (0.0, 0.0))[0]
        multiplier = recording.opening.market.instruments[place].multiplier
        found[symbol] = _Holding(place, multiplier, [int(np.iinfo(np.int64).min)], [begun])
    fills = columns_of(recording.result.journal, (EventKind.FILL.text,), ("time", "symbol", "position"))
    for time, symbol, units in zip(*fills.values(), strict=True):
        if symbol in found:
            found[symbol].since.append(time)
            found[symbol].units.append(units)
    return found


def _of_session(recording: Recording, symbol: str, held: _Holding) -> FundingRates:
    amounts: dict[int, float] = {}
    for one in recording.inputs:
        if isinstance(one, Paid) and one.payment.kind == "funding" and one.payment.symbol == symbol:
            time = int(whole_seconds(np.array([one.payment.time], dtype=np.int64))[0])
            amounts[time] = amounts.get(time, 0.0) + float(one.payment.amount)
    times = [time for time in sorted(amounts) if held.at(time) != 0.0 and recording.first_row < time <= recording.end]
    marks = _closes(recording, held.place, times)
    rates = [-amounts[time] / (held.at(time) * mark) for time, mark in zip(times, marks, strict=True)]
    return FundingRates(np.array(times, dtype=np.int64), np.array(rates), np.array(marks))


def _paid(recording: Recording, held: _Holding, rates: FundingRates) -> dict[int, dict[str, float]]:
    rows = np.searchsorted(recording.bars.close_time, rates.time).tolist()
    found: dict[int, dict[str, float]] = {}
    for row, (time, rate, mark) in zip(rows, _rows(rates), strict=True):
        # It is paid at the close of its bar, and what happens at a close is told in the bar that opens then.
        facts = found.setdefault(row + 1, {"funding": 0.0})
        facts["funding"] -= held.at(time) * mark * rate
    return {row: facts for row, facts in found.items() if row < len(recording.bars)}


def _closes(recording: Recording, i: int, times: Sequence[int]) -> list[float]:
    """Return the close of the bar in which each time lies, or of the last one before."""
    bars = recording.bars
    rows = np.flatnonzero(bars.exists[:, i])
    places = np.minimum(np.searchsorted(bars.close_time[rows], np.array(times, dtype=np.int64)), len(rows) - 1)
    return [float(bars.close[rows[place], i]) for place in places]


_NO_RATES = FundingRates(np.array([], dtype=np.int64), np.array([]), np.array([]))

_Change = tuple[int, float | None, float | None]


def _onto(recording: Recording, held: _Holding, session: FundingRates, told: FundingRates) -> tuple[FundingRates, list[_Change]]:
    """Return the rates of a replay by what a source tells of one instrument, and those that are others, by time."""
    before = {time: (rate, mark) for time, rate, mark in _rows(session)}
    after: dict[int, tuple[float, float]] = {}
    changes: list[_Change] = []
    for time, rate, mark in _rows(told):
        if not recording.first_row < time <= recording.end:
            continue
        near = min(before, key=lambda one: abs(one - time), default=None)
        if near is None or abs(near - time) > _NEAR:
            after[time] = rate, mark
            if held.at(time) != 0.0:
                changes.append((time, None, rate))
            continue
        paid, close = before.pop(near)
        value = close if mark != mark else mark
        is_alike = abs(paid * close - rate * value) <= _ALIKE * value
        after[near] = (paid, close) if is_alike else (rate, mark)
        if not is_alike:
            changes.append((near, paid * close / value, rate))
    changes += [(time, rate, None) for time, (rate, _) in before.items()]
    times = sorted(after)
    rates, marks = (np.array([after[time][k] for time in times], dtype=np.float64) for k in (0, 1))
    return FundingRates(np.array(times, dtype=np.int64), rates, marks), changes


def _rows(rates: FundingRates) -> list[tuple[int, float, float]]:
    return list(zip(rates.time.tolist(), rates.rate.tolist(), rates.mark.tolist(), strict=True))
