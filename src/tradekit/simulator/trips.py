"""Round trips: fills put together into trades, from flat to flat, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

if TYPE_CHECKING:
    from tradekit.simulator.moves import Moves

__all__ = ["Trips", "trips_in"]

# What is left of a position after a fill is rounding when it is less than this part of the fill.
_ROUNDING = cython.declare(cython.double, 1e-9)
_NAN = cython.declare(cython.double, float("nan"))
_AMOUNTS = ("quantity", "entry_price", "exit_price", "profit", "fees", "carry", "slippage", "return_on_entry")


class Trips:
    """Trades in the order in which they were opened; `fills`, `ends` and `carry` have the columns of the classes in `analysis`.

    `opened` and `closed` are the first and the last fill of each, int64 [trade]; what it came to is told by `columns`. Quantities
    and prices are added up in units as they were before any split.
    """

    def __init__(self, fills: Any, ends: Any, carry: Any) -> None:
        count, size = len(fills), len(ends.price)
        self.instrument = _numbers(fills.instrument, size)
        self.quantity, self.price = _column(fills.quantity, count), _column(fills.price, count)
        self.fee, self.slipped = _column(fills.fee, count), _column(fills.slippage, count)
        self.unit, self.split = _column(fills.unit, count), _column(fills.split, count)
        self.gain = _column(fills.gain, count)
        self.last_price, self.last_unit = _column(ends.price, size), _column(ends.unit, size)
        self.last_split, self.open_gain = _column(ends.split, size), _column(ends.gain, size)
        self.make_room(count, size, carry)
        with cython.nogil:
            self.follow()

    def make_room(self, count: int, size: int, carry: Any) -> int:
        """Make room for the trades of so many fills, of so many instruments, and take in what came and went between them."""
        self.fills, self.count = count, 0
        self.carries = len(carry.after)
        self.after = np.ascontiguousarray(carry.after, dtype=np.int64)
        self.carrier, self.amount = _numbers(carry.instrument, size), _column(carry.amount, self.carries)
        self.position = np.zeros(size)
        self.trade = np.full(size, -1, dtype=np.int64)  # the last trade of each instrument
        # A column each, but for the rows of those that `columns` doesn't tell: units that opened and that closed a trade, what the
        # former were worth in money, and the money that came in, fees apart. At first `paid` and `got` are prices times units.
        self.places, self.amounts = np.empty((3, count), dtype=np.int64), np.empty((len(_AMOUNTS) + 4, count))
        self.flags = np.empty(count, dtype=np.bool_)
        places = cython.declare(cython.longlong[:, ::1], self.places)
        amounts = cython.declare(cython.double[:, ::1], self.amounts)
        self.opened, self.closed, self.direction = places[0], places[1], places[2]
        self.is_open = self.flags.view(np.int8)
        self.most, self.paid, self.got, self.profit = amounts[0], amounts[1], amounts[2], amounts[3]
        self.fees, self.carried, self.slippage, self.on_entry = amounts[4], amounts[5], amounts[6], amounts[7]
        self.entered, self.exited, self.worth, self.flow = amounts[8], amounts[9], amounts[10], amounts[11]
        return 0

    def columns(self) -> dict[str, Any]:
        """Return what each trade came to, one array a column."""
        amounts = zip(_AMOUNTS, self.amounts[: len(_AMOUNTS), : self.count], strict=True)
        return {"is_open": self.flags[: self.count], "direction": self.places[2, : self.count], **dict(amounts)}

    def rows(self) -> tuple[Any, Any]:
        """Return the first and the last fill of each trade."""
        return self.places[0, : self.count], self.places[1, : self.count]

    def follow(self) -> None:
        """Go through all fills, and what came and went between them."""
        c = 0
        for n in range(self.fills):
            while c < self.carries and self.after[c] <= n:
                self.carry(c)
                c += 1
            self.take(n)
        while c < self.carries:
            self.carry(c)
            c += 1
        for t in range(self.count):
            self.close(t)

    def carry(self, c: int) -> None:
        """Give money to the trade of the instrument's last fill."""
        t = self.trade[self.carrier[c]]
        if t >= 0:
            self.carried[t] += self.amount[c]

    def take(self, n: int) -> None:
        """Take a fill, cut in two where it turns a position around: the closing part, then the opening one."""
        quantity = self.quantity[n] / self.split[n] if self.split[n] != 0.0 else self.quantity[n]
        before = self.position[self.instrument[n]]
        after = before + quantity
        if fabs(after) <= _ROUNDING * fabs(quantity):
            after = 0.0
        if (before < 0.0 and after > 0.0) or (before > 0.0 and after < 0.0):
            self.part(n, -before, -before / quantity if quantity != 0.0 else 1.0, before, 0.0)
            self.part(n, after, after / quantity if quantity != 0.0 else 1.0, 0.0, after)
        else:
            self.part(n, quantity, 1.0, before, after)

    def part(self, n: int, quantity: float, share: float, before: float, after: float) -> None:
        """Count a part of a fill, which moves the position; one from flat begins a trade."""
        i = self.instrument[n]
        if before == 0.0:
            self.begin(n, i, quantity > 0.0)
        t = self.trade[i]
        self.closed[t] = n
        size, price = fabs(quantity), self.price[n] * self.split[n]
        is_opening = cython.declare(cython.bint, before == 0.0 or (before > 0.0) == (quantity > 0.0))
        if is_opening:
            self.entered[t] += size
            self.paid[t] += size * price
            self.worth[t] += size * price * self.unit[n]
        else:
            self.exited[t] += size
            self.got[t] += size * price
        if self.gain[n] != self.gain[n]:
            self.flow[t] -= quantity * price * self.unit[n]
        elif not is_opening:
            self.flow[t] += self.gain[n]
        self.fees[t] += self.fee[n] * share
        self.slippage[t] += self.slipped[n] * share
        most = fabs(before) if fabs(before) > fabs(after) else fabs(after)
        if most > self.most[t]:
            self.most[t] = most
        self.position[i] = after

    def begin(self, n: int, i: int, is_long: bool) -> None:
        """Begin a trade."""
        t = self.count
        self.trade[i] = t
        self.opened[t] = n
        self.direction[t] = 1 if is_long else -1
        self.is_open[t] = 0
        self.most[t] = self.entered[t] = self.exited[t] = self.paid[t] = self.got[t] = self.worth[t] = 0.0
        self.flow[t] = self.fees[t] = self.slippage[t] = self.carried[t] = 0.0
        self.count += 1

    def close(self, t: int) -> None:
        """Reckon what a trade came to, at the last price if it is open."""
        i = self.instrument[self.opened[t]]
        split, held, mark, left = self.split[self.closed[t]], 0.0, 0.0, 0.0
        if self.trade[i] == t and self.position[i] != 0.0:
            self.is_open[t] = 1
            split, held = self.last_split[i], self.position[i]
            mark = self.last_price[i] * split
            left = self.open_gain[i] if self.open_gain[i] == self.open_gain[i] else held * mark * self.last_unit[i]
        self.profit[t] = left + self.flow[t] - self.fees[t] + self.carried[t]
        value = self.most[t] * quotient(self.worth[t], self.entered[t])
        self.on_entry[t] = quotient(self.profit[t], value)
        self.paid[t] = quotient(quotient(self.paid[t], self.entered[t]), split)
        self.got[t] = quotient(quotient(self.got[t] + fabs(held) * mark, self.exited[t] + fabs(held)), split)
        self.most[t] *= split


def trips_in(moves: Moves, unit: Any, last_unit: Any, is_margined: Any, last_price: Any, carry: Any) -> Trips:
    """Return the trades of what was moved.

    `unit` is what one unit at a price of 1 was worth at each move, `last_unit` and `last_price` are those of each instrument at the
    end, and `is_margined` says which are held against margin.
    """
    trips = cython.declare(Trips, Trips.__new__(Trips))
    count, size = moves.count, moves.size
    margined = np.ascontiguousarray(is_margined).view(np.int8)
    if len(unit) != count or not len(last_unit) == len(margined) == len(last_price) == size:
        raise ValueError(f"there are {count} moves of {size} instruments, and {len(unit)} units of {len(last_unit)} instruments")
    trips.instrument, trips.split = moves.number[:count], moves.split[:count]
    trips.quantity, trips.price = moves.quantity[:count], moves.price[:count]
    trips.fee, trips.slipped = moves.fee[:count], moves.slippage[:count]
    trips.unit, trips.last_unit = _column(unit, count), _column(last_unit, size)
    trips.last_price, trips.last_split = _column(last_price, size), moves.product
    gain, open_gain = np.empty(count), np.empty(size)
    trips.gain, trips.open_gain = gain, open_gain
    realise(moves, trips, margined, gain, open_gain)
    trips.make_room(count, size, carry)
    with cython.nogil:
        trips.follow()
    return trips


def realise(moves: Moves, trips: Trips, is_margined: Any, gain: Any, open_gain: Any) -> None:
    """Reckon what each move has realised of what is held against margin, and what is open at the end."""
    for n in range(moves.count):
        gain[n] = _NAN
        if is_margined[moves.number[n]]:
            closed = moves.closed[n]
            gain[n] = closed * (moves.price[n] - moves.average[n]) * trips.unit[n] if closed != 0.0 else 0.0
    for i in range(moves.size):
        held = moves.held[i]
        open_gain[i] = _NAN
        if is_margined[i]:
            open_gain[i] = held * (trips.last_price[i] - moves.at[i]) * trips.last_unit[i] if held != 0.0 else 0.0


def quotient(number: float, divisor: float) -> float:
    """Return a quotient; NaN for one by 0."""
    return number / divisor if divisor != 0.0 else _NAN


def _column(values: Any, count: int) -> Any:
    """Return a column, of one number where all are alike."""
    if isinstance(values, np.ndarray):
        return np.ascontiguousarray(values, dtype=np.float64)
    found = np.empty(count)
    found.fill(values)
    return found


def _numbers(values: Any, size: int) -> Any:
    """Return numbers of instruments, checked: compiled code doesn't look where it reads."""
    found = np.ascontiguousarray(values, dtype=np.int64)
    if not are_within(found, size):
        raise ValueError(f"there are {size} instruments, and fills or carry of number {int(found.min())} to {int(found.max())}")
    return found


def are_within(numbers: Any, size: int) -> bool:
    """Say whether all numbers are those of instruments."""
    for k in range(len(numbers)):  # noqa: SIM110 - it is compiled
        if not 0 <= numbers[k] < size:
            return False
    return True
