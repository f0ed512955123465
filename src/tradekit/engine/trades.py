"""From the record of a run to its fills and trades in columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.excursions import Splits
from tradekit.analysis.trades import CarryColumns, FillColumns, RoundTrips, completed
from tradekit.journal.record import Record
from tradekit.model.bars import Floats
from tradekit.model.event import CashKind, EventKind
from tradekit.model.reference import ScheduledKind
from tradekit.simulator.moves import Moves
from tradekit.simulator.trips import trips_in

__all__ = ["carried", "fills_of", "splits_of", "trips_of"]


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


def carried(record: Record, only: range | None = None) -> dict[CashKind, float]:
    """Return the money of each kind that came (positive) or went without a trade, in the account's currency.

    With `only`, what came and went with these instruments.
    """
    log, entries = record.log, record.entries(EventKind.CASH)
    if only is not None:
        entries = entries[(log["instrument"][entries] >= only.start) & (log["instrument"][entries] < only.stop)]
    if not len(entries):
        return dict.fromkeys(CashKind, 0.0)
    amounts = _in_account(record, entries)
    return {kind: float(np.sum(amounts[log["code"][entries] == kind])) for kind in CashKind}


def splits_of(record: Record) -> Splits:
    """Return the splits of what was held."""
    log = record.log
    entries = np.flatnonzero((log["kind"] == EventKind.ACTION) & (log["code"] == ScheduledKind.SPLIT))
    return Splits(log["row"][entries], log["instrument"][entries], log["a"][entries])


def trips_of(record: Record) -> RoundTrips:
    """Return the trades. What a split pays out, and what a delisting closes, counts as a fill without costs."""
    money, size = record.money, len(record.bars.symbols)
    moves = Moves(record.log, size)
    entries, instrument = moves.traded()
    unit = money.unit_in(instrument, record.log["row"][entries])
    last_unit = money.unit_in(np.arange(size), np.full(size, len(record.equity)))
    trips = trips_in(moves, unit, last_unit, money.is_margined, record.last, _carry(record, entries))
    return completed(trips, instrument, record.times[entries])


def _carry(record: Record, trades: NDArray[np.int64]) -> CarryColumns:
    """Return what came and went with an instrument; `trades` are the entries that count as fills."""
    log, entries = record.log, record.entries(EventKind.CASH)
    if not len(entries):
        return CarryColumns.none()
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
