"""The bars that a run decided on, as bytes that are the same for the same bars, and back."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tradekit import Bars, DataError

__all__ = ["bars_content", "read_bars"]

_MAGIC = b"tradekit-bars-v1\n"
COLUMNS = ("open", "high", "low", "close", "volume")


def bars_content(bars: Bars) -> bytes:
    """Return bars as bytes: a line that names the format, a line of JSON with symbols and rows, then the columns, little-endian.

    First the times of opening and closing, int64, then open, high, low, close and volume, float64 [row, instrument].
    """
    out = io.BytesIO()
    about = {"symbols": list(bars.symbols), "rows": len(bars)}
    out.write(_MAGIC + json.dumps(about, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    for column in (bars.open_time, bars.close_time):
        out.write(np.ascontiguousarray(column, dtype="<i8").tobytes())
    for name in COLUMNS:
        out.write(np.ascontiguousarray(getattr(bars, name), dtype="<f8").tobytes())
    return out.getvalue()


def read_bars(content: bytes) -> Mapping[str, Any]:
    """Return `symbols`, `open_time`, `close_time` and the columns of bars that were kept. Raises `DataError` if it is none."""
    if not content.startswith(_MAGIC):
        raise DataError("the blob does not hold bars of a format that this version knows")
    head, _, rest = content[len(_MAGIC) :].partition(b"\n")
    about = json.loads(head)
    rows, width = about["rows"], len(about["symbols"])
    found: dict[str, Any] = {"symbols": tuple(about["symbols"])}
    for name in ("open_time", "close_time"):
        found[name], rest = np.frombuffer(rest[: 8 * rows], "<i8"), rest[8 * rows :]
    for name in COLUMNS:
        size = 8 * rows * width
        found[name], rest = np.frombuffer(rest[:size], "<f8").reshape(rows, width), rest[size:]
    return found
