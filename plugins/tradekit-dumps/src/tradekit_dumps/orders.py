"""An order book by price level, made of single orders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradekit import BarRequest, BookUpdates
from tradekit_dumps.rows import BookRows

__all__ = ["OrderBook"]

_LAST, _SNAPSHOT = 128, 32
_NO_PRICE = 2**63 - 1
_SIDES = {"B": 1, "A": -1}


class OrderBook:
    """The orders of one instrument, added up by price.

    Changes of one event become one update, at its last record. Records of a snapshot become one whole book.
    """

    def __init__(self) -> None:
        self.rows = BookRows()
        self.orders: dict[int, tuple[int, int, int]] = {}
        """Side, price and size of each order, by its number."""
        self.levels: dict[tuple[int, int], int] = {}
        """Units by side and price."""
        self.touched: dict[tuple[int, int], None] = {}
        """The levels that have changed in the event that is under way, in order."""
        self.snapshot: tuple[int, int] | None = None
        """Time and number of the last record of the snapshot that is under way."""
        self.unknown = 0
        """How many records change orders that nothing is known of, because they are older than the files."""

    def take(self, record: Any, time: int) -> None:
        """Apply one record."""
        is_snapshot = bool(record.flags & _SNAPSHOT)
        if self.snapshot is not None and not is_snapshot:
            self._end_snapshot()
        self._apply(record)
        if is_snapshot:
            self.snapshot = (time, record.sequence)
        elif record.flags & _LAST:
            self._write(time, record.sequence, self.touched, is_snapshot=False)
            self.touched.clear()

    def result(self, request: BarRequest, symbol: str, path: str) -> BookUpdates:
        """Return the updates."""
        if self.snapshot is not None:
            self._end_snapshot()
        orders = f"{self.unknown} record{'s' if self.unknown > 1 else ''} of orders from before"
        return self.rows.result(request, symbol, f"{path} ({orders})" if self.unknown else path)

    def _apply(self, record: Any) -> None:
        action = str(getattr(record.action, "value", record.action))
        if action == "R":
            self.touched.update(dict.fromkeys(self.levels))
            self.orders.clear()
            self.levels.clear()
        elif action == "A":
            self._set(record.order_id, (self._side(record), record.price, record.size))
        elif action in "CM":
            known = self.orders.get(record.order_id)
            if known is None:
                self.unknown += 1
            if action == "M":
                self._set(record.order_id, (self._side(record), record.price, record.size))
            elif known is not None:
                self._set(record.order_id, (known[0], known[1], max(known[2] - record.size, 0)))

    def _side(self, record: Any) -> int:
        return _SIDES.get(str(getattr(record.side, "value", record.side)), 0)

    def _set(self, number: int, order: tuple[int, int, int]) -> None:
        """Let an order stand at a price with a size; one without size is gone."""
        before = self.orders.pop(number, None)
        if before is not None:
            self._change(before, -before[2])
        if order[2] and order[0] and order[1] != _NO_PRICE:
            self.orders[number] = order
            self._change(order, order[2])

    def _change(self, order: tuple[int, int, int], size: int) -> None:
        level = order[:2]
        self.levels[level] = self.levels.get(level, 0) + size
        if not self.levels[level]:
            del self.levels[level]
        self.touched[level] = None

    def _end_snapshot(self) -> None:
        if self.snapshot is not None:
            ordered = sorted(self.levels, key=lambda level: (-level[0], -level[0] * level[1]))
            self._write(*self.snapshot, ordered, is_snapshot=True)
        self.snapshot = None
        self.touched.clear()

    def _write(self, time: int, sequence: int, levels: Iterable[tuple[int, int]], is_snapshot: bool) -> None:
        for side, price in levels:
            self.rows.add(time, sequence, side, [(price / 1e9, float(self.levels.get((side, price), 0)))], is_snapshot)
