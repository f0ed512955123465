"""All orders of a run as columns, and the list of those that are open."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any

import cython
import numpy as np

from tradekit.model.order import OrderKind, OrderStatus
from tradekit.simulator.columns import enlarged
from tradekit.simulator.conditions import Conditions

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

__all__ = ["Book", "Flag", "Origin", "Waiting"]

_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_LIMIT = cython.declare(cython.int, OrderKind.LIMIT)
_STOP_LIMIT = cython.declare(cython.int, OrderKind.STOP_LIMIT)
_PROFIT_LIMIT = cython.declare(cython.int, OrderKind.TAKE_PROFIT_LIMIT)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_HELD = cython.declare(cython.int, OrderStatus.HELD)
_NAN = cython.declare(cython.double, float("nan"))


class Origin(IntEnum):
    """Where an order comes from."""

    SIZED = 0
    """The strategy, with a quantity."""
    UNSIZED = 1
    """The strategy, without one: until the sizing rule gives it one, its quantity is +1 or -1."""
    TARGET = 2
    """A wanted quantity, or a flat position."""
    WEIGHT = 3
    """A wanted weight, which the sizing rule has turned into a quantity."""
    FLATTEN = 4
    """A halt that closes all positions; the strategy can't cancel it."""
    EXIT = 5
    """The bracket of an entry order."""
    LIQUIDATION = 6
    """The venue, which closes the positions of an account that is short of margin."""


class Flag(IntFlag):
    """What is special about an order. One without a flag is as plain as can be."""

    IMMEDIATE = 1
    WHOLE = 2
    DAY = 4
    UNTIL = 8
    POST_ONLY = 16
    REDUCE_ONLY = 32
    AT_OPEN = 64
    AT_CLOSE = 128
    ICEBERG = 256
    PARENT = 512
    """Other orders wait for it."""
    EXIT = 1024
    """It belongs to a bracket."""
    LINKED = 2048
    """When it ends or fills, others are cancelled."""
    IN_FLIGHT = 4096
    """It has not reached the venue yet."""
    LEAVING = 8192
    """A request to cancel it is under way."""
    TRIGGERED = 16384
    """Its stop or take-profit price has been reached."""
    RESTED = 32768
    """It has reached the venue and found nobody to trade with: from here on it makes liquidity."""
    SPENT = 65536
    """It can't get any more out of this bar."""
    BORN = 131072
    """It came to life inside this bar, at a moment that is not known."""


class Waiting(IntEnum):
    """The columns of `Book.units`: what the open orders of an instrument would trade."""

    OTHER_SELLS = 0
    OTHER_BUYS = 1
    MARKET_SELLS = 2
    MARKET_BUYS = 3


_UNSIZED = cython.declare(cython.int, Origin.UNSIZED)
_REDUCE_ONLY = cython.declare(cython.int, Flag.REDUCE_ONLY)
_TRIGGERED = cython.declare(cython.int, Flag.TRIGGERED)
_RESTED = cython.declare(cython.int, Flag.RESTED)
_PASSING = cython.declare(cython.int, Flag.SPENT | Flag.BORN)
_ELSEWHERE = cython.declare(cython.int, Flag.IN_FLIGHT | Flag.AT_OPEN | Flag.AT_CLOSE)


class Book:
    """Orders by number. An order is added as an intent, then rests (is open), is held, or is rejected, and is finished once.

    `row` and `time` say when an order was decided on. `fees` are those that it has paid so far, as far as the minimum is about
    them; there are none if `has_fees` is false.
    """

    def __init__(self, size: int, has_fees: bool) -> None:
        self.count = 0
        self.capacity = 128
        self.conditions = Conditions()
        self.instrument = np.zeros(self.capacity, dtype=np.int32)
        self.kind = np.zeros(self.capacity, dtype=np.int8)
        self.status = np.zeros(self.capacity, dtype=np.int8)
        self.reason = np.zeros(self.capacity, dtype=np.int8)
        self.origin = np.zeros(self.capacity, dtype=np.int8)
        self.flags = np.zeros(self.capacity, dtype=np.int32)
        self.condition = np.full(self.capacity, -1, dtype=np.int32)
        self.quantity = np.zeros(self.capacity)
        self.asked = np.zeros(self.capacity)
        self.limit = np.full(self.capacity, np.nan)
        self.stop = np.full(self.capacity, np.nan)
        self.filled = np.zeros(self.capacity)
        self.has_fees = has_fees
        self.fees = np.zeros(self.capacity if has_fees else 0)
        self.row = np.zeros(self.capacity, dtype=np.int32)
        self.time = np.zeros(self.capacity, dtype=np.int64)
        self.entry = np.full(self.capacity, -1, dtype=np.int32)
        self.room = 128
        self.open_orders = np.zeros(self.room, dtype=np.int32)
        self.intents = np.zeros(self.room, dtype=np.int32)
        # Units (>= 0) that open orders would trade, and how many orders that is, by instrument and `Waiting`.
        self.units = np.empty((size, 4))
        self.orders = np.empty((size, 4), dtype=np.int32)
        self.renew()

    def renew(self) -> int:
        """Forget all orders; the room for them stays."""
        for order in range(self.count):
            self.status[order] = self.reason[order] = 0
            self.flags[order] = 0
            self.condition[order] = self.entry[order] = -1
            self.limit[order] = self.stop[order] = _NAN
            self.filled[order] = 0.0
            if self.has_fees:
                self.fees[order] = 0.0
        for i in range(self.units.shape[0]):
            for column in range(4):
                self.units[i, column] = 0.0
                self.orders[i, column] = 0
        self.count = 0
        self.open_count = 0
        self.intent_count = 0
        self.conditions.renew()
        return 0

    def add(self, instrument: int, kind: int, quantity: float, origin: int) -> int:
        """Take an order down, with room for it among the intents and the open ones, and return its number."""
        if self.count == self.capacity:
            with cython.gil:
                self.grow()
        if self.open_count + self.intent_count >= self.room:
            with cython.gil:
                self.make_room()
        order = self.count
        self.instrument[order] = instrument
        self.kind[order] = kind
        self.quantity[order] = quantity
        self.asked[order] = _NAN if origin == _UNSIZED else quantity
        self.origin[order] = origin
        self.count = order + 1
        return order

    def grow(self) -> int:
        self.instrument = enlarged(self.instrument, 0)
        self.kind = enlarged(self.kind, 0)
        self.status = enlarged(self.status, 0)
        self.reason = enlarged(self.reason, 0)
        self.origin = enlarged(self.origin, 0)
        self.flags = enlarged(self.flags, 0)
        self.condition = enlarged(self.condition, -1)
        self.quantity = enlarged(self.quantity, 0.0)
        self.asked = enlarged(self.asked, 0.0)
        self.limit = enlarged(self.limit, np.nan)
        self.stop = enlarged(self.stop, np.nan)
        self.filled = enlarged(self.filled, 0.0)
        if self.has_fees:
            self.fees = enlarged(self.fees, 0.0)
        self.row = enlarged(self.row, 0)
        self.time = enlarged(self.time, 0)
        self.entry = enlarged(self.entry, -1)
        self.capacity = self.entry.shape[0]  # at the end: should memory run out before, no column is shorter than this
        return 0

    def make_room(self) -> int:
        """Lengthen the lists of open orders and of intents."""
        self.open_orders = enlarged(self.open_orders, 0)
        self.intents = enlarged(self.intents, 0)
        self.room = self.intents.shape[0]
        return 0

    def conditions_of(self, order: int) -> int:
        """Return where the conditions of an order stand, making room for them if it had none."""
        if self.condition[order] < 0:
            self.condition[order] = self.conditions.add()
        return self.condition[order]

    def left(self, order: int) -> float:
        """Return the signed units that are still to be traded."""
        return self.quantity[order] - self.filled[order]

    def is_limited(self, order: int) -> bool:
        """Say whether an order has a limit that it now trades by."""
        kind = self.kind[order]
        if kind in (_STOP_LIMIT, _PROFIT_LIMIT):
            return (self.flags[order] & _TRIGGERED) != 0
        return kind == _LIMIT

    def is_sure(self, order: int) -> bool:
        """Say whether an order is a market order, from the beginning or by now."""
        kind = self.kind[order]
        if kind == _MARKET:
            return True
        return (self.flags[order] & _TRIGGERED) != 0 and kind != _STOP_LIMIT and kind != _PROFIT_LIMIT

    def rest(self, order: int) -> None:
        """Make an order open."""
        self.open_orders[self.open_count] = order
        self.open_count += 1
        self.status[order] = _OPEN
        self.count_in(order, 1)

    def hold(self, order: int) -> None:
        """Keep an order until another one is filled."""
        self.open_orders[self.open_count] = order
        self.open_count += 1
        self.status[order] = _HELD

    def release(self, order: int) -> None:
        """Make an order open that was held."""
        self.status[order] = _OPEN
        self.count_in(order, 1)

    def trigger(self, order: int) -> None:
        """Note that the price which sets an order off has been reached."""
        self.count_in(order, -1)
        self.flags[order] |= _TRIGGERED
        self.count_in(order, 1)

    def resize(self, order: int, quantity: float) -> None:
        """Change the signed size of an order that is open or held."""
        is_open = cython.declare(cython.bint, self.status[order] == _OPEN)
        if is_open:
            self.count_in(order, -1)
        self.quantity[order] = quantity
        if is_open:
            self.count_in(order, 1)

    def fill(self, order: int, size: float) -> None:
        """Take what has been traded off what is left of an open order."""
        if (self.flags[order] & _REDUCE_ONLY) == 0:
            i = self.instrument[order]
            column = column_of(self.is_sure(order), self.quantity[order] > 0.0)
            self.units[i, column] -= fabs(size)
        self.filled[order] += size

    def finish(self, order: int, status: int, reason: int) -> None:
        """End an order's life; it stays in the list of open ones until `compact`."""
        if self.status[order] == _OPEN:
            self.count_in(order, -1)
        self.status[order] = status
        self.reason[order] = reason

    def count_in(self, order: int, sign: int) -> None:
        """Count what is left of an order, or count it no longer. What only reduces commits the account to nothing."""
        if (self.flags[order] & _REDUCE_ONLY) != 0:
            return
        i = self.instrument[order]
        column = column_of(self.is_sure(order), self.quantity[order] > 0.0)
        self.orders[i, column] += sign
        units = self.units[i, column] + sign * fabs(self.quantity[order] - self.filled[order])
        # Subtracting what was added may leave a rounding error; nothing open is exactly nothing.
        self.units[i, column] = units if self.orders[i, column] > 0 and units > 0.0 else 0.0

    def compact(self) -> None:
        """Drop finished orders from the list of open ones, keeping its order."""
        kept = 0
        for k in range(self.open_count):
            order = self.open_orders[k]
            if self.status[order] == _OPEN or self.status[order] == _HELD:
                self.open_orders[kept] = order
                kept += 1
        self.open_count = kept

    def settle(self, is_over: bool) -> None:
        """Let those limit orders rest that found nobody to trade with; once a bar is over, forget what was true inside it only."""
        for k in range(self.open_count):
            order = self.open_orders[k]
            if self.status[order] == _OPEN and self.is_limited(order) and (self.flags[order] & _ELSEWHERE) == 0:
                self.flags[order] |= _RESTED
            if is_over:
                self.flags[order] &= ~_PASSING

    def open_numbers(self) -> list[int]:
        """Return the numbers of the orders that are open or held, oldest first."""
        numbers = [int(self.open_orders[k]) for k in range(self.open_count)]
        return [order for order in numbers if self.status[order] in (_OPEN, _HELD)]

    def trail(self, order: int) -> tuple[float, float]:
        """Return how far a trailing stop stays behind, in money and as a fraction; NaN for the other one, and for other orders."""
        row = self.condition[order]
        return (_NAN, _NAN) if row < 0 else (float(self.conditions.trail[row]), float(self.conditions.trail_rate[row]))

    def columns(self) -> dict[str, Any]:
        """Return copies of all orders, one array a column."""
        arrays: dict[str, Any] = {
            "instrument": self.instrument,
            "kind": self.kind,
            "status": self.status,
            "reason": self.reason,
            "asked": self.asked,
            "quantity": self.quantity,
            "limit": self.limit,
            "stop": self.stop,
            "filled": self.filled,
            "row": self.row,
            "time": self.time,
        }
        return {name: np.array(array[: self.count]) for name, array in arrays.items()}


def column_of(is_market: bool, is_buy: bool) -> int:
    """Return the column of `Waiting` that an order counts in."""
    return (2 if is_market else 0) + (1 if is_buy else 0)
