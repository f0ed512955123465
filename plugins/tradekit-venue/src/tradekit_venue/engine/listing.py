"""A market that is open: its book, the orders that wait for a trigger, its tape and its candles."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from tradekit_venue.engine.book import Book
from tradekit_venue.engine.candles import Candles
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Kind, Order, Side, Trade
from tradekit_venue.engine.perpetual import Perpetual

__all__ = ["Listing", "perpetual_of"]

TAPE = 100_000
"""So many trades are kept for those who ask for history."""

Levels = list[tuple[Decimal, Decimal]]


class Listing:
    """One market and all that changes in it."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.book = Book()
        self.waiting: dict[int, Order] = {}
        """Orders whose trigger has not been reached, oldest first."""
        self.tape: deque[Trade] = deque(maxlen=TAPE)
        self.candles = Candles()
        self.last: Decimal | None = None
        self.funding: dict[int, Decimal] = {}
        """Funding rates of a perpetual by the time at which they are due: those that were paid, and those of a recording."""
        self.funded: list[tuple[int, Decimal, Decimal]] = []
        """When funding was paid, at which rate, and at which mark price."""
        self.is_open = True
        self.is_replayed = False
        """Whether its candles are those of a recording, which accounts' trades don't change."""
        self.update = 0
        """How many times a level of the book has changed."""
        self.trade_number = 0
        self._touched: dict[tuple[Side, Decimal], None] = {}
        self._shown: dict[tuple[Side, Decimal], Decimal] = {}

    def rates_until(self, now: int) -> dict[int, Decimal]:
        """Return the rates of funding that was paid, by its time: also those of a recording, from before the venue opened."""
        known = {time: rate for time, rate in self.funding.items() if time <= now}
        return known | {time: rate for time, rate, _ in self.funded}

    def touch(self, order: Order) -> None:
        """Take note that the level of an order has changed, or may have."""
        self._touched[order.side, order.price] = None

    def changes(self) -> tuple[int, Levels, Levels] | None:
        """Return what differs from what was told last: the first update's number, bids and asks; `None` where nothing does."""
        bids: Levels = []
        asks: Levels = []
        for side, price in self._touched:
            size = self.book.of(side).size_at(price)
            if self._shown.get((side, price), Decimal(0)) == size:
                continue
            (bids if side is Side.BUY else asks).append((price, size))
            if size:
                self._shown[side, price] = size
            else:
                del self._shown[side, price]
        self._touched.clear()
        if not bids and not asks:
            return None
        first = self.update + 1
        self.update += len(bids) + len(asks)
        return first, bids, asks

    def is_triggered(self, side: Side, kind: Kind, trigger: Decimal) -> bool:
        """Say whether the last price has reached a trigger: stops are reached against the order, targets in its favour."""
        if self.last is None:
            return False
        is_stop = kind in (Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT)
        from_below = is_stop == (side is Side.BUY)
        return self.last >= trigger if from_below else self.last <= trigger

    def next_triggered(self) -> Order | None:
        """Return the oldest waiting order whose trigger has been reached."""
        return next((o for o in self.waiting.values() if self.is_triggered(o.side, o.asked.kind, o.asked.trigger)), None)


def perpetual_of(listing: Listing) -> Perpetual:
    """Return a market, which is a perpetual here. Raises `TypeError` for one that is not."""
    if not isinstance(listing.market, Perpetual):
        raise TypeError(f"{listing.market.symbol!r} is no perpetual, and this dialect has nothing else")
    return listing.market
