"""A request to an endpoint, and what an endpoint is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradekit_venue import request
from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.engine.listing import Listing

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
class Request(request.Request):
    """What an endpoint is given."""

    params: Params
    limits: Limits

    def listing(self) -> Listing:
        """Return the market that `symbol` names."""
        return self.listing_of(self.params.text("symbol"))

    def listing_of(self, symbol: str) -> Listing:
        """Return a market by its name, such as BTCUSDT."""
        for listing in self.venue.exchange.listings.values():
            if listing.market.base + listing.market.quote == symbol:
                return listing
        raise RefusedError(-1121, "Invalid symbol.")
