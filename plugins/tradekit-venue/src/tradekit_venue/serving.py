"""A venue that is open: on loopback, in the loop of the caller or in a thread of its own."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from tradekit import VenueError
from tradekit_venue.control import Control
from tradekit_venue.venue import Venue
from tradekit_venue.web import Web

__all__ = ["Opened", "Thread", "opened", "serving"]

LOOPBACK = "127.0.0.1"

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Opened:
    """Where an open venue is, and the token for who steers it."""

    venue: Venue
    url: str
    token: str

    def control(self) -> Control:
        """Return what steers it over HTTP."""
        return Control(self.url, self.token)


@asynccontextmanager
async def opened(venue: Venue, port: int = 0, token: str | None = None) -> AsyncIterator[Opened]:
    """Open a venue on loopback, in this loop. Raises `VenueError` for a port that is taken."""
    token = secrets.token_urlsafe(24) if token is None else token
    runner = web.AppRunner(Web(venue, token).app(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        try:
            await site.start()
        except OSError as error:
            raise VenueError(
                f"the venue can't listen on port {port} of {LOOPBACK}: {error.strerror or error}; choose another port, or 0"
            ) from error
        yield Opened(venue, f"http://{LOOPBACK}:{runner.addresses[0][1]}", token)
    finally:
        await runner.cleanup()


class Thread:
    """A venue in a thread of its own."""

    def __init__(self, opened: Opened, loop: asyncio.AbstractEventLoop) -> None:
        self.url = opened.url
        self.token = opened.token
        self._venue = opened.venue
        self._loop = loop

    def control(self) -> Control:
        """Return what steers it over HTTP."""
        return Control(self.url, self.token)

    def do(self, action: Callable[[Venue], _Value]) -> _Value:
        """Do something with the venue, in its thread, and return what comes of it."""

        async def run() -> _Value:
            return action(self._venue)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def call(self, action: Callable[[], object]) -> None:
        """Have something called in the venue's thread."""
        self._loop.call_soon_threadsafe(action)


@contextmanager
def serving(venue: Venue, port: int = 0) -> Iterator[Thread]:
    """Open a venue on loopback, in a thread of its own. Whoever uses the venue itself meanwhile does so by `do`."""
    ready: list[Thread] = []
    failed: list[BaseException] = []
    is_ready, over = threading.Event(), asyncio.Event()

    async def run() -> None:
        async with opened(venue, port) as place:
            ready.append(Thread(place, asyncio.get_running_loop()))
            is_ready.set()
            await over.wait()

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - it is raised in the caller's thread
            failed.append(error)
        finally:
            is_ready.set()

    thread = threading.Thread(target=work, name="venue", daemon=True)
    thread.start()
    is_ready.wait()
    try:
        if ready:
            yield ready[0]
    finally:
        if ready and thread.is_alive():
            ready[0].call(over.set)
        thread.join()
        if failed:
            raise failed[0]
