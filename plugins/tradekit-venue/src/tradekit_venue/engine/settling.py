"""Who pays what: the money that an order ties up, and what a trade moves."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from tradekit_venue.engine.account import Account
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Fee, Kind, NewOrder, Order, Reason, RejectError, Side, Trade

__all__ = ["Outright", "cost", "fee_for", "quantity_for", "settle", "split"]

ZERO = Decimal(0)
CENT = Decimal("1e-8")


class Outright:
    """Clears the trades of a spot market: what an order gives is tied up when it is taken, and a trade moves both currencies."""

    def __init__(self) -> None:
        self.charges_quote = False
        """Whether fees are always in the quote currency, and not in what is received."""

    def reserve(self, listing: Listing, account: Account, asked: NewOrder, quantity: Decimal) -> Decimal:
        """Tie up what an order gives, and return how much that is. Raises `RejectError` where there is too little."""
        amount, quote = cost(listing, asked, quantity), listing.market.quote
        if self.charges_quote and asked.side is Side.BUY and not account.can_lock(quote, amount * (1 + account.rates.taker)):
            raise RejectError(Reason.FUNDS)
        account.lock(quote if asked.side is Side.BUY else listing.market.base, amount)
        return amount

    def release(self, order: Order) -> None:
        """Make free what an order still ties up."""
        order.account.unlock(order.gives, order.locked)
        order.locked = ZERO

    def reserve_again(self, listing: Listing, order: Order) -> bool:
        """Tie up what an order gives that has become one at the market; say whether there is enough."""
        self.release(order)
        amount = cost(listing, NewOrder(order.side, Kind.MARKET, order.quantity), order.quantity)
        if not order.account.can_lock(order.gives, amount):
            return False
        order.account.lock(order.gives, amount)
        order.locked = amount
        return True

    def room(self, order: Order) -> Decimal:
        """Return how much of an order may be traded now."""
        return order.left

    def fee(self, account: Account, side: Side, trade_value: tuple[Decimal, Decimal], rate: Decimal, market: Market) -> Fee | None:
        """Return what an account pays for a trade."""
        if self.charges_quote and not account.is_bottomless:
            return Fee((trade_value[1] * rate).quantize(CENT, ROUND_DOWN), market.quote)
        return fee_for(account, market, side, trade_value, rate)

    def settle(self, order: Order, trade: Trade, collector: Account) -> tuple[str, ...]:
        """Move what a trade moves for one of its orders, and return the currencies."""
        return settle(order, trade, collector)


def quantity_for(listing: Listing, order: NewOrder) -> Decimal:
    """Return how much a market order for so much money comes to. Raises `RejectError` where that is nothing."""
    if not order.value:
        return order.quantity
    money, found = order.value, ZERO
    for resting in listing.book.against(order.side).orders():
        taken = min(resting.left, money / resting.price // listing.market.lot * listing.market.lot)
        found += taken
        money -= taken * resting.price
        if taken < resting.left:
            break
    if not found:
        raise RejectError(Reason.NO_LIQUIDITY)
    return found


def cost(listing: Listing, order: NewOrder, quantity: Decimal) -> Decimal:
    """Return how much an order ties up, in the currency that it gives."""
    if order.side is Side.SELL:
        return quantity
    if order.kind.has_limit:
        return order.price * quantity
    if order.kind is not Kind.MARKET:
        return order.trigger * quantity
    return sweep(listing, order.side, quantity)


def sweep(listing: Listing, side: Side, quantity: Decimal) -> Decimal:
    """Return what it costs to take so much off the book, or as much of it as there is."""
    left, money = quantity, ZERO
    for resting in listing.book.against(side).orders():
        taken = min(resting.left, left)
        money += taken * resting.price
        left -= taken
        if not left:
            break
    return money


def fee_for(account: Account, market: Market, side: Side, trade_value: tuple[Decimal, Decimal], rate: Decimal) -> Fee | None:
    """Return what an account pays for a trade of so much (quantity, value): of what it receives, or in its third currency."""
    if account.is_bottomless:
        return None
    quantity, value = trade_value
    rates = account.rates
    if rates.asset:
        amount = (value * rate * (1 - rates.discount) / rates.price).quantize(CENT, ROUND_DOWN)
        if account.free[rates.asset] >= amount:
            return Fee(amount, rates.asset)
    received, asset = (quantity, market.base) if side is Side.BUY else (value, market.quote)
    return Fee((received * rate).quantize(CENT, ROUND_DOWN), asset)


def settle(order: Order, trade: Trade, collector: Account) -> tuple[str, ...]:
    """Move what a trade moves for one of its orders, and return the currencies."""
    account, market = order.account, order.market
    is_buy = order.side is Side.BUY
    given, received = (trade.value, trade.quantity) if is_buy else (trade.quantity, trade.value)
    gets = market.base if is_buy else market.quote
    # What a limit order ties up for each unit is its limit; the trade may have been made at a better price.
    held = order.price * trade.quantity if is_buy and order.asked.kind.has_limit else given
    order.locked -= held
    account.locked[order.gives] -= held
    account.free[order.gives] += held - given
    account.free[gets] += received
    fee = trade.fee_of(order)
    if fee is not None:
        account.free[fee.asset] -= fee.amount
        collector.free[fee.asset] += fee.amount
    return tuple(dict.fromkeys([order.gives, gets, *([fee.asset] if fee is not None else [])]))


def split(quantity: Decimal, parts: int, lot: Decimal) -> list[Decimal]:
    """Return the fills of a match: one, or as many as a fault asks for."""
    part = quantity / parts // lot * lot
    if parts == 1 or not part:
        return [quantity]
    return [*[part] * (parts - 1), quantity - part * (parts - 1)]
