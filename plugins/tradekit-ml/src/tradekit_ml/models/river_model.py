"""An online learner of river's, of the kind whose state can be written in an open format."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

import numpy as np

import tradekit
from tradekit import Field
from tradekit_ml.models.contract import Floats, OnlineModel, Task
from tradekit_ml.models.extras import extra
from tradekit_ml.models.files import bytes_of, state_arrays
from tradekit_ml.models.rows import checked_example, known_row
from tradekit_ml.models.sums import row_sums, sigmoid, sigmoids, sums

__all__ = ["PassiveAggressive"]

_FILE = "weights.npz"


class PassiveAggressive(OnlineModel):
    """River's passive-aggressive learner: no change for a row it gets right, just enough for one it gets wrong. Extra `river`.

    Crammer et al. 2006, Online Passive-Aggressive Algorithms. Of river's models it is one whose whole state is public numbers;
    those that river can only pickle are not here. For a classification, 1 / (1 + exp(-margin)) is no probability before it is
    calibrated. Features should be of one scale.
    """

    name = "passive-aggressive"

    class Options(tradekit.Options):
        task: Task = Field("regression", description="what the labels are: regression, or classification of 0 and 1")
        aggressiveness: float = Field(0.01, gt=0, description="longest step for one row (C in the paper)")
        tolerance: float = Field(0.0, ge=0, description="miss of a regression that is not learnt from, in units of the label")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._learner: Any = None
        self._weights: Floats = np.zeros((1, 1))

    @property
    def task(self) -> Task:
        """Return what the labels are."""
        task: Task = self.options.task
        return task

    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:  # noqa: ARG002 - nothing is drawn
        """Learn row after row, from nothing."""
        self._begin(np.zeros((rows.shape[1] + 1, 1)))
        for row, label, weight in zip(rows, labels.tolist(), weights.tolist(), strict=True):
            self._learn(row, label, weight)
        self._read()

    def learn_row(self, row: Floats, label: float, weight: float = 1.0) -> None:
        """Learn from one more row."""
        self._learn(checked_example(self, row, label, weight), label, weight)
        self._read()

    def _learn(self, row: Floats, label: float, weight: float) -> None:
        self._learner.C = self.options.aggressiveness * weight
        target = bool(label) if self.task == "classification" else label
        self._learner.learn_one(dict(enumerate(row.tolist())), target)

    def _begin(self, weights: Floats) -> None:
        """Make river's learner with these weights, the intercept being the last."""
        linear = extra("river.linear_model", "river", self.name)
        if self.task == "classification":
            learner = linear.PAClassifier(C=self.options.aggressiveness)
        else:
            learner = linear.PARegressor(C=self.options.aggressiveness, eps=self.options.tolerance)
        learner.weights.update(enumerate(weights[:-1, 0].tolist()))
        learner.intercept = float(weights[-1, 0])
        self._learner, self._weights = learner, weights

    def _read(self) -> None:
        learner = self._learner
        values = [learner.weights[feature] for feature in range(self.feature_count or 0)]
        self._weights = np.array([*values, learner.intercept], dtype=np.float64)[:, None]

    def scores(self, rows: Floats) -> Floats:
        """Return one number a row."""
        value = sums(rows, self._weights[:-1], self._weights[-1])[:, 0]
        return sigmoids(value) if self.task == "classification" else value

    def predict_row(self, row: Floats) -> float:
        """Return what `predict` gives for this row, bit for bit."""
        known = known_row(self, row)
        if known is None:
            return nan
        value = float(row_sums(known, self._weights[:-1], self._weights[-1])[0])
        return sigmoid(value) if self.task == "classification" else value

    def state(self) -> Mapping[str, bytes]:
        """Return the weights."""
        return {_FILE: bytes_of({"weights": self._weights})}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Take over the weights."""
        self._begin(state_arrays(self, state, _FILE, {"weights": ((self.feature_count or 0) + 1, 1)})["weights"])
