"""Bars as they are made: from ccxt's streams, or by asking again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from tradekit import BarRequest, LiveBar, Reconnected
from tradekit_ccxt.library import Client
from tradekit_ccxt.listening import Heard, Pause, listen
from tradekit_ccxt.pacing import Governor
from tradekit_ccxt.transport import Transport

__all__ = ["attached", "bars_as_made", "ended"]

_MS = 1_000_000
_LATEST = 3
"""How many bars are asked for where there is no stream: the one being made, and those that ended since the last request."""


async def bars_as_made(
    client: Client, request: BarRequest, timeframe: str, poll_s: float, pause: Pause = asyncio.sleep
) -> AsyncIterator[LiveBar | Reconnected]:
    """Yield bars as they change, and `Reconnected` after each connection.

    A bar is final where the exchange's own message says so, which ccxt drops. The driver asks for every other that has ended.
    """
    symbols = {client.market(symbol)["id"]: symbol for symbol in request.symbols}
    finished: set[tuple[str, int]] = set()
    heard: Heard[LiveBar] = Heard()

    def note(message: Any) -> None:
        finished.update((symbols[place], opened) for place, opened in ended(client.id, message) if place in symbols)

    attached(client, heard.gap, note)

    def take(symbol: str, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            if None not in row[1:6]:  # nothing has been traded in it yet
                heard.put(_bar(symbol, request.interval, row, (symbol, int(row[0])) in finished))
        finished.difference_update([(symbol, int(row[0])) for row in rows])

    def listening(symbol: str) -> Any:
        if client.has.get("watchOHLCV"):
            return listen(lambda: client.watch_ohlcv(symbol, timeframe), lambda rows: take(symbol, rows), client.id, pause)

        async def ask() -> Any:
            await pause(poll_s)
            return await client.fetch_ohlcv(symbol, timeframe, None, _LATEST)

        return listen(ask, lambda rows: take(symbol, rows), client.id, pause)

    heard.gap()
    async for told in heard.while_doing([listening(symbol) for symbol in request.symbols]):
        yield told


def attached(client: Client, on_gap: Callable[[], None], on_message: Callable[[Any], None] = lambda _message: None) -> None:
    """Let all that a client asks and hears go through a transport of its own, which tells of gaps and of each message."""
    per_second = 1000.0 / float(client.rateLimit or 1000)
    Transport(client, Governor(per_second, max(per_second, 1.0)), on_gap=on_gap, on_message=on_message)


def ended(exchange: str, message: Any) -> Iterator[tuple[str, int]]:
    """Give which bars a message says are over: the exchange's name of the instrument, and when it has opened, in milliseconds."""
    if not isinstance(message, dict):
        return
    data = message.get("data", message)
    if exchange.startswith("binance") and isinstance(data, dict) and data.get("e") == "kline" and data["k"]["x"]:
        yield data["k"]["s"], int(data["k"]["t"])
    elif exchange == "bybit" and str(message.get("topic")).startswith("kline."):
        yield from ((message["topic"].rpartition(".")[2], int(bar["start"])) for bar in data if bar["confirm"])
    elif exchange == "okx" and str(message.get("arg", {}).get("channel")).startswith("candle") and isinstance(data, list):
        yield from ((message["arg"]["instId"], int(row[0])) for row in data if row[-1] == "1")


def _bar(symbol: str, interval: int, row: Sequence[Any], is_final: bool) -> LiveBar:
    opened = int(row[0]) * _MS
    first, high, low, last, volume = (float(value) for value in row[1:6])
    return LiveBar(symbol, opened, opened + interval, first, high, low, last, volume, is_final)
