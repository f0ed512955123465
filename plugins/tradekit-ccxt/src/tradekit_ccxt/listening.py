"""Streams of ccxt, listened to without a pause: what comes while nobody listens is never told of again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from tradekit import Reconnected, VenueError
from tradekit_ccxt.errand import Errand, on
from tradekit_ccxt.failures import venue_error
from tradekit_ccxt.pacing import Priority

__all__ = ["Heard", "Pause", "listen", "remind"]

Pause = Callable[[float], Awaitable[None]]
Told = TypeVar("Told")
_log = logging.getLogger("tradekit.ccxt")
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0


async def listen(
    ask: Callable[[], Awaitable[Any]], take: Callable[[Any], None], exchange: str, pause: Pause = asyncio.sleep
) -> None:
    """Ask a stream for what is new, again and again, and hand it on before anything else can happen.

    A failure that passes is waited out, longer each time. Raises `VenueError` for one that doesn't.
    """
    wait = _FIRST_WAIT_S
    while True:
        errand = Errand(Priority.RECONCILE)
        try:
            with on(errand):
                found = await ask()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            failure = VenueError(f"a stream of {exchange} was cut", is_passing=True)  # ccxt cancels what waits for it
        except Exception as error:  # noqa: BLE001 - ccxt's errors have no type here; each is raised again or waited out
            failure = venue_error(error, errand, exchange, "keep a stream open")
        else:
            wait = _FIRST_WAIT_S
            take(found)
            continue
        if not failure.is_passing:
            raise failure
        _log.warning("%s; listening again in %.1f s", failure, wait)
        await pause(wait)
        wait = min(2 * wait, _LONGEST_WAIT_S)


async def remind(every_s: float, tell: Callable[[], None], pause: Pause = asyncio.sleep) -> None:
    """Tell from time to time that all must be asked for again, where there is no stream that says what is new."""
    while True:
        await pause(every_s)
        tell()


class Heard(Generic[Told]):
    """What was heard and is still to be told, in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Told | Reconnected | Exception] = asyncio.Queue()
        self._has_gap = False

    def put(self, told: Told) -> None:
        """Take in what was heard."""
        self._queue.put_nowait(told)

    def gap(self) -> None:
        """Take in that something may have been missed; once, for as long as that is still to be told."""
        if not self._has_gap:
            self._has_gap = True
            self._queue.put_nowait(Reconnected())

    async def while_doing(self, works: Sequence[Coroutine[Any, Any, None]]) -> AsyncIterator[Told | Reconnected]:
        """Yield what some pieces of work hear, until one of them fails; end them all when nobody listens any more."""
        tasks = [asyncio.create_task(self._guarded(work)) for work in works]
        try:
            while True:
                told = await self._queue.get()
                if isinstance(told, Exception):
                    raise told
                if isinstance(told, Reconnected):
                    self._has_gap = False
                yield told
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - it is raised where the queue is read
            self._queue.put_nowait(error)
