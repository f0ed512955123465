"""Streams: what a socket has subscribed to, and the messages that an event makes for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tradekit_venue.answer import Answer, Done
from tradekit_venue.dialect import Asked, Send, texts
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.events import BalancesMoved, BookMoved, CandleMoved, Event, Executed, Printed
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.order import Kind, Status, Trade
from tradekit_venue.kraken.forms import candle_message, ended, execution, iso, snapshot, traded
from tradekit_venue.kraken.market_data import MINUTES

if TYPE_CHECKING:
    from tradekit_venue.kraken.dialect import Kraken

__all__ = ["Socket"]

DEPTH = 10


class Socket:
    """One socket: its messages are requests, and are answered; what is heard is told by channel.

    Kraken tells sockets of markets and of accounts apart by the host; this one is both.
    """

    def __init__(self, dialect: Kraken, send: Send) -> None:
        self.dialect = dialect
        self.venue = dialect.venue
        self._count: dict[str, int] = {}
        self._send = send
        self._feeds: tuple[MarketFeed, AccountFeed] = (MarketFeed(self), AccountFeed(self))

    def on_event(self, event: Event) -> None:
        """Send what an event makes for the channels of this socket."""
        for feed in self._feeds:
            feed.on_event(event)

    def read(self, text: str) -> Asked:
        """Return what a message asks: faults call it by its method, and a subscription by its channel as well."""
        try:
            message = json.loads(text)
            params = message.get("params", {})
            method, channel = message.get("method", ""), params.get("channel", "")
        except (ValueError, AttributeError):
            return Asked("", {}, text)
        shown = {name: value for name, value in texts(params).items() if name != "token"}
        return Asked(f"{method}.{channel}" if channel else method, shown, text)

    def answer(self, asked: Asked) -> Done:
        """Answer it, and begin to tell what it has subscribed to."""
        try:
            message = json.loads(asked.text)
        except ValueError:
            message = {}
        told = self._told(message if isinstance(message, dict) else {})
        return Done(Answer(200, json.dumps(told, separators=(",", ":")).encode()), lambda: None, lambda: None)

    def on_text(self, text: str) -> None:
        """Take a message that no fault meets."""
        self._send("answer", json.loads(self.answer(self.read(text)).answer.body))

    def _told(self, message: Mapping[str, Any]) -> dict[str, Any]:
        method, params = message.get("method"), message.get("params", {})
        now = iso(self.venue.clock.told())
        said = {"method": method, "time_in": now, "time_out": now}
        if "req_id" in message:
            said["req_id"] = message["req_id"]
        if method == "ping":
            return {**said, "method": "pong"}
        if method not in ("subscribe", "unsubscribe") or not isinstance(params, dict):
            return {**said, "success": False, "error": f"Unsupported method: {method!r}"}
        channel = str(params.get("channel"))
        feed = next((feed for feed in self._feeds if channel in feed.channels), None)
        refusal = "Subscription name invalid" if feed is None else feed.subscribe(channel, params)
        if refusal:
            return {**said, "success": False, "error": refusal}
        result = {name: value for name, value in params.items() if name != "token"}
        if isinstance(result.get("symbol"), list):
            result["symbol"] = result["symbol"][0]
        return {**said, "success": True, "result": {"snapshot": True, **result}}

    def tell(self, topic: str, channel: str, kind: str, rows: list[dict[str, Any]]) -> None:
        """Send a message of a channel."""
        self._send(topic, {"channel": channel, "type": kind, "data": rows})

    def tell_counted(self, topic: str, channel: str, kind: str, rows: list[dict[str, Any]]) -> None:
        """Send a message of a channel whose messages are counted."""
        self._count[channel] = self._count.get(channel, 0) + 1
        self._send(topic, {"channel": channel, "type": kind, "data": rows, "sequence": self._count[channel]})


class MarketFeed:
    """The channels of markets."""

    channels = ("ohlc", "trade", "ticker", "book")

    def __init__(self, socket: Socket) -> None:
        self._socket, self._venue = socket, socket.venue
        self._wanted: dict[tuple[str, str], int] = {}
        """By channel and symbol: the minutes of candles, or the depth of a book."""

    def subscribe(self, channel: str, params: Mapping[str, Any]) -> str:
        """Subscribe to a channel of some pairs: what is there now is told first."""
        listings = self._venue.exchange.listings
        symbols = params.get("symbol")
        if not isinstance(symbols, list) or not symbols or any(symbol not in listings for symbol in symbols):
            return f"Currency pair not supported {symbols}"
        detail = int(params.get("interval", 1)) if channel == "ohlc" else int(params.get("depth", DEPTH))
        if channel == "ohlc" and detail not in MINUTES:
            return "Subscription ohlc interval not supported"
        for symbol in symbols:
            self._wanted[channel, symbol] = detail
            self._show(channel, listings[symbol], detail)
        return ""

    def _show(self, channel: str, listing: Listing, detail: int) -> None:
        """Tell what is there now."""
        market = listing.market
        if channel == "ohlc":
            kept = listing.candles.of(MINUTES[detail])
            if kept and kept[-1].end > self._venue.clock.now():
                self._socket.tell("answer", "ohlc", "snapshot", [candle_message(market, detail, kept[-1])])
        elif channel == "book":
            now = iso(self._venue.clock.told())
            sides = (("bids", listing.book.bids), ("asks", listing.book.asks))
            rows = {name: [level(*one) for one in side.depth(detail)] for name, side in sides}
            self._socket.tell(
                "book.snapshot", "book", "snapshot", [{"symbol": market.symbol, **rows, "checksum": 0, "timestamp": now}]
            )
        elif channel == "ticker":
            self._quote(listing, "snapshot")

    def on_event(self, event: Event) -> None:
        """Send what an event makes for the channels of this socket."""
        if isinstance(event, Printed) and ("trade", event.trade.market.symbol) in self._wanted:
            self._socket.tell("trade", "trade", "update", [trade_message(event.trade)])
        elif isinstance(event, CandleMoved):
            minutes = self._wanted.get(("ohlc", event.market.symbol))
            if minutes is not None and MINUTES[minutes] == event.interval and not event.is_final:
                self._socket.tell("ohlc", "ohlc", "update", [candle_message(event.market, minutes, event.candle)])
        elif isinstance(event, BookMoved):
            if ("book", event.market.symbol) in self._wanted:
                rows = {"bids": [level(*one) for one in event.bids], "asks": [level(*one) for one in event.asks]}
                facts = {"symbol": event.market.symbol, **rows, "checksum": 0, "timestamp": iso(event.time)}
                self._socket.tell("book", "book", "update", [facts])
            if ("ticker", event.market.symbol) in self._wanted:
                self._quote(self._venue.exchange.listings[event.market.symbol], "update")

    def _quote(self, listing: Listing, kind: str) -> None:
        best = {"bid": listing.book.bids.depth(1), "ask": listing.book.asks.depth(1)}
        row: dict[str, Any] = {"symbol": listing.market.symbol}
        for side, levels in best.items():
            row[side], row[f"{side}_qty"] = (float(levels[0][0]), float(levels[0][1])) if levels else (0.0, 0.0)
        last = float(listing.last or 0)
        day = {"last": last, "volume": 0.0, "vwap": last, "low": last, "high": last, "change": 0.0, "change_pct": 0.0}
        self._socket.tell("ticker", "ticker", kind, [row | day | {"timestamp": iso(self._venue.clock.told())}])


class AccountFeed:
    """The channels of an account, which a token opens."""

    channels = ("executions", "balances")

    def __init__(self, socket: Socket) -> None:
        self._socket, self._dialect = socket, socket.dialect
        self._accounts: dict[str, Account] = {}
        """Whose channels it hears."""

    def subscribe(self, channel: str, params: Mapping[str, Any]) -> str:
        """Subscribe to a channel of the account that the token is of."""
        account = self._dialect.tokens.get(str(params.get("token")))
        if account is None:
            return "ESession:Invalid session"
        self._accounts[channel] = account
        if channel == "balances":
            rows = [balance_row(account, name) for name in account.assets()]
            self._socket.tell_counted("balances", channel, "snapshot", rows)
        else:
            known = [order for order in account.open.values() if order.id not in self._dialect.hidden]
            if params.get("snap_orders"):
                self._socket.tell_counted("executions.snapshot", channel, "snapshot", [snapshot(order) for order in known])
            if params.get("snap_trades"):
                recent = [traded(order, trade) for order, trade in account.trades[-50:]]
                self._socket.tell_counted("executions.snapshot", channel, "snapshot", recent)
        return ""

    def on_event(self, event: Event) -> None:
        """Send what has become of the account's orders, and of its money."""
        if isinstance(event, Executed) and self._accounts.get("executions") is event.order.account:
            topic = "executions.trade" if event.trade is not None else "executions"
            self._socket.tell_counted(topic, "executions", "update", [execution(event)])
            if event.trade is not None and event.order.status is Status.FILLED:
                self._socket.tell_counted("executions", "executions", "update", [ended(event.order)])
        elif isinstance(event, BalancesMoved) and self._accounts.get("balances") is event.account:
            rows = [balance_row(event.account, name) for name in event.assets]
            self._socket.tell_counted("balances", "balances", "update", rows)


def balance_row(account: Account, name: str) -> dict[str, Any]:
    """Return what an account has of a currency."""
    total = float(account.total(name))
    wallet = {"type": "spot", "id": "main", "balance": total}
    return {"asset": name, "asset_class": "currency", "balance": total, "wallets": [wallet]}


def level(price: Any, amount: Any) -> dict[str, float]:
    """Return a level of the book."""
    return {"price": float(price), "qty": float(amount)}


def trade_message(trade: Trade) -> dict[str, Any]:
    """Return a trade as everybody sees it."""
    is_market = trade.taker is not None and trade.taker.asked.kind is Kind.MARKET
    return {
        "symbol": trade.market.symbol,
        "side": trade.taker_side.value.lower(),
        "price": float(trade.price),
        "qty": float(trade.quantity),
        "ord_type": "market" if is_market else "limit",
        "trade_id": trade.id,
        "timestamp": iso(trade.time),
    }
