"""The venue's own clock: it stands still until it is moved, or runs at some speed beside real time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Clock"]


class Clock:
    """What time it is at the venue, in milliseconds since 1970 UTC.

    With `speed` 0 it moves only by `advance` and `jump`; otherwise by so many seconds for each second of `monotonic`. What is due
    at a time is not its business: `Venue.catch_up` does it.
    """

    def __init__(self, start: int, speed: float = 0.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._from = start
        self._since = monotonic()
        self._held: int | None = None
        self.speed = speed
        self.skew = 0
        """How far what the venue tells and checks is off from what it does: a fault."""

    def now(self) -> int:
        """Return the time by which the venue does things."""
        if self._held is not None:
            return self._held
        if not self.speed:
            return self._from
        return self._from + int((self._monotonic() - self._since) * self.speed * 1000)

    @contextmanager
    def held_at(self, moment: int) -> Iterator[None]:
        """Show another time for as long as something is done that was due then."""
        self._held = moment
        try:
            yield
        finally:
            self._held = None

    def told(self) -> int:
        """Return the time that the venue tells, and checks requests against."""
        return self.now() + self.skew

    def run(self, speed: float) -> None:
        """Go on from now at another speed; 0 stands still. Raises `ValueError` for a speed below 0."""
        if speed < 0:
            raise ValueError(f"the clock can't run at a speed of {speed!r}; it takes 0 or more")
        self._from, self._since = self.now(), self._monotonic()
        self.speed = speed

    def advance(self, milliseconds: int) -> None:
        """Move on by so much at once. Raises `ValueError` for going back."""
        if milliseconds < 0:
            raise ValueError(f"the clock can't go back by {-milliseconds} ms; to tell a wrong time, set its skew")
        self._from, self._since = self.now() + milliseconds, self._monotonic()
