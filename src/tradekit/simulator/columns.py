"""Growing a column of a table that is filled row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["enlarged"]


def enlarged(column: Any, fill: float) -> Any:
    """Return a column of twice the length, its new half holding `fill`."""
    old = np.asarray(column)
    new = np.full(2 * len(old), fill, dtype=old.dtype)
    new[: len(old)] = old
    return new
