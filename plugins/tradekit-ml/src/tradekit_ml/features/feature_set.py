"""An ordered set of features: its matrix over bars, its row on one bar, and its hash."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from pydantic import ValidationError

from tradekit import Bars, ConfigError, Context, DataError, Indicator, Values, indicator_values
from tradekit_ml.features.making import Made, make
from tradekit_ml.features.spec import FeatureSpec
from tradekit_ml.features.windows import Floats

__all__ = ["FeatureSet"]

_FORMAT = 1


class FeatureSet:
    """Features in an order that never changes; a model keeps `json`, and loads only where `sha256` is the same.

    A strategy declares `indicators()`; the engine then computes them at once, or live bar by bar, with the same numbers. From them
    come the columns: `assemble` in `targets(bars, ind)`, `rows` in `on_bar(ctx)`. Outside of a run, `values` does it all.

    Raises `ConfigError` for a feature that can't be made or is there twice, and `PluginError` for a kind that is not installed.
    """

    def __init__(self, specs: Sequence[FeatureSpec]) -> None:
        self._made: tuple[Made, ...] = tuple(make(spec) for spec in specs)
        if not self._made:
            raise ConfigError("a set of features can't be empty; name one, such as kind = 'log-return'")
        twice = [name for name, count in Counter(self.names).items() if count > 1]
        if twice:
            raise ConfigError(f"feature {twice[0]!r} is there twice; leave one out")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the set that `json` wrote; raise `DataError` for what is none."""
        try:
            document: Any = json.loads(text)
            if document["format"] != _FORMAT:
                raise DataError(f"features are of format {document['format']!r}, and this version reads {_FORMAT}; train anew")
            return cls([FeatureSpec.model_validate(one) for one in document["features"]])
        except (ValidationError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{text[:60]!r} is no set of features: {str(error).splitlines()[0]}") from error

    def __len__(self) -> int:
        return len(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FeatureSet) and self.json == other.json

    def __hash__(self) -> int:
        return hash(self.json)

    @property
    def specs(self) -> tuple[FeatureSpec, ...]:
        """The features, with all their options written out."""
        return tuple(made.spec for made in self._made)

    @property
    def names(self) -> tuple[str, ...]:
        """One for each column: readable, distinct, and the same for the same feature, whether its defaults are given or not."""
        return tuple(made.name for made in self._made)

    @property
    def json(self) -> str:
        """The set as canonical JSON: keys sorted, no blanks, defaults written out."""
        document = {"format": _FORMAT, "features": [spec.model_dump(mode="json") for spec in self.specs]}
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @property
    def sha256(self) -> str:
        """The hash of `json`, in hexadecimal."""
        return hashlib.sha256(self.json.encode()).hexdigest()

    def lookback(self, interval: str = "") -> int:
        """Return how many bars, this one included, first values need.

        `interval` says how long a bar is; only features of coarser bars need it.
        """
        return max(made.lookback(interval) for made in self._made)

    def indicators(self) -> Mapping[str, Indicator]:
        """Return what a strategy declares so that the engine computes it; a strategy may declare others of its own besides."""
        return {made.name: made.indicator for made in self._made if made.indicator is not None}

    def values(self, bars: Bars, interval: str = "", calendar: str | None = None) -> Floats:
        """Return all features on all bars: float64 [time, instrument, feature]; NaN during warm-up, held over holes.

        `interval` and `calendar` are those of `tradekit.indicator_values`.
        """
        return self.assemble(bars, indicator_values(self.indicators(), bars, interval, calendar))

    def matrix(self, bars: Bars, interval: str = "", calendar: str | None = None) -> Floats:
        """Return the same as float64 [n, feature]: row `time * instruments + instrument`."""
        return self.values(bars, interval, calendar).reshape(-1, len(self))

    def assemble(self, bars: Bars, ind: Values) -> Floats:
        """Return the same in a strategy's `targets(bars, ind)`, from what it declared."""
        found = np.empty((len(bars), len(bars.symbols), len(self)))
        for k, made in enumerate(self._made):
            found[:, :, k] = made.values(bars, ind)
        return found

    def rows(self, ctx: Context) -> Floats:
        """Return the row of each instrument in a strategy's `on_bar(ctx)`: float64 [instrument, feature], the same numbers.

        Raises `StrategyError` for a feature of two instruments, which needs the bars that both had: decide in `targets`.
        """
        return np.stack([made.row(ctx) for made in self._made], axis=1)
