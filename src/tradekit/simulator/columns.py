"""Growing a column of a table that is filled row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["enlarged"]


def enlarged(column: Any, fill: float) -> Any:
    """Return a column of half as much length again, which holds `fill`."""
    old = np.asarray(column)
    new = np.full(len(old) + len(old) // 2, fill, dtype=old.dtype)
    new[: len(old)] = old
    return new
