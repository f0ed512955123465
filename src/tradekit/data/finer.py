"""Finer bars, or trades, that decide inside each bar of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.data.align import cut
from tradekit.data.fetch.whole import all_bars, all_trades
from tradekit.data.interval import interval_text, time_text
from tradekit.data.lacking import where_to_say
from tradekit.data.load import checked_series
from tradekit.data.quality.policy import Policy
from tradekit.data.quality.report import Inspected, doubts, inspected_trades
from tradekit.data.reference import facts_of, given, stored_facts
from tradekit.errors import DataError, nearest
from tradekit.model.bars import BAR_COLUMNS, PRICE_COLUMNS, Bars, Series, Times
from tradekit.model.instrument import Instrument
from tradekit.model.reference import Actions
from tradekit.model.ticks import Trades
from tradekit.model.timeline import Finer
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["LoadedFiner", "load_finer"]

_ROUNDING = 1e-9
_NOTHING: Mapping[str, Actions] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LoadedFiner:
    """Finer bars on the rows of a run, and what a reader of its result should know about them."""

    finer: Finer
    facts: Mapping[str, Mapping[str, Any]]
    """By symbol: origin, interval, rows, first, last (UTC) and sha256 of what was read; how many bars have none inside (`whole`),
    and how many of the finer ones lie `outside` of all bars, or reach `beyond` the one that they are in."""
    notes: tuple[str, ...]
    inspected: Mapping[str, Inspected]
    """By symbol: what was found in what was read."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read for one instrument."""

    series: Series
    fact: Mapping[str, Any]
    inspected: Inspected
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The finer bars of one instrument, each inside one of its bars, and at least one in each."""

    series: Series
    is_whole: NDArray[np.bool_]
    """Which of them are the coarser bar itself."""
    counts: Mapping[str, int]
    beyond: float
    """How far they reach beyond the bar that they are in, at most, as a fraction of its price."""


def load_finer(
    source: DataSource,
    bars: Bars,
    instruments: Sequence[Instrument],
    interval: int | None,
    policy: Policy,
    actions: Mapping[str, Actions] = _NOTHING,
) -> LoadedFiner:
    """Read the finer bars of `interval` nanoseconds, or the trades if it is `None`, that lie in the bars of a run.

    A bar that has none inside decides as a whole; finer ones that lie in no bar of their instrument are left out. Both are counted.
    Raises `DataError` for what the source does not have, and for defects that `policy` does not repair.
    """
    request = BarRequest(bars.symbols, interval or 0, int(bars.open_time[0]), int(bars.close_time[-1]))
    read = _trades(source, request) if interval is None else _bars(source, request, instruments, policy, actions)
    fitted = [_fit(bars, i, read[symbol].series) for i, symbol in enumerate(bars.symbols)]
    what = "trades" if interval is None else f"bars of {interval_text(interval)}"
    facts = {symbol: {**read[symbol].fact, **one.counts} for symbol, one in zip(bars.symbols, fitted, strict=True)}
    notes = [note for symbol in bars.symbols for note in read[symbol].notes]
    notes += [note for i, one in enumerate(fitted) for note in _notes(bars, i, one, what)]
    return LoadedFiner(_together(bars, fitted), facts, tuple(notes), {symbol: one.inspected for symbol, one in read.items()})


def _bars(
    source: DataSource,
    request: BarRequest,
    instruments: Sequence[Instrument],
    policy: Policy,
    actions: Mapping[str, Actions],
) -> dict[str, _Read]:
    text = interval_text(request.interval)
    try:
        found = all_bars(source, request)
        missing = [symbol for symbol in request.symbols if symbol not in found]
        left = policy.model_copy(update={"gaps": "hole"})
        checked = {} if missing else {one.symbol: checked_series(one, found[one.symbol], request, left) for one in instruments}
        for each in checked.values():
            each.demand("finer bars")
    except DataError as error:
        raise DataError(f"data.fill_interval needs bars of {text}: {error}") from error
    if missing:
        hint = nearest(missing[0], found)
        raise DataError(
            f"data.fill_interval needs bars of {text}: the data source {source.name!r} gave none of {missing[0]!r}{hint}"
        )
    read = {}
    for symbol, one in checked.items():
        times = one.series.open_time
        fact = {"origin": one.series.origin, "interval": text, "rows": len(times)}
        fact |= {"first": time_text(times[0]), "last": time_text(times[-1]), "sha256": one.sha256, "repairs": one.repairs}
        fact |= stored_facts(one.series.stored)
        findings = (*one.findings, *doubts(one.sound, actions.get(symbol)))
        read[symbol] = _Read(one.series, fact, Inspected(one.sound.origin, len(one.raw), findings), one.repairs)
    return read


def _trades(source: DataSource, request: BarRequest) -> dict[str, _Read]:
    found = given(source, Trades, all_trades(source, request))
    read = {}
    for symbol in request.symbols:
        if symbol not in found:
            what = f"data.fill_interval is 'trades', and the data source {source.name!r} gave none of {symbol!r}"
            raise DataError(f"{what}{where_to_say(source, 'trades')}")
        trades = found[symbol]
        price = trades.price
        series = Series(trades.time, trades.time + 1, price, price, price, price, trades.size, trades.origin)
        inside = cut(symbol, series, request.start, request.end)[0]
        read[symbol] = _Read(inside, {**facts_of(trades), "interval": "trades"}, inspected_trades(trades))
    return read


def _fit(bars: Bars, i: int, series: Series) -> _Fitted:
    row = np.searchsorted(bars.open_time, series.open_time, side="right") - 1
    inside = (row >= 0) & (series.open_time < bars.close_time[row]) & bars.exists[row, i]
    series, row = _take(series, inside), row[inside]
    beyond = np.maximum(series.high - bars.high[row, i], bars.low[row, i] - series.low) / bars.close[row, i]
    empty = bars.exists[:, i].copy()
    empty[row] = False
    coarse = {name: getattr(bars, name)[empty, i] for name in PRICE_COLUMNS}
    coarse |= {"open_time": bars.open_time[empty], "close_time": bars.close_time[empty]}
    columns: dict[str, Any] = {name: np.concatenate([getattr(series, name), coarse[name]]) for name in BAR_COLUMNS}
    joined = replace(series, **columns)
    is_whole = np.arange(len(joined)) >= len(series)
    order = np.argsort(joined.open_time, kind="stable")
    counts = {
        "whole": int(np.count_nonzero(empty)),
        "outside": int(np.count_nonzero(~inside)),
        "beyond": int(np.count_nonzero(beyond > _ROUNDING)),
    }
    return _Fitted(_take(joined, order), is_whole[order], counts, float(beyond.max(initial=0.0)))


def _take(series: Series, index: NDArray[Any]) -> Series:
    return replace(series, **{name: getattr(series, name)[index] for name in BAR_COLUMNS})


def _notes(bars: Bars, i: int, fitted: _Fitted, what: str) -> list[str]:
    symbol, counts, total = bars.symbols[i], fitted.counts, np.count_nonzero(bars.exists[:, i])
    notes = []
    if counts["whole"]:
        notes.append(f"{symbol}: {counts['whole']:,} of its {total:,} bars have no {what} inside, and decide as a whole.")
    if counts["outside"]:
        notes.append(f"{symbol}: {counts['outside']:,} {what} lie in none of its bars, and are left out.")
    if counts["beyond"]:
        reach = f"{counts['beyond']:,} {what} reach beyond the bar that they lie in"
        notes.append(f"{symbol}: {reach}, by {fitted.beyond:.3%} at most, and decide all the same.")
    return notes


def _together(bars: Bars, fitted: Sequence[_Fitted]) -> Finer:
    """Put the finer bars of all instruments on one clock: those of one time share a row, unless they are of one instrument."""
    times = np.concatenate([one.series.open_time for one in fitted])
    # The how-manieth of its time each one is: trades of one time are rows of their own.
    again = np.concatenate([_again(one.series.open_time) for one in fitted])
    order = np.lexsort((again, times))
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (np.diff(times[order]) > 0) | (np.diff(again[order]) > 0)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(is_new) - 1
    clock = times[order][is_new]
    row = np.searchsorted(bars.open_time, clock, side="right") - 1
    columns = {name: np.full((len(fitted), len(clock)), np.nan) for name in PRICE_COLUMNS}
    # A bar that decides as a whole lasts as long as the others leave it, so that the rows don't overlap.
    close_time = np.minimum(bars.close_time[row], np.append(clock[1:], np.iinfo(np.int64).max))
    ends = np.full(len(clock), np.iinfo(np.int64).min)
    start = 0
    for i, one in enumerate(fitted):
        own = place[start : start + len(one.series)]
        start += len(one.series)
        for name, column in columns.items():
            column[i, own] = getattr(one.series, name)
        ends[own] = np.maximum(ends[own], np.where(one.is_whole, ends[own], one.series.close_time))
    close_time = np.where(ends > np.iinfo(np.int64).min, ends, close_time)
    first = np.searchsorted(row, np.arange(len(bars) + 1)).astype(np.int64)
    turned = {name: np.ascontiguousarray(column.T) for name, column in columns.items()}
    return Finer(Bars(bars.symbols, clock, close_time, **turned), first)


def _again(times: Times) -> Times:
    """Return how many equal times come right before each."""
    return np.arange(len(times)) - np.searchsorted(times, times)
