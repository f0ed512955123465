"""Sockets: what one has subscribed to, and the messages that an event makes for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tradekit_venue.answer import Done, json_answer
from tradekit_venue.bybit.access import logged_in
from tradekit_venue.bybit.forms import (
    INTERVALS,
    candle_form,
    execution_event,
    id_of,
    order_event,
    print_form,
    rows,
    ticker_form,
)
from tradekit_venue.bybit.refusals import RefusedError
from tradekit_venue.bybit.wallet import funding_event, position_event, wallet_event
from tradekit_venue.dialect import Asked, Dialect, Send
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.events import BalancesMoved, BookMoved, CandleMoved, Event, Executed, Execution, MovedBy, Printed
from tradekit_venue.engine.listing import Listing

__all__ = ["PrivateSession", "PublicSession"]

TOPIC = re.compile(
    r"^(?P<what>publicTrade|tickers|kline\.(?P<interval>\w+)|orderbook\.(?P<depth>1|50|200|1000))\.(?P<symbol>[A-Z0-9]+)$"
)
PRIVATE = re.compile(r"^(?:(?:order|execution|position)(?:\.spot|\.linear)?|wallet)$")
MOST_AT_ONCE = 10
CONNECTION = "venue"


def message_of(said: str) -> dict[str, Any]:
    """Return a message, an empty one for what is none."""
    try:
        message = json.loads(said)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def topics_of(message: Mapping[str, Any]) -> list[str]:
    """Return the topics that a message is about."""
    given = message.get("args", [])
    return [str(one) for one in given] if isinstance(given, list) else []


def answered(message: Mapping[str, Any], problem: str = "") -> dict[str, Any]:
    """Return how a socket answers a subscription: that it worked, or what is wrong with it."""
    said = {"success": not problem, "ret_msg": problem, "conn_id": CONNECTION, "op": str(message.get("op", ""))}
    return {**said, **({"req_id": message["req_id"]} if "req_id" in message else {})}


class PublicSession:
    """A socket of market data."""

    def __init__(self, dialect: Dialect, send: Send) -> None:
        self._venue = dialect.venue
        self._send = send
        self._topics: dict[str, Listing] = {}

    def on_text(self, said: str) -> None:
        """Answer a message of the client."""
        message = message_of(said)
        op, given = message.get("op"), topics_of(message)
        if op == "ping":
            self._send("answer", answered(message) | {"ret_msg": "pong"})
            return
        found = {topic: self._listing(topic) for topic in given}
        problem = next((f"Invalid topic: {topic}" for topic, listing in found.items() if listing is None), "")
        if op not in ("subscribe", "unsubscribe"):
            problem = f"Invalid op: {op}"
        elif len(given) > MOST_AT_ONCE:
            problem = f"args size >{MOST_AT_ONCE}"
        self._send("answer", answered(message, problem))
        if problem:
            return
        for topic, listing in found.items():
            if op == "unsubscribe" or listing is None:
                self._topics.pop(topic, None)
            elif topic not in self._topics:
                self._topics[topic] = listing
                self._begin(topic, listing)

    def _listing(self, topic: str) -> Listing | None:
        """Return the market of a topic; `None` if there is no such topic. Candles are kept from when somebody wants them."""
        parts = TOPIC.match(topic)
        if parts is None:
            return None
        listings = self._venue.exchange.listings.values()
        listing = next((one for one in listings if id_of(one.market) == parts["symbol"]), None)
        interval = parts["interval"]
        if listing is not None and interval is not None:
            if interval not in INTERVALS:
                return None
            listing.candles.of(INTERVALS[interval])
        return listing

    def _begin(self, topic: str, listing: Listing) -> None:
        """Send what a topic begins with: a book whole, and prices as they are."""
        parts = TOPIC.match(topic)
        if parts is not None and parts["depth"] is not None:
            self._send("orderbook", self._whole(topic, listing, int(parts["depth"])))
        elif topic.startswith("tickers."):
            self._send("tickers", self._prices(topic, listing))

    def _said(self, topic: str, kind: str, data: Any) -> dict[str, Any]:
        return {"topic": topic, "type": kind, "ts": self._venue.clock.told(), "data": data}

    def _prices(self, topic: str, listing: Listing) -> dict[str, Any]:
        return self._said(topic, "snapshot", ticker_form(listing, self._venue.clock.told())) | {"cs": listing.update}

    def _whole(self, topic: str, listing: Listing, depth: int) -> dict[str, Any]:
        sides = {"b": listing.book.bids, "a": listing.book.asks}
        levels = {name: rows(side.depth(depth)) for name, side in sides.items()}
        numbers = {"u": listing.update, "seq": listing.update}
        return self._said(topic, "snapshot", {"s": id_of(listing.market), **levels, **numbers}) | {"cts": self._venue.clock.told()}

    def on_event(self, event: Event) -> None:
        """Send what an event makes for the topics of this socket."""
        for name, payload in self._messages(event):
            self._send(name, payload)

    def _messages(self, event: Event) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(event, Printed):
            topic = f"publicTrade.{id_of(event.trade.market)}"
            if topic in self._topics:
                yield "publicTrade", self._said(topic, "snapshot", [print_form(event.trade)])
        elif isinstance(event, CandleMoved):
            for code in (code for code, interval in INTERVALS.items() if interval == event.interval):
                topic = f"kline.{code}.{id_of(event.market)}"
                if topic in self._topics:
                    row = candle_form(event.candle, code, event.is_final, self._venue.clock.told())
                    yield "kline.closed" if event.is_final else "kline", self._said(topic, "snapshot", [row])
        elif isinstance(event, BookMoved):
            yield from self._book_messages(event)

    def _book_messages(self, event: BookMoved) -> Iterator[tuple[str, dict[str, Any]]]:
        symbol = id_of(event.market)
        for topic, listing in self._topics.items():
            if listing.market is not event.market:
                continue
            if topic == f"tickers.{symbol}":
                yield "tickers", self._prices(topic, listing)
            elif topic == f"orderbook.1.{symbol}":
                yield "orderbook", self._whole(topic, listing, 1)
            elif topic.startswith("orderbook."):
                data = {"s": symbol, "b": rows(event.bids), "a": rows(event.asks), "u": event.last, "seq": event.last}
                yield "orderbook", self._said(topic, "delta", data) | {"cts": event.time}


class PrivateSession:
    """A socket of an account. Its messages are requests, which faults call `auth` and `subscribe`."""

    def __init__(self, dialect: Dialect, send: Send) -> None:
        self._dialect = dialect
        self._send = send
        self._topics: dict[str, None] = {}
        self._account: Account | None = None
        self._told = 0

    def read(self, said: str) -> Asked:
        """Return what a message asks, without what it is signed with."""
        message = message_of(said)
        method = str(message.get("op", ""))
        return Asked(method, {} if method == "auth" else {"args": ",".join(topics_of(message))}, said)

    def answer(self, asked: Asked) -> Done:
        """Answer a message."""
        return self._dialect.done(json_answer(self._answered(asked.method, message_of(asked.text))), [])

    def on_text(self, said: str) -> None:
        """Answer a message, without the faults that one on a wire may meet."""
        self._send("answer", json.loads(self.answer(self.read(said)).answer.body))

    def _answered(self, method: str, message: Mapping[str, Any]) -> dict[str, Any]:
        if method == "ping":
            now = str(self._dialect.venue.clock.told())
            return {"req_id": message.get("req_id", ""), "op": "pong", "args": [now], "conn_id": CONNECTION}
        given = topics_of(message)
        if method == "auth":
            try:
                self._account = logged_in(self._dialect.venue, given)
            except RefusedError as error:
                return {"op": "auth", "success": False, "retCode": error.code, "retMsg": error.message, "connId": CONNECTION}
            return {"op": "auth", "success": True, "retCode": 0, "retMsg": "", "connId": CONNECTION}
        if self._account is None:
            return answered(message, "Request not authorized")
        if method not in ("subscribe", "unsubscribe"):
            return answered(message, f"Invalid op: {method}")
        wrong = next((topic for topic in given if not PRIVATE.match(topic)), None)
        if wrong is not None:
            return answered(message, f"Invalid topic: {wrong}")
        for topic in given:
            if method == "subscribe":
                self._topics[topic] = None
            else:
                self._topics.pop(topic, None)
        return answered(message)

    def on_event(self, event: Event) -> None:
        """Send what an event means for the account."""
        if isinstance(event, Executed) and event.order.account is self._account:
            if event.execution is Execution.TRADE and event.trade is not None:
                self._tell("execution", execution_event(event.order, event.trade))
            self._tell("order", order_event(event.order))
        elif isinstance(event, BalancesMoved) and event.account is self._account:
            self._tell_moved(event)

    def _tell_moved(self, event: BalancesMoved) -> None:
        """Send what has moved money: funding is told of as a trade, and positions by themselves."""
        account, exchange = event.account, self._dialect.venue.exchange
        if event.by is MovedBy.FUNDING_FEE:
            paid = account.incomes[-1]
            self._tell("execution", funding_event(exchange.listings[paid.market.symbol], paid))
        for symbol in event.symbols:
            listing = exchange.listings[symbol]
            self._tell("position", position_event(listing, account.holding(symbol), account, exchange.margin))
        self._tell("wallet", wallet_event(account, event.assets, exchange.margin))

    def _tell(self, what: str, row: dict[str, Any]) -> None:
        for topic in (what, f"{what}.{row.get('category', '')}"):
            if topic in self._topics:
                self._told += 1
                now = self._dialect.venue.clock.told()
                self._send(what, {"id": f"{CONNECTION}-{self._told}", "topic": topic, "creationTime": now, "data": [row]})
