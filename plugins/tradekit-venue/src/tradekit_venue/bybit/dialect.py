"""Bybit as a whole."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from tradekit_venue.answer import Answer, Done, json_answer
from tradekit_venue.bybit import account, market_data, positions, trading
from tradekit_venue.bybit.access import authorise
from tradekit_venue.bybit.limits import Limits
from tradekit_venue.bybit.params import Params
from tradekit_venue.bybit.refusals import RefusedError
from tradekit_venue.bybit.request import Request
from tradekit_venue.bybit.streams import PrivateSession, PublicSession
from tradekit_venue.dialect import Dialect, Sent, Socket, texts
from tradekit_venue.faults import Fault
from tradekit_venue.venue import Venue

__all__ = ["Bybit", "BybitLinear"]

ROOT = "v5/"


class Bybit(Dialect):
    """Answers as Bybit does at spot, for a unified account that borrows nothing."""

    category: ClassVar[str] = "spot"
    usual_fee = Decimal("0.001")
    sockets = "v5/public/spot and v5/private"
    endpoints = market_data.ENDPOINTS | trading.ENDPOINTS | account.ENDPOINTS

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.limits = Limits(venue.clock.now)
        venue.exchange.takes_makers = True

    def name(self, path: str) -> str:
        """Return what a fault calls a path: what is below the root."""
        return path.removeprefix(ROOT)

    def params(self, sent: Sent) -> Mapping[str, str]:
        """Return the parameters of a request: of the query, or the JSON of the body; none where that can't be read."""
        if not sent.body:
            return dict(parse_qsl(sent.query, keep_blank_values=True))
        try:
            said = json.loads(sent.body)
        except ValueError:
            return {}
        return texts(said) if isinstance(said, dict) else {}

    def ordered(self, method: str, name: str, params: Mapping[str, str]) -> str | None:
        """Return the client id of a new order."""
        return params.get("orderLinkId", "") if (method, name) == ("POST", "order/create") else None

    def answer(self, sent: Sent) -> Done:
        """Answer a request."""
        request = Request(self.venue, self.hidden, Params(self.params(sent)))
        headers: dict[str, str] = {}
        try:
            said = self._said(0, "OK", self._result(sent, request, headers))
        except RefusedError as error:
            return self.done(json_answer(self._said(error.code, error.message, {}), error.status, headers), request.placed)
        return self.done(json_answer(said, headers=headers), request.placed)

    def _result(self, sent: Sent, request: Request, headers: dict[str, str]) -> dict[str, Any]:
        key = (sent.method, self.name(sent.path))
        endpoint = self.endpoints.get(key) if sent.path.startswith(ROOT) else None
        if endpoint is None:
            raise RefusedError(10017, f"Path not found: {sent.method} {sent.path}", 404)
        if endpoint.most:
            request.signer = authorise(self.venue, sent)
            headers |= self.limits.spend(request.signer.name, key, endpoint.most)
        return endpoint.answer(request)

    def _said(self, code: int, message: str, result: dict[str, Any]) -> dict[str, Any]:
        return {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": self.venue.clock.told()}

    def error(self, fault: Fault) -> Answer:
        """Return the error that a fault describes."""
        return json_answer(self._said(fault.code, fault.message, {}), fault.status)

    def socket(self, path: str, _query: Mapping[str, str]) -> Socket | None:
        """Return what is at an address of streams: `public` for a category, or `private`."""
        if path == "v5/private":
            return "private", lambda send: PrivateSession(self, send)
        return ("public", lambda send: PublicSession(self, send)) if path == f"v5/public/{self.category}" else None

    def revised(self, payload: Any) -> Any:
        """Return a candle's message with another close: its high, or its low where it closed there."""
        changed = copy.deepcopy(payload)
        if isinstance(changed, dict) and str(changed.get("topic")).startswith("kline."):
            for row in changed["data"]:
                row["close"] = row["high"] if row["close"] != row["high"] else row["low"]
        return changed

    def shutdown(self, payload: Any) -> None:
        """Return nothing: connections are cut without a word before."""


class BybitLinear(Bybit):
    """Answers as Bybit does for linear perpetuals, with crossed margin in a unified account and one-way positions."""

    category = "linear"
    has_perpetuals = True
    usual_fee = Decimal("0.00055")
    sockets = "v5/public/linear and v5/private"
    endpoints = Bybit.endpoints | positions.ENDPOINTS

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        # What it costs is told in the fee of the trade that closes a position out.
        venue.carry.bills_liquidation = False
