"""The venue on the network: HTTP and WebSockets, any host as the first part of a path, and the desk for who steers it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from tradekit_venue.admin import Admin
from tradekit_venue.answer import Answer, faulted
from tradekit_venue.dialect import Answering, Asked, Sent, Session
from tradekit_venue.dialects import DIALECTS
from tradekit_venue.engine.events import Event
from tradekit_venue.faults import Fault
from tradekit_venue.venue import Venue
from tradekit_venue.wire import Wire

__all__ = ["ADMIN", "Web"]

ADMIN = "_venue"
IDLE_S = 0.1


class Web:
    """Everything that listens on one port."""

    def __init__(self, venue: Venue, token: str) -> None:
        self.venue = venue
        self.dialect = DIALECTS[venue.dialect](venue)
        self.admin = Admin(venue, token)
        self.wires: dict[Wire, Session] = {}
        venue.exchange.listeners.append(self._on_event)

    def app(self) -> web.Application:
        """Return the application that aiohttp serves."""
        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{path:.*}", self._route)
        app.cleanup_ctx.append(self._run)
        app.on_shutdown.append(self._close_sockets)
        return app

    async def _run(self, _: web.Application) -> Any:
        """Do what is due, for as long as the venue is open."""
        running = asyncio.create_task(self._keep_time())
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    async def _keep_time(self) -> None:
        while True:
            self.venue.catch_up()
            left, speed = self.venue.until_next(), self.venue.clock.speed
            await asyncio.sleep(IDLE_S if left is None or not speed else min(IDLE_S, max(0.001, left / 1000 / speed)))

    async def _close_sockets(self, _: web.Application) -> None:
        self.venue.faults.clear()
        await asyncio.gather(*(wire.close() for wire in list(self.wires)))

    def _on_event(self, event: Event) -> None:
        for session in list(self.wires.values()):
            session.on_event(event)

    async def _route(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.venue.catch_up()
        first, _, rest = path.partition("/")
        if first == ADMIN:
            return await self.admin.answer(request, rest)
        if "." in first:  # the host that the client would have asked
            path = rest
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, path)
        headers = {name.lower(): value for name, value in request.headers.items()}
        sent = Sent(request.method, path, request.rel_url.raw_query_string, await request.text(), headers)
        name, params = self.dialect.name(sent.path), self.dialect.params(sent)
        fault = self.venue.faults.take(sent.method, name)
        entry = self._remember(sent.method, name, params, fault)
        answer = await faulted(self.venue, fault, lambda: self.dialect.answer(sent), self.dialect.error)
        entry["status"] = answer.status
        return await deliver(request, answer)

    def _remember(self, method: str, name: str, params: Mapping[str, str], fault: Fault | None) -> dict[str, Any]:
        """Keep a request in mind, and which order it places; return the entry, for what becomes of it."""
        entry = self.venue.remember(method, name, params, fault=None if fault is None else fault.do)
        entry["order"] = self.dialect.ordered(method, name, params)
        return entry

    async def _socket(self, request: web.Request, path: str) -> web.StreamResponse:
        there = self.dialect.socket(path, request.query)
        if there is None:
            raise web.HTTPNotFound(text=f"the venue has no socket at {path!r}; it has {self.dialect.sockets}")
        kind, session_of = there
        fault = self.venue.faults.take("CONNECT", kind)
        self.venue.remember("CONNECT", kind, fault=None if fault is None else fault.do)
        if fault is not None:
            return await deliver(request, await faulted(self.venue, fault, refuse_socket, self.dialect.error))
        socket = web.WebSocketResponse(autoping=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        wire = Wire(self.dialect, socket, request)
        await self._talk(wire, session_of(wire.send))
        return socket

    async def _talk(self, wire: Wire, session: Session) -> None:
        """Serve one socket until it ends."""
        self.wires[wire] = session
        tasks = [asyncio.create_task(wire.write()), asyncio.create_task(wire.ping())]
        try:
            async for text in wire.texts():
                self.venue.catch_up()
                if isinstance(session, Answering):
                    tasks.append(asyncio.create_task(self._answer(wire, session, session.read(text))))
                else:
                    self.venue.remember("WS", "subscribe", params={"text": text})
                    session.on_text(text)
        finally:
            del self.wires[wire]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, wire: Wire, session: Answering, asked: Asked) -> None:
        fault = self.venue.faults.take("WS", asked.method)
        entry = self._remember("WS", asked.method, asked.params, fault)
        answer = await faulted(self.venue, fault, lambda: session.answer(asked), self.dialect.error)
        entry["status"] = answer.status
        text = answer.body.decode()
        if answer.ending == "whole":
            wire.send_text(text)
        elif answer.ending == "cut":
            wire.send_text(text[: len(text) // 2])
            wire.end(1011)
        else:
            wire.end()


def refuse_socket() -> Any:
    """Answer a socket that a fault keeps from opening."""
    raise web.HTTPServiceUnavailable(text="the venue opens no sockets now")


async def deliver(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Send an answer, or as much of it as there is to be."""
    transport = request.transport
    if answer.ending == "none":
        if transport is not None:
            transport.abort()
        return web.Response()
    if answer.ending == "whole":
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers, content_type=answer.content_type)
    response = web.StreamResponse(status=answer.status, headers={**answer.headers, "Content-Type": answer.content_type})
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if transport is not None:
        transport.close()
    return response
