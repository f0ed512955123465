"""How much may be asked: so many requests of an endpoint within a second."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable

from tradekit_venue.bybit.refusals import RefusedError

__all__ = ["Limits"]

SPAN_MS = 1000


class Limits:
    """Counts by the venue's clock, for each account of its own."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._asked: dict[tuple[str, str, str], deque[int]] = defaultdict(deque)

    def spend(self, account: str, endpoint: tuple[str, str], most: int) -> dict[str, str]:
        """Count a request, and return the headers that tell what is left. Raises `RefusedError` for one too many."""
        now, asked = self._now(), self._asked[account, *endpoint]
        while asked and asked[0] <= now - SPAN_MS:
            asked.popleft()
        if len(asked) >= most:
            raise RefusedError(10006, "Too many visits. Exceeded the API Rate Limit.")
        asked.append(now)
        return {
            "X-Bapi-Limit": str(most),
            "X-Bapi-Limit-Status": str(most - len(asked)),
            "X-Bapi-Limit-Reset-Timestamp": str(asked[0] + SPAN_MS),
        }
