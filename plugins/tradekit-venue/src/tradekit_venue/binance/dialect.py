"""What the dialects of Binance have in common: which endpoint a request is for, who may ask, and what it costs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from tradekit_venue.answer import Answer, Done, json_answer
from tradekit_venue.binance.access import authorise, holder, unsigned
from tradekit_venue.binance.limits import Limits
from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.dialect import Dialect, Sent
from tradekit_venue.engine.account import Account
from tradekit_venue.faults import Fault
from tradekit_venue.venue import Venue

__all__ = ["Binance"]


class Binance(Dialect):
    """Answers requests for a venue, in the way of one of Binance's markets."""

    roots: ClassVar[tuple[str, ...]]
    """What the paths of its endpoints begin with."""
    endpoints: Mapping[tuple[str, str], Endpoint]
    """By method and path below the root."""
    elsewhere: ClassVar[Mapping[str, Endpoint]] = {}
    """What a client asks for besides, by the whole path."""

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.limits = Limits(venue.clock.now)

    def name(self, path: str) -> str:
        """Return what a fault calls a path: what is below the root, or the whole path elsewhere."""
        return next((path.removeprefix(root) for root in self.roots if path.startswith(root)), path)

    def params(self, sent: Sent) -> Mapping[str, str]:
        """Return what was sent in query and body; the query counts where the body says otherwise."""
        body, query = (dict(parse_qsl(text, keep_blank_values=True)) for text in (sent.body, sent.query))
        return body | query

    def ordered(self, method: str, name: str, params: Mapping[str, str]) -> str | None:
        """Return the client id of a new order, over REST or the WebSocket API."""
        return params.get("newClientOrderId", "") if (method, name) in (("POST", "order"), ("WS", "order.place")) else None

    def answer(self, sent: Sent) -> Done:
        """Answer a REST request."""
        request = Request(self.venue, self.hidden, Params(self.params(sent)), self.limits)
        name, key = self.name(sent.path), sent.headers.get("x-mbx-apikey", "")
        endpoint = self.elsewhere.get(sent.path) if name == sent.path else self.endpoints.get((sent.method, name))
        if endpoint is None:
            return self._done(request, RefusedError(-1000, f"The venue has no {sent.method} {sent.path}.", 404), False)
        if endpoint.is_signed:
            who = partial(authorise, self.venue, key, unsigned(sent.query) + unsigned(sent.body), request.params)
        else:
            who = partial(holder, self.venue, key)
        return self._done(request, self.result(endpoint, request, who), endpoint.places_order)

    def result(self, endpoint: Endpoint, request: Request, who: Callable[[], Account]) -> Any:
        """Return what an endpoint answers, or the error that it refuses the request with."""
        try:
            self.limits.spend(endpoint.weight)
            if endpoint.is_signed or endpoint.needs_key:
                request.signer = who()
            return endpoint.answer(request)
        except RefusedError as error:
            return error

    def _done(self, request: Request, result: Any, has_orders: bool) -> Done:
        headers = self.limits.headers(has_orders)
        if not isinstance(result, RefusedError):
            return self.done(json_answer(result, 200, headers), request.placed)
        if result.retry_after is not None:
            headers["Retry-After"] = str(result.retry_after)
        return self.done(json_answer(result.body(), result.status, headers), request.placed)

    def error(self, fault: Fault) -> Answer:
        """Return the error that a fault describes."""
        return json_answer({"code": fault.code, "msg": fault.message}, fault.status)

    def revised(self, payload: Any) -> Any:
        """Return a candle's message with another close: its high, or its low where it closed there."""
        changed = copy.deepcopy(payload)
        candle = changed.get("data", changed).get("k")
        if candle is not None:
            candle["c"] = candle["h"] if candle["c"] != candle["h"] else candle["l"]
        return changed

    def shutdown(self, payload: Any) -> Any:
        """Return how it is told that the server shuts down."""
        told = {"e": "serverShutdown", "E": self.venue.clock.told()}
        return {"stream": "!serverShutdown", "data": told} if "stream" in payload else told
