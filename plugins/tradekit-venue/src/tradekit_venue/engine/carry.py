"""What happens to positions without their owners: funding is paid, and who lacks margin is closed out."""

from __future__ import annotations

from decimal import Decimal

from tradekit_venue.engine.account import Account
from tradekit_venue.engine.events import BalancesMoved, MovedBy
from tradekit_venue.engine.exchange import Exchange
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.order import IMPOSED, Fee, Kind, NewOrder, Side
from tradekit_venue.engine.perpetual import Perpetual

__all__ = ["Carry"]

ZERO = Decimal(0)
CENT = Decimal("1e-8")


class Carry:
    """Sees to the perpetuals of an exchange. Everything is reckoned at the mark price, that of the last trade."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._margin = exchange.margin
        self._insurer = exchange.add_account(Account("insurance"))
        self.bills_liquidation = True
        """Whether what a liquidation costs is a payment of its own, and not a part of its trade's fee."""

    def fund(self, symbol: str, rate: Decimal) -> None:
        """Let long positions pay short ones, or the other way round where the rate is below 0."""
        listing, now = self._exchange.listings[symbol], self._exchange.clock.now()
        mark = self._margin.mark(listing)
        listing.funded.append((now, rate, mark))
        for account in self._holders(listing):
            held = account.holding(symbol).quantity
            if held:
                self._margin.pay(account, listing.market, ("FUNDING_FEE", -(held * mark * rate).quantize(CENT)), now)
                self._tell(account, listing, MovedBy.FUNDING_FEE)

    def close_out(self, symbol: str) -> None:
        """Close out the accounts that lack margin now, of those that hold a perpetual."""
        listing = self._exchange.listings[symbol]
        for account in self._holders(listing):
            if not account.is_bottomless and self._margin.is_short_of_margin(account, listing.market.quote):
                self._liquidate(account)

    def _holders(self, listing: Listing) -> list[Account]:
        return [account for account in self._exchange.accounts.values() if listing.market.symbol in account.holdings]

    def _liquidate(self, account: Account) -> None:
        """Cancel an account's orders, and close its positions at the mark price. What it owes then, insurance pays."""
        for order in list(account.open.values()):
            if isinstance(order.market, Perpetual):
                self._exchange.cancel(order, "autoclose")
        for listing, holding in self._margin.held(account):
            size, mark, now = abs(holding.quantity), self._margin.mark(listing), self._exchange.clock.now()
            side = Side.SELL if holding.quantity > 0 else Side.BUY
            name = f"{IMPOSED}{now}{len(account.orders)}"
            asked = NewOrder(side, Kind.MARKET, size, mark, client_id=name, is_reduce_only=True)
            value, quote = size * mark, listing.market.quote
            if not self.bills_liquidation:
                left = account.free[quote] + holding.profit(mark)
                fee = Fee(closing_cost(listing, value, left, account.rates.taker), quote)
                self._exchange.impose(account, listing.market.symbol, asked, self._insurer, fee)
                continue
            self._exchange.impose(account, listing.market.symbol, asked, self._insurer)
            cost = closing_cost(listing, value, account.free[quote])
            self._margin.pay(account, listing.market, ("INSURANCE_CLEAR", -cost), now)
            self._insurer.free[quote] += cost
            self._tell(account, listing, MovedBy.INSURANCE_CLEAR)

    def _tell(self, account: Account, listing: Listing, by: MovedBy) -> None:
        if not account.is_bottomless:
            now = self._exchange.clock.now()
            self._exchange.tell(BalancesMoved(account, (listing.market.quote,), now, by))


def closing_cost(listing: Listing, value: Decimal, left: Decimal, rate: Decimal = ZERO) -> Decimal:
    """Return what closing a position out costs, besides a fee for trading: never more than is left, and below 0 what is owed."""
    rate += listing.market.liquidation_fee if isinstance(listing.market, Perpetual) else ZERO
    return min((value * rate).quantize(CENT), left)
