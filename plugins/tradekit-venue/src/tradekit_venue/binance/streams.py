"""Market streams: what a socket has subscribed to, and the messages that an event makes for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tradekit_venue.binance.forms import amount, candle_event, id_of
from tradekit_venue.dialect import Send
from tradekit_venue.engine.candles import INTERVALS
from tradekit_venue.engine.events import BookMoved, CandleMoved, Event, Printed
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.order import Side, Trade
from tradekit_venue.venue import Venue

__all__ = ["MarketSession"]

NAME = re.compile(
    r"^(?P<symbol>[a-z0-9]+)@(?P<what>trade|aggTrade|bookTicker|kline_(?P<interval>\w+)|depth(?P<levels>5|10|20)?(@1000?ms)?)$"
)


class MarketSession:
    """One socket of market streams, raw (`/ws`) or combined (`/stream`)."""

    def __init__(self, venue: Venue, send: Send, streams: str, is_combined: bool = False, is_contract: bool = False) -> None:
        self._venue = venue
        self._is_contract = is_contract
        self._send = send
        self._is_combined = is_combined
        self._streams: dict[str, None] = {}
        self._best: dict[str, list[tuple[Decimal, Decimal]]] = {}
        for name in filter(None, streams.split("/")):
            # What isn't a stream, such as the number that a client puts into its address, is no error there.
            if self._listing(name) is not None:
                self._streams[name] = None

    def on_text(self, text: str) -> None:
        """Answer a message of the client."""
        try:
            message = json.loads(text)
            number, method, params = message.get("id"), message["method"], message.get("params", [])
        except (ValueError, KeyError, AttributeError):
            self._send("answer", {"error": {"code": 3, "msg": "Invalid JSON"}, "id": None})
            return
        self._send("answer", self._answer(method, params) | {"id": number})

    def _answer(self, method: str, params: Any) -> dict[str, Any]:
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": list(self._streams)}
        if method == "SET_PROPERTY" and params[:1] == ["combined"] and len(params) == 2:
            self._is_combined = bool(params[1])
            return {"result": None}
        if method not in ("SUBSCRIBE", "UNSUBSCRIBE"):
            return {"error": {"code": 2, "msg": f"Invalid request: unknown method {method}"}}
        if not isinstance(params, list) or any(self._listing(name) is None for name in params):
            return {"error": {"code": 2, "msg": "Invalid request: invalid stream"}}
        for name in params:
            if method == "SUBSCRIBE":
                self._streams[name] = None
            else:
                self._streams.pop(name, None)
        return {"result": None}

    def _listing(self, name: Any) -> Listing | None:
        """Return the market of a stream; `None` if there is no such stream. Candles are kept from when somebody wants them."""
        found = NAME.match(name) if isinstance(name, str) else None
        if found is None:
            return None
        listing = next(
            (one for one in self._venue.exchange.listings.values() if id_of(one.market).lower() == found["symbol"]), None
        )
        if listing is not None and found["interval"] is not None:
            if found["interval"] not in INTERVALS:
                return None
            listing.candles.of(found["interval"])
        return listing

    def on_event(self, event: Event) -> None:
        """Send what an event makes for the streams of this socket."""
        for name, topic, payload in self._messages(event):
            if self._is_contract:
                of_contract(topic, payload, self._venue.clock.told())
            self._send(topic, {"stream": name, "data": payload} if self._is_combined else payload)

    def _messages(self, event: Event) -> Iterator[tuple[str, str, dict[str, Any]]]:
        now = self._venue.clock.told()
        if isinstance(event, Printed):
            symbol = id_of(event.trade.market).lower()
            for what, form in (("trade", trade_event), ("aggTrade", aggregate_event)):
                if (name := f"{symbol}@{what}") in self._streams:
                    yield name, what, form(event.trade, now)
        elif isinstance(event, CandleMoved):
            name = f"{id_of(event.market).lower()}@kline_{event.interval}"
            if name in self._streams:
                topic = "kline.closed" if event.is_final else "kline"
                yield name, topic, candle_event(event.market, event.interval, event.candle, event.is_final, now)
        elif isinstance(event, BookMoved):
            yield from self._book_messages(event, now)

    def _book_messages(self, event: BookMoved, now: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
        symbol = id_of(event.market).lower()
        book = self._venue.exchange.listings[event.market.symbol].book
        for name in self._streams:
            owner, _, what = name.partition("@")
            if owner != symbol or not (what.startswith("depth") or what == "bookTicker"):
                continue
            if what == "bookTicker":
                best = [*book.bids.depth(1), *book.asks.depth(1)]
                if len(best) == 2 and self._best.get(symbol) != best:
                    self._best[symbol] = best
                    (bid, bid_size), (ask, ask_size) = best
                    quote = {"b": amount(bid), "B": amount(bid_size), "a": amount(ask), "A": amount(ask_size)}
                    yield name, "bookTicker", {"u": event.last, "s": id_of(event.market), **quote}
                continue
            levels = re.match(r"depth(\d+)", what)
            if levels is None:
                yield name, "depthUpdate", depth_event(event, now)
            else:
                sides = {
                    word: [[amount(price), amount(size)] for price, size in side.depth(int(levels[1]))]
                    for word, side in (("bids", book.bids), ("asks", book.asks))
                }
                yield name, "depth", {"lastUpdateId": event.last, **sides}


def of_contract(topic: str, payload: dict[str, Any], now: int) -> None:
    """Make of a message of the spot market one of perpetuals: clients tell the two apart by what is in them."""
    payload.pop("M", None)
    if topic == "bookTicker":
        payload |= {"e": "bookTicker", "E": now, "T": now}
    elif topic == "depthUpdate":
        payload |= {"T": now, "pu": payload["U"] - 1}
    elif topic == "depth":
        last, bids, asks = payload.pop("lastUpdateId"), payload.pop("bids"), payload.pop("asks")
        payload |= {"e": "depthUpdate", "E": now, "T": now, "U": last, "u": last, "pu": last - 1, "b": bids, "a": asks}


def trade_event(trade: Trade, now: int) -> dict[str, Any]:
    """Return a trade as its stream gives it."""
    return {
        "e": "trade",
        "E": now,
        "s": id_of(trade.market),
        "t": trade.id,
        "p": amount(trade.price),
        "q": amount(trade.quantity),
        "T": trade.time,
        "m": trade.taker_side is Side.SELL,
        "M": True,
    }


def aggregate_event(trade: Trade, now: int) -> dict[str, Any]:
    """Return a trade as an aggregate of itself alone."""
    event = trade_event(trade, now)
    event["a"] = event.pop("t")
    return event | {"e": "aggTrade", "f": trade.id, "l": trade.id}


def depth_event(event: BookMoved, now: int) -> dict[str, Any]:
    """Return how a book has changed."""
    sides = {
        word: [[amount(price), amount(size)] for price, size in levels] for word, levels in (("b", event.bids), ("a", event.asks))
    }
    return {"e": "depthUpdate", "E": now, "s": id_of(event.market), "U": event.first, "u": event.last, **sides}
