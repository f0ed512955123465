"""What a feature is: which indicator with which options, how its value is changed, and how old it is."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

import tradekit
from tradekit import Field

__all__ = ["FeatureSpec"]

Scalar = bool | int | float | str


class FeatureSpec(tradekit.Options):
    """One column of the matrix.

    The order in which it is made: the indicator on bars of `every`, one of its outputs, the transform, the lag (both in those
    bars), then, over all instruments at one time, `across`.

    >>> FeatureSpec(kind="linear-trend", options={"length": 50}, output="t", every="4h", lag=1).name
    'linear-trend(length=50).t.every(4h).lag(1)'
    """

    kind: str = Field(description="the name of an installed indicator, of a calendar feature or of a feature of two instruments")
    options: dict[str, Scalar] = Field(default_factory=dict, description="its options; what is left out has its default")
    output: str = Field(default="", description="which of its values, where it has several")
    every: str = Field(default="", description="how long the bars are that it reads, such as 1h; empty for those of the run")
    transform: Literal["", "log", "change", "sign", "zscore", "percentile"] = Field(default="", description="what is done to it")
    window: int = Field(default=0, ge=0, description="bars in the window of zscore or percentile")
    lag: int = Field(default=0, ge=0, description="how many bars old it is")
    across: Literal["", "rank", "demean"] = Field(default="", description="how it compares with the other instruments at that time")
    against: str = Field(default="", description="the other instrument, of a feature of two")

    @model_validator(mode="after")
    def _has_its_window(self) -> FeatureSpec:
        needs = self.transform in ("zscore", "percentile")
        if needs and self.window < 2:
            raise ValueError(f"transform {self.transform!r} needs a window of 2 bars or more, and window is {self.window}")
        if self.window and not needs:
            raise ValueError(f"window is {self.window}, which transform {self.transform!r} does not use; leave it out")
        return self

    @property
    def name(self) -> str:
        """What messages call it: everything that was asked for, in the order in which it is done."""
        given = ", ".join(f"{key}={value}" for key, value in sorted(self.options.items()))
        parts = [f"{self.kind}({given})" if given else self.kind]
        parts += [f"against({self.against})"] if self.against else []
        parts += [self.output] if self.output else []
        parts += [f"every({self.every})"] if self.every else []
        parts += [f"{self.transform}({self.window})" if self.window else self.transform] if self.transform else []
        parts += [f"lag({self.lag})"] if self.lag else []
        parts += [f"{self.across}()"] if self.across else []
        return ".".join(parts)
