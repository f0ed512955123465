"""Kraken's spot market as a whole."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from tradekit_venue.answer import Answer, Done, json_answer
from tradekit_venue.dialect import Dialect, Sent, Socket, texts
from tradekit_venue.engine.account import Account
from tradekit_venue.faults import Fault
from tradekit_venue.kraken import market_data, streams, trading
from tradekit_venue.kraken.limits import Limits
from tradekit_venue.kraken.refusals import CODES, RefusedError
from tradekit_venue.kraken.request import Request, authorise
from tradekit_venue.venue import Venue

__all__ = ["Kraken"]

ROOTS = ("0/public/", "0/private/")


class Kraken(Dialect):
    """Answers as Kraken does at spot, for an account that borrows nothing. Fees are always in the quote currency."""

    usual_fee = Decimal("0.001")
    sockets = "v2"
    endpoints = market_data.ENDPOINTS | trading.ENDPOINTS

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.limits = Limits(venue.clock.now)
        self.tokens: dict[str, Account] = {}
        self.nonces: dict[str, int] = {}
        venue.exchange.outright.charges_quote = True

    def name(self, path: str) -> str:
        """Return what a fault calls a path: what is below the root."""
        return path.rpartition("/")[2] if path.startswith(ROOTS) else path

    def params(self, sent: Sent) -> Mapping[str, str]:
        """Return the parameters of a request: of the query, or of the body as a form or as JSON."""
        if not sent.body.startswith("{"):
            return dict(parse_qsl(sent.body or sent.query, keep_blank_values=True))
        try:
            said = json.loads(sent.body)
        except ValueError:
            return {}
        return texts(said)

    def ordered(self, method: str, name: str, params: Mapping[str, str]) -> str | None:
        """Return the client id of a new order."""
        return params.get("cl_ord_id", "") if (method, name) == ("POST", "AddOrder") else None

    def answer(self, sent: Sent) -> Done:
        """Answer a request: with status 200, whatever the answer is."""
        request = Request(self.venue, self.hidden, self.params(sent), self.tokens)
        try:
            told = {"error": [], "result": self._result(sent, request)}
        except RefusedError as error:
            told = {"error": [str(error)]}
        return self.done(json_answer(told), request.placed)

    def _result(self, sent: Sent, request: Request) -> Any:
        endpoint = self.endpoints.get(self.name(sent.path)) if sent.path.startswith(ROOTS) else None
        if endpoint is None or endpoint.is_private != sent.path.startswith(ROOTS[1]):
            raise RefusedError("EGeneral:Unknown method")
        if endpoint.is_private:
            key = authorise(self.venue, sent, request.params, self.nonces)
            self.limits.spend(key, endpoint.weight)
            request.signer = self.venue.keys[key].account
        return endpoint.answer(request)

    def error(self, fault: Fault) -> Answer:
        """Return the error that a fault describes: its `code` is a number of `refusals.CODES`, any other one its message."""
        return json_answer({"error": [CODES.get(fault.code, fault.message)]}, fault.status)

    def socket(self, path: str, query: Mapping[str, str]) -> Socket | None:
        """Return what is at an address of streams: `v2`."""
        return (path, lambda send: streams.Socket(self, send)) if path == "v2" and not query else None

    def revised(self, payload: Any) -> Any:
        """Return a candle's message with another close: its high, or its low where it closed there."""
        changed = copy.deepcopy(payload)
        if isinstance(changed, dict) and changed.get("channel") == "ohlc":
            for row in changed["data"]:
                row["close"] = row["high"] if row["close"] != row["high"] else row["low"]
        return changed

    def shutdown(self, payload: Any) -> Any:
        """Return the status that the exchange tells before maintenance, once."""
        if payload.get("channel") == "status":
            return None
        return {"channel": "status", "type": "update", "data": [{"api_version": "v2", "system": "maintenance", "version": "2.0.0"}]}
