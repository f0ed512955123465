"""One socket: what is sent over it, in order, and what faults make of that."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from tradekit_venue.dialect import Dialect
from tradekit_venue.faults import Fault

__all__ = ["Wire"]

PING_EVERY_S = 20
LONGEST_QUEUE = 100_000


class Wire:
    """Sends messages over a WebSocket, one after the other, and pings the client."""

    def __init__(self, dialect: Dialect, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._dialect = dialect
        self._venue = dialect.venue
        self._socket = socket
        self._transport = request.transport
        self._queue: asyncio.Queue[bytes | int | None] = asyncio.Queue()
        self._overtaken: list[str] = []
        """Messages that are sent after the next one."""
        self.is_mute = False
        self.is_dead = False
        """Whether nothing is sent or read any more, although the connection is open."""
        self.ended = asyncio.Event()

    def send(self, topic: str, payload: Any) -> None:
        """Send a message, unless a fault of the script has other plans with it."""
        if self.is_mute or self.is_dead:
            return
        fault = None if topic == "answer" else self._venue.faults.take("STREAM", topic)
        if fault is not None:
            self._venue.remember("STREAM", topic, fault=fault.do)
            self._spoil(fault, payload)
        else:
            self._put(text_of(payload))
            self._put_overtaken()

    def send_text(self, text: str) -> None:
        """Send a text as it is: an answer, which has had its faults."""
        if not (self.is_mute or self.is_dead):
            self._put(text)

    def end(self, code: int | None = None) -> None:
        """Close the connection after what was sent, or with no code cut it at once."""
        if code is None:
            if self._transport is not None:
                self._transport.abort()
            self.ended.set()
        else:
            self._queue.put_nowait(code)

    def _spoil(self, fault: Fault, payload: Any) -> None:
        text = text_of(payload)
        if fault.do == "reorder":
            self._overtaken.append(text)
        elif fault.do == "late":
            self._venue.faults.later(fault, lambda: self.send_text(text))
        elif fault.do == "mute":
            self.is_mute = True
        elif fault.do == "half-open":
            self._die()
            self._venue.faults.later(fault, self.end)
        elif fault.do == "close":
            self.end(fault.close_code)
        elif fault.do == "reset":
            self.end()
        elif fault.do != "drop":
            for one in self._copies(fault, payload):
                self._put(one)
            self._put_overtaken()

    def _copies(self, fault: Fault, payload: Any) -> list[str]:
        """Return what is sent in place of a message."""
        text = text_of(payload)
        if fault.do == "duplicate":
            return [text, text]
        if fault.do == "malformed":
            return [text[: len(text) // 2]]
        if fault.do == "revise":
            return [text, text_of(self._dialect.revised(payload))]
        told = self._dialect.shutdown(payload)
        return [text] if told is None else [text, text_of(told)]

    def _put_overtaken(self) -> None:
        for text in self._overtaken:
            self._put(text)
        self._overtaken.clear()

    def _put(self, text: str) -> None:
        if self._queue.qsize() > LONGEST_QUEUE:
            self.end()
        self._queue.put_nowait(text.encode())

    def _die(self) -> None:
        """Leave the connection open, and neither send nor read any more."""
        self.is_dead = True
        if isinstance(self._transport, asyncio.Transport):
            self._transport.pause_reading()

    async def write(self) -> None:
        """Send what is to be sent, until the connection ends."""
        with suppress(ConnectionError):
            while (item := await self._queue.get()) is not None:
                if isinstance(item, int):
                    await self._socket.close(code=item)
                    self.ended.set()
                    return
                await self._socket.send_str(item.decode())

    async def ping(self) -> None:
        """Ping the client now and then."""
        with suppress(ConnectionError):
            while True:
                await asyncio.sleep(PING_EVERY_S)
                if not self.is_dead:
                    await self._socket.ping(str(self._venue.clock.told()).encode())

    async def texts(self) -> Any:
        """Give the texts that come in, answering pings, until the connection ends."""
        while not self._socket.closed:
            message = await self._socket.receive()
            if self.is_dead:
                await self.ended.wait()
                return
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                yield message.data
            elif message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                return

    async def close(self) -> None:
        """End the connection because the venue closes."""
        if self.is_dead:
            self.end()
        else:
            with suppress(ConnectionError):
                await self._socket.close(code=WSCloseCode.GOING_AWAY)
        self.ended.set()


def text_of(payload: Any) -> str:
    """Return a message as it is sent: in JSON, but for what is text already."""
    return payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"))
