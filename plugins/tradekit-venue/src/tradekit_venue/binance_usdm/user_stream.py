"""The stream of an account: a key to it, and what it tells."""

from __future__ import annotations

import json

from tradekit_venue.binance_usdm.forms import account_event, order_event
from tradekit_venue.dialect import Send
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.events import BalancesMoved, Event, Executed
from tradekit_venue.venue import Venue

__all__ = ["UserSession"]


class UserSession:
    """One socket of an account's stream. It is subscribed from the start, and takes no messages."""

    def __init__(self, venue: Venue, account: Account, send: Send) -> None:
        self._venue = venue
        self._account = account
        self._send = send

    def on_text(self, text: str) -> None:
        """Answer a message of the client."""
        try:
            number = json.loads(text).get("id")
        except (ValueError, AttributeError):
            number = None
        self._send("answer", {"error": {"code": 2, "msg": "Invalid request: nothing is subscribed to here"}, "id": number})

    def on_event(self, event: Event) -> None:
        """Send what an event means for the account."""
        now, margin = self._venue.clock.told(), self._venue.exchange.margin
        if isinstance(event, Executed) and event.order.account is self._account:
            self._send("ORDER_TRADE_UPDATE", order_event(event, now))
        elif isinstance(event, BalancesMoved) and event.account is self._account:
            listings = self._venue.exchange.listings
            held = [(listings[symbol], self._account.holding(symbol)) for symbol in event.symbols]
            self._send("ACCOUNT_UPDATE", account_event(event, held, margin, now))
