"""OKX as a whole."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from tradekit_venue.answer import Answer, Done, json_answer
from tradekit_venue.dialect import Dialect, Sent, Socket, texts
from tradekit_venue.faults import Fault
from tradekit_venue.okx import account, market_data, perpetuals, trading
from tradekit_venue.okx.access import authorise
from tradekit_venue.okx.limits import Limits
from tradekit_venue.okx.params import wrong
from tradekit_venue.okx.refusals import RefusedError
from tradekit_venue.okx.request import Endpoint, Request
from tradekit_venue.okx.streams import PrivateSession, PublicSession
from tradekit_venue.venue import Venue

__all__ = ["Okx", "OkxSwap"]

ROOT = "api/v5/"
SOCKETS = "ws/v5/"
OF_ORDERS = 51_000
"""From this number on, codes are of single orders of a request."""


def items_of(sent: Sent) -> list[dict[str, str]]:
    """Return what was sent, in the query or as JSON in the body: one set of parameters, or several. Raises `RefusedError`."""
    if not sent.body:
        return [dict(parse_qsl(sent.query, keep_blank_values=True))]
    try:
        said = json.loads(sent.body)
    except ValueError:
        raise RefusedError(50002, "JSON syntax error", 400) from None
    rows = said if isinstance(said, list) else [said]
    if not all(isinstance(row, dict) for row in rows):
        raise RefusedError(50002, "JSON syntax error", 400)
    return [texts(row) for row in rows]


class Okx(Dialect):
    """Answers as OKX does at spot, for an account that borrows nothing."""

    kind: ClassVar[str] = "SPOT"
    """What its markets are called by their kind."""
    usual_fee = Decimal("0.001")
    sockets = "ws/v5/public, ws/v5/business and ws/v5/private"
    endpoints: ClassVar[Mapping[tuple[str, str], Endpoint]] = market_data.ENDPOINTS | trading.ENDPOINTS | account.ENDPOINTS

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.limits = Limits(venue.clock.now)
        venue.exchange.takes_makers = True

    def name(self, path: str) -> str:
        """Return what a fault calls a path: what is below the root."""
        return path.removeprefix(ROOT)

    def params(self, sent: Sent) -> Mapping[str, str]:
        """Return the parameters of a request, of several orders those of the first."""
        try:
            return next(iter(items_of(sent)), {})
        except RefusedError:
            return {}

    def ordered(self, method: str, name: str, params: Mapping[str, str]) -> str | None:
        """Return the client id of a new order."""
        return params.get("clOrdId", "") if method == "POST" and name in ("trade/order", "trade/batch-orders") else None

    def answer(self, sent: Sent) -> Done:
        """Answer a request."""
        request = Request(self.venue, self.hidden, [], self.kind)
        try:
            rows = self._rows(sent, request)
        except RefusedError as error:
            return self.done(json_answer(error.body(), error.status), request.placed)
        return self.done(json_answer({"code": "0", "msg": "", "data": rows}), request.placed)

    def _rows(self, sent: Sent, request: Request) -> list[Any]:
        key = (sent.method, self.name(sent.path))
        endpoint = self.endpoints.get(key) if sent.path.startswith(ROOT) else None
        if endpoint is None:
            raise RefusedError(404, f"Invalid path: {sent.method} {sent.path}", 404)
        if endpoint.is_signed:
            request.signer = authorise(self.venue, sent)
        self.limits.spend(key, endpoint.most)
        request.items = items_of(sent)
        deadline = sent.headers.get("exptime", "")
        if deadline and not (deadline.isascii() and deadline.isdigit()):
            raise wrong("expTime")
        request.deadline = int(deadline) if deadline else None
        return endpoint.answer(request)

    def error(self, fault: Fault) -> Answer:
        """Return the error that a fault describes: of an order that was sent, or of the whole request."""
        code, message = str(fault.code), fault.message
        if fault.code < OF_ORDERS or not fault.match.startswith("POST"):
            return json_answer({"code": code, "msg": message, "data": []}, fault.status)
        row = {"clOrdId": "", "ordId": "", "tag": "", "sCode": code, "sMsg": message}
        return json_answer({"code": "1", "msg": "All operations failed", "data": [row]}, fault.status)

    def socket(self, path: str, query: Mapping[str, str]) -> Socket | None:  # noqa: ARG002 - nothing is in a query here
        """Return what is at an address of streams: `public`, `business` or `private`."""
        kind = path.removeprefix(SOCKETS)
        if kind == "private":
            return kind, lambda send: PrivateSession(self, send)
        return (kind, lambda send: PublicSession(self, send, kind)) if kind in ("public", "business") else None

    def revised(self, payload: Any) -> Any:
        """Return a candle's message with another close: its high, or its low where it closed there."""
        changed = copy.deepcopy(payload)
        if isinstance(changed, dict) and str(changed.get("arg", {}).get("channel")).startswith("candle"):
            for row in changed["data"]:
                row[4] = row[2] if row[4] != row[2] else row[3]
        return changed

    def shutdown(self, payload: Any) -> Any:  # noqa: ARG002 - it is told in the same way on all sockets
        """Return the notice that a connection is about to be closed for an upgrade."""
        return {
            "event": "notice",
            "code": "64008",
            "msg": "The connection will soon be closed for a service upgrade.",
            "connId": "venue",
        }


class OkxSwap(Okx):
    """Answers as OKX does for linear swaps, with one position each on crossed margin, for an account that trades nothing else."""

    kind = "SWAP"
    has_perpetuals = True
    has_contracts = True
    usual_fee = Decimal("0.0005")
    endpoints: ClassVar[Mapping[tuple[str, str], Endpoint]] = {**Okx.endpoints, **perpetuals.ENDPOINTS}
