"""Bybit's archive of order books."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tradekit import BarRequest, BookUpdates, DataError
from tradekit_dumps.messages import Messages, messages, wanted
from tradekit_dumps.rows import BookRows

__all__ = ["BybitArchive"]

_SYMBOL = re.compile(rb'"topic": ?"orderbook\.[0-9]+\.([^"]+)"')
_MS = 1_000_000


class BybitArchive(Messages):
    """Order books that Bybit gives out by day (`2024-12-01_XRPUSDT_ob500.data.zip`).

    A line is a message: a snapshot, or changes that follow on it by number. Its two times are the one at which it was sent, which
    is what `arrival` reads, and the one of the matching engine.
    """

    name = "bybit-archive"

    def symbols(self) -> set[str]:
        """Return the symbols of all messages."""
        return self.found_in(_SYMBOL)

    def book(self, request: BarRequest) -> Mapping[str, BookUpdates]:
        """Return order books, the changes after each snapshot; raise `DataError` where changes are missing."""
        found: dict[str, BookRows] = {}
        last: dict[str, int] = {}
        for message in messages(self.options.path, [b"orderbook."], has_arrival=False):
            try:
                data, is_snapshot = message.content["data"], message.content["type"] == "snapshot"
                symbol, number = data["s"], int(data["u"])
                time = int(message.content["ts" if self.options.clock == "arrival" else "cts"]) * _MS
                if not is_snapshot and last.get(symbol) != number - 1:
                    before = f"{last[symbol]}" if symbol in last else "a snapshot"
                    raise DataError(f"{message.where}: change {number} does not follow on {before}: changes are missing")
                last[symbol] = number
                for side, key in ((1, "b"), (-1, "a")):
                    levels = [(float(price), float(size)) for price, size in data[key]]
                    found.setdefault(symbol, BookRows()).add(time, number, side, levels, is_snapshot)
            except (KeyError, TypeError, ValueError) as error:
                raise message.broken(error) from None
        wanted(request.symbols, found, self.options.path, "order books")
        return {symbol: found[symbol].result(request, symbol, str(self.options.path)) for symbol in request.symbols}
