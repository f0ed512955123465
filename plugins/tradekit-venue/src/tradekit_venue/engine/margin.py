"""Positions held against margin: what an order needs, what a trade and funding move, and when an account is closed out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tradekit_venue.engine.account import Account
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Fee, NewOrder, Order, Reason, RejectError, Side, Trade
from tradekit_venue.engine.perpetual import Holding, Income, Perpetual

__all__ = ["Margin"]

ZERO = Decimal(0)
CENT = Decimal("1e-8")


class Margin:
    """Clears the trades of perpetuals: one wallet in the quote currency is margin for all positions of an account.

    What an order adds to a position has to be covered, at its own price, by what equity leaves over after all positions and all
    other orders that add to any. Nothing is moved aside for it. The mark price is that of the last trade.
    """

    def __init__(self, listings: Mapping[str, Listing]) -> None:
        self._listings = listings
        self._income_number = 0

    def reserve(self, listing: Listing, account: Account, asked: NewOrder, quantity: Decimal) -> Decimal:
        """Check that an order may be taken, and return what is moved aside for it: nothing."""
        signed = quantity if asked.side is Side.BUY else -quantity
        reducing = account.holding(listing.market.symbol).reducible(signed)
        if asked.is_reduce_only:
            if not reducing:
                raise RejectError(Reason.REDUCE_ONLY)
            return ZERO
        added = quantity - reducing
        if added and not account.is_bottomless:
            offered = listing.book.against(asked.side).best or ZERO
            price = asked.price if asked.kind.has_limit else max(self.mark(listing), offered)
            leverage = account.holding(listing.market.symbol).leverage
            fee = account.rates.taker * price * added
            if price * added / leverage + fee > self.available(account, listing.market.quote):
                raise RejectError(Reason.MARGIN)
        return ZERO

    def release(self, order: Order) -> None:
        """Give back what was moved aside: nothing was."""

    def reserve_again(self, listing: Listing, order: Order) -> bool:
        """Say whether an order that has become one at the market may go on: nothing waits for a trigger here."""
        del listing, order
        return True

    def room(self, order: Order) -> Decimal:
        """Return how much of an order may be traded now: one that only reduces ends with the position."""
        if not order.asked.is_reduce_only:
            return order.left
        signed = order.left if order.side is Side.BUY else -order.left
        return order.account.holding(order.market.symbol).reducible(signed)

    def fee(self, account: Account, side: Side, trade_value: tuple[Decimal, Decimal], rate: Decimal, market: Market) -> Fee | None:
        """Return what an account pays for a trade, in the quote currency."""
        del side  # it is the same for both
        return None if account.is_bottomless else Fee((trade_value[1] * rate).quantize(CENT), market.quote)

    def settle(self, order: Order, trade: Trade, collector: Account) -> tuple[str, ...]:
        """Move what a trade moves for one of its orders, and return the currencies."""
        account, market = order.account, order.market
        signed = trade.quantity if order.side is Side.BUY else -trade.quantity
        holding = account.holding(market.symbol)
        reduced = holding.reducible(signed)
        gain = holding.trade(signed, trade.price)
        holding.updated = trade.time
        if not account.is_bottomless:
            account.gains[trade.id, order.id] = gain
            account.reduced[trade.id, order.id] = reduced
        self.pay(account, market, ("REALIZED_PNL", gain), trade.time, str(trade.id))
        fee = trade.fee_of(order)
        if fee is not None:
            self.pay(account, market, ("COMMISSION", -fee.amount), trade.time, str(trade.id))
            collector.free[fee.asset] += fee.amount
        return (market.quote,)

    def pay(self, account: Account, market: Market, what: tuple[str, Decimal], time: int, trade: str = "") -> None:
        """Move money of an account's wallet, and keep a record of it."""
        kind, amount = what
        account.free[market.quote] += amount
        if account.is_bottomless or (not amount and kind != "FUNDING_FEE"):
            return
        self._income_number += 1
        held = account.holding(market.symbol).quantity
        account.incomes.append(Income(self._income_number, kind, market, amount, market.quote, time, trade, held))

    def settles(self, asset: str) -> bool:
        """Say whether positions are held against a currency here."""
        return any(isinstance(one.market, Perpetual) and one.market.quote == asset for one in self._listings.values())

    def mark(self, listing: Listing) -> Decimal:
        """Return the mark price."""
        return listing.last or ZERO

    def idle(self, listing: Listing, accounts: Iterable[Account]) -> list[Order]:
        """Return the orders in a market that only reduce a position which is gone."""
        if not isinstance(listing.market, Perpetual):
            return []
        orders = [order for account in accounts for order in account.open.values()]
        return [one for one in orders if one.market is listing.market and one.asked.is_reduce_only and not self.room(one)]

    def held(self, account: Account) -> list[tuple[Listing, Holding]]:
        """Return the positions of an account."""
        return [(self._listings[symbol], one) for symbol, one in account.holdings.items() if one.quantity]

    def equity(self, account: Account, asset: str) -> Decimal:
        """Return the wallet with the profit of open positions."""
        held = self.held(account)
        return account.free[asset] + sum((one.profit(self.mark(listing)) for listing, one in held), ZERO)

    def maintenance(self, account: Account) -> Decimal:
        """Return the margin that all positions need."""
        return sum((self.needed(listing, one) for listing, one in self.held(account)), ZERO)

    def needed(self, listing: Listing, one: Holding) -> Decimal:
        """Return the margin that a position needs."""
        rate = listing.market.maintenance if isinstance(listing.market, Perpetual) else ZERO
        return abs(one.quantity) * self.mark(listing) * rate

    def notional(self, account: Account) -> Decimal:
        """Return what all positions are worth."""
        return sum((abs(one.quantity) * self.mark(listing) for listing, one in self.held(account)), ZERO)

    def tied(self, account: Account) -> Decimal:
        """Return the initial margin of all positions."""
        held = self.held(account)
        return sum((abs(one.quantity) * self.mark(listing) / one.leverage for listing, one in held), ZERO)

    def promised(self, account: Account) -> Decimal:
        """Return the initial margin that open orders which may add to positions would need."""
        found = ZERO
        for order in account.open.values():
            listing = self._listings[order.market.symbol]
            if isinstance(order.market, Perpetual) and not order.asked.is_reduce_only:
                price = order.price if order.asked.kind.has_limit else self.mark(listing)
                found += order.left * price / account.holding(order.market.symbol).leverage
        return found

    def available(self, account: Account, asset: str) -> Decimal:
        """Return what new orders may use."""
        return self.equity(account, asset) - self.tied(account) - self.promised(account)

    def is_short_of_margin(self, account: Account, asset: str) -> bool:
        """Say whether an account is to be closed out."""
        return bool(self.held(account)) and self.equity(account, asset) < self.maintenance(account)
