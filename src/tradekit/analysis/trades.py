"""Round trips: fills put together into trades, from flat to flat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.curve import NOT_YET
from tradekit.model.bars import Floats, Times

__all__ = ["FillColumns", "RoundTrips", "round_trips"]

# What is left of a position after a fill is rounding when it is less than this part of the fill.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class FillColumns:
    """The fills of a run in the order in which they happened: six arrays of equal length.

    `time` is int64 UTC nanoseconds and `instrument` the instrument's position in the run. `quantity` is signed and never 0.
    `price` is what was paid, slippage included; `fee` and `slippage` are money, positive when they cost.
    """

    time: Times
    instrument: NDArray[np.int64]
    quantity: Floats
    price: Floats
    fee: Floats
    slippage: Floats

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Trades in the order in which they were opened: twelve arrays of equal length, one element a trade.

    A trade goes from flat to flat in one instrument. A fill that turns a position around closes one trade and opens the next,
    and its fee and slippage are split in proportion to the quantities. A trade that is open when the run ends has an
    `exit_time` of `NOT_YET` and counts what is left at the last price.
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
    """Money, after fees."""
    fees: Floats
    slippage: Floats
    """Money; the prices contain it, so it is already in the profit."""
    return_on_entry: Floats
    """Profit over `quantity * entry_price`, as a fraction."""
    is_open: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.instrument)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Fills sorted by instrument, those that turn a position around cut in two: the closing part, then the opening one."""

    fill: NDArray[np.int64]
    quantity: Floats
    share: Floats
    before: Floats
    after: Floats


def round_trips(fills: FillColumns, last_prices: Floats) -> RoundTrips:
    """Put fills together into trades; `last_prices` is float64 [instrument], for what is open at the end.

    The profits of all trades, open ones included, add up to the change of the account's equity.
    """
    if not len(fills):
        return _no_trades()
    parts = _cut_at_turns(fills)
    first = np.flatnonzero(parts.before == 0.0)
    last = np.append(first[1:], len(parts.before)) - 1
    price = fills.price[parts.fill]
    instrument = fills.instrument[parts.fill[first]]
    is_open = parts.after[last] != 0.0
    mark = np.where(is_open, last_prices[instrument], 0.0)
    fees = np.add.reduceat(fills.fee[parts.fill] * parts.share, first)
    profit = parts.after[last] * mark - np.add.reduceat(parts.quantity * price, first) - fees
    entry_price, exit_price = _average_prices(parts, price, first, mark)
    quantity = np.maximum.reduceat(np.maximum(np.abs(parts.before), np.abs(parts.after)), first)
    trips = RoundTrips(
        instrument=instrument,
        direction=np.sign(parts.quantity[first]).astype(np.int64),
        entry_time=fills.time[parts.fill[first]],
        exit_time=np.where(is_open, NOT_YET, fills.time[parts.fill[last]]),
        quantity=quantity,
        entry_price=entry_price,
        exit_price=exit_price,
        profit=profit,
        fees=fees,
        slippage=np.add.reduceat(fills.slippage[parts.fill] * parts.share, first),
        return_on_entry=profit / (quantity * entry_price),
        is_open=is_open,
    )
    return _rows(trips, np.argsort(parts.fill[first], kind="stable"))


def _average_prices(parts: _Parts, price: Floats, first: NDArray[np.int64], mark: Floats) -> tuple[Floats, Floats]:
    size = np.abs(parts.quantity)
    is_opening = parts.quantity * parts.before >= 0.0
    opening, closing = np.where(is_opening, size, 0.0), np.where(is_opening, 0.0, size)
    left = np.abs(parts.after[np.append(first[1:], len(size)) - 1])
    entry = np.add.reduceat(opening * price, first) / np.add.reduceat(opening, first)
    exited = np.add.reduceat(closing * price, first) + left * mark
    return entry, exited / (np.add.reduceat(closing, first) + left)


def _cut_at_turns(fills: FillColumns) -> _Parts:
    order = np.argsort(fills.instrument, kind="stable")
    quantity = fills.quantity[order]
    before, after = _positions(fills.instrument[order], quantity)
    is_turn = before * after < 0.0
    row = np.repeat(np.arange(len(order)), 1 + is_turn)
    is_second = np.zeros(len(row), dtype=np.bool_)
    is_second[1:] = row[1:] == row[:-1]
    is_first = is_turn[row] & ~is_second
    part = np.where(is_second, after[row], np.where(is_first, -before[row], quantity[row]))
    return _Parts(
        fill=order[row],
        quantity=part,
        share=part / quantity[row],
        before=np.where(is_second, 0.0, before[row]),
        after=np.where(is_first, 0.0, after[row]),
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
    return RoundTrips(none, none, none, none, empty, empty, empty, empty, empty, empty, empty, np.zeros(0, dtype=np.bool_))


def _rows(trips: RoundTrips, rows: NDArray[np.int64]) -> RoundTrips:
    return RoundTrips(*(getattr(trips, name)[rows] for name in RoundTrips.__dataclass_fields__))
