"""Numbers as short text: whole numbers, their differences, the bytes of these by rank, gzip and base64.

The page's script unpacks them (`static/codec.js`). Neighbouring numbers of a market differ by little, so that the high bytes of the
differences are nearly all 0, and lie together.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Column", "decimals_of", "pack", "texts", "whole"]

_MOST_DECIMALS = 10
_LARGEST = 2**31 - 1
_LEVEL = 6  # higher ones take four times as long for 2 % less


@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers for the page: int64, `scale` of them to one; `gaps` are pairs of where no values begin and end.

    `order` tells how often differences are taken: 0 for none, 2 for times, which advance by equal steps.
    """

    values: NDArray[np.int64]
    scale: float = 1.0
    order: int = 1
    gaps: NDArray[np.int64] | None = None


def decimals_of(values: NDArray[np.float64]) -> int:
    """Return how many decimals the finite values have, or as many as fit into 31 bits where that is more."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0
    top = float(np.max(np.abs(finite)))
    sample = finite if len(finite) <= 10_000 else finite[:: len(finite) // 5_000]
    for decimals in range(_MOST_DECIMALS + 1):
        if top * 10.0 ** (decimals + 1) > _LARGEST:
            return decimals
        scaled = sample * 10.0**decimals
        if np.all(np.abs(scaled - np.rint(scaled)) <= 1e-6):
            return decimals
    return _MOST_DECIMALS


def whole(values: NDArray[np.float64], decimals: int | None = None, order: int = 1) -> Column:
    """Return a column of numbers that have so many decimals, or as many as needed; what isn't finite is a gap."""
    decimals = decimals_of(values) if decimals is None else decimals
    scale = 10.0**decimals
    is_gap = ~np.isfinite(values)
    if not is_gap.any():
        return Column(np.rint(values * scale).astype(np.int64), scale, order)
    # The value before stands in a gap, so that its difference is 0.
    last = np.maximum.accumulate(np.where(is_gap, -1, np.arange(len(values))))
    held = np.where(last >= 0, np.where(is_gap, 0.0, values)[last], 0.0)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_gap, [False])).astype(np.int8)))
    return Column(np.rint(held * scale).astype(np.int64), scale, order, edges.astype(np.int64))


def texts(values: Sequence[str]) -> tuple[list[str], Column]:
    """Return the distinct texts in order, and which one each is."""
    names = sorted(set(values))
    place = {name: k for k, name in enumerate(names)}
    return names, Column(np.array([place[value] for value in values], dtype=np.int64), order=0)


def pack(columns: Mapping[str, Column], facts: Mapping[str, Any] | None = None) -> str:
    """Return columns, and facts about them, as text; two packs of equal numbers are equal."""
    heads, bodies = [], []
    for name, column in columns.items():
        parts = [(name, column.values, column.order)]
        if column.gaps is not None:
            parts.append((f"{name}!", column.gaps, 1))
        for part, values, order in parts:
            width, body = _planes(_differences(values, order))
            heads.append([part, len(values), width, order, column.scale if part == name else 1.0])
            bodies.append(body)
    head = json.dumps({"columns": heads, "facts": dict(facts or {})}, separators=(",", ":"), allow_nan=False).encode()
    content = len(head).to_bytes(4, "little") + head + b"".join(bodies)
    return base64.b64encode(gzip.compress(content, _LEVEL, mtime=0)).decode("ascii")


def _differences(values: NDArray[np.int64], order: int) -> NDArray[np.int64]:
    for _ in range(order):
        values = np.diff(values, prepend=np.int64(0))
    return values


def _planes(values: NDArray[np.int64]) -> tuple[int, bytes]:
    """Return how many bytes a number takes, and all first bytes, then all second ones, and so on; the sign is the lowest bit."""
    folded = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    top = int(folded.max()) if len(folded) else 0
    width = max((top.bit_length() + 7) // 8, 1)
    as_bytes = folded.astype("<u8").view(np.uint8).reshape(-1, 8)
    return width, np.ascontiguousarray(as_bytes[:, :width].T).tobytes()
