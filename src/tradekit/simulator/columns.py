"""Growing a column of a table that is filled row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["enlarged"]

_LEAST = 64
_LONG = 1 << 17


def enlarged(column: Any, fill: float) -> Any:
    """Return a column with room for a quarter more, which holds `fill`: the same array, which where it can be isn't copied.

    A long one gets room for half as much again: where it is copied, it goes through all of main memory each time.
    """
    array = column if isinstance(column, np.ndarray) else column.base
    length = len(array)
    more = length // 2 if length >= _LONG else max(length // 4, _LEAST)
    # What is compiled reads the array through a view, which the caller replaces by one of what is returned.
    array.resize(length + more, refcheck=False)
    array[length:] = fill
    return array
