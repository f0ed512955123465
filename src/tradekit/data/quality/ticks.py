"""Trades, quotes and books that are possible, but hardly true."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tradekit.data.interval import time_text
from tradekit.data.quality.finding import Finding, counted
from tradekit.data.quality.prices import local_scale
from tradekit.model.bars import Floats, Times
from tradekit.model.tape import update_starts
from tradekit.model.ticks import BookUpdates, Quotes, Trades
from tradekit.simulator.depth import Depth, levels_of

__all__ = ["doubts_of_book", "doubts_of_quotes", "doubts_of_trades", "far_off"]

Rows = NDArray[np.intp]

_FEWEST = 8
_AROUND = 10
"""So many rows on each side say what a row should be near to."""
_FAR = 20.0
_LEAST = 0.02
_TWICE = np.log(2.0) - 0.03
_WIDE = 50.0
_LEAST_SPREAD = 0.005
_SHOWN = 5


def far_off(values: Floats) -> Floats:
    """Return how far each value is from the median of the ten before it and the ten after, 0 where it is not far.

    Far is more than 20 times the usual distance of those around (see `local_scale`), and more than 2 %. Values are logarithms.
    """
    if len(values) < _FEWEST:
        return np.zeros(len(values))
    padded = np.pad(values, _AROUND, mode="reflect")
    # Nothing is further from a median than what lies around it reaches, which takes a hundredth of the time to tell.
    if (_extreme(np.maximum, padded) - _extreme(np.minimum, padded)).max() <= _LEAST:
        return np.zeros(len(values))
    wide = np.lib.stride_tricks.sliding_window_view(padded, 2 * _AROUND + 1)
    middle = np.concatenate([np.median(wide[at : at + 65_536], axis=1) for at in range(0, len(values), 65_536)])
    off = values - middle
    return np.where(np.abs(off) > np.maximum(_FAR * local_scale(off), _LEAST), off, 0.0)


def _extreme(choose: np.ufunc, values: Floats) -> Floats:
    """Return the largest, or the smallest, of each window of 21 values: of sixteen, and of the sixteen that end with it."""
    found = values
    for step in (1, 2, 4, 8):
        found = choose(found[:-step], found[step:])
    rest = 2 * _AROUND + 1 - 16
    extremes: Floats = choose(found[:-rest], found[rest:])
    return extremes


def doubts_of_trades(trades: Trades) -> Iterator[Finding]:
    """Yield what is doubtful about trades."""
    yield from _off(trades.time, trades.price, "trade")
    same = _same(trades.time, trades.price, trades.size, trades.side, trades.number)
    numbers = trades.number
    if (numbers == 0).all():
        # Without numbers two equal trades of one moment may well be two.
        return
    if len(rows := np.flatnonzero(same)):
        yield _finding("repeated", trades.time, rows, "trade", "that is there again with the same number", trades.price)
    steps = np.diff(numbers)
    again = np.zeros(len(numbers), dtype=np.bool_)
    if (steps <= 0).any():  # otherwise none is there twice, and sorting is slow
        order = np.argsort(numbers, kind="stable")
        again[order[1:]] = (np.diff(numbers[order]) == 0) & (numbers[order[1:]] != 0)
    if len(rows := np.flatnonzero(again & ~same)):
        yield _finding("number-twice", trades.time, rows, "trade", "with the number of another", trades.price)
    # Numbers that count on are those of one stream; others tell nothing by their distance.
    if len(steps) and np.count_nonzero(steps == 1) > len(steps) / 2:
        rows = np.flatnonzero(steps > 1) + 1
        if len(rows):
            skipped = int(np.sum(steps[rows - 1] - 1))
            what = f"before which numbers are skipped, {skipped:,} in all"
            yield _finding("number-gaps", trades.time, rows, "trade", what, trades.price)


def doubts_of_quotes(quotes: Quotes) -> Iterator[Finding]:
    """Yield what is doubtful about quotes."""
    both = ~(np.isnan(quotes.bid) | np.isnan(quotes.ask))
    if len(rows := np.flatnonzero(~both)):
        yield _finding("one-sided", quotes.time, rows, "quote", "with one side empty", quotes.bid, quotes.ask)
    if len(rows := np.flatnonzero(quotes.bid > quotes.ask)):
        yield _finding("crossed", quotes.time, rows, "quote", "with the bid above the ask", quotes.bid, quotes.ask)
    if len(rows := np.flatnonzero(quotes.bid == quotes.ask)):
        yield _finding("locked", quotes.time, rows, "quote", "with a bid that equals the ask", quotes.bid, quotes.ask)
    time, bid, ask = quotes.time[both], quotes.bid[both], quotes.ask[both]
    if len(time) >= _FEWEST:
        spread = (ask - bid) / ((ask + bid) / 2)
        wide = spread > max(_WIDE * float(np.median(spread)), _LEAST_SPREAD)
        if len(rows := np.flatnonzero(wide)):
            yield _finding("wide-spread", time, rows, "quote", f"with more than {_WIDE:g} times the usual spread", bid, ask)
        yield from _off(time, (bid + ask) / 2, "quote")


def doubts_of_book(book: BookUpdates) -> Iterator[Finding]:
    """Yield what is doubtful about updates of a book, after each of which the best bid must be below the best ask."""
    back = np.flatnonzero((np.diff(book.sequence) < 0) & ~book.is_snapshot[1:] & (book.sequence[1:] > 0)) + 1
    if len(back):
        yield _finding("sequence-back", book.time, back, "row", "with a sequence number below the one before", book.price)
    ends = np.append(update_starts(book)[1:], len(book))
    bid, ask = Depth("").best_after(levels_of(book), ends)
    if len(rows := ends[bid > ask] - 1):
        yield _finding("crossed", book.time, rows, "update", "after which the best bid is above the best ask")
    if len(rows := ends[bid == ask] - 1):
        yield _finding("locked", book.time, rows, "update", "after which the best bid equals the best ask")


def _off(time: Times, price: Floats, noun: str) -> Iterator[Finding]:
    off = np.abs(far_off(np.log(price)))
    if len(rows := np.flatnonzero(off >= _TWICE)):
        yield _finding("wrong-scale", time, rows, noun, "at 2 times or half the price of those around, or beyond", price)
    if len(rows := np.flatnonzero((off > 0) & (off < _TWICE))):
        yield _finding("outlier", time, rows, noun, "far from those around", price)


def _same(*columns: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return bool [row]: whether it equals the one before it in all columns."""
    same = np.zeros(len(columns[0]), dtype=np.bool_)
    if len(same) > 1:
        same[1:] = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    return same


def _finding(check: str, time: Times, rows: Rows, noun: str, what: str, *values: Floats) -> Finding:
    times = time[rows]
    where = f"at {time_text(times[0])}" if len(rows) == 1 else f"the first at {time_text(times[0])}"
    shown = tuple(
        f"{time_text(time[at])}: " + " / ".join(f"{column[at]:.10g}" for column in values)
        for at in rows[:_SHOWN].tolist()
        if values
    )
    return Finding(check, len(rows), f"{counted(len(rows), noun)} {what}, {where}", times, shown=shown)
