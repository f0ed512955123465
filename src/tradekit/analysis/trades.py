"""Round trips: fills put together into trades, from flat to flat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.curve import NOT_YET
from tradekit.model.bars import Floats, Times

__all__ = ["CarryColumns", "Ends", "FillColumns", "RoundTrips", "round_trips"]

# What is left of a position after a fill is rounding when it is less than this part of the fill.
_ROUNDING = 1e-9


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
    """Money that came (positive) or went (negative) because of what was held: arrays of equal length.

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


@dataclass(frozen=True, slots=True)
class _Parts:
    """Fills sorted by instrument, those that turn a position around cut in two: the closing part, then the opening one.

    Quantities and prices are in units as they were before any split.
    """

    fill: NDArray[np.int64]
    quantity: Floats
    share: Floats
    before: Floats
    after: Floats
    price: Floats
    flow: Floats
    """Money that came in, fees apart."""
    first: NDArray[np.int64]
    """Of each trade, its first part."""
    last: NDArray[np.int64]

    @property
    def is_opening(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.quantity * self.before >= 0.0
        return found

    def total(self, values: Floats) -> Floats:
        """Return the sum of values of parts for each trade."""
        return np.add.reduceat(values, self.first)


def round_trips(fills: FillColumns, ends: Ends, carry: CarryColumns | None = None) -> RoundTrips:
    """Put fills together into trades.

    The profits of all trades, open ones included, add up to the change of the account's equity, but for interest and for what
    changing rates make of the cash in other currencies.
    """
    if not len(fills):
        return _no_trades()
    parts = _cut_at_turns(fills)
    opened, closed = parts.fill[parts.first], parts.fill[parts.last]
    instrument = fills.instrument[opened]
    is_open = parts.after[parts.last] != 0.0
    split = np.where(is_open, _each(ends.split, ends.price)[instrument], _each(fills.split, fills.price)[closed])
    mark = np.where(is_open, ends.price[instrument] * split, 0.0)
    fees = parts.total(fills.fee[parts.fill] * parts.share)
    carried = _carried(fills, parts, carry)
    profit = _left(parts, ends, instrument, mark) + parts.total(parts.flow) - fees + carried
    entry_price, exit_price = _average_prices(parts, parts.price, mark)
    quantity = np.maximum.reduceat(np.maximum(np.abs(parts.before), np.abs(parts.after)), parts.first)
    trips = RoundTrips(
        instrument=instrument,
        direction=np.sign(parts.quantity[parts.first]).astype(np.int64),
        entry_time=fills.time[opened],
        exit_time=np.where(is_open, NOT_YET, fills.time[closed]),
        quantity=quantity * split,
        entry_price=entry_price / split,
        exit_price=exit_price / split,
        profit=profit,
        fees=fees,
        carry=carried,
        slippage=parts.total(fills.slippage[parts.fill] * parts.share),
        return_on_entry=profit / (quantity * _entry_values(fills, parts)),
        is_open=is_open,
    )
    return _rows(trips, np.argsort(opened, kind="stable"))


def _each(value: Floats | float, like: Floats) -> Floats:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), like.shape)


def _left(parts: _Parts, ends: Ends, instrument: NDArray[np.int64], mark: Floats) -> Floats:
    """Return the money that what is still open of each trade counts for."""
    open_gain = _each(ends.gain, ends.price)[instrument]
    held: Floats = parts.after[parts.last] * mark * _each(ends.unit, ends.price)[instrument]
    return np.where(np.isnan(open_gain), held, np.where(parts.after[parts.last] != 0.0, open_gain, 0.0))


def _carried(fills: FillColumns, parts: _Parts, carry: CarryColumns | None) -> Floats:
    """Return what came and went for each trade: for the one that the instrument's last fill before it belongs to."""
    found = np.zeros(len(parts.first))
    if carry is not None and len(carry.after):
        place = fills.instrument[parts.fill] * (len(fills) + 1) + parts.fill
        part = np.searchsorted(place, carry.instrument * (len(fills) + 1) + carry.after) - 1
        np.add.at(found, np.searchsorted(parts.first, part, side="right") - 1, carry.amount)
    return found


def _entry_values(fills: FillColumns, parts: _Parts) -> Floats:
    """Return the money that a unit cost on average, of each trade."""
    opening = np.where(parts.is_opening, np.abs(parts.quantity), 0.0)
    unit = _each(fills.unit, fills.price)[parts.fill]
    value: Floats = parts.total(opening * parts.price * unit) / parts.total(opening)
    return value


def _average_prices(parts: _Parts, price: Floats, mark: Floats) -> tuple[Floats, Floats]:
    size = np.abs(parts.quantity)
    opening, closing = np.where(parts.is_opening, size, 0.0), np.where(parts.is_opening, 0.0, size)
    left = np.abs(parts.after[parts.last])
    entry = parts.total(opening * price) / parts.total(opening)
    exited = parts.total(closing * price) + left * mark
    return entry, exited / (parts.total(closing) + left)


def _cut_at_turns(fills: FillColumns) -> _Parts:
    order = np.argsort(fills.instrument, kind="stable")
    split = _each(fills.split, fills.price)
    quantity = (fills.quantity / split)[order]
    before, after = _positions(fills.instrument[order], quantity)
    is_turn = before * after < 0.0
    row = np.repeat(np.arange(len(order)), 1 + is_turn)
    is_second = np.zeros(len(row), dtype=np.bool_)
    is_second[1:] = row[1:] == row[:-1]
    is_first = is_turn[row] & ~is_second
    part = np.where(is_second, after[row], np.where(is_first, -before[row], quantity[row]))
    share = part / quantity[row]
    fill = order[row]
    price = (fills.price * split)[fill]
    before = np.where(is_second, 0.0, before[row])
    gain = _each(fills.gain, fills.price)[fill]
    bought = -(part * price * _each(fills.unit, fills.price)[fill])
    first = np.flatnonzero(before == 0.0)
    return _Parts(
        fill=fill,
        quantity=part,
        share=share,
        before=before,
        after=np.where(is_first, 0.0, after[row]),
        price=price,
        flow=np.where(np.isnan(gain), bought, np.where(part * before >= 0.0, 0.0, gain)),
        first=first,
        last=np.append(first[1:], len(before)) - 1,
    )


def _positions(instrument: NDArray[np.int64], quantity: Floats) -> tuple[Floats, Floats]:
    """Return the position before and after each fill; instruments are in blocks. What is left by rounding is 0."""
    is_first = np.append(True, instrument[1:] != instrument[:-1])
    starts = np.flatnonzero(is_first)
    total = np.empty(len(quantity))
    for start, stop in zip(starts, np.append(starts[1:], len(quantity)), strict=True):
        total[start:stop] = np.cumsum(quantity[start:stop])
    is_flat = np.abs(total) <= _ROUNDING * np.abs(quantity)
    # Counting each trade from the sum at which the last one ended keeps rounding from piling up over thousands of trades.
    row = np.arange(len(total))
    block = np.maximum.accumulate(np.where(is_first, row, 0))
    flat_before = np.append(-1, np.maximum.accumulate(np.where(is_flat, row, -1))[:-1])
    base = np.where(flat_before >= block, total[flat_before], 0.0)
    after = np.where(is_flat, 0.0, total - base)
    return np.where(is_first, 0.0, np.append(0.0, after[:-1])), after


def _no_trades() -> RoundTrips:
    none, empty = np.zeros(0, dtype=np.int64), np.zeros(0)
    flags = np.zeros(0, dtype=np.bool_)
    return RoundTrips(none, none, none, none, empty, empty, empty, empty, empty, empty, empty, empty, flags)


def _rows(trips: RoundTrips, rows: NDArray[np.int64]) -> RoundTrips:
    return RoundTrips(*(getattr(trips, name)[rows] for name in RoundTrips.__dataclass_fields__))
