"""Bars as they are made: from ccxt's streams, or by asking again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from tradekit import BarRequest, LiveBar, Reconnected
from tradekit_ccxt.library import Client
from tradekit_ccxt.listening import Heard, Pause, listen
from tradekit_ccxt.pacing import Governor
from tradekit_ccxt.transport import Transport

__all__ = ["bars_as_made"]

_MS = 1_000_000
_LATEST = 3
"""How many bars are asked for where there is no stream: the one being made, and those that ended since the last request."""


async def bars_as_made(
    client: Client, request: BarRequest, timeframe: str, poll_s: float, pause: Pause = asyncio.sleep
) -> AsyncIterator[LiveBar | Reconnected]:
    """Yield bars as they change, and `Reconnected` after each connection.

    No bar is called final: ccxt drops the word of those exchanges that say so. The driver asks for each that has ended.
    """
    heard: Heard[LiveBar] = Heard()
    per_second = 1000.0 / float(client.rateLimit or 1000)
    Transport(client, Governor(per_second, max(per_second, 1.0)), on_gap=heard.gap)

    def take(symbol: str, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            if None not in row[1:6]:  # nothing has been traded in it yet
                heard.put(_bar(symbol, request.interval, row))

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


def _bar(symbol: str, interval: int, row: Sequence[Any]) -> LiveBar:
    opened = int(row[0]) * _MS
    first, high, low, last, volume = (float(value) for value in row[1:6])
    return LiveBar(symbol, opened, opened + interval, first, high, low, last, volume)
