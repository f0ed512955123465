"""What is done about drift: trade smaller, then not at all, until the model is trained again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

import tradekit
from tradekit import Field
from tradekit_ml.drift.detectors import Adwin
from tradekit_ml.drift.distribution import excess_missing, stability
from tradekit_ml.registry.reference import Reference

__all__ = ["DriftMonitor", "DriftOptions", "DriftState"]

Floats = NDArray[np.float64]


class DriftOptions(tradekit.Options):
    """What counts as drift, and what follows."""

    window: int = Field(500, ge=50, description="rows, of all instruments together, that are held against the training")
    every: int = Field(24, ge=1, description="bars from one look at the features to the next")
    stability: float = Field(0.25, gt=0, description="population stability index from which a feature has moved")
    shrink_share: float = Field(0.5, gt=0, le=1, description="part of the features that has moved from which size shrinks")
    abstain_share: float = Field(0.8, gt=0, le=1, description="part of the features from which nothing is held")
    shrink_missing: float = Field(
        0.05, gt=0, le=1, description="rows without a value of a feature, beyond the training's, to shrink"
    )
    abstain_missing: float = Field(
        0.2, gt=0, le=1, description="rows without a value of a feature, beyond the training's, to abstain"
    )
    delta: float = Field(0.002, gt=0, lt=1, description="probability of a false alarm about the loss in a window (ADWIN)")
    size: float = Field(0.5, gt=0, lt=1, description="part of the usual size that is traded when it shrinks")

    @model_validator(mode="after")
    def _shrinks_before_it_abstains(self) -> DriftOptions:
        for what in ("share", "missing"):
            shrink, abstain = getattr(self, f"shrink_{what}"), getattr(self, f"abstain_{what}")
            if shrink > abstain:
                raise ValueError(
                    f"shrink_{what} is {shrink:g} and abstain_{what} is {abstain:g}; it must shrink before it abstains"
                )
        return self


@dataclass(frozen=True, slots=True)
class DriftState:
    """What drift allows now: the part of the usual size, 1 where there is none, and why it isn't 1."""

    size: float = 1.0
    reasons: tuple[str, ...] = ()


class DriftMonitor:
    """Watches one model from its training on: the rows that it is asked about, and how wrong it was once labels are known.

    The first alarm about the loss shrinks the size, a second abstains; features that have moved, or that are missing, do either by
    how many they are. Both hold until a new model has a monitor of its own; only what the features say may also relax.
    `usual_loss` is the loss per row to be expected, such as that out of sample in the training.
    """

    def __init__(self, options: DriftOptions, reference: Reference, usual_loss: float) -> None:
        self._options = options
        self._reference = reference
        self._usual = usual_loss
        self._rows: deque[Floats] = deque(maxlen=options.window)
        self._adwin = Adwin(options.delta)
        self._alarms = 0
        self._bars = 0
        self._features = DriftState()

    @property
    def state(self) -> DriftState:
        """What is allowed now."""
        found = [self._features]
        if self._alarms:
            times = "once" if self._alarms == 1 else f"{self._alarms} times"
            said = f"the loss has risen {times} since the training"
            found.append(DriftState(self._options.size if self._alarms == 1 else 0.0, (said,)))
        return DriftState(min(one.size for one in found), tuple(reason for one in found for reason in one.reasons))

    def see(self, rows: Floats) -> None:
        """Take the rows [instrument, feature] that the model was asked about on one bar, as they were, and look now and then."""
        self._rows.extend(rows)
        self._bars += 1
        if self._bars % self._options.every == 0 and len(self._rows) == self._options.window:
            self._look(np.array(self._rows))

    def learn(self, loss: float) -> None:
        """Take how wrong a prediction was whose label is known by now; 0 or more."""
        before = self._adwin.mean
        bounded = loss / (loss + self._usual) if loss + self._usual > 0.0 else 0.5
        if self._adwin.push(bounded) and self._adwin.mean > before:
            self._alarms += 1
            # One rise is cut from the window in several pieces; a second alarm is a rise above what follows the first.
            self._adwin = Adwin(self._options.delta)

    def _look(self, rows: Floats) -> None:
        options = self._options
        share = float(np.mean(stability(self._reference, rows) >= options.stability))
        missing = float(np.max(excess_missing(self._reference, rows)))
        reasons, size = [], 1.0
        for value, shrink, abstain, said in (
            (share, options.shrink_share, options.abstain_share, f"{share:.0%} of the features have moved"),
            (missing, options.shrink_missing, options.abstain_missing, f"a feature is missing in {missing:.0%} more of the rows"),
        ):
            if value >= shrink:
                size = min(size, 0.0 if value >= abstain else options.size)
                reasons.append(said)
        self._features = DriftState(size, tuple(reasons))
