"""Linear models, written in NumPy: ridge regression and logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

import numpy as np

import tradekit
from tradekit import Field
from tradekit_ml.models.contract import Floats, Model, Task
from tradekit_ml.models.files import bytes_of, state_arrays
from tradekit_ml.models.likelihood import climb
from tradekit_ml.models.rows import known_row
from tradekit_ml.models.scaling import Scaling
from tradekit_ml.models.sums import row_sums, sigmoid, sigmoids, solve, sums, weighted_products

__all__ = ["Logistic", "Ridge"]

_FILE = "weights.npz"


class Ridge(Model):
    """Ridge regression: the weighted sum of the features that misses the labels least, with a penalty on large weights.

    The penalty is on features brought to mean 0 and deviation 1, so that their units don't matter; the intercept has none.
    """

    name = "ridge"

    class Options(tradekit.Options):
        l2: float = Field(1.0, gt=0, description="penalty on the square of a weight, in rows of the training set")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self.weights: Floats = np.zeros((0, 1))
        """One a feature [feature, 1], in the units of the features."""
        self.intercept: Floats = np.zeros(1)

    @property
    def task(self) -> Task:
        """Return what the labels are: any number."""
        return "regression"

    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:  # noqa: ARG002 - nothing is drawn
        """Solve the normal equations."""
        scaling = Scaling.of(rows, weights)
        scaled = scaling.applied(rows)
        mean = float((labels * weights).sum() / weights.sum())
        products = weighted_products(scaled, weights) + self.options.l2 * np.eye(rows.shape[1])
        found = solve(products, np.einsum("ni,n->i", scaled, weights * (labels - mean)))
        self.weights, self.intercept = scaling.undone(found[:, None], np.array([mean]))

    def scores(self, rows: Floats) -> Floats:
        """Return one number a row."""
        return sums(rows, self.weights, self.intercept)[:, 0]

    def predict_row(self, row: Floats) -> float:
        """Return what `predict` gives for this row, bit for bit."""
        return _row_score(self, row, self.weights, self.intercept)

    def state(self) -> Mapping[str, bytes]:
        """Return the weights and the intercept."""
        return {_FILE: bytes_of({"weights": self.weights, "intercept": self.intercept})}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Take over weights and intercept."""
        self.weights, self.intercept = _restored(self, state)


class Logistic(Model):
    """Logistic regression: the probability of label 1 from a weighted sum of the features, with a penalty on large weights.

    It is fitted by Newton's method; the penalty is on features brought to mean 0 and deviation 1, the intercept has none.
    """

    name = "logistic"

    class Options(tradekit.Options):
        l2: float = Field(1.0, gt=0, description="penalty on the square of a weight, in rows of the training set")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self.weights: Floats = np.zeros((0, 1))
        """One a feature [feature, 1], in log-odds per unit of the feature."""
        self.intercept: Floats = np.zeros(1)

    @property
    def task(self) -> Task:
        """Return what the labels are: 0 and 1."""
        return "classification"

    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:  # noqa: ARG002 - nothing is drawn
        """Climb to where the penalised likelihood is largest."""
        scaling = Scaling.of(rows, weights)
        design = np.column_stack((scaling.applied(rows), np.ones(len(rows))))
        penalty = np.full(design.shape[1], float(self.options.l2))
        penalty[-1] = 0
        share = float((labels * weights).sum() / weights.sum())
        start = np.zeros(design.shape[1])
        start[-1] = np.log(share / (1 - share))
        found = climb(design, labels, weights, penalty, start)
        self.weights, self.intercept = scaling.undone(found[:-1, None], found[-1:])

    def scores(self, rows: Floats) -> Floats:
        """Return the probability of label 1 for each row."""
        return sigmoids(sums(rows, self.weights, self.intercept)[:, 0])

    def predict_row(self, row: Floats) -> float:
        """Return what `predict` gives for this row, bit for bit."""
        return sigmoid(_row_score(self, row, self.weights, self.intercept))

    def state(self) -> Mapping[str, bytes]:
        """Return the weights and the intercept."""
        return {_FILE: bytes_of({"weights": self.weights, "intercept": self.intercept})}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Take over weights and intercept."""
        self.weights, self.intercept = _restored(self, state)


def _row_score(model: Model, row: Floats, weights: Floats, intercept: Floats) -> float:
    """Return the weighted sum of one row; NaN where the row has a value that is missing or infinite."""
    known = known_row(model, row)
    return nan if known is None else float(row_sums(known, weights, intercept)[0])


def _restored(model: Model, state: Mapping[str, bytes]) -> tuple[Floats, Floats]:
    arrays = state_arrays(model, state, _FILE, {"weights": (model.feature_count, 1), "intercept": (1,)})
    return arrays["weights"], arrays["intercept"]
