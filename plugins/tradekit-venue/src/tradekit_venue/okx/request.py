"""A request to an endpoint, and what an endpoint is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tradekit_venue import request
from tradekit_venue.engine.listing import Listing
from tradekit_venue.okx.forms import id_of
from tradekit_venue.okx.params import Params
from tradekit_venue.okx.refusals import RefusedError

__all__ = ["Endpoint", "Request", "within"]

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers requests of one method and path with rows, and how many may come within two seconds."""

    answer: Callable[[Request], list[Any]]
    most: int
    is_signed: bool = True


@dataclass(slots=True)
class Request(request.Request):
    """What an endpoint is given."""

    items: Sequence[Mapping[str, str]]
    """What was sent: one set of parameters, or several where an endpoint takes a list."""
    kind: str
    """What its instruments are: `SPOT`, or `SWAP` for perpetuals."""
    deadline: int | None = None
    """Until when an order must have come, in milliseconds."""

    @property
    def params(self) -> Params:
        """The parameters, of several sets the first."""
        return Params(self.items[0] if self.items else {})

    def listing(self, params: Params | None = None) -> Listing:
        """Return the market that `instId` names."""
        name = (self.params if params is None else params).text("instId")
        for listing in self.venue.exchange.listings.values():
            if id_of(listing.market) == name:
                return listing
        raise RefusedError(51001, "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")

    def listings(self) -> list[Listing]:
        """Return the markets that `instType` and `instId` name; none of a kind that isn't here."""
        params = self.params
        if params.text("instType", self.kind) != self.kind:
            return []
        return [self.listing()] if "instId" in params else list(self.venue.exchange.listings.values())

    def is_late(self) -> bool:
        """Say whether an order has come after its deadline."""
        return self.deadline is not None and self.venue.checks_timing and self.now() > self.deadline


def within(request: Request, rows: Iterable[tuple[int, int, _Row]]) -> list[_Row]:
    """Return the newest rows between two numbers, both left out, and two times, both included.

    A row is its number, its time, and what it is.
    """
    params = request.params
    after, before = params.optional("after"), params.optional("before")
    begin, end = params.optional("begin"), params.optional("end")
    chosen = [
        row
        for number, time, row in rows
        if (after is None or number < after)
        and (before is None or number > before)
        and (begin is None or time >= begin)
        and (end is None or time <= end)
    ]
    return chosen[-params.limit(100, 100) :][::-1]
