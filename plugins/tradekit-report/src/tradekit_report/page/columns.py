"""Columns of a result's Arrow tables as arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["flags", "numbers", "strings", "times"]


def numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column of numbers; what isn't known is NaN."""
    column = table[name].cast(pa.float64())
    return np.asarray(column.fill_null(float("nan")).combine_chunks().to_numpy(zero_copy_only=False), dtype=np.float64)


def times(table: pa.Table, name: str) -> NDArray[np.int64]:
    """Return a column of times as UTC nanoseconds; what hasn't happened is -1."""
    column = table[name].cast(pa.int64()).fill_null(-1)
    return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False), dtype=np.int64)


def strings(table: pa.Table, name: str) -> NDArray[np.str_]:
    """Return a column of texts; one that isn't there is empty."""
    column = table[name].cast(pa.string()).fill_null("")
    return np.array(column.to_pylist(), dtype=np.str_)


def flags(table: pa.Table, name: str) -> NDArray[np.bool_]:
    """Return a column of flags; what isn't known is false."""
    return np.asarray(table[name].fill_null(False).combine_chunks().to_numpy(zero_copy_only=False), dtype=np.bool_)
