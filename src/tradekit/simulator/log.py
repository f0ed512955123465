"""What happened, in order. The journal is made from it after a run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import cython
import numpy as np

__all__ = ["Log"]

_ROOM = cython.declare(cython.int, 1024)  # entries that are open
_MOST = cython.declare(cython.int, 7)  # numbers of an entry

_ENTRY = np.dtype(
    [("instrument", "i4"), ("order", "i4"), ("cause", "i4"), ("rule", "i2"), ("kind", "i1"), ("code", "i1"), ("width", "i1")]
)
"""What an entry has besides its numbers. It lies in columns, which all lie in one piece of memory: so they are packed at once."""
_MOMENT = {"moment_time": np.int64, "moment_row": np.int32, "moment_place": np.int16}
"""The columns of the moments at which some of the entries happened."""

Part = tuple[int, bytes, bytes, tuple[bytes, ...]]
"""How many entries there are, the memory of their columns, their numbers, and the moments."""


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
        self.entries = np.zeros(_ROOM * _ENTRY.itemsize, dtype=np.uint8)
        self.numbers = np.full(_ROOM * _MOST, np.nan)
        self.moment = {name: np.zeros(_ROOM, dtype) for name, dtype in _MOMENT.items()}
        columns = _columns(self.entries)
        self.kind, self.code, self.width = columns["kind"], columns["code"], columns["width"]
        self.rule, self.instrument = columns["rule"], columns["instrument"]
        self.order, self.cause = columns["order"], columns["cause"]
        self.a, self.b, self.c, self.d, self.e, self.f, self.g = (self.numbers[k:] for k in range(_MOST))
        self.moment_place, self.moment_row = self.moment["moment_place"], self.moment["moment_row"]
        self.moment_time = self.moment["moment_time"]
        self.packed: list[Part] = []
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
        self.packed.append(self.part(self.at))
        self.numbers[: self.at] = np.nan  # those behind still are: nobody has written there
        self.place = -1
        self.at = 0
        self.moments = 0
        return 0

    def part(self, numbers: int) -> Part:
        """Return the open columns as far as they are filled, with so many numbers."""
        moments = tuple([column[: self.moments].tobytes() for column in self.moment.values()])
        return self.place + 1, self.entries.tobytes(), self.numbers[:numbers].tobytes(), moments

    def __len__(self) -> int:
        return self.count

    def columns(self, start: int = 0) -> dict[str, Any]:
        """Return copies of the entries from `start` on, one array a column."""
        first = min(start // _ROOM, len(self.packed))
        parts = [_read(*part) for part in (*self.packed[first:], self.part(self.at + _MOST if self.place >= 0 else 0))]
        for k, part in enumerate(parts):
            part["moment_place"] = part["moment_place"].astype(np.int64) + k * _ROOM
        joined = _unpacked({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
        return {name: column[start - first * _ROOM :] for name, column in joined.items()}

    def told(self, number: int) -> tuple[Any, ...] | None:
        """Return one entry without copying any column, `None` if it has been packed away.

        Kind, code, rule, instrument, order, cause, time, and a list of its numbers, of which the last may be NaN.
        """
        place = cython.declare(cython.Py_ssize_t, number - len(self.packed) * _ROOM)
        at = cython.declare(cython.Py_ssize_t, self.at)
        moment = cython.declare(cython.Py_ssize_t, self.moments - 1)
        k = cython.declare(cython.Py_ssize_t)
        if place < 0 or place > self.place:
            return None
        for k in range(place, self.place):
            at -= self.width[k]
        while self.moment_place[moment] > place:
            moment -= 1
        found: list[float] = []
        for k in range(at, at + self.width[place]):
            found.append(self.a[k])  # noqa: PERF401 - a comprehension has its own, untyped, index
        return (
            self.kind[place],
            self.code[place],
            self.rule[place],
            self.instrument[place],
            self.order[place],
            self.cause[place],
            self.moment_time[moment],
            found,
        )

    def words(self) -> Mapping[int, tuple[str, dict[str, float]]]:
        """Return a view of the reasons and numbers that Python rules gave, by entry."""
        return MappingProxyType(self.notes)


def _columns(entries: Any) -> dict[str, Any]:
    """Return the columns that lie in the memory of a part's entries."""
    columns = {}
    offset = 0
    for name in _ENTRY.names or ():
        columns[name] = np.frombuffer(entries, _ENTRY[name], _ROOM, offset)
        offset += columns[name].nbytes
    return columns


def _read(count: int, entries: bytes, numbers: bytes, moments: tuple[bytes, ...]) -> dict[str, Any]:
    """Return the columns of a part again."""
    columns = {name: column[:count] for name, column in _columns(entries).items()}
    columns["numbers"] = np.frombuffer(numbers)
    return columns | {name: np.frombuffer(content, _MOMENT[name]) for name, content in zip(_MOMENT, moments, strict=True)}


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
