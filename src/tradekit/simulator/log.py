"""What happened, in order. The journal is made from it after a run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import cython
import numpy as np

__all__ = ["Log"]

_NAN = cython.declare(cython.double, float("nan"))
_ROOM = cython.declare(cython.int, 1024)  # entries that are open
_MOST = cython.declare(cython.int, 7)  # numbers of an entry

_TYPES = {
    "numbers": np.float64,
    "moment_time": np.int64,
    "moment_row": np.int32,
    "instrument": np.int32,
    "order": np.int32,
    "cause": np.int32,
    "rule": np.int16,
    "moment_place": np.int16,
    "kind": np.int8,
    "code": np.int8,
    "width": np.int8,
}
"""The open columns: of entries, of the numbers of all of them, and of the moments at which some of them happened."""


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

    The last entries are open: those of the very last can still be written, at `place`, and its numbers from `a[at]` to `g[at]`.
    These lie one behind the other, and an entry takes no more of them than up to its last that isn't NaN. `row` and `now` say when
    it is; they are kept once for all entries of one moment. Full columns are packed away, so that nothing grows by being copied.
    """

    def __init__(self) -> None:
        self.count = 0
        self.place = -1
        self.at = 0
        self.moments = 0
        self.row = 0
        self.now = 0
        self.open = {name: np.zeros(_ROOM * (_MOST if name == "numbers" else 1), dtype) for name, dtype in _TYPES.items()}
        numbers = self.open["numbers"]
        self.kind, self.code, self.width = self.open["kind"], self.open["code"], self.open["width"]
        self.rule, self.instrument = self.open["rule"], self.open["instrument"]
        self.order, self.cause = self.open["order"], self.open["cause"]
        self.a, self.b, self.c, self.d, self.e, self.f, self.g = (numbers[k:] for k in range(_MOST))
        self.moment_place, self.moment_row = self.open["moment_place"], self.open["moment_row"]
        self.moment_time = self.open["moment_time"]
        self.packed: list[tuple[int, int, int, bytes]] = []
        # Words and numbers of Python rules, by entry; everything else is told by the columns.
        self.notes: dict[int, tuple[str, dict[str, float]]] = {}

    def add(self, kind: int, code: int, order: int, instrument: int, cause: int) -> int:
        """Add an entry of which all numbers are NaN so far, and return its number."""
        self.settle()
        if self.place + 1 == _ROOM:
            with cython.gil:
                self.pack()
        self.place += 1
        if self.moments == 0 or self.moment_time[self.moments - 1] != self.now or self.moment_row[self.moments - 1] != self.row:
            self.begin_moment()
        place = self.place
        self.kind[place] = kind
        self.code[place] = code
        self.width[place] = _MOST
        self.rule[place] = -1
        self.instrument[place] = instrument
        self.order[place] = order
        self.cause[place] = cause
        for k in range(_MOST):
            self.a[self.at + k] = _NAN
        self.count += 1
        return self.count - 1

    def begin_moment(self) -> None:
        """Note that the entries from `place` on happen on another row, or at another time."""
        self.moment_place[self.moments] = self.place
        self.moment_row[self.moments] = self.row
        self.moment_time[self.moments] = self.now
        self.moments += 1

    def settle(self) -> None:
        """Go on behind the numbers of the last entry."""
        if self.place < 0:
            return
        end = self.at + _MOST
        while end > self.at and self.a[end - 1] != self.a[end - 1]:
            end -= 1
        self.width[self.place] = end - self.at
        self.at = end

    def pack(self) -> int:
        """Put the open entries, all of them settled, away."""
        self.packed.append(self.part())
        self.place = -1
        self.at = 0
        self.moments = 0
        return 0

    def part(self) -> tuple[int, int, int, bytes]:
        """Return the open columns as far as they are filled: how many entries, numbers and moments there are, and all the bytes."""
        count = self.place + 1
        lengths = count, int(np.sum(self.open["width"][:count])), int(self.moments)
        return *lengths, b"".join([column[: _length(name, *lengths)].tobytes() for name, column in self.open.items()])

    def __len__(self) -> int:
        return self.count

    def columns(self, start: int = 0) -> dict[str, Any]:
        """Return copies of the entries from `start` on, one array a column."""
        first = min(start // _ROOM, len(self.packed))
        parts = [_read(*part) for part in (*self.packed[first:], self.part())]
        for k, part in enumerate(parts):
            part["moment_place"] = part["moment_place"].astype(np.int64) + k * _ROOM
        joined = _unpacked({name: np.concatenate([part[name] for part in parts]) for name in _TYPES})
        return {name: column[start - first * _ROOM :] for name, column in joined.items()}

    def words(self) -> Mapping[int, tuple[str, dict[str, float]]]:
        """Return a view of the reasons and numbers that Python rules gave, by entry."""
        return MappingProxyType(self.notes)


def _length(name: str, count: int, numbers: int, moments: int) -> int:
    """Return how long one of the open columns is when there are so many entries, numbers and moments."""
    return moments if name.startswith("moment") else (numbers if name == "numbers" else count)


def _read(count: int, numbers: int, moments: int, data: bytes) -> dict[str, Any]:
    """Return the columns of a part again."""
    columns = {}
    offset = 0
    for name, dtype in _TYPES.items():
        columns[name] = np.frombuffer(data, dtype, _length(name, count, numbers, moments), offset)
        offset += columns[name].nbytes
    return columns


def _unpacked(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return entries with all that is told of each."""
    width = part["width"]
    first = np.cumsum(width, dtype=np.int64) - width
    lengths = np.diff(part["moment_place"], append=len(width))
    columns = {name: part[name] for name in ("kind", "code", "rule", "instrument")}
    columns |= {"row": np.repeat(part["moment_row"], lengths), "order": part["order"], "cause": part["cause"]}
    columns["time"] = np.repeat(part["moment_time"], lengths)
    for k, name in enumerate("abcdefg"):
        columns[name] = np.full(len(width), np.nan)
        is_there = width > k
        columns[name][is_there] = part["numbers"][first[is_there] + k]
    return columns
