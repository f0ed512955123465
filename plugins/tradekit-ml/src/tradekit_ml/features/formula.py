"""What features are made of: one formula over columns, which is its own streaming form.

A formula is a function of columns that keeps what it has seen in the pieces of `tradekit_ml.features.windows`, and in the compiled
steps of `tradekit.steps`. Whole columns go through it at once, and a live bar as columns of length one: it is the same code, so
the values are the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

import tradekit
from tradekit import Field, Indicator, Step
from tradekit_ml.features.windows import Floats

__all__ = ["Formula", "WindowOptions", "WindowedFeature", "ordered"]

AnyOptions = TypeVar("AnyOptions", bound=tradekit.Options)


class Formula:
    """The state of an indicator that is a function of columns, [time] each, to values, [time] or [output, time].

    A bar on which an input is not finite doesn't exist: its values are NaN and the state stays. So is a value that is not finite.
    """

    def __init__(self, formula: Callable[..., Floats], outputs: int = 1) -> None:
        self.formula = formula
        self.outputs = outputs

    def push(self, *inputs: float) -> float | tuple[float, ...]:
        """Return the value on one more bar, or all of them."""
        found = self.run(*(np.array([value], dtype=np.float64) for value in inputs))
        return float(found[0, 0]) if self.outputs == 1 else tuple(map(float, found[:, 0]))

    def run(self, *columns: Floats) -> Floats:
        """Return the values on more bars, [output, time]."""
        exists = np.logical_and.reduce([np.isfinite(column) for column in columns])
        whole = bool(exists.all())
        given = columns if whole else tuple(column[exists] for column in columns)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = np.asarray(self.formula(*given), dtype=np.float64).reshape(self.outputs, -1)
        found = np.where(np.isfinite(found), found, np.nan)
        if whole:
            return found
        values = np.full((self.outputs, len(exists)), np.nan)
        values[:, exists] = found
        return values


def ordered(options: AnyOptions, first: str, second: str) -> AnyOptions:
    """Return the options if one of them is less than another; for a validator of pydantic, so it raises `ValueError`."""
    if getattr(options, first) >= getattr(options, second):
        values = f"{first} is {getattr(options, first)} and {second} is {getattr(options, second)}"
        raise ValueError(f"{values}; {first} must be less than {second}")
    return options


class WindowOptions(tradekit.Options):
    """The window."""

    length: int = Field(default=20, ge=2, description="bars in the window")


class WindowedFeature(Indicator):
    """What features over one window share: their options, and a first value on bar `length` + `before`."""

    Options = WindowOptions
    before: int = 0
    """How many bars come before the window, such as the close from which its first change counts."""

    @property
    def warmup(self) -> int:
        return int(self.options.length) + self.before

    def step(self) -> Step:
        return Formula(self.formula(int(self.options.length)), len(self.outputs))

    def formula(self, length: int) -> Callable[..., Floats]:
        """Return the formula, with a state of its own."""
        raise NotImplementedError
