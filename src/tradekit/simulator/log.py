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
_NAN = cython.declare(cython.double, float("nan"))

_ENTRY = np.dtype(
    [("instrument", "i4"), ("order", "i4"), ("cause", "i4"), ("rule", "i2"), ("kind", "i1"), ("code", "i1"), ("width", "i1")]
)
"""What an entry has besides its numbers. It lies in columns, which all lie in one piece of memory: so they are packed at once."""
_MOMENT = {"moment_time": np.int64, "moment_row": np.int32, "moment_place": np.int16}
"""The columns of the moments at which some of the entries happened."""
Part = tuple[int, Any, Any, tuple[Any, ...]]
"""How many entries there are, the memory of their columns, their numbers, and the moments: each as bytes, or as arrays."""


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
        self.entries = np.zeros(_ROOM * _ENTRY.itemsize, dtype=np.uint8)
        self.numbers = np.empty(_ROOM * _MOST)
        self.moment = {name: np.zeros(_ROOM, dtype) for name, dtype in _MOMENT.items()}
        columns = _columns(self.entries)
        self.kind, self.code, self.width = columns["kind"], columns["code"], columns["width"]
        self.rule, self.instrument = columns["rule"], columns["instrument"]
        self.order, self.cause = columns["order"], columns["cause"]
        self.a, self.b, self.c, self.d, self.e, self.f, self.g = (self.numbers[k:] for k in range(_MOST))
        self.moment_place, self.moment_row = self.moment["moment_place"], self.moment["moment_row"]
        self.moment_time = self.moment["moment_time"]
        self.renew()

    def renew(self) -> int:
        """Forget all entries."""
        self.count = 0
        self.place = -1
        self.at = 0
        self.moments = 0
        self.row = 0
        self.now = 0
        self.packed: list[Part] = []
        # Words and numbers of Python rules, by entry; everything else is told by the columns.
        self.notes: dict[int, tuple[str, dict[str, float]]] = {}
        for k in range(_ROOM * _MOST):
            self.a[k] = _NAN
        return 0

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
        count, entries, numbers, moments = self.part(self.at)
        self.packed.append((count, entries.tobytes(), numbers.tobytes(), tuple([column.tobytes() for column in moments])))
        self.numbers[: self.at] = np.nan  # those behind still are: nobody has written there
        self.place = -1
        self.at = 0
        self.moments = 0
        return 0

    def part(self, numbers: int) -> Part:
        """Return the open columns themselves as far as they are filled, with so many numbers."""
        moments = tuple([column[: self.moments] for column in self.moment.values()])
        return self.place + 1, self.entries, self.numbers[:numbers], moments

    def __len__(self) -> int:
        return self.count

    def columns(self, start: int = 0) -> dict[str, Any]:
        """Return copies of the entries from `start` on, one array a column."""
        first = min(start // _ROOM, len(self.packed))
        reading = Reading(self.count - first * _ROOM)
        for part in self.packed[first:]:
            reading.read(part[0], part[1], part[2], part[3])
        part = self.part(self.at + _MOST if self.place >= 0 else 0)
        reading.read(part[0], part[1], part[2], part[3])
        return {name: column[start - first * _ROOM :] for name, column in reading.columns.items()}

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
            at -= int(self.width[k])
        while self.moment_place[moment] > place:
            moment -= 1
        found: list[float] = []
        for k in range(at, at + int(self.width[place])):
            found.append(float(self.a[k]))  # noqa: PERF401 - a comprehension has its own, untyped, index
        return (
            int(self.kind[place]),
            int(self.code[place]),
            int(self.rule[place]),
            int(self.instrument[place]),
            int(self.order[place]),
            int(self.cause[place]),
            int(self.moment_time[moment]),
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


class Reading:
    """Puts parts of a log together again, one behind the other: `columns` tell all of each entry."""

    def __init__(self, count: int) -> None:
        # Columns of one type are made at once: there is more to making an array than to filling a short one.
        short, long = np.empty((2, count), dtype=np.int8), np.empty((4, count), dtype=np.int32)
        rule, time, numbers = np.empty(count, dtype=np.int16), np.empty(count, dtype=np.int64), np.empty((_MOST, count))
        self.columns: dict[str, Any] = {
            "kind": short[0],
            "code": short[1],
            "rule": rule,
            "instrument": long[0],
            "row": long[1],
            "order": long[2],
            "cause": long[3],
            "time": time,
            **dict(zip("abcdefg", numbers, strict=True)),
        }
        shorts = cython.declare(cython.schar[:, ::1], short)
        longs = cython.declare(cython.int[:, ::1], long)
        self.kind, self.code, self.rule, self.time, self.numbers = shorts[0], shorts[1], rule, time, numbers
        self.instrument, self.row, self.order, self.cause = longs[0], longs[1], longs[2], longs[3]
        self.done = 0

    def read(self, count: int, entries: Any, packed: Any, moments: tuple[Any, ...]) -> int:
        """Read a part."""
        columns = _columns(entries)
        kind = cython.declare(cython.const[cython.schar][::1], columns["kind"])
        code = cython.declare(cython.const[cython.schar][::1], columns["code"])
        width = cython.declare(cython.const[cython.schar][::1], columns["width"])
        rule = cython.declare(cython.const[cython.short][::1], columns["rule"])
        instrument = cython.declare(cython.const[cython.int][::1], columns["instrument"])
        order = cython.declare(cython.const[cython.int][::1], columns["order"])
        cause = cython.declare(cython.const[cython.int][::1], columns["cause"])
        numbers = cython.declare(cython.const[cython.double][::1], np.frombuffer(packed))
        at = cython.declare(cython.Py_ssize_t, 0)
        with cython.nogil:
            for entry in range(count):
                into = cython.declare(cython.Py_ssize_t, self.done + entry)
                self.kind[into], self.code[into], self.rule[into] = kind[entry], code[entry], rule[entry]
                self.instrument[into], self.order[into], self.cause[into] = instrument[entry], order[entry], cause[entry]
                # Numbers lie one behind the other, so many of each entry.
                many = cython.declare(cython.Py_ssize_t, width[entry])
                for k in range(_MOST):
                    self.numbers[k, into] = numbers[at + k] if k < many else _NAN
                at += many
        self.date(count, moments)
        self.done += count
        return 0

    def date(self, count: int, moments: tuple[Any, ...]) -> int:
        """Give each entry of a part its moment."""
        time = cython.declare(cython.const[cython.longlong][::1], np.frombuffer(moments[0], np.int64))
        row = cython.declare(cython.const[cython.int][::1], np.frombuffer(moments[1], np.int32))
        place = cython.declare(cython.const[cython.short][::1], np.frombuffer(moments[2], np.int16))
        moment = cython.declare(cython.Py_ssize_t, -1)
        with cython.nogil:
            for entry in range(count):
                while moment + 1 < place.shape[0] and place[moment + 1] <= entry:
                    moment += 1
                self.row[self.done + entry] = row[moment]
                self.time[self.done + entry] = time[moment]
        return 0
