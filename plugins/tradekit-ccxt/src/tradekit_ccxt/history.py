"""History that exchanges give in odd ways: only the newest, or the last of a range in place of the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tradekit import BarRequest, DataError, VenueError

__all__ = ["funding_since", "newest_only"]

_MS = 1_000_000
_HOUR_MS = 3_600_000
_EARLIEST_MS = 1_567_296_000_000
"""September 2019, before which hardly any perpetual was settled in stablecoins."""
_ROWS = 100


def newest_only(found: Sequence[Sequence[Any]], request: BarRequest, limit: int, now: int, named: str) -> None:
    """Raise `DataError` for the newest bars where older ones were asked for: what lies between would pass for a gap.

    They are told from a market that opened later by being as many as an answer holds, up to now.
    """
    if request.start is None or len(found) < limit:
        return
    first, last = int(found[0][0]) * _MS, int(found[-1][0]) * _MS
    if first > request.start and last + 2 * request.interval > now:
        raise DataError(f"{named}: the exchange gives the newest {len(found)} bars only, and older ones are asked for; begin later")


def funding_since(
    ask: Callable[[int, int, int], Sequence[Mapping[str, Any]]], created_ms: int, now_ms: int
) -> list[Mapping[str, Any]]:
    """Return all funding rates of a perpetual, oldest first. `ask` is given since, limit and until, in milliseconds.

    A range whose answer is full is halved, so that it does not matter from which end the exchange counts.
    """
    step = _ROWS * 8 * _HOUR_MS
    since = max(created_ms, _EARLIEST_MS)
    todo = [(start, min(start + step, now_ms)) for start in range(since, now_ms, step)][::-1]
    found: dict[int, Mapping[str, Any]] = {}
    while todo:
        start, end = todo.pop()
        answer = [row for row in ask(start, _ROWS, end) if start <= int(row["timestamp"]) <= end]
        if len(answer) >= _ROWS:
            if end - start <= _HOUR_MS:
                raise VenueError(f"an answer is full of {len(answer)} funding rates within an hour")
            middle = (start + end) // 2
            todo += [(middle, end), (start, middle)]
        found.update({int(row["timestamp"]): row for row in answer})
    return [found[when] for when in sorted(found)]
