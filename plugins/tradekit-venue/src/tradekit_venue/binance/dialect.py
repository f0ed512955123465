"""Binance's spot market as a whole: which endpoint a request is for, who may ask, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from tradekit_venue.answer import Done, json_answer
from tradekit_venue.binance import market_data, trading
from tradekit_venue.binance.access import authorise, unsigned
from tradekit_venue.binance.limits import Limits
from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.engine.account import Account
from tradekit_venue.venue import Venue

__all__ = ["Binance", "Sent"]

SPOT = "api/v3/"

ELSEWHERE = {
    "sapi/v1/capital/config/getall": Endpoint(lambda request: coins(request), 10, is_signed=True),
    "sapi/v1/margin/allPairs": Endpoint(lambda _: [], 1),
    "sapi/v1/margin/isolated/allPairs": Endpoint(lambda _: [], 10, is_signed=True),
    "fapi/v1/exchangeInfo": Endpoint(lambda _: {"symbols": []}),
    "dapi/v1/exchangeInfo": Endpoint(lambda _: {"symbols": []}),
}
"""What a client asks for besides, when it loads its markets: of margin and futures there are none."""


def coins(request: Request) -> list[dict[str, Any]]:
    """Return the currencies, none of which can be moved in or out."""
    markets = [listing.market for listing in request.venue.exchange.listings.values()]
    names = sorted({name for market in markets for name in (market.base, market.quote)} | set(request.account.assets()))
    return [
        {
            "coin": name,
            "name": name,
            "depositAllEnable": False,
            "withdrawAllEnable": False,
            "trading": True,
            "isLegalMoney": False,
            "networkList": [],
        }
        for name in names
    ]


class Sent:
    """A request as it came: method, path without the host, encoded query and body, and the key in its header."""

    def __init__(self, method: str, path: str, query: str = "", body: str = "", key: str = "") -> None:
        self.method = method
        self.path = path.strip("/")
        self.query = query
        self.body = body
        self.key = key

    @property
    def name(self) -> str:
        """What a fault calls it: its path below `api/v3`, or the whole path elsewhere."""
        return self.path.removeprefix(SPOT)

    def params(self) -> Params:
        """Return what was sent in both places; the query counts where the body says otherwise."""
        return Params(dict(parse_qsl(self.body, keep_blank_values=True)) | dict(parse_qsl(self.query, keep_blank_values=True)))


class Binance:
    """Answers requests for a venue."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.limits = Limits(venue.clock.now)
        self.hidden: set[int] = set()
        self.endpoints = market_data.ENDPOINTS | trading.ENDPOINTS

    def answer(self, sent: Sent) -> Done:
        """Answer a REST request."""
        request = Request(self.venue, sent.params(), self.hidden, self.limits)
        endpoint = self.endpoints.get((sent.method, sent.name)) if sent.path.startswith(SPOT) else ELSEWHERE.get(sent.path)
        if endpoint is None:
            return self._done(request, RefusedError(-1000, f"The venue has no {sent.method} {sent.path}.", 404), False)
        who = partial(authorise, self.venue, sent.key, unsigned(sent.query) + unsigned(sent.body), request.params)
        return self._done(request, self.result(endpoint, request, who), endpoint.places_order)

    def result(self, endpoint: Endpoint, request: Request, who: Callable[[], Account]) -> Any:
        """Return what an endpoint answers, or the error that it refuses the request with."""
        try:
            self.limits.spend(endpoint.weight)
            if endpoint.is_signed:
                request.signer = who()
            return endpoint.answer(request)
        except RefusedError as error:
            return error

    def _done(self, request: Request, result: Any, has_orders: bool) -> Done:
        headers = self.limits.headers(has_orders)
        if not isinstance(result, RefusedError):
            return self.done(request, json_answer(result, 200, headers))
        if result.retry_after is not None:
            headers["Retry-After"] = str(result.retry_after)
        return self.done(request, json_answer(result.body(), result.status, headers))

    def done(self, request: Request, answer: Any) -> Done:
        """Return an answer, with what hides the orders of its request."""
        numbers = {order.id for order in request.placed}
        return Done(answer, lambda: self.hidden.update(numbers), lambda: self.hidden.difference_update(numbers))
