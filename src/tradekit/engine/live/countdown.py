"""The venue's own timer, which cancels all orders when it hears nothing any more, whatever becomes of this process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tradekit.engine.live.resolve import answer
from tradekit.errors import VenueError
from tradekit.journal.heartbeat import Timer
from tradekit.plugin.contracts import Executor

__all__ = ["Countdown"]

_log = logging.getLogger("tradekit.live")
_OFTEN = 3
"""So many times is it set anew before it would run out: two requests may fail."""


@dataclass(slots=True)
class Countdown:
    """Sets the venue's timer anew for as long as a session lives; with 0 seconds it is left alone.

    `clock` returns nanoseconds of this machine's clock.
    """

    executor: Executor | None = None
    symbols: Sequence[str] = ()
    seconds: float = 0.0
    clock: Callable[[], int] = time.time_ns
    note: Callable[[Timer], None] = lambda _timer: None
    """Hears of it each time that the venue has answered."""

    async def set(self) -> None:
        """Let all orders be cancelled when the time is over. Raises `ConfigError` where the venue has no such timer."""
        if self.executor is not None and self.seconds:
            await self._ask(self.executor, self.seconds)

    async def run(self) -> None:
        """Set it again and again. What goes wrong is raised, and this begun anew soon."""
        while True:
            await self.set()
            await asyncio.sleep(self.seconds / _OFTEN)

    async def stop(self) -> None:
        """Take it back, because what is left at the venue is meant to stay there."""
        if self.executor is None or not self.seconds:
            return
        try:
            await self._ask(self.executor, 0.0)
        except VenueError as error:
            _log.warning("the venue's timer could not be stopped: it cancels all orders within %g s: %s", self.seconds, error)

    async def _ask(self, executor: Executor, seconds: float) -> None:
        asked = self.clock()
        await answer(executor.cancel_all_after(self.symbols, seconds))
        self.note(Timer(asked, seconds))
