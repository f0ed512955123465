"""The neural network learns what no linear model can, and its slopes are right."""

from itertools import pairwise

import numpy as np
import pytest
from tradekit_ml.models import make_model
from tradekit_ml.models.neural import Neural

from tradekit import ConfigError


def test_neural_learns_exclusive_or() -> None:
    random = np.random.default_rng(6)
    rows = random.normal(size=(1500, 2)) * [1, 1000]
    labels = (rows[:, 0] * rows[:, 1] > 0).astype(float)
    model = make_model("neural", {"task": "classification", "units": [16], "passes": 40, "batch": 64, "learning_rate": 0.01})
    model.fit(rows, labels, seed=1)
    fresh = random.normal(size=(500, 2)) * [1, 1000]
    assert ((model.predict(fresh) > 0.5) == (fresh[:, 0] * fresh[:, 1] > 0)).mean() > 0.93


@pytest.mark.parametrize("task", ["regression", "classification"])
@pytest.mark.parametrize("units", [(5,), (5, 4)])
def test_slopes_are_those_of_the_loss(task, units) -> None:
    random = np.random.default_rng(7)
    model = Neural(Neural.Options(task=task, units=units, l2=0.01))
    rows, weights = random.normal(size=(20, 3)), random.random(20)
    targets = (random.random(20) > 0.5).astype(float) if task == "classification" else random.normal(size=20)
    sizes = [3, *units, 1]
    arrays = [random.normal(size=(a, b)) for a, b in pairwise(sizes)]
    arrays += [random.normal(size=b) for b in sizes[1:]]

    def loss() -> float:
        value, depth = rows, len(arrays) // 2
        for k in range(depth):
            value = value @ arrays[k] + arrays[depth + k]
            value = np.maximum(value, 0) if k < depth - 1 else value
        answer = value[:, 0]
        each = np.logaddexp(0, answer) - targets * answer if task == "classification" else (answer - targets) ** 2 / 2
        return (each * weights).mean() + 0.005 * sum((matrix**2).sum() for matrix in arrays[:depth])

    for array, slope in zip(arrays, model._slopes(arrays, rows, targets, weights), strict=True):
        place = np.unravel_index(np.argmax(np.abs(slope)), slope.shape)
        kept, step = array[place], 1e-6
        array[place] = kept + step
        above = loss()
        array[place] = kept - step
        assert (above - loss()) / (2 * step) == pytest.approx(slope[place], rel=1e-5)
        array[place] = kept


def test_neural_labels_that_stand_still_are_learnt() -> None:
    model = make_model("neural", {"passes": 2})
    model.fit(np.random.default_rng(1).normal(size=(50, 2)), np.full(50, 3.0))
    assert np.abs(model.predict([[0.0, 0.0]]) - 3.0).max() < 1.5


def test_neural_three_layers_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"'units' is .* at most 2 items"):
        make_model("neural", {"units": [4, 4, 4]})


def test_neural_layer_without_units_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'units.1' is .*0: input should be greater than or equal to 1"):
        make_model("neural", {"units": [4, 0]})
