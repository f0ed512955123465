"""How much may be asked: so many requests of an endpoint within two seconds."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable

from tradekit_venue.okx.refusals import RefusedError

__all__ = ["Limits"]

SPAN_MS = 2000


class Limits:
    """Counts by the venue's clock. All clients come from one address here, and share the counts."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._asked: dict[tuple[str, str], deque[int]] = defaultdict(deque)

    def spend(self, endpoint: tuple[str, str], most: int) -> None:
        """Count a request. Raises `RefusedError` for one too many."""
        now, asked = self._now(), self._asked[endpoint]
        while asked and asked[0] <= now - SPAN_MS:
            asked.popleft()
        if len(asked) >= most:
            raise RefusedError(50011, "Too Many Requests", 429)
        asked.append(now)
