"""What every endpoint is given, whatever the dialect."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradekit_venue.engine.account import Account
from tradekit_venue.engine.order import Order
from tradekit_venue.venue import Venue

__all__ = ["Request"]


@dataclass(slots=True)
class Request:
    """A request to an endpoint. A dialect adds what was sent, in its own words."""

    venue: Venue
    hidden: set[int]
    """Numbers of orders that the venue does not know of for now: a fault."""
    signer: Account | None = field(default=None, kw_only=True)
    placed: list[Order] = field(default_factory=list, kw_only=True)
    """The orders that it has made."""

    @property
    def account(self) -> Account:
        """Who has signed it."""
        if self.signer is None:
            raise TypeError("an endpoint that is not signed has no account")
        return self.signer

    def now(self) -> int:
        """Return the time that the venue tells."""
        return self.venue.clock.told()
