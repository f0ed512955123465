"""An ordered set of features: its matrix over bars, its row on one bar, and its hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tradekit import Bars, Context, Indicator, Values
from tradekit_ml.features.spec import FeatureSpec

__all__ = ["FeatureSet"]

Floats = NDArray[np.float64]


class FeatureSet:
    """Features in an order that never changes; a model keeps `json`, and loads only where `sha256` is the same.

    A strategy declares `indicators()`; the engine then computes them at once, or live bar by bar, with the same numbers. From them
    come the columns: `assemble` in `targets(bars, ind)`, `rows` in `on_bar(ctx)`. Outside of a run, `values` does it all.
    """

    def __init__(self, specs: Sequence[FeatureSpec]) -> None:
        raise NotImplementedError

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the set that `json` wrote; raise `DataError` for what is none."""
        raise NotImplementedError

    @property
    def specs(self) -> tuple[FeatureSpec, ...]:
        """The features, with all their options written out."""
        raise NotImplementedError

    @property
    def names(self) -> tuple[str, ...]:
        """One for each column: readable, distinct, and the same for the same feature."""
        raise NotImplementedError

    @property
    def json(self) -> str:
        """The set as canonical JSON: keys sorted, no blanks, defaults written out."""
        raise NotImplementedError

    @property
    def sha256(self) -> str:
        """The hash of `json`, in hexadecimal."""
        raise NotImplementedError

    def lookback(self, interval: str = "") -> int:
        """Return how many bars, this one included, all values need; `interval` is how long one is, for features on coarser ones."""
        raise NotImplementedError

    def indicators(self) -> Mapping[str, Indicator]:
        """Return what a strategy declares so that the engine computes it; a strategy may declare others of its own besides."""
        raise NotImplementedError

    def values(self, bars: Bars, interval: str = "") -> Floats:
        """Return all features on all bars: float64 [time, instrument, feature]; NaN during warm-up, held over holes."""
        raise NotImplementedError

    def matrix(self, bars: Bars, interval: str = "") -> Floats:
        """Return the same as float64 [n, feature]: row `time * instruments + instrument`."""
        raise NotImplementedError

    def assemble(self, bars: Bars, ind: Values) -> Floats:
        """Return the same in a strategy's `targets(bars, ind)`, from what it declared."""
        raise NotImplementedError

    def rows(self, ctx: Context) -> Floats:
        """Return the row of each instrument in a strategy's `on_bar(ctx)`: float64 [instrument, feature], the same numbers."""
        raise NotImplementedError
