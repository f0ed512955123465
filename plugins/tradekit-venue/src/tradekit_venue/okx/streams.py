"""Sockets: what one has subscribed to, and the messages that an event makes for it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from itertools import chain, zip_longest
from typing import Any

from tradekit_venue.answer import Answer, Done, json_answer
from tradekit_venue.dialect import Asked, Dialect, Send
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.events import BalancesMoved, BookMoved, CandleMoved, Event, Executed, MovedBy, Printed
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import Market
from tradekit_venue.okx.access import logged_in
from tradekit_venue.okx.forms import (
    BARS,
    book_rows,
    candle_row,
    id_of,
    kind_of,
    level_rows,
    order_event,
    size,
    text,
    ticker_form,
    trade_form,
)
from tradekit_venue.okx.money import balance_form
from tradekit_venue.okx.positions import position_form
from tradekit_venue.okx.refusals import RefusedError

__all__ = ["PrivateSession", "PublicSession"]

Argument = dict[str, str]
DEPTHS = {"books": 400, "books5": 5, "bbo-tbt": 1}
CHANNELS = {
    "public": ("trades", "tickers", *DEPTHS),
    "business": tuple(f"candle{name}" for name in BARS),
    "private": ("orders", "account", "positions", "balance_and_position"),
}
"""What can be subscribed to, by the socket."""
SUM_LEVELS = 25
EVENTS = {MovedBy.ORDER: "filled", MovedBy.FUNDING_FEE: "funding_fee", MovedBy.INSURANCE_CLEAR: "liquidation"}
"""What is called by what money was moved."""


def message_of(said: str) -> dict[str, Any]:
    """Return a message, an empty one for what is none."""
    try:
        message = json.loads(said)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def arguments(message: Mapping[str, Any]) -> list[Argument]:
    """Return what a message is about: one thing or several, each by names and words."""
    given = message.get("args", [])
    rows = given if isinstance(given, list) else []
    return [{name: str(value) for name, value in row.items()} for row in rows if isinstance(row, dict)]


def refusal(error: RefusedError) -> dict[str, str]:
    """Return how a socket tells what is wrong."""
    return {"event": "error", "code": str(error.code), "msg": error.message, "connId": "venue"}


def key_of(argument: Argument) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(argument.items()))


class Subscriptions:
    """What a socket has subscribed to, by what its client has said."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._kept: dict[tuple[tuple[str, str], ...], Argument] = {}

    def change(self, op: str, argument: Argument) -> dict[str, Any]:
        """Subscribe or unsubscribe, and return what is said of it. Raises `RefusedError` for what isn't there."""
        channel = argument.get("channel", "")
        if op not in ("subscribe", "unsubscribe"):
            raise RefusedError(60012, f"Illegal request: {op}")
        if channel not in CHANNELS[self._kind]:
            raise RefusedError(60018, f"Wrong URL or {argument} doesn't exist. Please use the correct URL, channel and parameters.")
        if op == "subscribe":
            self._kept[key_of(argument)] = argument
        else:
            self._kept.pop(key_of(argument), None)
        return {"event": op, "arg": argument, "connId": "venue"}

    def of(self, *channels: str) -> Iterator[Argument]:
        """Give what is subscribed to in some channels."""
        return (argument for argument in self._kept.values() if argument["channel"] in channels)


class PublicSession:
    """A socket of market data: `public`, or `business` for candles."""

    def __init__(self, dialect: Dialect, send: Send, kind: str) -> None:
        self._venue = dialect.venue
        self._send = send
        self._subscriptions = Subscriptions(kind)
        self._told: dict[str, int] = {}
        """The number of the last update of a book that was told."""

    def on_text(self, said: str) -> None:
        """Answer a message of the client."""
        if said == "ping":
            self._send("answer", "pong")
            return
        message = message_of(said)
        for argument in arguments(message) or [{}]:
            try:
                listing = self._listing(argument)
                answer = self._subscriptions.change(str(message.get("op")), argument)
                self._send("answer", answer)
                if answer["event"] == "subscribe":
                    self._begin(argument, listing)
            except RefusedError as error:
                self._send("answer", refusal(error))

    def _listing(self, argument: Argument) -> Listing:
        """Return the market of a channel. Candles are kept from when somebody wants them."""
        name = argument.get("instId", "")
        listing = next((one for one in self._venue.exchange.listings.values() if id_of(one.market) == name), None)
        if listing is None:
            raise RefusedError(60018, f"Wrong URL or {argument} doesn't exist. Please use the correct URL, channel and parameters.")
        bar = BARS.get(argument.get("channel", "").removeprefix("candle"))
        if bar is not None:
            listing.candles.of(bar)
        return listing

    def _begin(self, argument: Argument, listing: Listing) -> None:
        """Send what a channel begins with: a book whole, and prices as they are."""
        channel, now = argument["channel"], self._venue.clock.told()
        if channel in DEPTHS:
            self._send(channel, self._whole(argument, listing))
        elif channel == "tickers":
            self._send(channel, {"arg": argument, "data": [ticker_form(listing, now)]})

    def _whole(self, argument: Argument, listing: Listing) -> dict[str, Any]:
        channel = argument["channel"]
        data = book_rows(listing, DEPTHS[channel]) | {"ts": str(self._venue.clock.told()), "seqId": listing.update}
        if channel != "books":
            return {"arg": argument, "data": [data]}
        self._told[argument["instId"]] = listing.update
        return {"arg": argument, "action": "snapshot", "data": [data | {"checksum": checksum(listing), "prevSeqId": -1}]}

    def on_event(self, event: Event) -> None:
        """Send what an event makes for the channels of this socket."""
        if isinstance(event, Printed | BookMoved | CandleMoved):
            market = event.trade.market if isinstance(event, Printed) else event.market
            listing = self._venue.exchange.listings[market.symbol]
            for topic, payload in list(self._messages(event, listing)):
                self._send(topic, payload)

    def _messages(self, event: Printed | BookMoved | CandleMoved, listing: Listing) -> Iterator[tuple[str, dict[str, Any]]]:
        now, name = self._venue.clock.told(), id_of(listing.market)
        if isinstance(event, CandleMoved):
            channels = (f"candle{bar}" for bar, interval in BARS.items() if interval == event.interval)
            for argument in self._subscriptions.of(*channels):
                if argument["instId"] == name:
                    row = candle_row(listing.market, event.candle, event.is_final)
                    yield "candle.closed" if event.is_final else "candle", {"arg": argument, "data": [row]}
            return
        for argument in self._subscriptions.of("trades", "tickers", *DEPTHS):
            channel = argument["channel"]
            if argument["instId"] != name:
                continue
            if isinstance(event, Printed):
                if channel == "trades":
                    yield (
                        channel,
                        {
                            "arg": argument,
                            "data": [trade_form(event.trade) | {"count": "1", "source": "0", "seqId": event.trade.id}],
                        },
                    )
            elif channel == "books":
                yield channel, self._changed(argument, event, listing)
            elif channel == "tickers":
                yield channel, {"arg": argument, "data": [ticker_form(listing, now)]}
            elif channel in DEPTHS:
                yield channel, self._whole(argument, listing)

    def _changed(self, argument: Argument, event: BookMoved, listing: Listing) -> dict[str, Any]:
        """Return how a book has changed since it was told last."""
        name = argument["instId"]
        sides = {"asks": (event.asks, listing.book.asks), "bids": (event.bids, listing.book.bids)}
        rows = {word: level_rows(listing.market, side, levels) for word, (levels, side) in sides.items()}
        numbers = {"checksum": checksum(listing), "prevSeqId": self._told[name], "seqId": event.last}
        self._told[name] = event.last
        return {"arg": argument, "action": "update", "data": [{**rows, "ts": str(self._venue.clock.told()), **numbers}]}


def checksum(listing: Listing) -> int:
    """Return the sum by which a client checks its copy of a book: of 25 levels, bids and asks by turns."""
    sides = (
        [f"{text(price)}:{size(listing.market, units)}" for price, units in side.depth(SUM_LEVELS)]
        for side in (listing.book.bids, listing.book.asks)
    )
    words = ":".join(word for word in chain.from_iterable(zip_longest(*sides)) if word is not None)
    found = zlib.crc32(words.encode())
    return found - (1 << 32) if found >> 31 else found


def covers(argument: Argument, market: Market) -> bool:
    """Say whether what is subscribed to is about a market."""
    return argument.get("instType") in ("ANY", kind_of(market)) and argument.get("instId") in (None, id_of(market))


class PrivateSession:
    """A socket of an account. Its messages are requests, which faults call `login` and `subscribe`."""

    def __init__(self, dialect: Dialect, send: Send) -> None:
        self._dialect = dialect
        self._send = send
        self._subscriptions = Subscriptions("private")
        self._account: Account | None = None

    def read(self, said: str) -> Asked:
        """Return what a message asks, without what it is signed with."""
        message = message_of(said)
        method = said if said == "ping" else str(message.get("op", ""))
        first = next(iter(arguments(message)), {})
        return Asked(method, {} if method == "login" else first, said)

    def answer(self, asked: Asked) -> Done:
        """Answer a message."""
        if asked.method == "ping":
            return self._dialect.done(Answer(200, b"pong", content_type="text/plain"), [])
        message = message_of(asked.text)
        try:
            told = self._answered(asked.method, arguments(message) or [{}])
        except RefusedError as error:
            told = refusal(error)
        return self._dialect.done(json_answer(told), [])

    def on_text(self, said: str) -> None:
        """Answer a message, without the faults that one on a wire may meet."""
        self._send("answer", self.answer(self.read(said)).answer.body.decode())

    def _answered(self, method: str, given: list[Argument]) -> dict[str, Any]:
        """Do what is asked, and return the last answer, the ones before having been sent."""
        if method == "login":
            self._account = logged_in(self._dialect.venue, given[0])
            return {"event": "login", "code": "0", "msg": "", "connId": "venue"}
        if self._account is None:
            raise RefusedError(60011, "Please log in")
        for argument in given[:-1]:
            self._send("answer", self._subscriptions.change(method, argument))
        return self._subscriptions.change(method, given[-1])

    def on_event(self, event: Event) -> None:
        """Send what an event means for the account."""
        if isinstance(event, Executed) and event.order.account is self._account:
            self._tell_order(event)
        elif isinstance(event, BalancesMoved) and event.account is self._account:
            self._tell_money(event)

    def _tell_order(self, event: Executed) -> None:
        market = event.order.market
        wanted = [one for one in self._subscriptions.of("orders") if covers(one, market)]
        if wanted:
            row = order_event(event, self._dialect.venue.exchange.listings[market.symbol])
            self._send("orders", {"arg": wanted[0], "data": [row]})

    def _tell_money(self, event: BalancesMoved) -> None:
        now, exchange = self._dialect.venue.clock.told(), self._dialect.venue.exchange
        for argument in self._subscriptions.of("account"):
            self._send("account", {"arg": argument, "data": [balance_form(exchange, event.account, list(event.assets), now)]})
        moved = [exchange.listings[symbol] for symbol in event.symbols]
        positions = [(one.market, position_form(exchange.margin, one, event.account)) for one in moved]
        for argument in self._subscriptions.of("positions"):
            if rows := [row for market, row in positions if covers(argument, market)]:
                self._send("positions", {"arg": argument, "data": rows})
        for argument in self._subscriptions.of("balance_and_position"):
            money = [{"ccy": asset, "cashBal": text(event.account.total(asset)), "uTime": str(now)} for asset in event.assets]
            told = {"pTime": str(now), "eventType": EVENTS[event.by], "balData": money, "posData": [row for _, row in positions]}
            self._send("balance_and_position", {"arg": argument, "data": [told | {"trades": []}]})
