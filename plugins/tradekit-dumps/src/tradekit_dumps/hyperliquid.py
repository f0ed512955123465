"""Recordings of Hyperliquid's websocket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tradekit import BarRequest, BookUpdates, Trades, trade_number
from tradekit_dumps.messages import Message, Messages, messages, wanted
from tradekit_dumps.rows import BookRows, TradeRows

__all__ = ["HyperliquidRecording"]

_COIN = re.compile(rb'"coin": ?"([^"]+)"')
_SIDES = {"B": 1, "A": -1}
_MS = 1_000_000


class HyperliquidRecording(Messages):
    """Recorded websocket channels of Hyperliquid: trades, and order books of twenty levels a side.

    A line is the time at which it came in (nanoseconds since 1970 UTC), a blank, and the message as it was sent. Each `l2Book` is
    a whole book, numbered by its place in the recording. After a subscription the venue sends trades of the minute before, which
    came in late: by the clock of the exchange they are older than what follows.
    """

    name = "hyperliquid-recording"

    def symbols(self) -> set[str]:
        """Return the coins of all messages."""
        return self.found_in(_COIN)

    def trades(self, request: BarRequest) -> Mapping[str, Trades]:
        """Return the trades of the channel `trades`."""
        found: dict[str, TradeRows] = {}
        for message in messages(self.options.path, [b'"trades"']):
            if message.content.get("channel") != "trades":
                continue
            try:
                for trade in message.content["data"]:
                    time = self._time(message, trade)
                    number = trade_number(str(trade["tid"]))
                    row = (time, float(trade["px"]), float(trade["sz"]), _SIDES[trade["side"]], number)
                    found.setdefault(trade["coin"], TradeRows()).add(*row)
            except (KeyError, TypeError, ValueError) as error:
                raise message.broken(error) from None
        wanted(request.symbols, found, self.options.path, "trades")
        return {symbol: found[symbol].result(request, symbol, str(self.options.path)) for symbol in request.symbols}

    def book(self, request: BarRequest) -> Mapping[str, BookUpdates]:
        """Return the whole books of the channel `l2Book`."""
        found: dict[str, BookRows] = {}
        number = 0
        for message in messages(self.options.path, [b'"l2Book"']):
            if message.content.get("channel") != "l2Book":
                continue
            number += 1
            try:
                data = message.content["data"]
                rows, time = found.setdefault(data["coin"], BookRows()), self._time(message, data)
                for side, levels in zip((1, -1), data["levels"], strict=True):
                    rows.add(time, number, side, [(float(level["px"]), float(level["sz"])) for level in levels], is_snapshot=True)
            except (KeyError, TypeError, ValueError) as error:
                raise message.broken(error) from None
        wanted(request.symbols, found, self.options.path, "order books")
        return {symbol: found[symbol].result(request, symbol, str(self.options.path)) for symbol in request.symbols}

    def _time(self, message: Message, data: Mapping[str, Any]) -> int:
        return message.arrival if self.options.clock == "arrival" else int(data["time"]) * _MS
