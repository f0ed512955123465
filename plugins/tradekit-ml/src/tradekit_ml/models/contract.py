"""The contract of a model: rows of features in, one number a row out, and a state that is written in open formats."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

import tradekit
from tradekit import DataError
from tradekit_ml.models.files import model_files, models_files, read_files, write_files
from tradekit_ml.models.rows import checked_rows, checked_training

__all__ = ["Floats", "Model", "OnlineModel", "Task"]

Floats = npt.NDArray[np.float64]
Task = Literal["regression", "classification"]
"""What the labels are: any number, of which the mean is predicted, or 0 and 1, of which the probability of 1 is."""


class Model(ABC):
    """What learns from rows of features with known labels, and gives one number for a row.

    Users call `fit`, `predict`, `predict_row`, `dump` and `load`. Authors write `task`, `train`, `scores`, `state` and
    `restore`, and `predict_row` where one row can be had faster than by `scores`. Rows are float64 [row, feature]; labels and
    weights are float64 [row]. One object serves one thread.
    """

    name: ClassVar[str]
    """In kebab-case: that of its entry point in the group `tradekit.ml.models`."""
    takes_nan: bool = False
    """Whether it learns from rows with missing values, as trees do. One that doesn't refuses them in `fit`, and answers NaN."""
    trains: ClassVar[bool] = True
    """Whether `fit` makes anything of it; a model that was trained elsewhere is only loaded."""

    Options: type[tradekit.Options] = tradekit.Options
    """What may be set on it; a model nests a class of its own."""

    def __init__(self, options: tradekit.Options | None = None) -> None:
        self.options: Any = options if options is not None else type(self).Options()
        self.feature_count: int | None = None
        """How many features a row has; `None` before it is fitted or loaded."""

    @property
    @abstractmethod
    def task(self) -> Task:
        """Return what the labels are."""

    @abstractmethod
    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:
        """Learn anew from checked rows, forgetting what was learnt before. Weights have the mean 1.

        The same rows, options and seed give the same state, byte for byte, in any process on one machine.
        """

    @abstractmethod
    def scores(self, rows: Floats) -> Floats:
        """Return one number a row, for one row or more, each independent of the rows beside it to the last bit.

        Rows are C-contiguous, and without NaN or infinity unless it `takes_nan`.
        """

    @abstractmethod
    def state(self) -> Mapping[str, bytes]:
        """Return all that was learnt, as the content of files by name, in open formats: .txt .ubj .onnx .npz .json."""

    @abstractmethod
    def restore(self, state: Mapping[str, bytes]) -> None:
        """Take over what `state` gave; `options` and `feature_count` are set already. Raises `DataError` for what it can't be."""

    def fit(self, rows: Floats, labels: Floats, weights: Floats | None = None, seed: int = 0) -> None:
        """Learn from rows whose labels are known; `weights` are relative to each other, all equal by default.

        Raises `DataError` for rows, labels or weights that can't be right: shapes that don't fit, labels that are NaN or not of
        the `task`, infinite features, missing ones where it doesn't take them, negative weights, and nothing to learn from.
        """
        if not self.trains:
            raise DataError(f"model {self.name!r} can't be trained here: it was trained elsewhere, and is only loaded")
        checked = checked_training(self, rows, labels, weights)
        self.feature_count = checked.rows.shape[1]
        self.train(checked.rows, checked.labels, checked.weights, seed)

    def predict(self, rows: Floats) -> Floats:
        """Return one number a row: the expected label, or the probability of label 1.

        NaN where a row has a value that is missing or infinite and the model doesn't take such. Raises `DataError` for rows of
        another number of features, and before it is fitted.
        """
        rows = checked_rows(self, rows)
        if self.takes_nan and len(rows):
            return self.scores(rows)
        found = np.full(len(rows), np.nan)
        known = np.isfinite(rows).all(axis=1)
        if known.any():
            found[known] = self.scores(rows if known.all() else rows[known])
        return found

    def predict_row(self, row: Floats) -> float:
        """Return what `predict` gives for this row [feature], to the last bit, and faster where the model knows how."""
        return float(self.predict(np.asarray(row, dtype=np.float64).reshape(1, -1))[0])

    def dump(self, folder: Path) -> None:
        """Write it into a folder, which is made: `model.json` with its name and options, and the files of its `state`.

        Raises `DataError` before it is fitted.
        """
        write_files(folder, model_files(self))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `dump` wrote there, which predicts the same to the last bit.

        Raises `DataError` for a folder that doesn't hold a model of this name, whole and in open formats.
        """
        return cls.of_files(read_files(folder), repr(str(folder)))

    @classmethod
    def of_files(cls, files: Mapping[str, bytes], where: str) -> Self:
        """Return the model whose files these are, as `load` does; `where` they are from is for messages."""
        found = models_files(files, cls, where)
        model = cls(found.options)
        model.feature_count = found.feature_count
        model.restore(found.state)
        return model


class OnlineModel(Model):
    """A model that also learns from one row at a time. `fit` is the same as learning from row after row."""

    @abstractmethod
    def learn_row(self, row: Floats, label: float, weight: float = 1.0) -> None:
        """Learn from one more row [feature], whose label is known by now.

        It can't tell whether the label is known, so strategies learn through `DelayedLearner`, which can. Raises `DataError`
        for a label that is NaN or not of the `task`, and before it is fitted or begun.
        """
