"""The order book of a market: prices first, and at one price the order that came first."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal

from tradekit_venue.engine.order import Order, Side

__all__ = ["Book", "BookSide"]


class BookSide:
    """One side of a book, best price first."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._sign = -1 if side is Side.BUY else 1
        self._keys: list[Decimal] = []
        self._levels: dict[Decimal, dict[int, Order]] = {}

    def add(self, order: Order) -> None:
        """Put an order at the end of the queue at its price."""
        level = self._levels.get(order.price)
        if level is None:
            level = self._levels[order.price] = {}
            insort(self._keys, order.price * self._sign)
        level[order.id] = order

    def remove(self, order: Order) -> None:
        """Take an order off the book."""
        level = self._levels[order.price]
        del level[order.id]
        if not level:
            del self._levels[order.price]
            del self._keys[bisect_left(self._keys, order.price * self._sign)]

    def has(self, order: Order) -> bool:
        """Say whether an order is on the book."""
        return order.id in self._levels.get(order.price, {})

    @property
    def best(self) -> Decimal | None:
        """The best price, or `None` where the side is empty."""
        return self._keys[0] * self._sign if self._keys else None

    def first(self) -> Order | None:
        """Return the order whose turn it is."""
        return next(iter(self._levels[self._keys[0] * self._sign].values())) if self._keys else None

    def orders(self) -> Iterator[Order]:
        """Give all orders in the order of their turns."""
        for key in self._keys:
            yield from self._levels[key * self._sign].values()

    def size_at(self, price: Decimal) -> Decimal:
        """Return how much is on offer at a price."""
        return sum((order.left for order in self._levels.get(price, {}).values()), Decimal(0))

    def count_at(self, price: Decimal) -> int:
        """Return how many orders are at a price."""
        return len(self._levels.get(price, {}))

    def depth(self, limit: int | None = None) -> list[tuple[Decimal, Decimal]]:
        """Return prices and what is on offer at each, best first."""
        return [(key * self._sign, self.size_at(key * self._sign)) for key in self._keys[:limit]]

    def available(self, limit: Decimal | None) -> Decimal:
        """Return how much an order of the other side could take, up to its limit."""
        return sum((size for price, size in self.depth() if limit is None or (price - limit) * self._sign <= 0), Decimal(0))

    def is_reached(self, price: Decimal) -> bool:
        """Say whether an order of the other side with this limit would match with the best one here."""
        return bool(self._keys) and self._keys[0] <= price * self._sign


class Book:
    """Both sides of a market."""

    def __init__(self) -> None:
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)

    def of(self, side: Side) -> BookSide:
        """Return the side on which such orders rest."""
        return self.bids if side is Side.BUY else self.asks

    def against(self, side: Side) -> BookSide:
        """Return the side that such orders match with."""
        return self.of(side.other)
