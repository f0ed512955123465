"""A request to an endpoint, and what an endpoint is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tradekit_venue import request
from tradekit_venue.bybit.forms import category_of, id_of
from tradekit_venue.bybit.params import Params, wrong
from tradekit_venue.bybit.refusals import RefusedError
from tradekit_venue.engine.listing import Listing

__all__ = ["Endpoint", "Request"]

CATEGORIES = ("spot", "linear", "inverse", "option")
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers requests of one method and path, and how many of an account may come within a second: 0 for everybody's."""

    answer: Callable[[Request], dict[str, Any]]
    most: int = 0


@dataclass(slots=True)
class Request(request.Request):
    """What an endpoint is given."""

    params: Params

    @property
    def category(self) -> str:
        """What kind of market it is about."""
        return self.params.word("category", CATEGORIES)

    def listing(self) -> Listing:
        """Return the market that `category` and `symbol` name."""
        name = self.params.text("symbol")
        for listing in self.listings():
            if id_of(listing.market) == name:
                return listing
        is_order = self.signer is not None and self.category == "spot"
        raise RefusedError(170121, "Invalid symbol.") if is_order else RefusedError(10001, "Not supported symbols")

    def listings(self) -> list[Listing]:
        """Return the markets of the category: none of one that isn't here; of perpetuals those that `settleCoin` names."""
        category, settled = self.category, self.params.text("settleCoin", "")
        listings = self.venue.exchange.listings.values()
        return [one for one in listings if category_of(one.market) == category and settled in ("", one.market.quote)]

    def named(self) -> list[Listing]:
        """Return the market that `symbol` names, or all of the category."""
        return [self.listing()] if "symbol" in self.params else self.listings()

    def page(self, rows: Sequence[tuple[int, _Row]], usual: int, most: int) -> tuple[list[_Row], str]:
        """Return one page of rows, each with its number, newest first, and the cursor of the next one: empty if there is none."""
        cursor = self.params.text("cursor", "")
        if cursor and not cursor.isdigit():
            raise wrong("cursor")
        left = [row for row in rows if not cursor or row[0] < int(cursor)]
        limit = self.params.limit(usual, most)
        found = left[:limit]
        return [row for _, row in found], str(found[-1][0]) if len(left) > limit else ""
