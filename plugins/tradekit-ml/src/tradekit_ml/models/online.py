"""Online learners, written in NumPy: they learn from one row at a time, for ever."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

import numpy as np

import tradekit
from tradekit import Field
from tradekit_ml.models.contract import Floats, OnlineModel, Task
from tradekit_ml.models.files import bytes_of, state_arrays
from tradekit_ml.models.rows import checked_example, known_row
from tradekit_ml.models.sums import row_sums, sigmoid, sigmoids, sums

__all__ = ["Ftrl", "RecursiveLeastSquares"]


class RecursiveLeastSquares(OnlineModel):
    """Recursive least squares: the regression on all rows so far, where older ones count for less.

    Each row costs as much as the last, whatever came before. Haykin, Adaptive Filter Theory, chapter on RLS. What it doesn't see
    move for long would become ever less certain, until one row turns everything over; so no variance grows beyond its first.
    """

    name = "recursive-least-squares"

    class Options(tradekit.Options):
        memory: float = Field(0.9999, gt=0, le=1, description="what a row counts for when the next has come, as a share")
        variance: float = Field(100.0, gt=0, description="variance of each weight before the first row, in squared units of it")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self.weights: Floats = np.zeros((0, 1))
        """One a feature, and the intercept after them [feature + 1, 1]."""
        self.covariance: Floats = np.zeros((0, 0))

    @property
    def task(self) -> Task:
        """Return what the labels are: any number."""
        return "regression"

    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:  # noqa: ARG002 - nothing is drawn
        """Learn row after row, from nothing."""
        size = rows.shape[1] + 1
        self.weights, self.covariance = np.zeros((size, 1)), np.eye(size) * self.options.variance
        for row, label, weight in zip(rows, labels.tolist(), weights.tolist(), strict=True):
            self._learn(row, label, weight)

    def learn_row(self, row: Floats, label: float, weight: float = 1.0) -> None:
        """Learn from one more row."""
        self._learn(checked_example(self, row, label, weight), label, weight)

    def _learn(self, row: Floats, label: float, weight: float) -> None:
        if weight == 0:
            return
        extended = np.append(row, 1.0)
        spread = np.einsum("ij,j->i", self.covariance, extended)
        memory = self.options.memory
        gain = spread / (memory / weight + float((extended * spread).sum()))
        error = label - float((extended * self.weights[:, 0]).sum())
        self.weights = self.weights + (gain * error)[:, None]
        covariance = (self.covariance - gain[:, None] * spread) / memory
        covariance = (covariance + covariance.T) / 2  # so that rounding doesn't make it lopsided in the long run
        widest = float(covariance.diagonal().max())
        self.covariance = covariance * min(1.0, self.options.variance / widest)

    def scores(self, rows: Floats) -> Floats:
        """Return one number a row."""
        return sums(rows, self.weights[:-1], self.weights[-1])[:, 0]

    def predict_row(self, row: Floats) -> float:
        """Return what `predict` gives for this row, bit for bit."""
        known = known_row(self, row)
        return nan if known is None else float(row_sums(known, self.weights[:-1], self.weights[-1])[0])

    def state(self) -> Mapping[str, bytes]:
        """Return the weights and how certain they are."""
        return {"weights.npz": bytes_of({"weights": self.weights, "covariance": self.covariance})}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Take over the weights and how certain they are."""
        size = (self.feature_count or 0) + 1
        arrays = state_arrays(self, state, "weights.npz", {"weights": (size, 1), "covariance": (size, size)})
        self.weights, self.covariance = arrays["weights"], arrays["covariance"]


class Ftrl(OnlineModel):
    """Logistic regression that learns row by row, with a step of its own for each feature: follow the regularised leader.

    FTRL-Proximal: McMahan et al. 2013, Ad Click Prediction: a View from the Trenches, algorithm 1. Features should be of one scale.
    """

    name = "ftrl"

    class Options(tradekit.Options):
        rate: float = Field(0.1, gt=0, description="length of the first steps (alpha in the paper)")
        slowing: float = Field(1.0, ge=0, description="how late steps become shorter (beta in the paper)")
        l1: float = Field(0.0, ge=0, description="penalty on the size of a weight, which makes weights of useless features 0")
        l2: float = Field(1.0, ge=0, description="penalty on the square of a weight")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self.pulls: Floats = np.zeros(0)
        """What draws each weight, and the intercept after them, away from 0 (z in the paper)."""
        self.squares: Floats = np.zeros(0)
        """The sum of squared slopes (n in the paper)."""
        self._weights: Floats = np.zeros((1, 1))

    @property
    def task(self) -> Task:
        """Return what the labels are: 0 and 1."""
        return "classification"

    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:  # noqa: ARG002 - nothing is drawn
        """Learn row after row, from nothing."""
        size = rows.shape[1] + 1
        self._take(np.zeros(size), np.zeros(size))
        for row, label, weight in zip(rows, labels.tolist(), weights.tolist(), strict=True):
            self._learn(row, label, weight)

    def learn_row(self, row: Floats, label: float, weight: float = 1.0) -> None:
        """Learn from one more row."""
        self._learn(checked_example(self, row, label, weight), label, weight)

    def _learn(self, row: Floats, label: float, weight: float) -> None:
        chance = sigmoid(float(row_sums(row, self._weights[:-1], self._weights[-1])[0]))
        slope = np.append(row, 1.0) * ((chance - label) * weight)
        squares = self.squares + slope**2
        change = (np.sqrt(squares) - np.sqrt(self.squares)) / self.options.rate
        self._take(self.pulls + slope - change * self._weights[:, 0], squares)

    def _take(self, pulls: Floats, squares: Floats) -> None:
        options = self.options
        self.pulls, self.squares = pulls, squares
        beyond = np.sign(pulls) * np.maximum(np.abs(pulls) - options.l1, 0)
        stiffness = (options.slowing + np.sqrt(squares)) / options.rate + options.l2
        self._weights = np.divide(-beyond, stiffness, out=np.zeros_like(pulls), where=stiffness > 0)[:, None]

    def scores(self, rows: Floats) -> Floats:
        """Return the probability of label 1 for each row."""
        return sigmoids(sums(rows, self._weights[:-1], self._weights[-1])[:, 0])

    def predict_row(self, row: Floats) -> float:
        """Return what `predict` gives for this row, bit for bit."""
        known = known_row(self, row)
        return nan if known is None else sigmoid(float(row_sums(known, self._weights[:-1], self._weights[-1])[0]))

    def state(self) -> Mapping[str, bytes]:
        """Return what the weights are made from."""
        return {"pulls.npz": bytes_of({"pulls": self.pulls, "squares": self.squares})}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Take over what the weights are made from."""
        size = (self.feature_count or 0) + 1
        arrays = state_arrays(self, state, "pulls.npz", {"pulls": (size,), "squares": (size,)})
        self._take(arrays["pulls"], arrays["squares"])
