"""Round trips: fills put together into trades, from flat to flat."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.curve import NOT_YET
from tradekit.model.bars import Floats, Times
from tradekit.simulator.trips import Trips

__all__ = ["CarryColumns", "Ends", "FillColumns", "RoundTrips", "round_trips"]


Columns = TypeVar("Columns", "FillColumns", "RoundTrips")


@dataclass(frozen=True, slots=True)
class FillColumns:
    """The fills of a run in the order in which they happened: arrays of equal length, or one number where all are alike.

    `time` is int64 UTC nanoseconds and `instrument` the instrument's position in the run. `quantity` is signed and never 0.
    `price` is what was paid, slippage included; `fee` and `slippage` are money, positive when they cost.
    """

    time: Times
    instrument: NDArray[np.int64]
    quantity: Floats
    price: Floats
    fee: Floats
    slippage: Floats
    unit: Floats | float = 1.0
    """Money for one unit at a price of 1: multiplier times rate of the currency."""
    split: Floats | float = 1.0
    """The product of the ratios of all splits of the instrument before the fill."""
    gain: Floats | float = float("nan")
    """Money that the fill realised, where the instrument is held against margin; NaN where it is bought outright."""

    def __len__(self) -> int:
        return len(self.time)

    def only(self, is_meant: NDArray[np.bool_]) -> FillColumns:
        """Return some of them."""
        return _only(self, is_meant)

    @property
    def value(self) -> Floats:
        """Return the money that each fill was worth, float64 [fill]."""
        found: Floats = np.abs(self.quantity) * self.price * self.unit
        return found


@dataclass(frozen=True, slots=True)
class Ends:
    """Each instrument as the run ends, float64 [instrument] or one number; `price` is the last one, the rest as in `FillColumns`.

    `gain` is the profit that is still open, NaN where the instrument is bought outright.
    """

    price: Floats
    unit: Floats | float = 1.0
    split: Floats | float = 1.0
    gain: Floats | float = float("nan")


@dataclass(frozen=True, slots=True)
class CarryColumns:
    """Money that came (positive) or went (negative) because of what was held, in the order in which it did: arrays of equal length.

    `after` is the number of fills before it.
    """

    after: NDArray[np.int64]
    instrument: NDArray[np.int64]
    amount: Floats

    @classmethod
    def none(cls) -> CarryColumns:
        """Return that nothing came or went."""
        return cls(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Trades in the order in which they were opened: arrays of equal length, one element a trade.

    A trade goes from flat to flat in one instrument. A fill that turns a position around closes one trade and opens the next,
    and its fee and slippage are split in proportion to the quantities. A trade that is open when the run ends has an
    `exit_time` of `NOT_YET` and counts what is left at the last price. Quantities and prices are in units as they are when the
    trade ends: those from before a split are converted.
    """

    instrument: NDArray[np.int64]
    direction: NDArray[np.int64]
    """1 for long, -1 for short."""
    entry_time: Times
    exit_time: Times
    quantity: Floats
    """The largest size of the position, > 0."""
    entry_price: Floats
    """Average price of all fills that enlarged the position."""
    exit_price: Floats
    """Average price of all fills that reduced it, and of what is still open the last price."""
    profit: Floats
    """Money, after fees and carry, at the rates of the fills where the currency is not the account's."""
    fees: Floats
    carry: Floats
    """Money that came (positive) or went while it was open: funding, dividends, borrowing, and what its liquidation cost."""
    slippage: Floats
    """Money; the prices contain it, so it is already in the profit."""
    return_on_entry: Floats
    """Profit over the value of `quantity` at `entry_price`, as a fraction."""
    is_open: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.instrument)

    def only(self, is_meant: NDArray[np.bool_]) -> RoundTrips:
        """Return some of them."""
        return _only(self, is_meant)


def _only(columns: Columns, is_meant: NDArray[np.bool_]) -> Columns:
    values = {one.name: getattr(columns, one.name) for one in fields(columns)}
    return replace(columns, **{name: value[is_meant] for name, value in values.items() if np.ndim(value)})


def round_trips(fills: FillColumns, ends: Ends, carry: CarryColumns | None = None) -> RoundTrips:
    """Put fills together into trades; money that came and went counts to the trade of the instrument's last fill before it.

    The profits of all trades, open ones included, add up to the change of the account's equity, but for interest and for what
    changing rates make of the cash in other currencies.
    """
    trips = Trips(fills, ends, CarryColumns.none() if carry is None else carry)
    opened, closed = trips.rows()
    columns = trips.columns()
    return RoundTrips(
        instrument=fills.instrument[opened],
        entry_time=fills.time[opened],
        exit_time=np.where(columns["is_open"], NOT_YET, fills.time[closed]),
        **columns,
    )
