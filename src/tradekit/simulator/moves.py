"""What changed positions, read out of a log in one pass: fills, and what counts as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cython
import numpy as np

from tradekit.model.event import CashKind, EventKind
from tradekit.model.reference import ScheduledKind

if cython.compiled:
    from cython.cimports.libc.math import copysign, fabs
else:
    from math import copysign, fabs

__all__ = ["Moves"]

_FILL = cython.declare(cython.int, EventKind.FILL)
_ACTION = cython.declare(cython.int, EventKind.ACTION)
_CASH = cython.declare(cython.int, EventKind.CASH)
_SPLIT = cython.declare(cython.int, ScheduledKind.SPLIT)
_DELISTING = cython.declare(cython.int, ScheduledKind.DELISTING)
_IN_LIEU = cython.declare(cython.int, CashKind.IN_LIEU)
_NAN = cython.declare(cython.double, float("nan"))
_AMOUNTS = ("quantity", "price", "fee", "slippage", "split", "closed", "average")
# A fee that is taken in units makes a position smaller than the fill says; less than this part of it is rounding.
_ROUNDING = cython.declare(cython.double, 1e-9)


class Moves:
    """All that was traded, in the order of the log; what a split pays out, and what a delisting closes, counts as a fill.

    `columns` tells of each its `entry` in the log, its `instrument`, the `quantity`, the `price`, `fee` and `slippage`, the product
    of the splits before (`split`), how many units of it closed a position (`closed`, signed as that was), and at which `average`
    price that was held. `ends` tells of each instrument what is held as the log ends, at which average price, and the product of
    its splits.
    """

    def __init__(self, log: Mapping[str, Any], size: int) -> None:
        self.rows = len(log["kind"])
        self.size = size
        self.kind, self.code, self.instrument = log["kind"], log["code"], log["instrument"]
        self.a, self.b, self.c = log["a"], log["b"], log["c"]
        self.d, self.e, self.f = log["d"], log["e"], log["f"]
        self.count = 0
        most = self.look(size)
        # What is held at which average price, what the last entry says of that, and the product of the splits.
        self.state = np.empty((5, size))
        states = cython.declare(cython.double[:, ::1], self.state)
        self.held, self.at, self.product, self.told, self.told_at = states[0], states[1], states[2], states[3], states[4]
        for i in range(size):
            self.held[i] = self.told[i] = 0.0
            self.at[i] = self.told_at[i] = _NAN
            self.product[i] = 1.0
        self.places, self.amounts = np.empty((2, most), dtype=np.int64), np.empty((len(_AMOUNTS), most))
        places = cython.declare(cython.longlong[:, ::1], self.places)
        amounts = cython.declare(cython.double[:, ::1], self.amounts)
        self.entry, self.number = places[0], places[1]
        self.quantity, self.price, self.fee, self.slippage = amounts[0], amounts[1], amounts[2], amounts[3]
        self.split, self.closed, self.average = amounts[4], amounts[5], amounts[6]
        with cython.nogil:
            self.follow()

    def columns(self) -> dict[str, Any]:
        """Return what was traded, one array a column."""
        entry, instrument = self.places[:, : self.count]
        amounts = zip(_AMOUNTS, self.amounts[:, : self.count], strict=True)
        return {"entry": entry, "instrument": instrument, **dict(amounts)}

    def traded(self) -> tuple[Any, Any]:
        """Return the entries that trade, and the instrument of each."""
        return self.places[0, : self.count], self.places[1, : self.count]

    def ends(self) -> tuple[Any, Any, Any]:
        """Return what is held of each instrument at the end, at which average price, and the product of its splits."""
        held, average, split, _, _ = self.state
        return held, average, split

    def look(self, size: int) -> int:
        """Return how many entries there may be that trade. Compiled code doesn't look where it reads, so that is done first."""
        most = 0
        for k in range(self.rows):
            most += self.kind[k] == _FILL or self.kind[k] == _ACTION or self.kind[k] == _CASH
            if self.instrument[k] >= size:
                raise ValueError(f"there are {size} instruments, and an entry of number {self.instrument[k]}")
        return most

    def follow(self) -> None:
        """Go through the log."""
        for k in range(self.rows):
            if self.instrument[k] < 0:
                continue
            if self.kind[k] == _FILL or (self.kind[k] == _ACTION and self.code[k] == _DELISTING):
                self.move(k, self.e[k], self.f[k])
            elif self.kind[k] == _ACTION and self.code[k] == _SPLIT:
                self.divide(k)
            elif self.kind[k] == _CASH and self.code[k] == _IN_LIEU:
                self.move(k, self.told[self.instrument[k]], self.told_at[self.instrument[k]])

    def move(self, k: int, after: float, average: float) -> None:
        """Take an entry that trades."""
        i = self.instrument[k]
        held = self.held[i]
        traded = after - held
        if self.kind[k] != _ACTION:
            asked = self.a[k] if self.kind[k] == _FILL else -self.d[k]
            if fabs(traded - asked) <= _ROUNDING * fabs(asked):
                traded = asked
        if traded != 0.0:
            self.note(k, traded, held)
        self.be(k, after, average)

    def note(self, k: int, traded: float, held: float) -> None:
        """Write down what an entry trades, while so much is held."""
        n = self.count
        i = self.instrument[k]
        self.entry[n] = k
        self.number[n] = i
        self.quantity[n] = traded
        is_fill = cython.declare(cython.bint, self.kind[k] == _FILL)
        self.price[n] = self.b[k] if is_fill else (self.c[k] if self.kind[k] == _CASH else self.a[k])
        self.fee[n] = self.c[k] if is_fill else 0.0
        self.slippage[n] = self.d[k] if is_fill else 0.0
        self.split[n] = self.product[i]
        self.average[n] = self.at[i]
        self.closed[n] = 0.0
        if (traded > 0.0 and held < 0.0) or (traded < 0.0 and held > 0.0):
            self.closed[n] = copysign(fabs(traded) if fabs(traded) < fabs(held) else fabs(held), held)
        self.count += 1

    def divide(self, k: int) -> None:
        """Take a split. Its entry tells the position without what it pays out, which is the next entry."""
        i = self.instrument[k]
        ratio = self.a[k]
        after, average = self.e[k], self.f[k]
        if k + 1 < self.rows and self.kind[k + 1] == _CASH and self.code[k + 1] == _IN_LIEU and self.instrument[k + 1] == i:
            after += self.d[k + 1]
        if average != average and ratio != 0.0:
            average = self.at[i] / ratio
        self.be(k, after, average)
        self.product[i] *= ratio

    def be(self, k: int, held: float, average: float) -> None:
        """Keep what is held after an entry, and what the entry itself says is."""
        i = self.instrument[k]
        self.held[i] = held
        self.at[i] = average
        self.told[i] = self.e[k]
        self.told_at[i] = self.f[k]
