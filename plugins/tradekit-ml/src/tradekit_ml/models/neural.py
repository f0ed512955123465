"""A small neural network, written in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import nan
from typing import Annotated

import numpy as np

import tradekit
from tradekit import Field
from tradekit_ml.models.contract import Floats, Model, Task
from tradekit_ml.models.files import bytes_of, state_arrays
from tradekit_ml.models.rows import known_row
from tradekit_ml.models.scaling import Scaling
from tradekit_ml.models.sums import row_sums, sigmoid, sigmoids, sums

__all__ = ["Neural"]

Units = Annotated[int, Field(ge=1, le=4096)]

_FILE = "layers.npz"
_MEAN_DECAY, _SQUARE_DECAY, _TINY = 0.9, 0.999, 1e-8  # of Adam, as its authors propose


class Neural(Model):
    """A small neural network: one or two layers of rectified units, trained by Adam in a seeded order.

    Features are brought to mean 0 and deviation 1, and so is the label of a regression. Adam: Kingma and Ba 2015,
    arXiv:1412.6980; the first weights: He et al. 2015, arXiv:1502.01852.
    """

    name = "neural"

    class Options(tradekit.Options):
        task: Task = Field("regression", description="what the labels are: regression, or classification of 0 and 1")
        units: tuple[Units, ...] = Field((32,), min_length=1, max_length=2, description="units in each hidden layer, one or two")
        passes: int = Field(20, ge=1, description="passes over the training rows")
        batch: int = Field(256, ge=1, description="rows from which each step is computed")
        learning_rate: float = Field(0.001, gt=0, le=1, description="length of Adam's steps")
        l2: float = Field(0.0001, ge=0, description="penalty on the square of a weight, per row")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self.layers: list[tuple[Floats, Floats]] = []
        """Weights [input, output] and start [output] of each layer, for features and labels in their own units."""

    @property
    def task(self) -> Task:
        """Return what the labels are."""
        task: Task = self.options.task
        return task

    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:
        """Take one step for each batch of rows, in an order drawn anew for each pass."""
        random = np.random.default_rng(seed)
        scaling = Scaling.of(rows, weights)
        scaled = scaling.applied(rows)
        mean, deviation = 0.0, 1.0
        if self.task == "regression":
            mean = float((labels * weights).sum() / weights.sum())
            deviation = float(np.sqrt(((labels - mean) ** 2 * weights).sum() / weights.sum())) or 1.0
        targets = (labels - mean) / deviation
        sizes = [rows.shape[1], *self.options.units, 1]
        arrays = [random.normal(0, np.sqrt(2 / size), (size, following)) for size, following in pairwise(sizes)]
        arrays += [np.zeros(following) for following in sizes[1:]]
        moments = [(np.zeros_like(array), np.zeros_like(array)) for array in arrays]
        step = 0
        for _ in range(self.options.passes):
            order = random.permutation(len(rows))
            for first in range(0, len(rows), self.options.batch):
                some = order[first : first + self.options.batch]
                step += 1
                slopes = self._slopes(arrays, scaled[some], targets[some], weights[some])
                _move(arrays, moments, slopes, step, self.options.learning_rate)
        self.layers = _in_own_units(arrays, scaling, mean, deviation)

    def _slopes(self, arrays: Sequence[Floats], rows: Floats, targets: Floats, weights: Floats) -> list[Floats]:
        """Return the slope of the mean loss over a batch, for each array of weights and then for each start."""
        depth = len(arrays) // 2
        matrices, starts = arrays[:depth], arrays[depth:]
        inputs = [rows]
        for matrix, start in zip(matrices[:-1], starts[:-1], strict=True):
            inputs.append(np.maximum(_product(inputs[-1], matrix) + start, 0))
        answer = (_product(inputs[-1], matrices[-1]) + starts[-1])[:, 0]
        if self.task == "classification":
            answer = 0.5 * (1 + np.tanh(0.5 * answer))
        error = ((answer - targets) * weights / len(rows))[:, None]
        of_matrices, of_starts = [], []
        for position in reversed(range(depth)):
            of_matrices.append(_product(inputs[position].T, error) + self.options.l2 * matrices[position])
            of_starts.append(error.sum(axis=0))
            error = _product(error, matrices[position].T) * (inputs[position] > 0)
        return [*reversed(of_matrices), *reversed(of_starts)]

    def scores(self, rows: Floats) -> Floats:
        """Return one number a row."""
        value = rows
        for matrix, start in self.layers[:-1]:
            value = np.maximum(sums(value, matrix, start), 0)
        answer = sums(value, *self.layers[-1])[:, 0]
        return sigmoids(answer) if self.task == "classification" else answer

    def predict_row(self, row: Floats) -> float:
        """Return what `predict` gives for this row, bit for bit."""
        value = known_row(self, row)
        if value is None:
            return nan
        for matrix, start in self.layers[:-1]:
            value = np.maximum(row_sums(value, matrix, start), 0)
        answer = float(row_sums(value, *self.layers[-1])[0])
        return sigmoid(answer) if self.task == "classification" else answer

    def state(self) -> Mapping[str, bytes]:
        """Return the weights and starts of all layers."""
        arrays: dict[str, Floats] = {}
        for number, (matrix, start) in enumerate(self.layers):
            arrays |= {f"weights{number}": matrix, f"start{number}": start}
        return {_FILE: bytes_of(arrays)}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Take over the layers."""
        sizes = [self.feature_count, *self.options.units, 1]
        shapes: dict[str, tuple[int | None, ...]] = {}
        for number, (size, following) in enumerate(pairwise(sizes)):
            shapes |= {f"weights{number}": (size, following), f"start{number}": (following,)}
        arrays = state_arrays(self, state, _FILE, shapes)
        self.layers = [(arrays[f"weights{number}"], arrays[f"start{number}"]) for number in range(len(sizes) - 1)]


def _product(first: Floats, second: Floats) -> Floats:
    """Return the matrix product, slower than BLAS would and the same with any number of threads."""
    product: Floats = np.einsum("ni,ij->nj", first, second)
    return product


def _move(arrays: list[Floats], moments: list[tuple[Floats, Floats]], slopes: list[Floats], step: int, rate: float) -> None:
    """Take one step of Adam."""
    for array, (mean, square), slope in zip(arrays, moments, slopes, strict=True):
        mean += (1 - _MEAN_DECAY) * (slope - mean)
        square += (1 - _SQUARE_DECAY) * (slope**2 - square)
        size = np.sqrt(square / (1 - _SQUARE_DECAY**step)) + _TINY
        array -= rate * (mean / (1 - _MEAN_DECAY**step)) / size


def _in_own_units(arrays: Sequence[Floats], scaling: Scaling, mean: float, deviation: float) -> list[tuple[Floats, Floats]]:
    """Return the layers with the scaling of features in the first, and that of labels in the last."""
    depth = len(arrays) // 2
    layers = list(zip(arrays[:depth], arrays[depth:], strict=True))
    layers[0] = scaling.undone(*layers[0])
    last, start = layers[-1]
    layers[-1] = (last * deviation, start * deviation + mean)
    return layers
