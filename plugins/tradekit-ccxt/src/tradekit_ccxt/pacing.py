"""How fast an exchange is asked, and who goes first where not everybody can."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Awaitable, Callable
from enum import IntEnum

from tradekit import VenueError

__all__ = ["Governor", "Priority"]


class Priority(IntEnum):
    """What goes before what: the smaller first."""

    CANCEL = 0
    REDUCE = 1
    NEW = 2
    RECONCILE = 3
    DATA = 4


_KEPT_BACK = {Priority.CANCEL: 0.0, Priority.REDUCE: 0.1, Priority.NEW: 0.2, Priority.RECONCILE: 0.3, Priority.DATA: 0.4}
"""The share of the budget that is left for what goes before."""


def loop_time() -> float:
    """Return the time by which the running event loop sleeps, in seconds."""
    return asyncio.get_running_loop().time()


class Governor:
    """A budget that fills up at an even rate, and a queue in order of priority for those that it does not suffice for.

    What is asked costs tokens: `per_second` of them come in, and at most `burst` are kept. A share of those is kept back from all
    but cancellations. When the exchange wants to be left alone, nobody goes.
    """

    def __init__(
        self,
        per_second: float,
        burst: float,
        now: Callable[[], float] = loop_time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_second = per_second
        self._burst = max(burst, 1.0)
        self._now = now
        self._sleep = sleep
        self._tokens = self._burst
        self._counted_at: float | None = None
        self._rests_until = -math.inf
        self._numbers = itertools.count()
        self._queue: dict[tuple[int, int], float] = {}
        """What each costs that waits, by its place."""

    def rest(self, seconds: float) -> None:
        """Let nobody go for some seconds."""
        self._rests_until = max(self._rests_until, self._now() + seconds)

    async def turn(self, priority: Priority, cost: float = 1.0, patience_s: float = math.inf) -> None:
        """Wait until it is one's turn; raise `VenueError` at once where that would take longer than `patience_s` seconds."""
        place = (int(priority), next(self._numbers))
        self._queue[place] = cost
        deadline = self._now() + patience_s
        try:
            while (wait := self._wait_s(place, priority)) > 0:
                if self._now() + wait > deadline:
                    what = f"too much is asked of the exchange: it would be {wait:.3g} s until this is its turn"
                    raise VenueError(f"{what}, and {patience_s:g} s are allowed", is_passing=True, retry_after_s=wait)
                await self._sleep(wait)
            self._tokens -= cost
        finally:
            del self._queue[place]

    def _wait_s(self, place: tuple[int, int], priority: Priority) -> float:
        """Return how long it takes at least until it is the turn of a place, in seconds; 0 if it is now."""
        now = self._now()
        passed = 0.0 if self._counted_at is None else now - self._counted_at
        self._tokens = min(self._burst, self._tokens + passed * self._per_second)
        self._counted_at = now
        rest = max(self._rests_until - now, 0.0)
        ahead = sum(cost for other, cost in self._queue.items() if other < place)
        needed = min(self._queue[place] + _KEPT_BACK[priority] * self._burst, self._burst) + ahead
        # Rounding must not make anybody wait for a time that is too short to be told from none.
        missing = needed - self._tokens
        return max(rest, missing / self._per_second if missing > 1e-9 * self._burst else 0.0)
