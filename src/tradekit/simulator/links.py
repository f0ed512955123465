"""How orders that depend on each other are strung together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython

from tradekit.simulator.book import Flag

if TYPE_CHECKING:
    from tradekit.simulator.book import Book

__all__ = ["Links"]

_LINKS = cython.declare(cython.int, Flag.LINKED | Flag.PARENT | Flag.EXIT)


class Links:
    """Moves the links of an order to the one that takes its place."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.conditions = self.book.conditions

    def hand_over(self, old: int, new: int) -> int:
        """Give the links of an order to the one that replaces it, which may have some of its own."""
        flags = self.book.flags[old] & _LINKS
        if flags == 0 and (self.book.condition[old] < 0 or self.conditions.parent[self.book.condition[old]] < 0):
            return 0
        row, after = self.book.condition[old], self.book.conditions_of(new)
        self.book.flags[new] |= flags
        self.book.flags[old] &= ~flags
        self.conditions.parent[after] = self.conditions.parent[row]
        self.conditions.sibling[after] = self.conditions.sibling[row]
        if self.conditions.parent[row] >= 0:
            self.substitute(self.conditions.parent[row], old, new)
        self.hand_children_over(row, new)
        self.hand_peers_over(old, new)
        return 0

    def hand_children_over(self, row: int, new: int) -> int:
        """Let the orders that wait for one wait for another, before those that do already."""
        first = self.conditions.child[row]
        child = last = first
        while child >= 0:
            last = child
            self.conditions.parent[self.book.condition[child]] = new
            child = self.conditions.sibling[self.book.condition[child]]
        if first >= 0:
            after = self.book.condition[new]
            self.conditions.sibling[self.book.condition[last]] = self.conditions.child[after]
            self.conditions.child[after] = first
        return 0

    def hand_peers_over(self, old: int, new: int) -> int:
        """Put one order into the place of another in its ring; if it is in another one itself, the two become one."""
        following = self.conditions.peer[self.book.condition[old]]
        if following < 0:
            return 0
        before, last = self.before(old), self.before(new)
        if self.is_between(new, following, old):
            self.conditions.peer[self.book.condition[before]] = following
            return 0
        self.conditions.peer[self.book.condition[before]] = new
        self.conditions.peer[self.book.condition[last]] = following
        return 0

    def is_between(self, order: int, first: int, end: int) -> bool:
        """Say whether an order stands in a ring from one on and before another."""
        peer = first
        while peer != end and peer != order:
            peer = self.conditions.peer[self.book.condition[peer]]
        return peer == order

    def before(self, order: int) -> int:
        """Return the order before one in its ring, itself if it is in none."""
        found, peer = order, self.conditions.peer[self.book.condition[order]]
        while peer >= 0 and peer != order:
            found, peer = peer, self.conditions.peer[self.book.condition[peer]]
        return found

    def substitute(self, parent: int, old: int, new: int) -> int:
        """Put one order into the place of another among those that wait for a third."""
        row = self.book.condition[parent]
        if self.conditions.child[row] == old:
            self.conditions.child[row] = new
            return 0
        child = self.conditions.child[row]
        while child >= 0:
            row = self.book.condition[child]
            if self.conditions.sibling[row] == old:
                self.conditions.sibling[row] = new
                return 0
            child = self.conditions.sibling[row]
        return 0
