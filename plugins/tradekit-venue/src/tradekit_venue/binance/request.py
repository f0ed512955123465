"""A request to an endpoint, and what an endpoint is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.order import Order
from tradekit_venue.venue import Venue

if TYPE_CHECKING:
    from tradekit_venue.binance.limits import Limits

__all__ = ["Endpoint", "Request"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers requests of one method and path, and what a request costs."""

    answer: Callable[[Request], Any]
    weight: int = 1
    is_signed: bool = False
    needs_key: bool = False
    """Whether the key in its header tells whose it is, without a signature."""
    places_order: bool = False


@dataclass(slots=True)
class Request:
    """What an endpoint is given."""

    venue: Venue
    params: Params
    hidden: set[int]
    """Numbers of orders that the venue does not know of for now: a fault."""
    limits: Limits
    signer: Account | None = None
    placed: list[Order] = field(default_factory=list)
    """The orders that it has made."""

    @property
    def account(self) -> Account:
        """Who has signed it."""
        if self.signer is None:
            raise TypeError("an endpoint that is not signed has no account")
        return self.signer

    def listing(self) -> Listing:
        """Return the market that `symbol` names."""
        return self.listing_of(self.params.text("symbol"))

    def listing_of(self, symbol: str) -> Listing:
        """Return a market by its name, such as BTCUSDT."""
        for listing in self.venue.exchange.listings.values():
            if listing.market.base + listing.market.quote == symbol:
                return listing
        raise RefusedError(-1121, "Invalid symbol.")

    def now(self) -> int:
        """Return the time that the venue tells."""
        return self.venue.clock.told()
