"""Months of UTC: what data are kept and hashed by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.data.arrays import digest
from tradekit.model.bars import Times

__all__ = ["content_hash", "hash_of_months", "month_start", "months_between", "split_by_month"]


def split_by_month(times: Times) -> Iterator[tuple[str, slice]]:
    """Give the UTC months of times, such as `2024-01`, and the rows of each; those of a month that is come back to, once more."""
    if not len(times):
        return
    months = times.view("M8[ns]").astype("M8[M]")
    starts = [0, *(np.flatnonzero(months[1:] != months[:-1]) + 1).tolist(), len(times)]
    for first, last in pairwise(starts):
        yield str(months[first]), slice(first, last)


def month_start(month: str) -> int:
    """Return when a month begins, in UTC nanoseconds."""
    return int(np.datetime64(month, "ns").astype(np.int64))


def months_between(start: int, end: int) -> list[tuple[str, tuple[int, int]]]:
    """Return the months that a range reaches into, each with the time that it spans."""
    if end <= start:
        return []
    first, last = (np.datetime64(time, "ns").astype("M8[M]") for time in (start, end - 1))
    months = np.arange(first, last + 1)
    return [(str(month), (month_start(str(month)), month_start(str(month + 1)))) for month in months]


def content_hash(times: Times, columns: Sequence[NDArray[Any]]) -> str:
    """Return the SHA-256 of dated columns, month by month, so that what knows the hashes of the months need not read them."""
    return hash_of_months((month, digest(column[rows] for column in columns)) for month, rows in split_by_month(times))


def hash_of_months(digests: Iterable[tuple[str, str]]) -> str:
    """Return the hash of months out of their names and the digests of their columns."""
    return hashlib.sha256("".join(f"{month} {found}\n" for month, found in digests).encode()).hexdigest()
