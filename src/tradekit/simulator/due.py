"""The orders that are due in one part of a bar, in the order of their priority."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

if TYPE_CHECKING:
    from tradekit.simulator.book import Book

__all__ = ["Due"]

_INFINITE = cython.declare(cython.double, float("inf"))


class Due:
    """A list that is filled, gone through, and filled again. `order` and `price` say what is due at which price."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.count = 0
        self.order = np.zeros(64, dtype=np.int32)
        self.price = np.zeros(64)
        self.rank = np.zeros(64)

    def clear(self, size: int) -> int:
        """Begin anew, with room for so many orders."""
        self.count = 0
        if size > self.order.shape[0]:
            with cython.gil:
                self.order = np.zeros(2 * size, dtype=np.int32)
                self.price = np.zeros(2 * size)
                self.rank = np.zeros(2 * size)
        return 0

    def insert(self, order: int, price: float) -> None:
        """Put an order behind those with a better limit, or none, and behind earlier ones."""
        rank = -_INFINITE
        if self.book.is_limited(order):
            rank = -self.book.limit[order] if self.book.quantity[order] > 0.0 else self.book.limit[order]
        place = self.count
        while place > 0 and self.rank[place - 1] > rank:
            self.order[place] = self.order[place - 1]
            self.price[place] = self.price[place - 1]
            self.rank[place] = self.rank[place - 1]
            place -= 1
        self.order[place] = order
        self.price[place] = price
        self.rank[place] = rank
        self.count += 1
