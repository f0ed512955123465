"""Gradient-boosted trees by LightGBM: the default model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import tradekit
from tradekit import DataError, Field
from tradekit_ml.models.contract import Floats, Model, Task
from tradekit_ml.models.lightgbm_library import Trees

__all__ = ["LightGbm"]

_FILE = "trees.txt"


class LightGbm(Model):
    """Gradient-boosted trees by LightGBM: quick to train, at ease with missing values and with features of any scale.

    It always runs on one thread, row-wise and deterministically. Another version of LightGBM, or another kind of machine, may give
    another model. `train` uses the Python package of LightGBM; predicting, its library alone.
    """

    name = "lightgbm"
    takes_nan = True

    class Options(tradekit.Options):
        task: Task = Field("regression", description="what the labels are: regression, or classification of 0 and 1")
        trees: int = Field(200, ge=1, le=100_000, description="how many trees")
        leaves: int = Field(31, ge=2, le=131_072, description="leaves a tree may have")
        learning_rate: float = Field(0.05, gt=0, le=1, description="share of each tree's correction that is taken")
        min_rows: int = Field(20, ge=1, description="rows that a leaf has at least")
        row_share: float = Field(1.0, gt=0, le=1, description="share of the rows that each tree sees, drawn anew for each")
        feature_share: float = Field(1.0, gt=0, le=1, description="share of the features that each tree sees")
        l2: float = Field(0.0, ge=0, description="penalty on the square of a leaf's value")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._text = ""
        self._trees: Trees | None = None

    @property
    def task(self) -> Task:
        """Return what the labels are."""
        task: Task = self.options.task
        return task

    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:
        """Grow the trees."""
        import lightgbm

        options = self.options
        settings = {
            "objective": "binary" if self.task == "classification" else "regression",
            "num_leaves": options.leaves,
            "learning_rate": options.learning_rate,
            "min_data_in_leaf": options.min_rows,
            "bagging_fraction": options.row_share,
            "bagging_freq": int(options.row_share < 1),
            "feature_fraction": options.feature_share,
            "lambda_l2": options.l2,
            "seed": seed % 2**31,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }
        data = lightgbm.Dataset(rows, labels, weight=weights, params=settings)
        self._take(lightgbm.train(settings, data, options.trees).model_to_string())

    def scores(self, rows: Floats) -> Floats:
        """Return one number a row."""
        return self._known_trees.scores(rows)

    def predict_row(self, row: Floats) -> float:
        """Return what `predict` gives for this row, bit for bit."""
        return self._known_trees.score_row(row)

    def contributions(self, rows: Floats) -> Floats:
        """Return what each feature adds to the raw score of each row, as `Trees.contributions` does."""
        return self._known_trees.contributions(np.ascontiguousarray(rows, dtype=np.float64))

    def state(self) -> Mapping[str, bytes]:
        """Return LightGBM's text format."""
        return {_FILE: self._text.encode()}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Read LightGBM's text format."""
        if set(state) != {_FILE}:
            raise DataError(f"a model 'lightgbm' is kept in {_FILE!r}, and here are {sorted(state)!r}")
        self._take(state[_FILE].decode(errors="replace"))

    @property
    def _known_trees(self) -> Trees:
        if self._trees is None:
            raise DataError("model 'lightgbm' has learnt nothing yet; call fit() or load() first")
        return self._trees

    def _take(self, text: str) -> None:
        """Predict by what is written, from the first: so a model that was loaded can't differ from the one that was trained."""
        self._trees = Trees(text, self.feature_count or 0)
        self._text = text
