"""History that exchanges give in odd ways: only the newest, or the last of a range in place of the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tradekit import BarRequest, DataError, VenueError

__all__ = ["FUNDING_UNTIL", "TRADES_FROM", "first_funding", "first_trades", "funding_since", "newest_only"]

_MS = 1_000_000
_HOUR_MS = 3_600_000
_EARLIEST_MS = 1_567_296_000_000
"""September 2019, before which hardly any perpetual was settled in stablecoins."""
_ROWS = 100
_FUNDING_MS = _ROWS * 8 * _HOUR_MS
FUNDING_UNTIL: Mapping[str, str] = {
    "binance": "until",
    "binanceusdm": "until",
    "bybit": "until",
    "gate": "until",
    "okx": "after",
}
"""Exchanges that give funding rates up to a time, and the name by which they are told it."""
TRADES_FROM: Mapping[str, int | None] = {
    "binance": _HOUR_MS,
    "binanceusdm": _HOUR_MS,
    "kraken": None,
}
"""Exchanges that give the first trades from a time on, with how many milliseconds one answer spans (`None`: as many as it takes).

Most give their newest, whatever they are asked for; those would pass for an old time without trades.
"""


def newest_only(found: Sequence[Sequence[Any]], request: BarRequest, limit: int, now: int, named: str) -> None:
    """Raise `DataError` for the newest bars where older ones were asked for: what lies between would pass for a gap.

    They are told from a market that opened later by being as many as an answer holds, up to now.
    """
    if request.start is None or len(found) < limit:
        return
    first, last = int(found[0][0]) * _MS, int(found[-1][0]) * _MS
    if first > request.start and last + 2 * request.interval > now:
        raise DataError(f"{named}: the exchange gives the newest {len(found)} bars only, and older ones are asked for; begin later")


def first_trades(
    ask: Callable[[int], Sequence[Mapping[str, Any]]], since_ms: int, until_ms: int, span_ms: int | None
) -> Sequence[Mapping[str, Any]]:
    """Return the first trades from a time on; an answer that spans some time and is empty says nothing about what comes after."""
    found = ask(since_ms)
    while not found and span_ms is not None and since_ms + span_ms < until_ms:
        since_ms += span_ms
        found = ask(since_ms)
    return found


def funding_since(
    ask: Callable[[int, int, int], Sequence[Mapping[str, Any]]], created_ms: int, now_ms: int
) -> list[Mapping[str, Any]]:
    """Return all funding rates of a perpetual, oldest first. `ask` is given since, limit and until, in milliseconds."""
    since = max(created_ms, _EARLIEST_MS)
    found = (row for start in range(since, now_ms, _FUNDING_MS) for row in _funding(ask, start, min(start + _FUNDING_MS, now_ms)))
    return list({int(row["timestamp"]): row for row in found}.values())


def first_funding(
    ask: Callable[[int, int, int], Sequence[Mapping[str, Any]]], since_ms: int, until_ms: int
) -> list[Mapping[str, Any]]:
    """Return the first funding rates with `since <= time < until`, oldest first: none only if there are none in all that time."""
    start = max(since_ms, _EARLIEST_MS)
    while start < until_ms:
        end = min(start + _FUNDING_MS, until_ms)
        if found := [row for row in _funding(ask, start, end) if int(row["timestamp"]) < until_ms]:
            return found
        start = end
    return []


def _funding(ask: Callable[[int, int, int], Sequence[Mapping[str, Any]]], start: int, end: int) -> list[Mapping[str, Any]]:
    """Return all funding rates from one time to another, both included.

    A range whose answer is full is halved, so that it does not matter from which end the exchange counts.
    """
    todo = [(start, end)]
    found: dict[int, Mapping[str, Any]] = {}
    while todo:
        first, last = todo.pop()
        given = ask(first, _ROWS, last)
        if len(given) >= _ROWS and any(int(row["timestamp"]) > last for row in given):
            raise VenueError(f"an answer of {len(given)} funding rates goes on after the time up to which they were asked for")
        answer = [row for row in given if first <= int(row["timestamp"]) <= last]
        if len(answer) >= _ROWS:
            if last - first <= _HOUR_MS:
                raise VenueError(f"an answer is full of {len(answer)} funding rates within an hour")
            middle = (first + last) // 2
            todo += [(middle, last), (first, middle)]
        found.update({int(row["timestamp"]): row for row in answer})
    return [found[when] for when in sorted(found)]
