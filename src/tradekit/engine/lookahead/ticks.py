"""Another future of ticks: trades, quotes and books that could have come after a moment, and bars that are made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.engine.lookahead.bars import other_future, with_other_bars
from tradekit.engine.lookahead.grid import Grid
from tradekit.engine.market import MarketData
from tradekit.model.bars import PRICE_COLUMNS, Bars, Floats, Times
from tradekit.model.tape import Tape, TickKind
from tradekit.simulator.depth import Depth, Levels

__all__ = ["OtherTicks"]

Rows = NDArray[np.intp]
_REACH = 0.3
"""How far prices may go, as a fraction of what they are."""


@dataclass(frozen=True)
class _Own:
    """What one instrument has on the tape: where, on which grids its prices and sizes lie, and what they usually are."""

    at: Rows
    prices: Grid
    sizes: Grid
    move: float
    """How far the price goes from one tick to the next, usually."""
    spread: float
    price: float


@dataclass(frozen=True)
class _Moves:
    """How far prices of what happens later are moved, by stretches: from each `start`, a place on the tape, on."""

    start: Rows
    bid: Floats
    ask: Floats


class OtherTicks:
    """Makes markets whose ticks are the same up to a moment, and others after it.

    From the moment on prices are moved by a random walk of whole ticks, asks at least as far up as bids; sizes are drawn anew, and
    who took; and inside each bar what happens comes earlier or later. A book stays a book, because each level and each change of
    it is moved alike, and where a move begins the whole book is told. How much happens in which bar, of which instrument, and in
    which order stays as it was. Bars are made of the other trades; without trades they are those of `other_future`.
    """

    def __init__(self, market: MarketData) -> None:
        if market.tape is None:
            raise ValueError("this market has no ticks")
        self.market = market
        self.tape: Tape = market.tape
        self.own = [self._of(i) for i in range(len(market.bars.symbols))]

    def after(self, moment: int, seed: int = 0) -> MarketData:
        """Return the market with other ticks, and bars, after a moment (UTC nanoseconds)."""
        tape, bars = self.tape, self.market.bars
        generator = np.random.default_rng((seed, moment % 2**64))
        first = int(np.searchsorted(tape.time, moment, "right"))
        row = int(np.searchsorted(bars.close_time, moment, "right"))
        moves = [self._moves(own, first, generator) for own in self.own]
        trades = self._trades(first, moves, generator)
        quotes = self._quotes(first, moves, generator)
        update, book = self._books(first, moves, generator)
        time = _warped(tape, bars, (moment, row), generator)
        other = replace(tape, time=time, trades=trades, quotes=quotes, book=book, update=update)
        if tape.has_trades:
            made = _remade(other, bars, row)
        else:
            made = other_future(bars, row - 1, seed, has_other_holes=False)
        return replace(with_other_bars(self.market, made, row - 1), tape=other)

    def _of(self, i: int) -> _Own:
        tape, instrument = self.tape, self.market.instruments[i]
        at = np.flatnonzero(tape.instrument == i)
        trade, quote, rows = self._kinds(at)
        bid, ask, bid_size, ask_size = (tape.quotes[name][quote] for name in ("bid", "ask", "bid_size", "ask_size"))
        prices = [tape.trades["price"][trade], bid, ask, tape.book["price"][rows]]
        sizes = [tape.trades["size"][trade], bid_size, ask_size, tape.book["size"][rows]]
        told = [column for column in prices[:3] if len(column)] or [prices[3]]
        moved = np.concatenate([np.diff(column) for column in told])
        return _Own(
            at,
            Grid.of(np.concatenate(prices), instrument.tick),
            Grid.of(np.concatenate(sizes), instrument.lot),
            _finite(np.std, moved),
            _finite(np.median, ask - bid),
            _finite(np.median, np.concatenate(told)) or 1.0,
        )

    def _kinds(self, at: Rows) -> tuple[Times, Times, Rows]:
        """Return which rows of the columns of trades, quotes and books places on the tape have."""
        tape = self.tape
        kind, place = tape.kind[at], tape.place[at]
        return place[kind == TickKind.TRADE], place[kind == TickKind.QUOTE], _rows_of(tape, place[kind == TickKind.BOOK])

    def _moves(self, own: _Own, first: int, generator: np.random.Generator) -> _Moves:
        """Draw moves: one for the next thing that happens, others twice as long each time."""
        later = own.at[np.searchsorted(own.at, first) :]
        if not len(later):
            return _Moves(later, np.zeros(0), np.zeros(0))
        # Moves begin with what the book tells, where there is one: it is told anew there.
        told = later[self.tape.kind[later] != TickKind.TRADE] if self.tape.has_depth else later
        powers = 2 ** np.arange(len(told).bit_length())
        starts = np.unique(np.concatenate((later[:1], told[:1], told[powers[powers < len(told)]])))
        grid = own.prices
        scale = max(own.move, own.spread, 2 * grid.step)
        lengths = np.sqrt(np.diff(starts, prepend=starts[0] - 1))
        sign = np.where(generator.random(len(starts)) < 0.5, -1.0, 1.0)
        walk = np.cumsum(sign * (1.0 + np.abs(generator.normal(size=len(starts)))) * scale * lengths)
        most = float(np.floor(_REACH * own.price / grid.step))
        bid = np.clip(grid.steps(walk), -most, max(most, 2.0))
        bid[bid == 0] = 1
        wider = generator.integers(0, 3, len(starts)) * np.maximum(grid.steps(np.full(1, own.spread / 2)), 1)
        return _Moves(starts, bid * grid.step, (bid + wider) * grid.step)

    def _shift(self, moves: _Moves, at: Rows, is_ask: NDArray[np.bool_]) -> Floats:
        """Return how far prices are moved at places on the tape."""
        stretch = np.searchsorted(moves.start, at, "right") - 1
        shift: Floats = np.where(is_ask, moves.ask[stretch], moves.bid[stretch])
        return shift

    def _later(self, own: _Own, first: int, kind: TickKind) -> Rows:
        """Return the places on the tape at which an instrument has something of a kind, from one on."""
        later = own.at[np.searchsorted(own.at, first) :]
        places: Rows = later[self.tape.kind[later] == kind]
        return places

    def _trades(self, first: int, moves: list[_Moves], generator: np.random.Generator) -> dict[str, NDArray[Any]]:
        columns = {name: column.copy() for name, column in self.tape.trades.items()}
        for own, move in zip(self.own, moves, strict=True):
            at = self._later(own, first, TickKind.TRADE)
            place = self.tape.place[at]
            price, side = columns["price"][place], columns["side"][place]
            other = np.where(generator.random(len(at)) < 0.5, -side, side).astype(np.int8)
            # Who takes from the other side pays what that side asks.
            crossed = (other.astype(np.float64) - side) / 2 * own.spread
            columns["price"][place] = own.prices.on(price + crossed + self._shift(move, at, other > 0))
            columns["size"][place] = own.sizes.drawn(columns["size"][place], generator)
            columns["side"][place] = other
        return columns

    def _quotes(self, first: int, moves: list[_Moves], generator: np.random.Generator) -> dict[str, NDArray[Any]]:
        columns = {name: column.copy() for name, column in self.tape.quotes.items()}
        for own, move in zip(self.own, moves, strict=True):
            at = self._later(own, first, TickKind.QUOTE)
            place = self.tape.place[at]
            for side in ("bid", "ask"):
                shift = self._shift(move, at, np.full(len(at), side == "ask"))
                columns[side][place] = own.prices.on(columns[side][place] + shift)
                columns[f"{side}_size"][place] = own.sizes.drawn(columns[f"{side}_size"][place], generator)
        return columns

    def _books(self, first: int, moves: list[_Moves], generator: np.random.Generator) -> tuple[Times, dict[str, NDArray[Any]]]:
        """Return where each update begins, and the columns of all of them."""
        tape = self.tape
        counts = np.diff(tape.update)
        pieces: list[dict[str, NDArray[Any]]] = []
        for own, move in zip(self.own, moves, strict=True):
            whole = own.at[tape.kind[own.at] == TickKind.BOOK]
            if not len(whole):
                continue
            at = whole[np.searchsorted(whole, first) :]
            kept = int(tape.place[whole[0]]), int(tape.place[at[0]]) if len(at) else int(tape.place[whole[-1]]) + 1
            pieces.append({name: column[slice(*tape.update[list(kept)])] for name, column in tape.book.items()})
            if len(at):
                made, made_counts = self._book(own, move, (whole, at), generator)
                pieces.append(made)
                counts[tape.place[at]] = made_counts
        if not pieces:
            return tape.update, dict(tape.book)
        joined = {name: np.concatenate([piece[name] for piece in pieces]) for name in tape.book}
        return np.concatenate(([0], np.cumsum(counts))).astype(np.int64), joined

    def _book(
        self, own: _Own, move: _Moves, places: tuple[Rows, Rows], generator: np.random.Generator
    ) -> tuple[dict[str, NDArray[Any]], Times]:
        """Return the later updates of a book, moved, and how many rows each has; the first of each move tells the whole book."""
        tape, (whole, at) = self.tape, places
        stretch = np.searchsorted(move.start, at, "right") - 1
        begins = np.flatnonzero(np.diff(stretch, prepend=-1))
        books = _books_after(tape, tape.place[whole], tape.place[at[begins]])
        counts = np.diff(tape.update)[tape.place[at]]
        parts, where = [], []
        for k, (begin, end) in enumerate(zip(begins, [*begins[1:], len(at)], strict=True)):
            counts[begin] = len(books[k]["price"])
            rows = _rows_of(tape, tape.place[at[begin + 1 : end]])
            parts += [books[k], {name: column[rows] for name, column in tape.book.items()}]
            where.append(np.full(len(books[k]["price"]) + len(rows), at[begin]))
        found = {name: np.concatenate([part[name] for part in parts]) for name in tape.book}
        shift = self._shift(move, np.concatenate(where), found["side"] < 0)
        found["price"] = own.prices.on(found["price"] + shift)
        found["size"] = own.sizes.drawn(found["size"], generator)
        return found, counts


def _books_after(tape: Tape, updates: Times, wanted: Times) -> list[dict[str, NDArray[Any]]]:
    """Return the whole book of an instrument, with all of its updates in order, after each of some of them."""
    depth, levels = Depth(""), Levels(tape.book)
    starts, end = tape.update[updates], int(tape.update[updates[-1] + 1])
    # The first row of a snapshot clears the book: such updates have to be applied by themselves.
    is_told = np.logical_or.reduceat(tape.book["is_snapshot"][:end], starts)
    cuts = np.unique(np.concatenate((starts[is_told], tape.update[updates[is_told] + 1], tape.update[wanted + 1])))
    row, found = int(starts[0]), []
    ends = set(tape.update[wanted + 1].tolist())
    for cut in cuts.tolist():
        depth.apply(levels, row, cut)
        row = cut
        if cut in ends:
            found.append(_told(depth, tape, cut))
    return found


def _told(depth: Depth, tape: Tape, end: int) -> dict[str, NDArray[Any]]:
    """Return a book as the rows of a snapshot; an empty one as a level that isn't there."""
    bids, asks = depth.bids(), depth.asks()
    if not len(bids) + len(asks):
        last = {name: column[end - 1 : end] for name, column in tape.book.items()}
        return {**last, "size": np.zeros(1), "is_snapshot": np.ones(1, np.bool_)}
    price, size = np.concatenate((bids, asks)).T
    side = np.repeat(np.array([1, -1], np.int8), [len(bids), len(asks)])
    return {"side": side, "price": price, "size": size, "is_snapshot": np.ones(len(side), np.bool_)}


def _finite(measure: Callable[[Floats], np.floating[Any]], values: Floats) -> float:
    """Return a measure of the finite ones of some values, 0 where there are none."""
    there = values[np.isfinite(values)]
    return float(measure(there)) if len(there) else 0.0


def _rows_of(tape: Tape, updates: Times) -> Rows:
    """Return the rows of updates of a book, one behind the other."""
    starts, counts = tape.update[updates], np.diff(tape.update)[updates]
    return np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))


def _warped(tape: Tape, bars: Bars, since: tuple[int, int], generator: np.random.Generator) -> Times:
    """Return the times of a tape, those after a moment moved within their bars; the order stays."""
    moment, row = since
    opened, last = np.maximum(bars.open_time[row:], moment + 1), bars.close_time[row:] - 1
    power = np.exp(generator.normal(0.0, 0.7, len(opened)))
    time = tape.time.copy()
    later = slice(int(np.searchsorted(tape.time, moment, "right")), None)
    bar = np.searchsorted(opened, time[later], "right") - 1
    inside = (bar >= 0) & (time[later] <= last[bar]) & (last[bar] > opened[bar]) if len(opened) else np.zeros(0, np.bool_)
    bar, own = bar[inside], time[later][inside]
    length = (last - opened)[bar]
    moved = opened[bar] + np.rint(length * ((own - opened[bar]) / length) ** power[bar]).astype(np.int64)
    time[later][inside] = moved
    time[later] = np.maximum.accumulate(time[later])
    return time


def _remade(tape: Tape, bars: Bars, row: int) -> Bars:
    """Return bars of which those from `row` on are made of the trades of a tape; one without trades stands still."""
    columns = {name: getattr(bars, name).copy() for name in PRICE_COLUMNS}
    begin = int(tape.first[row]) if row < len(bars) else len(tape)
    at = begin + np.flatnonzero(tape.kind[begin:] == TickKind.TRADE)
    rows = np.searchsorted(tape.first, at, "right") - 1
    for i in range(len(bars.symbols)):
        is_own = (tape.instrument[at] == i) & (rows < len(bars))
        own, own_rows = at[is_own], rows[is_own]
        inside = bars.exists[own_rows, i] & (tape.time[own] >= bars.open_time[own_rows])
        place, own_rows = tape.place[own[inside]], own_rows[inside]
        price, size = tape.trades["price"][place], tape.trades["size"][place]
        starts = np.flatnonzero(np.diff(own_rows, prepend=-1))
        made = own_rows[starts]
        ends = np.append(starts[1:], len(own_rows)) - 1
        if len(made):
            columns["open"][made, i], columns["close"][made, i] = price[starts], price[ends]
            columns["high"][made, i] = np.maximum.reduceat(price, starts)
            columns["low"][made, i] = np.minimum.reduceat(price, starts)
            columns["volume"][made, i] = np.add.reduceat(size, starts)
        _stand_still(columns, np.setdiff1d(row + np.flatnonzero(bars.exists[row:, i]), made), np.flatnonzero(bars.exists[:, i]), i)
    return Bars(bars.symbols, bars.open_time, bars.close_time, *(columns[name] for name in PRICE_COLUMNS))


def _stand_still(columns: dict[str, Floats], rows: Rows, exists: Rows, i: int) -> None:
    """Let bars that have no trades, which are made up, stay at the close before."""
    before = exists[np.maximum(np.searchsorted(exists, rows) - 1, 0)]
    for row, last in zip(rows.tolist(), before.tolist(), strict=True):
        for name in ("open", "high", "low", "close"):
            columns[name][row, i] = columns["close"][last, i]
