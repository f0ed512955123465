"""One feature as an indicator: the value of another one, transformed and delayed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tradekit import Indicator, Step, steps
from tradekit_ml.features.formula import Formula
from tradekit_ml.features.spec import FeatureSpec
from tradekit_ml.features.windows import Change, Delay, Floats, Percentile, deviation, ratio

__all__ = ["Column", "across"]


class Column(Indicator):
    """What a `FeatureSpec` says of an indicator. It reads what the indicator reads, and goes through it in the same pieces."""

    name = "feature"

    def __init__(self, spec: FeatureSpec, indicator: Indicator) -> None:
        super().__init__()
        self.inputs = indicator.inputs
        self.spec = spec
        self.indicator = indicator
        self.place = indicator.outputs.index(spec.output) if spec.output else 0

    @property
    def warmup(self) -> int:
        of_transform = {"change": 1, "zscore": self.spec.window - 1, "percentile": self.spec.window - 1}
        return int(self.indicator.warmup) + of_transform.get(self.spec.transform, 0) + self.spec.lag

    def step(self) -> Step:
        state = self.indicator.step()
        if not (self.spec.transform or self.spec.lag) and len(self.indicator.outputs) == 1:
            return state  # what the kernel feeds by itself, it goes on feeding
        transform, delay = _transform(self.spec), Delay(self.spec.lag)
        return Formula(lambda *columns: delay(transform(self.indicator.feed(state, *columns)[self.place])))


def _transform(spec: FeatureSpec) -> Callable[[Floats], Floats]:
    """Return what is done to the values, with a state of its own."""
    if spec.transform == "zscore":
        mean, spread = steps.Sma(spec.window), deviation(spec.window)
        return lambda values: ratio(values - mean.run(values), spread(values), 0.0)
    stateful: dict[str, Callable[[], Callable[[Floats], Floats]]] = {
        "": lambda: lambda values: values,
        "log": lambda: np.log,
        "change": Change,
        "sign": lambda: np.sign,
        "percentile": lambda: Percentile(spec.window),
    }
    return stateful[spec.transform]()


def across(how: str, values: Floats) -> Floats:
    """Return how the values of all instruments at one time compare, of float64 [time, instrument]; NaN where one has none.

    `rank` goes from 0 for the lowest to 1 for the highest of them, equal ones between; one alone has 0.5. `demean` takes away their
    mean. Nothing of another time matters.
    """
    known = np.isfinite(values)
    count = known.sum(axis=1, keepdims=True)
    found = np.zeros(values.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Instrument by instrument, so that one row alone gives the same numbers as many.
        for i in range(values.shape[1]):
            other = values[:, i : i + 1]
            if how == "rank":
                found += (other < values) + 0.5 * (other == values)
            else:
                found += np.where(known[:, i : i + 1], other, 0.0)
        found = np.where(count > 1, (found - 0.5) / (count - 1), 0.5) if how == "rank" else values - found / count
    return np.where(known, found, np.nan)
