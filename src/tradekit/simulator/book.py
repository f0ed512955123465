# cython: annotation_typing=False
"""All orders of a run as columns, and the list of those that are open."""

from __future__ import annotations

from typing import Any

import cython
import numpy as np

from tradekit.model.order import OrderStatus
from tradekit.simulator.columns import enlarged

__all__ = ["Book"]

_OPEN = cython.declare(cython.int, OrderStatus.OPEN)


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
        self.is_target = np.zeros(self.capacity, dtype=np.int8)
        self.is_unsized = np.zeros(self.capacity, dtype=np.int8)
        self.quantity = np.zeros(self.capacity)
        self.asked = np.zeros(self.capacity)
        self.limit = np.full(self.capacity, np.nan)
        self.stop = np.full(self.capacity, np.nan)
        self.filled = np.zeros(self.capacity)
        self.row = np.zeros(self.capacity, dtype=np.int64)
        self.entry = np.full(self.capacity, -1, dtype=np.int64)
        self.open_orders = np.zeros(self.capacity, dtype=np.int64)
        self.intents = np.zeros(self.capacity, dtype=np.int64)
        # Units that open orders would buy and sell (both >= 0), and how many orders that is, by instrument.
        self.open_buys = np.zeros(size)
        self.open_sells = np.zeros(size)
        self.open_of = np.zeros(size, dtype=np.int32)

    def add(self, instrument: int, kind: int, quantity: float) -> int:
        if self.count == self.capacity:
            with cython.gil:
                self.grow()
        order = self.count
        self.instrument[order] = instrument
        self.kind[order] = kind
        self.quantity[order] = quantity
        self.asked[order] = quantity
        self.count = order + 1
        return order

    def grow(self) -> int:
        self.capacity *= 2
        self.instrument = enlarged(self.instrument, 0)
        self.kind = enlarged(self.kind, 0)
        self.status = enlarged(self.status, 0)
        self.reason = enlarged(self.reason, 0)
        self.is_target = enlarged(self.is_target, 0)
        self.is_unsized = enlarged(self.is_unsized, 0)
        self.quantity = enlarged(self.quantity, 0.0)
        self.asked = enlarged(self.asked, 0.0)
        self.limit = enlarged(self.limit, np.nan)
        self.stop = enlarged(self.stop, np.nan)
        self.filled = enlarged(self.filled, 0.0)
        self.row = enlarged(self.row, 0)
        self.entry = enlarged(self.entry, -1)
        self.open_orders = enlarged(self.open_orders, 0)
        self.intents = enlarged(self.intents, 0)
        return 0

    def rest(self, order: int) -> None:
        """Make an order open."""
        self.open_orders[self.open_count] = order
        self.open_count += 1
        i = self.instrument[order]
        self.open_of[i] += 1
        if self.quantity[order] > 0.0:
            self.open_buys[i] += self.quantity[order]
        else:
            self.open_sells[i] -= self.quantity[order]

    def finish(self, order: int, status: int, reason: int) -> None:
        """End an open order's life; it stays in the list of open ones until `compact`."""
        self.status[order] = status
        self.reason[order] = reason
        i = self.instrument[order]
        self.open_of[i] -= 1
        if self.open_of[i] == 0:
            # Subtracting what was added may leave a rounding error; nothing open is exactly nothing.
            self.open_buys[i] = 0.0
            self.open_sells[i] = 0.0
        elif self.quantity[order] > 0.0:
            self.open_buys[i] -= self.quantity[order]
        else:
            self.open_sells[i] += self.quantity[order]

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
        arrays = {
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
