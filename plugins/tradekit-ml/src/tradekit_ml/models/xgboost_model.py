"""Gradient-boosted trees by XGBoost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import tradekit
from tradekit import DataError, Field
from tradekit_ml.models.contract import Floats, Model, Task
from tradekit_ml.models.extras import extra

__all__ = ["XgBoost"]

_FILE = "trees.ubj"


class XgBoost(Model):
    """Gradient-boosted trees by XGBoost: another way to the same end as LightGBM, slower on single rows. Extra `xgboost`.

    It runs on one thread. XGBoost computes in 32-bit numbers, and so gives predictions with about seven digits.
    """

    name = "xgboost"
    takes_nan = True

    class Options(tradekit.Options):
        task: Task = Field("regression", description="what the labels are: regression, or classification of 0 and 1")
        trees: int = Field(200, ge=1, le=100_000, description="how many trees")
        depth: int = Field(6, ge=1, le=32, description="questions that a tree asks about a row at most")
        learning_rate: float = Field(0.05, gt=0, le=1, description="share of each tree's correction that is taken")
        min_weight: float = Field(1.0, ge=0, description="weight of rows, by the loss's curvature, that a leaf has at least")
        row_share: float = Field(1.0, gt=0, le=1, description="share of the rows that each tree sees, drawn anew for each")
        feature_share: float = Field(1.0, gt=0, le=1, description="share of the features that each tree sees")
        l2: float = Field(1.0, ge=0, description="penalty on the square of a leaf's value")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._content = b""
        self._booster: Any = None

    @property
    def task(self) -> Task:
        """Return what the labels are."""
        task: Task = self.options.task
        return task

    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:
        """Grow the trees."""
        xgboost = extra("xgboost", "xgboost", self.name)
        options = self.options
        settings = {
            "objective": "binary:logistic" if self.task == "classification" else "reg:squarederror",
            "max_depth": options.depth,
            "learning_rate": options.learning_rate,
            "min_child_weight": options.min_weight,
            "subsample": options.row_share,
            "colsample_bytree": options.feature_share,
            "reg_lambda": options.l2,
            "tree_method": "hist",
            "seed": seed % 2**31,
            "nthread": 1,
            "verbosity": 0,
        }
        data = xgboost.DMatrix(rows, labels, weight=weights, nthread=1)
        self._take(bytes(xgboost.train(settings, data, options.trees).save_raw("ubj")))

    def scores(self, rows: Floats) -> Floats:
        """Return one number a row."""
        if self._booster is None:
            raise DataError("model 'xgboost' has learnt nothing yet; call fit() or load() first")
        found: Floats = np.asarray(self._booster.inplace_predict(rows), dtype=np.float64)
        return found

    def state(self) -> Mapping[str, bytes]:
        """Return XGBoost's UBJSON."""
        return {_FILE: self._content}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Read XGBoost's UBJSON."""
        if set(state) != {_FILE}:
            raise DataError(f"a model 'xgboost' is kept in {_FILE!r}, and here are {sorted(state)!r}")
        self._take(state[_FILE])

    def _take(self, content: bytes) -> None:
        """Predict by what is written, from the first: so a model that was loaded can't differ from the one that was trained."""
        xgboost = extra("xgboost", "xgboost", self.name)
        booster = xgboost.Booster({"nthread": 1})
        try:
            booster.load_model(bytearray(content))
        except xgboost.core.XGBoostError as error:
            raise DataError(f"{_FILE!r} can't be read by XGBoost: {str(error).splitlines()[0]}") from error
        if booster.num_features() != self.feature_count:
            raise DataError(f"the trees are of {booster.num_features()} features; expected {self.feature_count}")
        self._content, self._booster = content, booster
