"""The exchange: it takes orders, matches them by price and then by time, and tells what has happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from tradekit_venue.clock import Clock
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.book import BookSide
from tradekit_venue.engine.events import BalancesMoved, BookMoved, CandleMoved, Event, Executed, Execution, Printed
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.margin import Margin
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Fee, Force, Kind, NewOrder, Order, Reason, RejectError, Side, Status, Trade
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.engine.settling import Outright, quantity_for, split

__all__ = ["Exchange"]

ZERO = Decimal(0)


class Exchange:
    """Markets, accounts and orders. Each public method is one step: what it changes is told to the listeners before it returns."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.listings: dict[str, Listing] = {}
        self.accounts: dict[str, Account] = {}
        self.collector = self.add_account(Account("fees"))
        self.outright = Outright()
        self.margin = Margin(self.listings)
        self.listeners: list[Callable[[Event], None]] = []
        self.parts = 1
        """Into how many fills the next match is split: a fault."""
        self.takes_makers = False
        """Whether a maker order that would take is taken and cancelled at once, and not refused."""
        self._order_number = 0

    def add_account(self, account: Account) -> Account:
        """Open an account. Raises `ValueError` for a name that is taken."""
        if account.name in self.accounts:
            raise ValueError(f"there is an account {account.name!r} already; give this one another name")
        self.accounts[account.name] = account
        return account

    def list_market(self, market: Market) -> Listing:
        """Open a market. Raises `ValueError` for one that is open already."""
        if market.symbol in self.listings:
            raise ValueError(f"the market {market.symbol!r} is listed already")
        listing = self.listings[market.symbol] = Listing(market)
        return listing

    def place(self, account: Account, symbol: str, asked: NewOrder) -> Order:
        """Take an order and match it. Raises `RejectError` for one that is not taken; nothing has changed then."""
        listing = self.listings[symbol]
        order = self._accept(listing, account, asked)
        if asked.kind.has_trigger:
            listing.waiting[order.id] = order
        else:
            self._work(listing, order)
        self._finish(listing)
        return order

    def cancel(self, order: Order, by: str = "") -> None:
        """Take an open order back; `by` is the client id of the request. Raises `RejectError` for one that is done."""
        if not order.status.is_open:
            raise RejectError(Reason.UNKNOWN)
        listing = self.listings[order.market.symbol]
        self._close(listing, order, Status.CANCELED, by)
        self._finish(listing)

    def print_trade(self, taker: Order, price: Decimal, quantity: Decimal) -> None:
        """Match what is replayed, an order of the replayed market, and put what is left of it on the tape at its own price."""
        listing = self.listings[taker.market.symbol]
        against = listing.book.against(taker.side)
        self._match(listing, taker, against, price)
        self._clearing(taker.market).release(taker)
        if quantity > taker.filled:
            self._print(listing, self._trade(listing, price, quantity - taker.filled, taker, None))
        listing.last = price

    def rest(self, order: Order) -> None:
        """Put an order of the replayed market on the book, without a word to anyone."""
        listing = self.listings[order.market.symbol]
        listing.book.of(order.side).add(order)
        listing.touch(order)

    def withdraw(self, orders: Iterable[Order]) -> None:
        """Take orders of the replayed market off the book, without a word to anyone."""
        for order in orders:
            if order.status.is_open:
                listing = self.listings[order.market.symbol]
                listing.book.of(order.side).remove(order)
                listing.touch(order)
                self._clearing(order.market).release(order)

    def settle_down(self, symbol: str) -> None:
        """Work the orders that a print has triggered, and tell how the book has changed."""
        self._finish(self.listings[symbol])

    def close_candles(self, now: int) -> None:
        """Tell of candles that have ended."""
        for listing in self.listings.values():
            for interval, candle in listing.candles.finished(now):
                self.tell(CandleMoved(listing.market, interval, candle, is_final=True))

    def record(self, listing: Listing, price: Decimal, quantity: Decimal, side: Side) -> None:
        """Put a trade into the candles."""
        for interval, candle in listing.candles.add(self.clock.now(), price, quantity, side is Side.BUY):
            self.tell(CandleMoved(listing.market, interval, candle, is_final=False))

    def make(self, account: Account, market: Market, asked: NewOrder, quantity: Decimal) -> Order:
        """Make an order with the next number; it is neither checked nor worked."""
        self._order_number += 1
        now = self.clock.now()
        client_id = asked.client_id or f"venue-{self._order_number}"
        return Order(self._order_number, client_id, account, market, asked, quantity, now, now)

    def _accept(self, listing: Listing, account: Account, asked: NewOrder) -> Order:
        """Check an order and tie up its money."""
        if not listing.is_open:
            raise RejectError(Reason.CLOSED)
        market = listing.market
        listed = sum(order.market is market for order in account.open.values())
        market.check(asked, listing.last, listed)
        if asked.client_id in account.open_by_client:
            raise RejectError(Reason.DUPLICATE)
        if asked.kind.has_trigger and listing.is_triggered(asked.side, asked.kind, asked.trigger):
            raise RejectError(Reason.WOULD_TRIGGER)
        if asked.kind is Kind.LIMIT_MAKER and not self.takes_makers and listing.book.against(asked.side).is_reached(asked.price):
            raise RejectError(Reason.WOULD_TAKE)
        quantity = quantity_for(listing, asked)
        amount = self._clearing(market).reserve(listing, account, asked, quantity)
        gives = market.quote if asked.side is Side.BUY else market.base
        order = self.make(account, market, asked, quantity)
        order.locked = amount
        order.is_working = not asked.kind.has_trigger
        account.took(order)
        self._tell_order(order, Execution.NEW)
        if amount:
            self.tell(BalancesMoved(account, (gives,), order.time))
        return order

    def _clearing(self, market: Market) -> Outright | Margin:
        return self.margin if isinstance(market, Perpetual) else self.outright

    def impose(self, account: Account, symbol: str, asked: NewOrder, other: Account, fee: Fee | None = None) -> Order:
        """Let an account trade with another one at a price, whatever it wants, has, or the book offers; `fee` replaces its own."""
        listing = self.listings[symbol]
        order = self.make(account, listing.market, asked, asked.quantity)
        order.is_working = True
        account.took(order)
        self._tell_order(order, Execution.NEW)
        resting = NewOrder(asked.side.other, Kind.LIMIT, asked.quantity, asked.price)
        against = self.make(other, listing.market, resting, asked.quantity)
        self._fill(listing, self._trade(listing, asked.price, asked.quantity, order, against).charged(fee), order, against)
        self._finish(listing)
        return order

    def _work(self, listing: Listing, order: Order) -> None:
        """Match an order, and rest or end what is left of it."""
        asked = order.asked
        against = listing.book.against(order.side)
        limit = asked.price if asked.kind.has_limit else None
        would_take = asked.kind is Kind.LIMIT_MAKER and against.is_reached(asked.price)
        if not would_take and (asked.force is not Force.FOK or against.available(limit) >= order.quantity):
            self._match(listing, order, against, limit)
        if not order.left:
            return
        if limit is not None and asked.force is Force.GTC and not would_take:
            listing.book.of(order.side).add(order)
            listing.touch(order)
        else:
            self._close(listing, order, Status.CANCELED if would_take else Status.EXPIRED)

    def _match(self, listing: Listing, taker: Order, against: BookSide, limit: Decimal | None) -> None:
        clearing = self._clearing(listing.market)
        while (room := clearing.room(taker)) and (maker := against.first()) and (limit is None or against.is_reached(limit)):
            quantity = min(room, clearing.room(maker))
            if not quantity:
                self._close(listing, maker, Status.EXPIRED)
                continue
            for part in split(quantity, self.parts, listing.market.lot):
                self._fill(listing, self._trade(listing, maker.price, part, taker, maker), taker, maker)
            self.parts = 1
            listing.touch(maker)
            if not maker.left:
                against.remove(maker)

    def _trade(self, listing: Listing, price: Decimal, quantity: Decimal, taker: Order, maker: Order | None) -> Trade:
        listing.trade_number += 1
        size = (quantity, price * quantity)
        number, now, market = listing.trade_number, self.clock.now(), listing.market
        if maker is None:
            return Trade(number, market, price, quantity, now, taker.side)
        fees: list[Fee | None] = [
            self._clearing(market).fee(order.account, order.side, size, getattr(order.account.rates, role), market)
            for order, role in ((taker, "taker"), (maker, "maker"))
        ]
        return Trade(number, market, price, quantity, now, taker.side, taker, maker, *fees)

    def _fill(self, listing: Listing, trade: Trade, taker: Order, maker: Order) -> None:
        self._print(listing, trade)
        for order in (taker, maker):
            assets = self._clearing(listing.market).settle(order, trade, self.collector)
            order.filled += trade.quantity
            order.paid += trade.value
            order.updated = trade.time
            order.status = Status.PARTIALLY_FILLED if order.left else Status.FILLED
            if not order.left:
                self._clearing(order.market).release(order)
            if order.account.is_bottomless:
                continue
            order.fills.append(trade)
            order.account.trades.append((order, trade))
            if not order.left:
                order.account.closed(order)
            self._tell_order(order, Execution.TRADE, trade)
            symbols = (listing.market.symbol,) if isinstance(listing.market, Perpetual) else ()
            self.tell(BalancesMoved(order.account, assets, trade.time, symbols=symbols))

    def _print(self, listing: Listing, trade: Trade) -> None:
        listing.tape.append(trade)
        listing.last = trade.price
        self.tell(Printed(trade))
        if not listing.is_replayed:
            self.record(listing, trade.price, trade.quantity, trade.taker_side)

    def _close(self, listing: Listing, order: Order, status: Status, by: str = "") -> None:
        """End an order that is not filled, and make its money free."""
        is_waiting, book = listing.waiting.pop(order.id, None) is not None, listing.book.of(order.side)
        if not is_waiting and order.asked.kind.has_limit and book.has(order):
            book.remove(order)
            listing.touch(order)
        order.status = status
        order.updated = self.clock.now()
        self._clearing(order.market).release(order)
        order.account.closed(order)
        self._tell_order(order, Execution(status.value), None, by)
        if not isinstance(order.market, Perpetual):
            self.tell(BalancesMoved(order.account, (order.gives,), order.updated))

    def _finish(self, listing: Listing) -> None:
        """Work what has been triggered, until nothing is, and tell how the book has changed."""
        while (order := listing.next_triggered()) is not None:
            del listing.waiting[order.id]
            self._trigger(listing, order)
        for order in self.margin.idle(listing, self.accounts.values()):
            self._close(listing, order, Status.EXPIRED)
        changes = listing.changes()
        if changes is not None:
            self.tell(BookMoved(listing.market, changes[0], listing.update, changes[1], changes[2], self.clock.now()))

    def _trigger(self, listing: Listing, order: Order) -> None:
        """Send an order to the book whose trigger has been reached; without the money for it, it expires."""
        order.is_working = True
        order.updated = self.clock.now()
        if not order.asked.kind.has_limit and not self._clearing(order.market).reserve_again(listing, order):
            self._close(listing, order, Status.EXPIRED)
            return
        self._tell_order(order, Execution.NEW)
        self._work(listing, order)

    def _tell_order(self, order: Order, execution: Execution, trade: Trade | None = None, by: str = "") -> None:
        if not order.account.is_bottomless:
            self.tell(Executed(order, execution, order.updated, trade, by))

    def tell(self, event: Event) -> None:
        """Tell the listeners what has happened."""
        for listener in self.listeners:
            listener(event)
