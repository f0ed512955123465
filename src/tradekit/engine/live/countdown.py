"""The venue's own timer, which cancels all orders when it hears nothing any more, whatever becomes of this process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from tradekit.engine.live.resolve import answer
from tradekit.errors import VenueError
from tradekit.plugin.contracts import Executor

__all__ = ["Countdown"]

_log = logging.getLogger("tradekit.live")
_OFTEN = 3
"""So many times is it set anew before it would run out: two requests may fail."""


@dataclass(frozen=True, slots=True)
class Countdown:
    """Sets the venue's timer anew for as long as a session lives; with 0 seconds it is left alone."""

    executor: Executor | None = None
    symbols: Sequence[str] = ()
    seconds: float = 0.0

    async def set(self) -> None:
        """Let all orders be cancelled when the time is over. Raises `ConfigError` where the venue has no such timer."""
        if self.executor is not None and self.seconds:
            await answer(self.executor.cancel_all_after(self.symbols, self.seconds))

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
            await answer(self.executor.cancel_all_after(self.symbols, 0.0))
        except VenueError as error:
            _log.warning("the venue's timer could not be stopped: it cancels all orders within %g s: %s", self.seconds, error)
