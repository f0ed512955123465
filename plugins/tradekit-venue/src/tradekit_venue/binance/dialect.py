"""What the dialects of Binance have in common: which endpoint a request is for, who may ask, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from tradekit_venue.answer import Done, json_answer
from tradekit_venue.binance.access import authorise, holder, unsigned
from tradekit_venue.binance.limits import Limits
from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.engine.account import Account
from tradekit_venue.venue import Venue
from tradekit_venue.wire import Send, Session

__all__ = ["Dialect", "Sent", "Socket"]

Socket = tuple[str, Callable[[Send], Session]]
"""What a fault calls a socket, and what makes a session of it."""


class Sent:
    """A request as it came: method, path without the host, encoded query and body, and the key in its header."""

    def __init__(self, method: str, path: str, query: str = "", body: str = "", key: str = "") -> None:
        self.method = method
        self.path = path.strip("/")
        self.query = query
        self.body = body
        self.key = key

    def params(self) -> Params:
        """Return what was sent in both places; the query counts where the body says otherwise."""
        return Params(dict(parse_qsl(self.body, keep_blank_values=True)) | dict(parse_qsl(self.query, keep_blank_values=True)))


class Dialect:
    """Answers requests for a venue, in the way of one of Binance's markets."""

    roots: ClassVar[tuple[str, ...]]
    """What the paths of its endpoints begin with."""
    endpoints: Mapping[tuple[str, str], Endpoint]
    """By method and path below the root."""
    elsewhere: ClassVar[Mapping[str, Endpoint]] = {}
    """What a client asks for besides, by the whole path."""
    sockets: ClassVar[str]
    """Where sockets are, in words."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.limits = Limits(venue.clock.now)
        self.hidden: set[int] = set()

    def name(self, path: str) -> str:
        """Return what a fault calls a path: what is below the root, or the whole path elsewhere."""
        return next((path.removeprefix(root) for root in self.roots if path.startswith(root)), path)

    def answer(self, sent: Sent) -> Done:
        """Answer a REST request."""
        request = Request(self.venue, sent.params(), self.hidden, self.limits)
        name = self.name(sent.path)
        endpoint = self.elsewhere.get(sent.path) if name == sent.path else self.endpoints.get((sent.method, name))
        if endpoint is None:
            return self._done(request, RefusedError(-1000, f"The venue has no {sent.method} {sent.path}.", 404), False)
        if endpoint.is_signed:
            who = partial(authorise, self.venue, sent.key, unsigned(sent.query) + unsigned(sent.body), request.params)
        else:
            who = partial(holder, self.venue, sent.key)
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
            return self.done(request, json_answer(result, 200, headers))
        if result.retry_after is not None:
            headers["Retry-After"] = str(result.retry_after)
        return self.done(request, json_answer(result.body(), result.status, headers))

    def done(self, request: Request, answer: Any) -> Done:
        """Return an answer, with what hides the orders of its request."""
        numbers = {order.id for order in request.placed}
        return Done(answer, lambda: self.hidden.update(numbers), lambda: self.hidden.difference_update(numbers))

    def socket(self, path: str, query: Mapping[str, str]) -> Socket | None:
        """Return what is at an address of streams; `None` if nothing is."""
        raise NotImplementedError

    def state(self, account: Account) -> dict[str, Any]:
        """Return what the desk tells of an account."""
        raise NotImplementedError
