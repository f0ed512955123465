"""From a data source into a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np

from tradekit.data.interval import interval_text, parse_bar_size, time_text
from tradekit.data.lacking import where_to_say
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.data.store.kinds import LAYOUTS, Columns, Kept, Layout
from tradekit.errors import DataError, nearest
from tradekit.model.bars import Threshold
from tradekit.model.instrument import Instrument
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["Imported", "Provenance", "Tidying", "ask", "facts_of", "put_pieces"]

_ONCE = ("bars", "funding")
"""Kinds of which there is one row at a time."""


@dataclass(frozen=True, slots=True)
class Tidying:
    """What to do with rows that can't be kept as they come."""

    unsorted: Literal["refuse", "sort"] = "refuse"
    """Rows whose time is before that of the row above; those of one time stay in their order."""
    duplicates: Literal["refuse", "first", "last"] = "refuse"
    """Bars, or funding rates, with the same time."""
    spacing: Literal["refuse", "accept"] = "refuse"
    """Bars of which no two are one interval apart, as of what is seldom traded."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where rows come from, as their revision says."""

    source: str
    why: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What is known about the instrument, by the names of its facts; nothing leaves what was known before."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What has become of the rows of one data set."""

    key: DataKey
    rows: int
    first: int
    last: int
    """The times of the first and the last row, UTC nanoseconds."""
    revision: int
    is_new: bool
    """Whether there was anything that the store did not have yet."""
    notes: tuple[str, ...]
    """What was done to the rows, counted."""


def ask(source: DataSource, kind: str, request: BarRequest) -> dict[str, Kept]:
    """Return what a source has of a kind for each requested symbol, in the requested range.

    Raises `DataError` for a symbol of which it has nothing; of corporate actions only if it has none of any.
    """
    found: Mapping[str, Any]
    found = getattr(source, kind)(request.symbols if kind in ("funding", "actions") else request)
    missing = [symbol for symbol in request.symbols if symbol not in found]
    if missing and (kind != "actions" or not found):
        hint = where_to_say(source, kind) or nearest(missing[0], found)
        raise DataError(f"the data source {source.name!r} gave no {kind} of {missing[0]!r}{hint}")
    layout = LAYOUTS[kind]
    return {symbol: _within(layout, found[symbol], request.start, request.end) for symbol in request.symbols if symbol in found}


def _within(layout: Layout, data: Kept, start: int | None, end: int | None) -> Kept:
    """Return the rows in a range; they may be in any order."""
    if start is None and end is None:
        return data
    columns = _columns(layout, data)
    times = columns[layout.time]
    keep = (times >= start if start is not None else True) & (times < end if end is not None else True)
    return layout.data_of({name: column[keep] for name, column in columns.items()}, data.origin)


def facts_of(instrument: Instrument) -> dict[str, Any]:
    """Return what is known about an instrument, by the names of its facts; nothing of what is as for any."""
    unknown = Instrument(instrument.symbol)
    named = {one.name: getattr(instrument, one.name) for one in fields(Instrument)}
    return {name: value for name, value in named.items() if name != "symbol" and value != getattr(unknown, name)}


def put_pieces(store: Store, key: DataKey, pieces: Sequence[Kept], how: Tidying, provenance: Provenance) -> Imported:
    """Put the rows of several pieces, such as files, into a store as one revision; the order of the pieces is that of their times.

    Raises `DataError` for what can't be kept and `how` leaves as it is, and if there is no row at all.
    """
    layout = LAYOUTS[key.kind]
    parts = sorted(
        (part for part in (_columns(layout, piece) for piece in pieces) if len(part[layout.time])),
        key=lambda part: int(part[layout.time][0]),
    )
    if not parts:
        raise DataError(f"there are no {key.kind} of {key.symbol!r} in {', '.join(piece.origin for piece in pieces)}")
    origins = ", ".join(dict.fromkeys(piece.origin for piece in pieces))
    columns, notes = _tidied(layout, layout.joined(parts), how, origins)
    times = columns[layout.time]
    if key.kind == "bars":
        if how.spacing == "refuse":
            _check_size(key, columns)
        if not np.nan_to_num(columns["volume"]).any():
            notes = (*notes, "no volume is known")
    data_set = store.create(key)
    before = data_set.revision
    rows = layout.data_of(columns, origins)
    number = data_set.put(rows, provenance.source, provenance.why, instrument=provenance.facts or None)
    return Imported(key, len(times), int(times[0]), int(times[-1]), number, number != before, notes)


def _columns(layout: Layout, piece: Kept) -> dict[str, Any]:
    if not isinstance(piece, layout.holder):
        raise DataError(f"{layout.kind} are held by {layout.holder.__name__}, and this is {type(piece).__name__}")
    return {name: np.asarray(getattr(piece, name)) for name in layout.columns}


def _tidied(layout: Layout, columns: Columns, tidying: Tidying, origins: str) -> tuple[Columns, tuple[str, ...]]:
    """Return rows in order of time, and what was done for that."""
    notes = []
    times = columns[layout.time]
    backward = np.flatnonzero(np.diff(times) < 0)
    if len(backward):
        at = int(backward[0]) + 1
        what = f"{len(backward):,} {layout.kind} with a time before that of the row above"
        if tidying.unsorted == "refuse":
            where = f"row {at + 1}, {time_text(int(times[at]))} after {time_text(int(times[at - 1]))}"
            raise DataError(f"{origins} has {what}, the first in {where}; mend it, or say --unsorted sort")
        order = np.argsort(times, kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
        notes.append(f"sorted: {what}")
    times = columns[layout.time]
    again = np.diff(times) == 0
    if layout.kind in _ONCE and again.any():
        what = f"{np.count_nonzero(again):,} {layout.kind} with a time that another has"
        if tidying.duplicates == "refuse":
            where = time_text(int(times[1:][again][0]))
            raise DataError(f"{origins} has {what}, the first at {where}; mend it, or say --duplicates first or last")
        keep = np.concatenate(([True], ~again)) if tidying.duplicates == "first" else np.concatenate((~again, [True]))
        columns = {name: column[keep] for name, column in columns.items()}
        notes.append(f"left out: {what}; the {tidying.duplicates} one is kept")
    return columns, tuple(notes)


def _check_size(key: DataKey, columns: Columns) -> None:
    """Refuse bars of which no two are as far apart as they should be, as a run does: they are of another interval."""
    size = parse_bar_size(key.interval)
    steps = np.diff(columns["open_time"])
    if isinstance(size, Threshold) or len(steps) < 2 or (steps == size).any():
        return
    values, counts = np.unique(steps, return_counts=True)
    commonest = int(values[counts.argmax()])
    what = f"no two bars of {key.symbol!r} are {key.interval} apart; the commonest step is {interval_text(commonest)}"
    raise DataError(f"{what}; set --interval to what they are, or say --spacing accept")
