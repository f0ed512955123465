"""From the record of a run to its fills and trades in columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.excursions import Splits
from tradekit.analysis.trades import CarryColumns, Ends, FillColumns, RoundTrips, round_trips
from tradekit.journal.record import Record
from tradekit.model.bars import Floats
from tradekit.model.event import CashKind, EventKind
from tradekit.model.reference import ScheduledKind
from tradekit.simulator.moves import Moves

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
    log, money = record.log, record.money
    moves = Moves(log, len(record.bars.symbols))
    traded = moves.columns()
    entries, closed, average = (traded.pop(name) for name in ("entry", "closed", "average"))
    instrument = traded["instrument"]
    unit = money.unit_in(instrument, log["row"][entries])
    gain: Floats | float = np.nan
    if money.is_margined.any():
        gained = np.where(closed != 0.0, closed * (traded["price"] - average) * unit, 0.0)
        gain = np.where(money.is_margined[instrument], gained, np.nan)
    fills = FillColumns(time=record.times[entries], unit=unit, gain=gain, **traded)
    return round_trips(fills, _ends(record, moves), _carry(record, entries))


def _ends(record: Record, moves: Moves) -> Ends:
    money = record.money
    held, average, split = moves.ends()
    instruments = np.arange(len(held))
    unit = money.unit_in(instruments, np.full(len(held), len(record.equity)))
    gain: Floats | float = np.nan
    if money.is_margined.any():
        gain = np.where(money.is_margined, np.where(held != 0.0, held * (record.last - average) * unit, 0.0), np.nan)
    return Ends(record.last, unit, split, gain)


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
