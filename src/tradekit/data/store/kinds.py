"""The kinds of data that are kept, and the columns of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.data.store.spans import Span
from tradekit.errors import DataError
from tradekit.model.bars import BAR_COLUMNS, Series, Stored
from tradekit.model.reference import Actions, FundingRates
from tradekit.model.ticks import BookUpdates, Quotes, Trades

__all__ = ["LAYOUTS", "Columns", "Kept", "Layout"]

Kept = Series | Trades | Quotes | BookUpdates | FundingRates | Actions
"""What a data set can hold."""

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How one kind of data is held: by which class, and in which columns, of which the first says when a row is."""

    kind: str
    holder: type[Kept]
    columns: Mapping[str, type[np.generic]]

    @property
    def time(self) -> str:
        """The column by which rows are found: for bars, when they open."""
        return next(iter(self.columns))

    def columns_of(self, data: Kept) -> dict[str, NDArray[Any]]:
        """Return the columns of data, each of the type that is kept.

        Raises `DataError` for data of another kind, for arrays that are not what their class promises, and for rows that are not in
        order of time: of bars, each must open later than the one before.
        """
        if not isinstance(data, self.holder):
            raise DataError(f"{self.kind} are held by {self.holder.__name__}, and this is {type(data).__name__}")
        found = {name: _column(self.kind, name, getattr(data, name), expected) for name, expected in self.columns.items()}
        if len({len(column) for column in found.values()}) > 1:
            raise DataError(f"the columns of {self.kind} differ in length: {', '.join(f'{k} {len(v)}' for k, v in found.items())}")
        if self.holder is Series:
            _check_bars(found)
        return found

    def data_of(self, columns: Columns, origin: str, stored: Stored | None = None) -> Kept:
        """Return columns as the class that holds them."""
        return self.holder(**columns, origin=origin, stored=stored)

    def empty(self) -> dict[str, NDArray[Any]]:
        """Return columns without rows."""
        return {name: np.empty(0, expected) for name, expected in self.columns.items()}

    def cut(self, columns: Columns, span: Span) -> dict[str, NDArray[Any]]:
        """Return the rows with `start <= time < end`, sharing memory."""
        first, last = np.searchsorted(columns[self.time], span)
        return {name: column[first:last] for name, column in columns.items()}

    def joined(self, parts: Sequence[Columns]) -> dict[str, NDArray[Any]]:
        """Return the rows of several parts, one after the other."""
        parts = [part for part in parts if len(part[self.time])]
        if len(parts) == 1:
            return dict(parts[0])
        return {name: np.concatenate([part[name] for part in parts]) for name in self.columns} if parts else self.empty()


def _column(kind: str, name: str, values: object, expected: type[np.generic]) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1 or not np.can_cast(array.dtype, expected, casting="same_kind"):
        raise DataError(f"{name} of {kind} is {array.dtype} of shape {array.shape}; expected {expected.__name__} [time]")
    return np.ascontiguousarray(array, dtype=expected)


def _check_bars(columns: Columns) -> None:
    opened, closed = columns["open_time"], columns["close_time"]
    steps = np.diff(opened)
    bad = np.flatnonzero(steps <= 0)
    if len(bad):
        at = int(bad[0])
        what = "has the time of the one before" if steps[at] == 0 else "comes after a later one"
        raise DataError(f"bars are kept in order of time, each time once, and bar {at + 2}, {_shown(opened[at + 1])}, {what}")
    bad = np.flatnonzero(closed <= opened)
    if len(bad):
        raise DataError(f"bar {int(bad[0]) + 1}, {_shown(opened[bad[0]])}, closes before it opens")


def _shown(time: np.int64) -> str:
    return f"{np.datetime64(int(time), 'ns')}Z"


LAYOUTS = {
    layout.kind: layout
    for layout in (
        Layout("bars", Series, {name: np.int64 if name.endswith("_time") else np.float64 for name in BAR_COLUMNS}),
        Layout("trades", Trades, {"time": np.int64, "price": np.float64, "size": np.float64, "side": np.int8, "number": np.int64}),
        Layout("quotes", Quotes, {"time": np.int64, **dict.fromkeys(("bid", "bid_size", "ask", "ask_size"), np.float64)}),
        Layout(
            "book",
            BookUpdates,
            {
                "time": np.int64,
                "sequence": np.int64,
                "side": np.int8,
                "price": np.float64,
                "size": np.float64,
                "is_snapshot": np.bool_,
            },
        ),
        Layout("funding", FundingRates, {"time": np.int64, "rate": np.float64, "mark": np.float64}),
        Layout("actions", Actions, {"time": np.int64, "kind": np.int32, "value": np.float64}),
    )
}
"""By kind, as a person types it."""
