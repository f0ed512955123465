"""A clock that a test turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tradekit.data.fetch.asking import Clock
from tradekit.testing.markets import START

__all__ = ["FixedClock"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class FixedClock:
    """A clock that stands still until it is turned: `ns` is what it shows, in UTC nanoseconds. Waiting by it turns it, at once.

    `utc` goes where a function is wanted that tells the time, such as `Store(folder, now=clock.utc)`, and `clock` where a fetch
    takes its own. `waits` are the seconds that were waited.
    """

    ns: int = START
    waits: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        """Turn the clock by some seconds."""
        self.waits.append(seconds)
        self.ns += round(seconds * 1e9)

    def utc(self) -> datetime:
        """Return what it shows, cut to microseconds."""
        return _EPOCH + timedelta(microseconds=self.ns // 1000)

    @property
    def clock(self) -> Clock:
        """Return it as a fetch takes it: the time, seconds that only go forwards, and waiting."""
        return Clock(lambda: self.ns, lambda: self.ns / 1e9, self.wait)
