"""Ranges of time, `start <= t < end` in nanoseconds: what is covered, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["Span", "joined", "without"]

Span = tuple[int, int]


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return ranges in order of time, those that touch or overlap as one.

    >>> joined([(5, 7), (1, 3), (3, 4)])
    [(1, 4), (5, 7)]
    """
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(span: Span, taken: Sequence[Span]) -> list[Span]:
    """Return the parts of a range that lie in none of those `taken`, which are as `joined` gives them.

    >>> without((0, 10), [(2, 3), (8, 20)])
    [(0, 2), (3, 8)]
    """
    found = []
    at, last = span
    for start, end in taken:
        if end <= at:
            continue
        if start >= last:
            break
        if at < start:
            found.append((at, start))
        at = end
    return [*found, (at, last)] if at < last else found
