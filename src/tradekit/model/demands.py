"""What dated columns are held to: read-only arrays of the promised types, of one length, in order of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tradekit.errors import DataError
from tradekit.model.bars import Times

__all__ = ["Dated", "demand", "freeze", "in_order"]


class Dated(Protocol):
    """Values at times."""

    @property
    def time(self) -> Times: ...


def freeze(owner: Dated, types: Mapping[str, type[np.generic]]) -> None:
    """Replace the arrays of a frozen object by read-only ones of the promised types, all as long as `time`."""
    length = np.shape(owner.time)
    wanted: dict[str, Any] = {"time": np.int64, **types}
    for name, expected in wanted.items():
        array = np.asarray(getattr(owner, name))
        if array.ndim != 1 or array.shape != length or not np.can_cast(array.dtype, expected, casting="same_kind"):
            what = f"{name} is {array.dtype} of shape {array.shape}"
            raise DataError(f"{what}; expected {np.dtype(expected)} [time], as long as time")
        frozen = np.ascontiguousarray(array, dtype=expected).view()
        frozen.flags.writeable = False
        object.__setattr__(owner, name, frozen)


def in_order(time: Times, what: str, is_once: bool = False) -> None:
    """Raise `DataError` if times go back, or with `is_once` if one is there twice."""
    steps = np.diff(time)
    bad = np.flatnonzero(steps <= 0 if is_once else steps < 0)
    if len(bad):
        at = int(bad[0])
        how = "is there twice" if steps[at] == 0 else f"comes after {_when(time[at])}"
        raise DataError(f"{what} must be in order of time, and {_when(time[at + 1])} {how}")


def demand(time: Times, values: NDArray[np.generic], good: NDArray[np.bool_], what: str) -> None:
    """Raise `DataError` that says `what` must be, with the first value that is not."""
    bad = np.flatnonzero(~good)
    if len(bad):
        more = f" ({len(bad):,} such)" if len(bad) > 1 else ""
        raise DataError(f"{what}, got {values[bad[0]].item()!r} at {_when(time[bad[0]])}{more}")


def _when(time: np.int64) -> str:
    return str(np.datetime64(int(time), "ns")).rstrip("0").rstrip(".") + "Z"
