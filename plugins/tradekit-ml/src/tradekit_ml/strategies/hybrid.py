"""The strategy `ml-hybrid`: a technical opinion and that of a model, in equal parts unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

import tradekit
from tradekit import Field, Indicator, atr, ema
from tradekit_ml.ensembles import hybrid
from tradekit_ml.strategies.ml import Ml, MlOptions

__all__ = ["MlHybrid"]

Floats = NDArray[np.float64]


class HybridOptions(MlOptions):
    """The recipe, how it is traded, and the technical half."""

    share: float = Field(0.5, ge=0, le=1, description="part of the opinion that is the model's; the rest is technical")
    fast: int = Field(24, ge=1, description="bars in the fast average")
    slow: int = Field(120, ge=2, description="bars in the slow average")
    distance: float = Field(2.0, gt=0, description="average true ranges between the averages that are a full opinion")

    @model_validator(mode="after")
    def _is_ordered(self) -> HybridOptions:
        if self.fast >= self.slow:
            raise ValueError(f"fast is {self.fast} and slow is {self.slow}; fast must be less than slow")
        return self


class MlHybrid(Ml):
    """Hold each instrument while trend and model together say that it will rise.

    The technical opinion is how far a fast average lies above a slow one, in average true ranges. What is held needs an opinion of
    both: where the model can't tell, nothing is held.
    """

    name = "ml-hybrid"
    Options: type[tradekit.Options] = HybridOptions

    def technical(self) -> Mapping[str, Indicator]:
        options = self.options
        return {"fast-average": ema(options.fast), "slow-average": ema(options.slow), "true-range": atr(options.slow)}

    def opinions(self, scores: Floats, technical: Mapping[str, Floats]) -> Floats:
        learnt = super().opinions(scores, technical)
        apart, reach = technical["fast-average"] - technical["slow-average"], technical["true-range"] * self.options.distance
        # A market that has not moved at all has no trend.
        trend = np.divide(apart, reach, out=np.zeros_like(apart), where=reach > 0.0)
        return hybrid(np.clip(trend, -1.0, 1.0), learnt, self.options.share)
