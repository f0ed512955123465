"""All orders of a run as columns, and the list of those that are open."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import cython
import numpy as np

from tradekit.model.order import OrderKind, OrderStatus
from tradekit.simulator.columns import enlarged

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

__all__ = ["Book", "Origin"]

_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
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


_UNSIZED = cython.declare(cython.int, Origin.UNSIZED)


class Book:
    """Orders by number. An order is added as an intent, then rests (is open) or is rejected, and is finished once."""

    def __init__(self, size: int) -> None:
        self.count = 0
        self.capacity = 128
        self.open_count = 0
        self.intent_count = 0
        self.instrument = np.zeros(self.capacity, dtype=np.int32)
        self.kind = np.zeros(self.capacity, dtype=np.int32)
        self.status = np.zeros(self.capacity, dtype=np.int32)
        self.reason = np.zeros(self.capacity, dtype=np.int32)
        self.origin = np.zeros(self.capacity, dtype=np.int8)
        self.quantity = np.zeros(self.capacity)
        self.asked = np.zeros(self.capacity)
        self.limit = np.full(self.capacity, np.nan)
        self.stop = np.full(self.capacity, np.nan)
        self.filled = np.zeros(self.capacity)
        self.row = np.zeros(self.capacity, dtype=np.int64)
        self.entry = np.full(self.capacity, -1, dtype=np.int64)
        self.open_orders = np.zeros(self.capacity, dtype=np.int64)
        self.intents = np.zeros(self.capacity, dtype=np.int64)
        # Units (>= 0) that open orders would trade, and how many orders that is, by instrument and `column_of` them.
        self.units = np.zeros((size, 4))
        self.orders = np.zeros((size, 4), dtype=np.int32)

    def add(self, instrument: int, kind: int, quantity: float, origin: int) -> int:
        if self.count == self.capacity:
            with cython.gil:
                self.grow()
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
        self.quantity = enlarged(self.quantity, 0.0)
        self.asked = enlarged(self.asked, 0.0)
        self.limit = enlarged(self.limit, np.nan)
        self.stop = enlarged(self.stop, np.nan)
        self.filled = enlarged(self.filled, 0.0)
        self.row = enlarged(self.row, 0)
        self.entry = enlarged(self.entry, -1)
        self.open_orders = enlarged(self.open_orders, 0)
        self.intents = enlarged(self.intents, 0)
        self.capacity += self.capacity // 2  # at the end: should memory run out before, no column is shorter than this
        return 0

    def rest(self, order: int) -> None:
        """Make an order open."""
        self.open_orders[self.open_count] = order
        self.open_count += 1
        i = self.instrument[order]
        column = column_of(self.kind[order] == _MARKET, self.quantity[order] > 0.0)
        self.orders[i, column] += 1
        self.units[i, column] += fabs(self.quantity[order])

    def finish(self, order: int, status: int, reason: int) -> None:
        """End an open order's life; it stays in the list of open ones until `compact`."""
        self.status[order] = status
        self.reason[order] = reason
        i = self.instrument[order]
        column = column_of(self.kind[order] == _MARKET, self.quantity[order] > 0.0)
        self.orders[i, column] -= 1
        # Subtracting what was added may leave a rounding error; nothing open is exactly nothing.
        left = self.units[i, column] - fabs(self.quantity[order])
        self.units[i, column] = left if self.orders[i, column] > 0 else 0.0

    def waiting(self, i: int, is_market: bool, is_buy: bool) -> float:
        """Return how many units the open orders of an instrument would buy or sell: market orders, or all others."""
        return self.units[i, column_of(is_market, is_buy)]

    def compact(self) -> None:
        """Drop finished orders from the list of open ones, keeping its order."""
        kept = 0
        for k in range(self.open_count):
            order = self.open_orders[k]
            if self.status[order] == _OPEN:
                self.open_orders[kept] = order
                kept += 1
        self.open_count = kept

    def open_numbers(self) -> list[int]:
        """Return the numbers of the open orders, oldest first."""
        return [int(self.open_orders[k]) for k in range(self.open_count) if self.status[self.open_orders[k]] == _OPEN]

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
        }
        return {name: np.array(array[: self.count]) for name, array in arrays.items()}


def column_of(is_market: bool, is_buy: bool) -> int:
    return (2 if is_market else 0) + (1 if is_buy else 0)
