"""Each rule of the contract of models catches a model that breaks it."""

import importlib
import json
import re

import numpy as np
import pytest
from tradekit_ml.models import Model
from tradekit_ml.models.linear import Ridge
from tradekit_ml.models.online import RecursiveLeastSquares
from tradekit_ml.testing import ModelContract, planted

from tradekit import Options


class Mean(Model):
    """The mean of the labels of rows with the same sign in the first two features: simple, and right."""

    name = "mean"
    task = "regression"

    def train(self, rows, labels, weights, seed):
        signs = np.sign(rows[:, :2])
        self.table = {}
        for sign in map(tuple, np.unique(signs, axis=0).tolist()):
            some = (signs == sign).all(axis=1)
            self.table[sign] = float(np.average(labels[some], weights=weights[some]))

    def scores(self, rows):
        return np.array([self.table[tuple(np.sign(row[:2]).tolist())] for row in rows])

    def state(self):
        return {"means.json": json.dumps([[*key, mean] for key, mean in sorted(self.table.items())]).encode()}

    def restore(self, state):
        self.table = {(a, b): mean for a, b, mean in json.loads(state["means.json"])}


class RowOtherwise(Ridge):
    def predict_row(self, row):
        return float(np.float32(super().predict_row(row)))


class BatchTogether(Ridge):
    def scores(self, rows):
        found = super().scores(rows)
        return found - found.mean()


class Rounded(Mean):
    def state(self):
        return {"means.json": json.dumps([[*key, round(mean, 3)] for key, mean in sorted(self.table.items())]).encode()}


class OptionsLost(Mean):
    class Options(Options):
        lift: float = 0.0

    @classmethod
    def of_files(cls, files, where):
        model = super().of_files(files, where)
        model.options = cls.Options(lift=9.0)
        return model


class Growing(Mean):
    def restore(self, state):
        super().restore(state)
        self.table[9.0, 9.0] = 1.0


class Pickling(Mean):
    def state(self):
        return {"means.json": b"\x80\x04\x95"}


class OtherEnding(Mean):
    def state(self):
        return {"means.joblib": b"1"}


class Guessing(Ridge):
    def predict(self, rows):
        return super().predict(np.nan_to_num(np.asarray(rows, dtype=float)))


class RowGuessing(Ridge):
    def predict_row(self, row):
        return super().predict_row(np.nan_to_num(row))


class Contagious(Ridge):
    def predict(self, rows):
        found = super().predict(rows)
        return found * (np.nan if np.isnan(found).any() else 1)


class Unchecked(Ridge):
    def fit(self, rows, labels, weights=None, seed=0):
        super().fit(np.nan_to_num(rows), np.nan_to_num(labels), weights, seed)


class Idle(Mean):
    def scores(self, rows):
        return np.zeros(len(rows))


class NoProbability(Ridge):
    task = "classification"


class Remembering(Mean):
    seen = 0

    def train(self, rows, labels, weights, seed):
        super().train(rows, labels, weights, seed)
        self.seen += len(rows)
        self.table[0.0, 0.0] = float(self.seen)


class WeightBlind(Mean):
    def train(self, rows, labels, weights, seed):
        super().train(rows, labels, np.ones(len(rows)), seed)


class Scribbling(Ridge):
    def train(self, rows, labels, weights, seed):
        super().train(rows, labels, weights, seed)
        rows[:, 0] = 0.0


class Forgetful(RecursiveLeastSquares):
    def restore(self, state):
        super().restore(state)
        self.covariance = np.eye(len(self.covariance))


def broken(model, rule, **arguments):
    """Return what the contract says of a model by one rule; empty if it says nothing."""
    contract = type("Contract", (ModelContract,), {"model": model})()
    try:
        getattr(contract, rule)(**arguments)
    except pytest.fail.Exception as error:
        return str(error)
    return ""


def fitted(model):
    made = model(model.Options())
    made.fit(*planted(400, made.task), seed=7)
    return made


@pytest.mark.parametrize(
    ("rule", "model", "message"),
    [
        ("test_mdl02_row_alone_is_as_in_a_batch", RowOtherwise, "otherwise than in a batch.*by itself"),
        ("test_mdl02_row_alone_is_as_in_a_batch", BatchTogether, "otherwise than in a batch"),
        ("test_mdl04_loads_what_it_dumped", Rounded, "a loaded model answers otherwise"),
        ("test_mdl04_loads_what_it_dumped", OptionsLost, "a loaded model has other options"),
        ("test_mdl04_loads_what_it_dumped", Growing, "a loaded model dumps other bytes"),
        ("test_mdl05_is_kept_in_open_formats", Pickling, "is a pickle"),
        ("test_mdl05_is_kept_in_open_formats", OtherEnding, "a model can't have the file 'means.joblib'"),
        ("test_mdl06_is_honest_about_gaps", Guessing, "answers a gap wrongly"),
        ("test_mdl06_is_honest_about_gaps", Contagious, "answers a gap wrongly"),
        ("test_mdl06_is_honest_about_gaps", RowGuessing, "a gap is answered otherwise by itself"),
        ("test_mdl07_refuses_gaps_that_it_can_not_learn_from", Unchecked, r"fit\(\) takes labels that are NaN"),
        ("test_mdl08_learns_what_is_there", Idle, "it doesn't learn"),
        ("test_mdl08_learns_what_is_there", NoProbability, "it gives no probabilities"),
        ("test_mdl09_forgets_when_it_is_fitted_again", Remembering, "it remembers what it was fitted on before"),
        ("test_mdl10_heeds_weights", WeightBlind, "it doesn't heed weights"),
        ("test_mdl11_leaves_its_input_alone", Scribbling, "it changes rows or labels that it gets"),
        ("test_mdl12_learns_row_by_row_as_at_once", Forgetful, "row by row it learns something else"),
    ],
)
def test_rule_catches_a_model_that_breaks_it(rule, model, message, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tradekit_ml.testing.load_model", model.load)
    arguments = {"fitted": lambda: fitted(model), "rows": lambda: planted(200, model.task, 2)[0]}
    arguments |= {"given": dict, "tmp_path": lambda: tmp_path}
    names = getattr(ModelContract, rule).__code__.co_varnames[1 : getattr(ModelContract, rule).__code__.co_argcount]
    said = broken(model, rule, **{name: arguments[name]() for name in names})
    assert re.search(message, said.replace("\n", " ")), said or "nothing is said"


def test_rule_is_kept_by_a_right_model(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tradekit_ml.testing.load_model", Mean.load)
    with_zeros = planted(200, "regression", 2)[0]
    assert broken(Mean, "test_mdl02_row_alone_is_as_in_a_batch", fitted=fitted(Mean), rows=with_zeros) == ""
    assert broken(Mean, "test_mdl04_loads_what_it_dumped", fitted=fitted(Mean), rows=with_zeros, tmp_path=tmp_path) == ""
    for rule in ("test_mdl08_learns_what_is_there", "test_mdl09_forgets_when_it_is_fitted_again", "test_mdl10_heeds_weights"):
        assert broken(Mean, rule, given={}) == ""


def test_rule_mdl01_catches_a_class_that_is_not_installed_or_not_the_installed_one() -> None:
    assert "model 'mean' is not found" in broken(Mean, "test_mdl01_is_found_by_its_name")
    assert "is another class than the one that is tested" in broken(RowOtherwise, "test_mdl01_is_found_by_its_name")


UNSEEDED = """
import os
{imports}
from tradekit_ml.models.linear import Ridge


class Unseeded(Ridge):
    def train(self, rows, labels, weights, seed):
        super().train(rows, labels + {noise}, weights, seed)
"""


@pytest.mark.parametrize(
    ("imports", "noise", "rule", "message"),
    [
        ("", "os.getpid()", "test_mdl03_same_seed_is_the_same_model", "the same seed gives another model"),
        ("", "os.no_such_thing", "test_mdl03_same_seed_is_the_same_model", "it can't be trained in another process"),
        ("import scipy", "0", "test_mdl13_keeps_the_import_budget", "importing it imports ['scipy']"),
    ],
)
def test_rule_catches_a_module_that_is_not_the_same_elsewhere(outsider, monkeypatch, imports, noise, rule, message) -> None:
    outsider("acme-unseeded", UNSEEDED.format(imports=imports, noise=noise), "unseeded = acme_unseeded:Unseeded")
    model = importlib.import_module("acme_unseeded").Unseeded
    assert message in broken(model, rule)
