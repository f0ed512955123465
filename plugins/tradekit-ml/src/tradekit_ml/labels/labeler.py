"""What all labelers share: options, a canonical description, and how outcomes on an instrument's own bars become labels."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import tradekit
from tradekit import Bars, DataError
from tradekit_ml.labels.labels import Floats, Labels, Rows, label_uniqueness, normalised

__all__ = ["Labeler", "Outcome", "OwnBars", "gather"]

_FORMAT = 1


class Labeler(ABC):
    """Makes labels of bars. What a label is worth depends on no bar after its `last`, and nothing earns before its fill."""

    name: ClassVar[str]
    """In kebab-case, as people type it."""
    Options: type[tradekit.Options] = tradekit.Options

    def __init__(self, options: tradekit.Options | None = None) -> None:
        self.options: Any = options if options is not None else type(self).Options()

    @property
    def is_class(self) -> bool:
        """Whether its values are classes; if not, they are numbers."""
        return True

    @abstractmethod
    def label(self, bars: Bars, side: Floats | None = None) -> Labels:
        """Return a label for each decision whose outcome the bars show.

        `side`, float64 [time, instrument], is 1 where a primary model buys at the close of the row, -1 where it sells short, and 0
        or NaN where it does nothing, which then has no label. Without it every bar decides to buy. Raises `DataError` if there
        is nothing to label.
        """

    @property
    def json(self) -> str:
        """What it is, as canonical JSON: its name and all options."""
        document = {"format": _FORMAT, "label": self.name, "options": self.options.model_dump(mode="json")}
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @property
    def sha256(self) -> str:
        """The hash of `json`, in hexadecimal."""
        return hashlib.sha256(self.json.encode()).hexdigest()


@dataclass(frozen=True)
class OwnBars:
    """The bars that one instrument has, and on which of them something is decided."""

    row: Rows
    """Clock row of each."""
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    side: Floats
    """1 or -1 where something is decided, 0 where nothing is."""


@dataclass(frozen=True)
class Outcome:
    """What came of decisions on an instrument's own bars: arrays of equal length, places among these bars."""

    decided: Rows
    ended: Rows
    value: Floats
    ret: Floats
    is_ambiguous: NDArray[np.bool_]


def own_bars(bars: Bars, side: Floats | None) -> Iterator[OwnBars]:
    """Yield the own bars of each instrument."""
    if side is not None and side.shape != bars.close.shape:
        raise DataError(f"sides have the shape {side.shape}; bars have {bars.close.shape}, [time, instrument]")
    for i in range(len(bars.symbols)):
        row = np.flatnonzero(bars.exists[:, i])
        opened, high, low, close = (bars.own(i, getattr(bars, name)) for name in ("open", "high", "low", "close"))
        way = np.ones(len(row)) if side is None else np.nan_to_num(np.sign(side[row, i]))
        yield OwnBars(row, opened, high, low, close, way)


def gather(bars: Bars, outcomes: Sequence[tuple[OwnBars, Outcome]], who: str) -> Labels:
    """Return the outcomes of all instruments as labels, weighted by their uniqueness; raise `DataError` if there are none."""
    parts = []
    for i, (own, found) in enumerate(outcomes):
        first, last = own.row[found.decided + 1], own.row[found.ended]
        number = np.full(len(first), i, dtype=np.int64)
        times = bars.open_time[first], bars.close_time[last]
        ones = np.ones(len(first))
        parts.append((own.row[found.decided], number, first, last, *times, found.value, found.ret, ones, found.is_ambiguous))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    if not len(columns[0]):
        what = f"label {who!r} finds no outcome in {len(bars)} bars of {', '.join(bars.symbols)}"
        raise DataError(f"{what}; give it more, or a shorter horizon")
    order = np.lexsort((columns[1], columns[0]))
    labels = Labels(*(column[order] for column in columns))
    return replace(labels, weight=normalised(label_uniqueness(labels)))
