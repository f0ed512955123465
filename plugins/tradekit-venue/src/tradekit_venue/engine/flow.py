"""The replayed market: what was recorded trades through the book, and offers something to those who take."""

from __future__ import annotations

from decimal import Decimal

from tradekit_venue.engine.account import Account
from tradekit_venue.engine.exchange import Exchange
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.order import Kind, NewOrder, Order, Side

__all__ = ["Flow"]


class Flow:
    """Sends recorded trades of one market to the exchange, one by one.

    A recorded trade is an aggressive order at its price and of its size. What rests at its price or better is filled first, best
    price first, each order at its own limit, and what is left goes on the tape at the recorded price. Around that price, and never
    across an order that rests, the market then offers `levels` prices on each side, a tick apart, with `level_size` at each.
    """

    def __init__(self, exchange: Exchange, listing: Listing, level_size: Decimal, levels: int = 5) -> None:
        self._exchange = exchange
        self._listing = listing
        self._levels = levels
        self._level_size = max(level_size // listing.market.lot * listing.market.lot, listing.market.lot)
        self._account = exchange.add_account(Account(f"replay of {listing.market.symbol}"))
        self._offered: list[Order] = []
        listing.is_replayed = True

    def print(self, price: Decimal, quantity: Decimal, side: Side | None = None) -> None:
        """Let a recorded trade happen; `side` is who took, `None` where nobody knows."""
        exchange, listing = self._exchange, self._listing
        exchange.withdraw(self._offered)
        side = self._side(price) if side is None else side
        exchange.print_trade(self._order(side, price, quantity // listing.market.lot * listing.market.lot), price, quantity)
        exchange.record(listing, price, quantity, side)
        self._offer(price)
        exchange.settle_down(listing.market.symbol)

    def offer(self, price: Decimal) -> None:
        """Offer something around a price before anything was traded."""
        self._listing.last = price
        self._offer(price)
        self._exchange.settle_down(self._listing.market.symbol)

    def _side(self, price: Decimal) -> Side:
        """Say who took: whoever meets orders that rest, or else a buyer if the price did not fall."""
        if self._listing.book.bids.is_reached(price):
            return Side.SELL
        if self._listing.book.asks.is_reached(price):
            return Side.BUY
        return Side.SELL if self._listing.last is not None and price < self._listing.last else Side.BUY

    def _offer(self, price: Decimal) -> None:
        book, tick = self._listing.book, self._listing.market.tick
        highest = price if book.asks.best is None else min(price, book.asks.best)
        lowest = price if book.bids.best is None else max(price, book.bids.best)
        prices = [(Side.BUY, highest - tick * step) for step in range(1, self._levels + 1)]
        prices += [(Side.SELL, lowest + tick * step) for step in range(1, self._levels + 1)]
        self._offered = [self._order(side, level, self._level_size) for side, level in prices if level > 0]
        for order in self._offered:
            self._exchange.rest(order)

    def _order(self, side: Side, price: Decimal, quantity: Decimal) -> Order:
        return self._exchange.make(self._account, self._listing.market, NewOrder(side, Kind.LIMIT, quantity, price), quantity)
