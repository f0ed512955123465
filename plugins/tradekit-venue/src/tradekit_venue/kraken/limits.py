"""How often an account may ask: a counter that each private request raises, and time lowers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from tradekit_venue.kraken.refusals import RefusedError

__all__ = ["Limits"]

MOST = 20.0
A_SECOND = 1.0
"""As for an account of the highest tier."""


class Limits:
    """Counts what each key has asked; orders and their cancelling are not counted."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._used: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))

    def spend(self, key: str, weight: int) -> None:
        """Count a request. Raises `RefusedError` for one that is too many."""
        now = self._now()
        before, used = self._used[key]
        used = max(0.0, used - (now - before) / 1000 * A_SECOND) + weight
        if used > MOST:
            raise RefusedError("EAPI:Rate limit exceeded")
        self._used[key] = now, used
