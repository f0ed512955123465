"""What a feature is: which indicator with which options, how its value is changed, and how old it is."""

from __future__ import annotations

from typing import Literal

import tradekit
from tradekit import Field

__all__ = ["FeatureSpec"]

Scalar = bool | int | float | str


class FeatureSpec(tradekit.Options):
    """One column of the matrix.

    The order in which it is made: the indicator on bars of `every`, one of its outputs, the transform, the lag (both in those
    bars), then, over all instruments at one time, `across`.
    """

    kind: str = Field(description="the name of an installed indicator, a calendar feature or a feature of two instruments")
    options: dict[str, Scalar] = Field(default_factory=dict, description="its options; what is left out has its default")
    output: str = Field(default="", description="which of its values, where it has several")
    every: str = Field(default="", description="how long the bars are that it reads, such as 1h; empty for those of the run")
    transform: Literal["", "log", "change", "sign", "zscore", "percentile"] = Field(default="", description="what is done to it")
    window: int = Field(default=0, ge=0, description="bars in the window of zscore or percentile")
    lag: int = Field(default=0, ge=0, description="how many bars old it is")
    across: Literal["", "rank", "demean"] = Field(default="", description="how it compares with the other instruments at that time")
    against: str = Field(default="", description="the other instrument, of a feature of two")
