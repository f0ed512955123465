"""What happened, in order, as columns. The journal is made from these after a run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import cython
import numpy as np

from tradekit.simulator.columns import enlarged

__all__ = ["Log"]


class Log:
    """An append-only record. What `code`, `rule` and the numbers mean depends on the kind of entry.

    =========== ============ ============== =========== ========= ========= ============== =============
    kind        code         a              b           c         d         e              f
    =========== ============ ============== =========== ========= ========= ============== =============
    order       order kind   quantity asked limit       stop      -         -              -
    verdict     verdict kind quantity asked allowed     judged    limit     -              -
    reject      reason       quantity asked -           -         -         -              -
    fill        place        quantity       price       fee       slippage  position after average after
    cancel      reason       quantity left  -           -         -         -              -
    halt        -            equity         peak        drawdown  limit     -              -
    request     0, 1         quantity       limit       stop      -         -              -
    trigger     order kind   quantity left  price       -         -         -              -
    cash        cash kind    amount         rate        price     position  currency       -
    action      action kind  value          -           -         -         position after average after
    liquidation -            equity         maintenance -         -         -              -
    =========== ============ ============== =========== ========= ========= ============== =============

    Quantities are signed; one that an order has not got, for want of a sizing, is NaN. A cancel may be of a part: of what was cut
    off an order that goes on. Fee and slippage are money of the account's currency. Place: 0 at the open of the bar, 1 inside it,
    2 at its close, and 3 more for a maker. A request is to cancel (0) or to replace (1). `g` is the balance after, in the currency
    that the entry moved, where it moved any. `cause` is the entry that led to this one, -1 for none; `time` is UTC nanoseconds.
    """

    def __init__(self) -> None:
        self.count = 0
        self.capacity = 256
        self.now = 0
        self.kind = np.zeros(self.capacity, dtype=np.int8)
        self.code = np.zeros(self.capacity, dtype=np.int16)
        self.rule = np.full(self.capacity, -1, dtype=np.int16)
        self.instrument = np.full(self.capacity, -1, dtype=np.int32)
        self.row = np.zeros(self.capacity, dtype=np.int32)
        self.order = np.full(self.capacity, -1, dtype=np.int32)
        self.cause = np.full(self.capacity, -1, dtype=np.int32)
        self.time = np.zeros(self.capacity, dtype=np.int64)
        self.a = np.full(self.capacity, np.nan)
        self.b = np.full(self.capacity, np.nan)
        self.c = np.full(self.capacity, np.nan)
        self.d = np.full(self.capacity, np.nan)
        self.e = np.full(self.capacity, np.nan)
        self.f = np.full(self.capacity, np.nan)
        self.g = np.full(self.capacity, np.nan)
        # Words and numbers of Python rules, by entry; everything else is told by the columns.
        self.notes: dict[int, tuple[str, dict[str, float]]] = {}

    def add(self, kind: int, row: int, order: int, instrument: int) -> int:
        """Add an entry that happens `now`, and return its number."""
        if self.count == self.capacity:
            with cython.gil:
                self.grow()
        entry = self.count
        self.kind[entry] = kind
        self.row[entry] = row
        self.order[entry] = order
        self.instrument[entry] = instrument
        self.time[entry] = self.now
        self.count = entry + 1
        return entry

    def grow(self) -> int:
        self.kind = enlarged(self.kind, 0)
        self.code = enlarged(self.code, 0)
        self.rule = enlarged(self.rule, -1)
        self.instrument = enlarged(self.instrument, -1)
        self.row = enlarged(self.row, 0)
        self.order = enlarged(self.order, -1)
        self.cause = enlarged(self.cause, -1)
        self.time = enlarged(self.time, 0)
        self.a = enlarged(self.a, np.nan)
        self.b = enlarged(self.b, np.nan)
        self.c = enlarged(self.c, np.nan)
        self.d = enlarged(self.d, np.nan)
        self.e = enlarged(self.e, np.nan)
        self.f = enlarged(self.f, np.nan)
        self.g = enlarged(self.g, np.nan)
        self.capacity += self.capacity // 2  # at the end: should memory run out before, no column is shorter than this
        return 0

    def __len__(self) -> int:
        return self.count

    def columns(self, start: int = 0) -> dict[str, Any]:
        """Return copies of the entries from `start` on, one array a column."""
        arrays: dict[str, Any] = {
            "kind": self.kind,
            "code": self.code,
            "rule": self.rule,
            "instrument": self.instrument,
            "row": self.row,
            "order": self.order,
            "cause": self.cause,
            "time": self.time,
            "a": self.a,
            "b": self.b,
            "c": self.c,
            "d": self.d,
            "e": self.e,
            "f": self.f,
            "g": self.g,
        }
        return {name: np.array(array[start : self.count]) for name, array in arrays.items()}

    def words(self) -> Mapping[int, tuple[str, dict[str, float]]]:
        """Return a view of the reasons and numbers that Python rules gave, by entry."""
        return MappingProxyType(self.notes)
