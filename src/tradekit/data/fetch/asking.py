"""Ask a data source no faster than it allows, and again where it failed in passing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tradekit.data.interval import time_text
from tradekit.errors import VenueError
from tradekit.plugin.contracts import DataSource

__all__ = ["Asker", "Clock", "Patience"]

Answer = TypeVar("Answer")

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, and waiting; tests put their own in its place."""

    now: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Patience:
    """How often the same thing is asked, and how long is waited in between: twice as long each time."""

    tries: int = 8
    first_s: float = 1.0
    longest_s: float = 60.0
    """No wait is longer, unless the venue says so."""
    most_s: float = 900.0
    """A venue that wants to be left alone for longer isn't waited for."""

    def wait_s(self, failures: int) -> float:
        """Return how long to wait after so many failures."""
        return float(min(self.first_s * 2.0 ** (failures - 1), self.longest_s))


_CLOCK = Clock()
_PATIENCE = Patience()


def _say_nothing(message: str) -> None:
    """Take no note."""


class Asker:
    """Asks one data source, keeping to its pace from the first request to the last."""

    def __init__(
        self,
        source: DataSource,
        clock: Clock = _CLOCK,
        patience: Patience = _PATIENCE,
        tell: Callable[[str], None] = _say_nothing,
    ) -> None:
        self.source = source
        self.clock = clock
        self.requests = 0
        """How often it was asked, failures included."""
        self._patience = patience
        self._tell = tell
        self._last: float | None = None

    def ask(self, question: Callable[[], Answer]) -> tuple[Answer, int]:
        """Return the answer to a question, and up to when what it tells is finished (UTC nanoseconds).

        That is when it was asked, by the clock of this machine or by the venue's if that shows less. Raises the `VenueError` of a
        failure that doesn't pass, or that didn't pass in all tries; other errors are raised as they come.
        """
        failures = 0
        while True:
            self._keep_pace()
            asked_at = self.clock.now()
            try:
                answer = question()
            except VenueError as error:
                failures += 1
                self._wait(error, failures)
            else:
                venue_time = self.source.venue_time()
                return answer, asked_at if venue_time is None else min(asked_at, venue_time)

    def _keep_pace(self) -> None:
        paging = self.source.paging
        if paging is not None and self._last is not None:
            early = self._last + 1 / paging.per_second - self.clock.monotonic()
            if early > 0:
                self.clock.sleep(early)
        self._last = self.clock.monotonic()
        self.requests += 1

    def _wait(self, error: VenueError, failures: int) -> None:
        """Wait before the same is asked again, or raise the error."""
        patience = self._patience
        if not error.is_passing:
            raise error
        if failures >= patience.tries:
            raise VenueError(f"{error}; given up after {failures} tries", True, error.retry_after_s) from error
        asked_s = error.retry_after_s or 0.0
        if asked_s > patience.most_s:
            until = time_text((self.clock.now() // _SECOND + int(asked_s) + 1) * _SECOND)
            raise VenueError(f"{error}; it wants to be left alone until {until}", True, asked_s) from error
        wait_s = max(patience.wait_s(failures), asked_s)
        self._tell(f"{error}; asking again in {wait_s:.3g} s (try {failures + 1} of {patience.tries})")
        self.clock.sleep(wait_s)
