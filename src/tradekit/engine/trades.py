"""From the record of a run to its fills and trades in columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.excursions import Splits
from tradekit.analysis.trades import CarryColumns, Ends, FillColumns, RoundTrips, round_trips
from tradekit.journal.record import Record
from tradekit.model.bars import Floats
from tradekit.model.event import CashKind, EventKind
from tradekit.model.reference import ScheduledKind

__all__ = ["carried", "fills_of", "splits_of", "trips_of"]

_ROUNDING = 1e-9


def fills_of(record: Record) -> FillColumns:
    """Return the fills."""
    entries = record.entries(EventKind.FILL)
    log = record.log
    instrument = log["instrument"][entries].astype(np.int64)
    return FillColumns(
        time=record.times[entries],
        instrument=instrument,
        quantity=log["a"][entries],
        price=log["b"][entries],
        fee=log["c"][entries],
        slippage=log["d"][entries],
        unit=record.money.unit_in(instrument, log["row"][entries]),
    )


def carried(record: Record) -> dict[CashKind, float]:
    """Return the money of each kind that came (positive) or went without a trade, in the account's currency."""
    log, entries = record.log, record.entries(EventKind.CASH)
    amounts = _in_account(record, entries)
    return {kind: float(np.sum(amounts[log["code"][entries] == kind])) for kind in CashKind}


def splits_of(record: Record) -> Splits:
    """Return the splits of what was held."""
    log = record.log
    entries = np.flatnonzero((log["kind"] == EventKind.ACTION) & (log["code"] == ScheduledKind.SPLIT))
    return Splits(log["row"][entries], log["instrument"][entries], log["a"][entries])


def trips_of(record: Record) -> RoundTrips:
    """Return the trades. What a split pays out, and what a delisting closes, counts as a fill without costs."""
    moves = _Moves.of(record)
    trades = np.flatnonzero(moves.traded != 0.0)
    entries, instrument = moves.entry[trades], moves.instrument[trades]
    log, money = record.log, record.money
    is_fill = log["kind"][entries] == EventKind.FILL
    price = np.where(
        is_fill, log["b"][entries], np.where(log["kind"][entries] == EventKind.CASH, log["c"][entries], log["a"][entries])
    )
    unit = money.unit_in(instrument, log["row"][entries])
    size = np.minimum(np.abs(moves.traded[trades]), np.abs(moves.held[trades]))
    closed = np.where(moves.traded[trades] * moves.held[trades] < 0.0, np.copysign(size, moves.held[trades]), 0.0)
    gain = np.where(closed != 0.0, closed * (price - moves.average[trades]) * unit, 0.0)
    fills = FillColumns(
        time=record.times[entries],
        instrument=instrument,
        quantity=moves.traded[trades],
        price=price,
        fee=np.where(is_fill, log["c"][entries], 0.0),
        slippage=np.where(is_fill, log["d"][entries], 0.0),
        unit=unit,
        split=moves.split[trades],
        gain=np.where(money.is_margined[instrument], gain, np.nan),
    )
    return round_trips(fills, _ends(record, moves), _carry(record, entries))


@dataclass(frozen=True, slots=True)
class _Moves:
    """All that changed positions, in the order of the log: units traded (0 for a split), and what there was before.

    `split` is the product of the splits before; the arrays `last_` are [instrument], as the run ends.
    """

    entry: NDArray[np.int64]
    instrument: NDArray[np.int64]
    traded: Floats
    held: Floats
    average: Floats
    split: Floats
    last_held: Floats
    last_average: Floats
    last_split: Floats

    @classmethod
    def of(cls, record: Record) -> _Moves:
        log = record.log
        kind, code = log["kind"], log["code"]
        is_fill = kind == EventKind.FILL
        is_split = (kind == EventKind.ACTION) & (code == ScheduledKind.SPLIT)
        is_delisting = (kind == EventKind.ACTION) & (code == ScheduledKind.DELISTING)
        is_paid_out = (kind == EventKind.CASH) & (code == CashKind.IN_LIEU)
        entry = np.flatnonzero(is_fill | is_split | is_delisting | is_paid_out)
        instrument = log["instrument"][entry].astype(np.int64)
        size = len(record.bars.symbols)
        traded, held, average, split = (np.zeros(len(entry)) for _ in range(4))
        found = cls(entry, instrument, traded, held, average, split, np.zeros(size), np.full(size, np.nan), np.ones(size))
        for i in np.unique(instrument):
            found.follow(record, np.flatnonzero(instrument == i), int(i))
        return found

    def follow(self, record: Record, own: NDArray[np.int64], i: int) -> None:
        """Fill in what happened to one instrument."""
        log, entry = record.log, self.entry[own]
        kind = log["kind"][entry]
        is_fill, is_paid_out = kind == EventKind.FILL, kind == EventKind.CASH
        is_split = (kind == EventKind.ACTION) & (log["code"][entry] == ScheduledKind.SPLIT)
        ratio = np.where(is_split, log["a"][entry], 1.0)
        paid_out = np.where(is_paid_out, log["d"][entry], 0.0)
        # The entry of a split tells the position without what it pays out, which comes next.
        after = np.where(is_paid_out, _before(log["e"][entry], 0.0), log["e"][entry])
        average = np.where(is_paid_out, _before(log["f"][entry], np.nan), log["f"][entry])
        after = np.where(is_split, after + np.append(paid_out[1:], 0.0), after)
        average = np.where(is_split & np.isnan(average), _before(average, np.nan) / ratio, average)
        held = _before(after, 0.0)
        asked = np.where(is_fill, log["a"][entry], np.where(is_paid_out, -paid_out, after - held))
        # A fee that is taken in units makes a position smaller than the fill says.
        is_off = np.abs(after - held - asked) > _ROUNDING * np.abs(asked)
        self.traded[own] = np.where(is_split, 0.0, np.where(is_off, after - held, asked))
        self.held[own], self.average[own] = held, _before(average, np.nan)
        products = np.cumprod(ratio)
        self.split[own] = products / ratio
        self.last_held[i], self.last_average[i], self.last_split[i] = after[-1], average[-1], products[-1]


def _before(values: Floats, first: float) -> Floats:
    """Return of each value the one before it."""
    return np.append(first, values[:-1])


def _ends(record: Record, moves: _Moves) -> Ends:
    money = record.money
    instruments = np.arange(len(record.bars.symbols))
    unit = money.unit_in(instruments, np.full(len(instruments), len(record.equity)))
    gain = np.where(moves.last_held != 0.0, moves.last_held * (record.last - moves.last_average) * unit, 0.0)
    return Ends(record.last, unit, moves.last_split, np.where(money.is_margined, gain, np.nan))


def _carry(record: Record, trades: NDArray[np.int64]) -> CarryColumns:
    """Return what came and went with an instrument; `trades` are the entries that count as fills."""
    log, entries = record.log, record.entries(EventKind.CASH)
    is_carry = (log["instrument"][entries] >= 0) & (log["code"][entries] != CashKind.IN_LIEU)
    entries = entries[is_carry]
    return CarryColumns(
        after=np.searchsorted(trades, entries),
        instrument=log["instrument"][entries].astype(np.int64),
        amount=_in_account(record, entries),
    )


def _in_account(record: Record, entries: NDArray[np.int64]) -> Floats:
    """Return the amounts of cash entries in the account's currency, at the rates of their time; funding comes with the close."""
    log = record.log
    row = log["row"][entries].astype(np.int64)
    is_at_close = log["code"][entries] == CashKind.FUNDING
    amounts: Floats = log["a"][entries] * record.money.rate_in(log["e"][entries].astype(np.int64), row + is_at_close)
    return amounts
