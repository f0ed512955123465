"""What time it is at the venue, as well as it is known here, and when something is due again."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tradekit.engine.live.resolve import answer
from tradekit.model.outside import LiveBar
from tradekit.plugin.contracts import DataSource, Executor

__all__ = ["Rhythm", "VenueClock"]

_log = logging.getLogger("tradekit.live")
_SECOND = 1_000_000_000
_LIKELY = _SECOND
"""What is thought of the venue's clock is wrong by no more than that: one that differs more was asked for its time."""


@dataclass(slots=True)
class VenueClock:
    """The venue's clock, taken to differ from `here`, nanoseconds of this machine's, by as much as was last seen."""

    here: Callable[[], int]
    offset: int = 0

    def now(self) -> int:
        """Return the venue's time."""
        return self.here() + self.offset

    async def ask(self, source: DataSource, executor: Executor | None) -> None:
        """Find out by how much the clocks differ; without an executor by what the source was last told."""
        if executor is None:
            there = source.venue_time()
            self.offset = 0 if there is None else there - self.here()
            return
        bounds = []
        for _ in range(3):
            before = self.here()
            there = await answer(executor.venue_time())
            bounds.append((there - self.here(), there - before))
        self.offset = _between(self.offset, *min(bounds, key=lambda one: one[1] - one[0]))
        if abs(self.offset) > _SECOND:
            _log.warning("the clock of this machine differs from the venue's by %.1f s", self.offset / _SECOND)

    def learn(self, bar: LiveBar) -> None:
        """Take note of how late it is by a bar: past its beginning, and past its end once it is final.

        A source that calls bars final long before their end is not believed.
        """
        ahead = bar.close_time - self.now()
        proven = bar.close_time if bar.is_final and ahead <= _LIKELY else bar.open_time
        self.offset = max(self.offset, proven - self.here())


def _between(known: int, least: int, most: int) -> int:
    """Return the middle of what an offset can be; of answers that took long, the known one as far as they do not disprove it."""
    return (least + most) // 2 if most - least <= _LIKELY else min(max(known, least), most)


class Rhythm:
    """When things were last done that are done from time to time, by the running event loop's clock."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def begin(self, *what: str) -> None:
        """Count from now on, as if these had just been done; those that have begun already go on."""
        for one in what:
            self._last.setdefault(one, asyncio.get_running_loop().time())

    def hurry(self, what: str) -> None:
        """Let something be due at once."""
        self._last[what] = -math.inf

    @contextmanager
    def made_up_for(self, what: str) -> Iterator[None]:
        """Do something that was due; if that fails, it is due again at once."""
        try:
            yield
        except BaseException:
            self.hurry(what)
            raise

    def is_due(self, what: str, every: float) -> bool:
        """Say whether something is due that is done every so many seconds, and count from now on if it is."""
        now = asyncio.get_running_loop().time()
        if now - self._last.get(what, -every) < every:
            return False
        self._last[what] = now
        return True
