"""Markets of ticks that are drawn at random: a book that changes, the quotes that are its top, and trades that took from it."""

from __future__ import annotations

import numpy as np

from tradekit import BookUpdates, Quotes, Trades, bars_of_trades
from tradekit.testing import Lab

SECOND = 1_000_000_000
_TICK = 0.1
_LEVELS = 5
_EACH = 6


def drawn_ticks(seed: int, seconds: int = 30, length: int = SECOND) -> tuple[Trades, Quotes, BookUpdates]:
    """Return trades, quotes and updates of a book, six of the latter a second, on a tick of 0.1 and a lot of 0.1.

    A second may have another `length`, in nanoseconds.
    """
    generator = np.random.default_rng((11, seed))
    middle = 1000
    known: dict[tuple[int, int], float] = {}
    rows, tops, trades = [], [], []
    times = np.sort(generator.integers(0, seconds * length, seconds * _EACH))
    for number, time in enumerate(times.tolist()):
        middle += int(generator.integers(-2, 3))
        best = {1: middle - int(generator.integers(0, 2)), -1: middle + 1 + int(generator.integers(0, 2))}
        book = {(side, best[side] - side * k): float(generator.integers(1, 60)) / 10 for side in (1, -1) for k in range(_LEVELS)}
        # A level keeps its size more often than not.
        book = {level: known[level] if level in known and generator.random() < 0.7 else size for level, size in book.items()}
        gone = [(level, 0.0) for level in known if level not in book]
        told = [*gone, *((level, size) for level, size in book.items() if known.get(level) != size)]
        rows += [(time, number + 1, side, round(price * _TICK, 1), size, number == 0) for (side, price), size in told]
        tops.append((time, *(value for side in (1, -1) for value in (round(best[side] * _TICK, 1), book[side, best[side]]))))
        known = book
        if generator.random() < 0.7:
            taker = 1 if generator.random() < 0.5 else -1
            later = time + int(generator.integers(1, length // 20))
            trades.append((later, round(best[-taker] * _TICK, 1), float(generator.integers(1, 30)) / 10, taker))
    trades.sort()
    time, price, size, side = (np.array(column) for column in zip(*trades, strict=True))
    made = Trades(time, price.astype(float), size.astype(float), side=side.astype(np.int8))
    quotes = Quotes(*(np.array(column) for column in zip(*tops, strict=True)))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    types = (np.int64, np.int64, np.int8, np.float64, np.float64, np.bool_)
    return made, quotes, BookUpdates(*(column.astype(kind) for column, kind in zip(columns, types, strict=True)))


def give_ticks(lab: Lab, seed: int, symbols: tuple[str, ...] = ("X",), seconds: int = 30, length: int = SECOND) -> Lab:
    """Give a lab the ticks of some instruments, and bars of a second that are made of their trades."""
    for k, symbol in enumerate(symbols):
        trades, quotes, book = drawn_ticks(seed * 10 + k, seconds, length)
        lab.series[symbol] = bars_of_trades(trades, length)
        lab.facts[symbol] = {"tick": _TICK, "lot": 0.1}
        for kind, ticks in (("trades", trades), ("quotes", quotes), ("book", book)):
            lab.known[kind][symbol] = ticks
    return lab


__all__ = ["SECOND", "drawn_ticks", "give_ticks"]
