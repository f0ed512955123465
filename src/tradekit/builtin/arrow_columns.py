"""Arrow columns from their buffers: Arrow's own `array` imports pandas, which takes longer than reading most files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["number_array", "text_array", "time_array"]


def number_array(values: NDArray[Any]) -> pa.Array:
    """Return int64 or float64 values; a NaN stays one."""
    import pyarrow as pa

    kind = pa.int64() if values.dtype == np.int64 else pa.float64()
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def time_array(times: NDArray[np.int64]) -> pa.Array:
    """Return nanoseconds as timestamps without a zone."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.timestamp("ns"), len(times), [None, pa.py_buffer(np.ascontiguousarray(times))])


def text_array(values: Sequence[str | None]) -> pa.Array:
    """Return texts; `None` is null."""
    import pyarrow as pa

    encoded = [b"" if value is None else value.encode() for value in values]
    ends = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=ends[1:])
    known = np.fromiter((value is not None for value in values), np.bool_, len(values))
    validity = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.large_string(), len(encoded), [validity, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))])
