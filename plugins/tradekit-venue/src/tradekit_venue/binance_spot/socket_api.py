"""The WebSocket API: the endpoints of REST by other names, and the stream of an account."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from tradekit_venue.answer import Answer, Done, json_answer
from tradekit_venue.binance.access import authorise, sorted_payload
from tradekit_venue.binance.dialect import Binance
from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.binance_spot.forms import balances_event, execution_event
from tradekit_venue.dialect import Asked, Send, texts
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.events import BalancesMoved, Event, Executed

__all__ = ["ApiSession"]

METHODS = {
    "ping": ("GET", "ping"),
    "time": ("GET", "time"),
    "exchangeInfo": ("GET", "exchangeInfo"),
    "depth": ("GET", "depth"),
    "trades.recent": ("GET", "trades"),
    "trades.historical": ("GET", "historicalTrades"),
    "trades.aggregate": ("GET", "aggTrades"),
    "klines": ("GET", "klines"),
    "uiKlines": ("GET", "uiKlines"),
    "avgPrice": ("GET", "avgPrice"),
    "ticker.24hr": ("GET", "ticker/24hr"),
    "ticker.price": ("GET", "ticker/price"),
    "ticker.book": ("GET", "ticker/bookTicker"),
    "order.place": ("POST", "order"),
    "order.test": ("POST", "order/test"),
    "order.status": ("GET", "order"),
    "order.cancel": ("DELETE", "order"),
    "order.cancelReplace": ("POST", "order/cancelReplace"),
    "openOrders.status": ("GET", "openOrders"),
    "openOrders.cancelAll": ("DELETE", "openOrders"),
    "allOrders": ("GET", "allOrders"),
    "myTrades": ("GET", "myTrades"),
    "account.status": ("GET", "account"),
    "account.commission": ("GET", "account/commission"),
}
"""Which endpoint of REST a method is."""


def message_of(text: str) -> dict[str, Any]:
    """Return a message, an empty one for what is none."""
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


class ApiSession:
    """One socket of the WebSocket API."""

    def __init__(self, dialect: Binance, send: Send) -> None:
        self._dialect = dialect
        self._send = send
        self._subscribed: dict[int, Account] = {}
        self._numbers = 0
        self._own = {
            "userDataStream.subscribe.signature": Endpoint(self._subscribe, 2, is_signed=True),
            "userDataStream.unsubscribe": Endpoint(self._unsubscribe, 2),
            "session.subscriptions": Endpoint(self._list, 2),
        }

    def read(self, text: str) -> Asked:
        """Return what a message asks: a method, with parameters as a query would have them."""
        message = message_of(text)
        given = message.get("params", {})
        params = texts(given) if isinstance(given, dict) else {}
        return Asked(str(message.get("method", "")), params, text)

    def answer(self, asked: Asked) -> Done:
        """Answer a message, with the number that it came with."""
        number = message_of(asked.text).get("id")
        request = Request(self._dialect.venue, self._dialect.hidden, Params(asked.params), self._dialect.limits)
        endpoint = self._own.get(asked.method) or self._dialect.endpoints.get(METHODS.get(asked.method, ("", "")))
        result: Any = RefusedError(-1020, f"This operation is not supported: {asked.method}.")
        if endpoint is not None:
            key = asked.params.get("apiKey", "")
            who = partial(authorise, self._dialect.venue, key, sorted_payload(asked.params), request.params)
            result = self._dialect.result(endpoint, request, who)
        return self._dialect.done(self._wrapped(number, result), request.placed)

    def _wrapped(self, number: Any, result: Any) -> Answer:
        used = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": self._dialect.limits.weight}
        used["count"] = int(self._dialect.limits.headers(has_orders=False)["X-MBX-USED-WEIGHT"])
        if isinstance(result, RefusedError):
            return json_answer({"id": number, "status": result.status, "error": result.body(), "rateLimits": [used]}, result.status)
        return json_answer({"id": number, "status": 200, "result": result, "rateLimits": [used]})

    def on_text(self, text: str) -> None:
        """Answer a message, without the faults that one on a wire may meet."""
        self._send("answer", json.loads(self.answer(self.read(text)).answer.body))

    def on_event(self, event: Event) -> None:
        """Send what an event means for the accounts that this socket has subscribed to."""
        if not isinstance(event, Executed | BalancesMoved):
            return
        owner = event.order.account if isinstance(event, Executed) else event.account
        now = self._dialect.venue.clock.told()
        for number, account in self._subscribed.items():
            if account is not owner:
                continue
            form = execution_event(event, now) if isinstance(event, Executed) else balances_event(event, now)
            self._send(form["e"], {"subscriptionId": number, "event": form})

    def _subscribe(self, request: Request) -> dict[str, Any]:
        if request.account in self._subscribed.values():
            raise RefusedError(-2035, "User Data Stream subscription already active.")
        self._subscribed[self._numbers] = request.account
        self._numbers += 1
        return {"subscriptionId": self._numbers - 1}

    def _unsubscribe(self, request: Request) -> dict[str, Any]:
        number = request.params.optional("subscriptionId")
        if number is None:
            self._subscribed.clear()
        elif self._subscribed.pop(number, None) is None:
            raise RefusedError(-2036, "User Data Stream subscription not active.")
        return {}

    def _list(self, _: Request) -> list[dict[str, int]]:
        return [{"subscriptionId": number} for number in self._subscribed]
