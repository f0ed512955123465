"""What an author of a model tests with: the contract as a class of numbered rules. Needs pytest.

from tradekit_ml.testing import ModelContract

class TestMyModel(ModelContract):
    model = MyModel
    options = [{}, {"task": "classification"}]
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import numpy as np
import pytest

from tradekit import DataError, PluginError
from tradekit_ml.models.contract import Floats, Model, OnlineModel
from tradekit_ml.models.files import arrays_of, check_file, model_files
from tradekit_ml.models.finding import find_model, load_model

__all__ = ["ModelContract", "planted"]

_HEAVY = ("lightgbm", "onnxruntime", "pandas", "river", "scipy", "sklearn", "tensorflow", "torch", "xgboost")
_CHILD = """
import hashlib, importlib, json, sys
path, module, name, every = json.loads(sys.argv[1])
sys.path[:] = path
from tradekit_ml.models.files import model_files
from tradekit_ml.testing import planted
cls = importlib.import_module(module)
for part in name.split("."):
    cls = getattr(cls, part)
found = []
for options in every:
    model = cls(cls.Options.model_validate(options))
    model.fit(*planted(400, model.task), seed=7)
    found.append({file: hashlib.sha256(content).hexdigest() for file, content in model_files(model).items()})
print(json.dumps(found))
"""


def planted(count: int, task: str, seed: int = 1) -> tuple[Floats, Floats]:
    """Return rows of eight features, the last of which stands still, and labels that the first two tell something of."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, 8))
    rows[:, 7] = 3.0
    labels = 0.8 * rows[:, 0] - 0.5 * rows[:, 1] + random.normal(size=count) / 2
    return rows, (labels > 0).astype(np.float64) if task == "classification" else labels


class ModelContract:
    """What a model keeps to: rows alone as in a batch, the same seed the same bytes, open files, and honest gaps.

    State `model`, and in `options` what a file would say about it, once for each set that is worth a test. For a model that isn't
    trained here, override the fixture `fitted` to return a loaded one; the rules about training are then skipped.
    """

    model: ClassVar[type[Any]]
    """The class that is tested."""
    options: ClassVar[Sequence[Mapping[str, Any]]] = ({},)
    """Options as a file has them; every rule is tried with each set."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Try a rule with each set of options."""
        if "given" in metafunc.fixturenames:
            metafunc.parametrize("given", list(self.options), ids=[json.dumps(options) for options in self.options])

    @pytest.fixture
    def fitted(self, given: Mapping[str, Any]) -> Model:
        """Return a fitted model with these options."""
        model: Model = self._fitted(given)
        return model

    @pytest.fixture
    def rows(self, fitted: Model) -> Floats:
        """Return rows to predict for: the features of `planted`, unless it is overridden."""
        return planted(200, fitted.task, seed=2)[0]

    def test_mdl01_is_found_by_its_name(self) -> None:
        """An installed package provides it in the entry-point group `tradekit.ml.models`, under its own name, and it is whole."""
        name = getattr(self.model, "name", self.model.__name__)
        try:
            found = find_model(name)
        except PluginError as error:
            _broken(f"model {name!r} is not found", str(error), "give it what it lacks, and install its package")
        if found is not self.model:
            _broken(f"model {name!r} is another class than the one that is tested", repr(found), "test the installed class")

    def test_mdl02_row_alone_is_as_in_a_batch(self, fitted: Model, rows: Floats) -> None:
        """`predict_row` gives what `predict` gives, to the last bit, and a row's answer doesn't depend on the rows beside it.

        A backtest predicts whole tables and a live run row by row; where these differ, live trades what was never tested.
        """
        whole = fitted.predict(rows)
        for how, found in (
            ("by itself", np.array([fitted.predict_row(row) for row in rows])),
            ("among rows in reverse", fitted.predict(rows[::-1])[::-1]),
            ("among the last 7", np.append(whole[:-7], fitted.predict(rows[-7:]))),
            ("as one row", np.append(fitted.predict(rows[:1]), whole[1:])),
        ):
            if (wrong := np.flatnonzero(~_same(found, whole))).size:
                k = int(wrong[0])
                evidence = f"row {k} is {float(whole[k])!r} in the batch and {float(found[k])!r} {how}"
                _broken("a row is answered otherwise than in a batch", evidence, "add in one order; see tradekit_ml.models.sums")

    def test_mdl03_same_seed_is_the_same_model(self) -> None:
        """The same rows, options and seed give the same files, byte for byte, in another process with another number of threads."""
        self._needs_training()
        there = self._fitted_elsewhere()
        for given, found in zip(self.options, there, strict=True):
            here = {file: hashlib.sha256(content).hexdigest() for file, content in model_files(self._fitted(given)).items()}
            if differing := [file for file in here if found.get(file) != here[file]]:
                evidence = f"file {differing[0]!r} has another sha256 in another process, with options {dict(given)!r}"
                _broken(
                    "the same seed gives another model", evidence, "draw from numpy.random.default_rng(seed) alone, on one thread"
                )

    def test_mdl04_loads_what_it_dumped(self, fitted: Model, rows: Floats, tmp_path: Path) -> None:
        """What `dump` wrote loads as a model with the same options, that predicts the same bits and dumps the same bytes."""
        folder = tmp_path / "dumped"
        fitted.dump(folder)
        again = type(fitted).load(folder)
        if again.options != fitted.options or type(load_model(folder)) is not type(fitted):
            _broken("a loaded model has other options", f"{fitted.options!r} became {again.options!r}", "use types that JSON keeps")
        if not _same(again.predict(rows), fitted.predict(rows)).all():
            _broken(
                "a loaded model answers otherwise", "predictions differ after dump and load", "keep all that was learnt, unrounded"
            )
        if model_files(again) != model_files(fitted):
            _broken("a loaded model dumps other bytes", "files differ after dump, load and dump", "keep what was read as it was")

    def test_mdl05_is_kept_in_open_formats(self, fitted: Model) -> None:
        """Its files have endings of formats that can't hold code, and no pickle is in them."""
        try:
            for file, content in model_files(fitted).items():
                check_file(file, content)
                if file.endswith(".npz"):
                    arrays_of(content, repr(file), _members(content))
        except DataError as error:
            _broken("its files are not in open formats", str(error), "write numbers as .npz, or the library's own text")

    def test_mdl06_is_honest_about_gaps(self, fitted: Model, rows: Floats) -> None:
        """A missing value makes its own row NaN and no other, or, for a model that `takes_nan`, leaves an answer.

        A number for a row that a model can't know is a position that nobody meant to take.
        """
        with_gap = rows.copy()
        with_gap[3, 1] = np.nan
        found = fitted.predict(with_gap)
        if fitted.takes_nan == bool(np.isnan(found[3])) or np.isnan(np.delete(found, 3)).any():
            what = "takes_nan" if fitted.takes_nan else "doesn't take missing values"
            _broken(f"a model that {what} answers a gap wrongly", f"row 3 is {float(found[3])!r}", "let predict() of Model do it")
        alone = fitted.predict_row(with_gap[3])
        if not _same(np.array([alone]), found[3:4]).all():
            _broken(
                "a gap is answered otherwise by itself", f"{alone!r} and {float(found[3])!r}", "check the row in predict_row, too"
            )

    def test_mdl07_refuses_gaps_that_it_can_not_learn_from(self, given: Mapping[str, Any]) -> None:
        """`fit` refuses labels that are not known, and missing values where it doesn't take them."""
        self._needs_training()
        model = self._new(given)
        rows, labels = planted(300, model.task)
        unknown = labels.copy()
        unknown[5] = np.nan
        _refused(lambda: model.fit(rows, unknown), "labels that are NaN")
        rows[4, 2] = np.nan
        if model.takes_nan:
            model.fit(rows, labels)
        else:
            _refused(lambda: model.fit(rows, labels), "rows with missing values")

    def test_mdl08_learns_what_is_there(self, given: Mapping[str, Any]) -> None:
        """It finds a plain linear relation: on rows that it hasn't seen, its answers go with the labels."""
        self._needs_training()
        model = self._fitted(given, 1000)
        rows, labels = planted(1000, model.task, seed=3)
        answers = model.predict(rows)
        likeness = float(np.corrcoef(answers, labels)[0, 1]) if answers.std() > 0 else 0.0
        if not likeness > 0.3:
            _broken(
                "it doesn't learn", f"correlation of {likeness:.2f} where 0.8 is to be had", "mend train(), or the default options"
            )
        if model.task == "classification" and not ((answers >= 0) & (answers <= 1)).all():
            _broken(
                "it gives no probabilities", f"from {answers.min():.3g} to {answers.max():.3g}", "return the probability of label 1"
            )

    def test_mdl09_forgets_when_it_is_fitted_again(self, given: Mapping[str, Any]) -> None:
        """`fit` starts anew: what was learnt before leaves no trace, as in a walk-forward each window must be by itself."""
        self._needs_training()
        model = self._new(given)
        rows, labels = planted(300, model.task, seed=5)
        model.fit(rows, labels, seed=1)
        model.fit(*planted(400, model.task), seed=7)
        if model_files(model) != model_files(self._fitted(given)):
            _broken(
                "it remembers what it was fitted on before", "files differ from those of a new model", "begin train() from nothing"
            )

    def test_mdl10_heeds_weights(self, given: Mapping[str, Any]) -> None:
        """Rows of little weight count for little: it follows the heavy half of rows whose halves say opposite things."""
        self._needs_training()
        model = self._new(given)
        rows, labels = planted(1000, model.task)
        flipped = 1 - labels if model.task == "classification" else -labels
        halves = np.append(labels[:500], flipped[500:])
        model.fit(rows, halves, np.append(np.full(500, 0.02), np.ones(500)), seed=7)
        likeness = float(np.corrcoef(model.predict(rows), flipped)[0, 1])
        if not likeness > 0.2:
            _broken("it doesn't heed weights", f"correlation with the heavy half of {likeness:.2f}", "use the weights in train()")

    def test_mdl11_leaves_its_input_alone(self, given: Mapping[str, Any]) -> None:
        """Neither `fit` nor `predict` writes into what it gets: other models learn from the same table."""
        self._needs_training()
        model = self._new(given)
        rows, labels = planted(400, model.task)
        before = rows.copy(), labels.copy()
        model.fit(rows, labels, seed=7)
        model.predict(rows)
        if not (np.array_equal(rows, before[0]) and np.array_equal(labels, before[1])):
            _broken("it changes rows or labels that it gets", "they differ after fit and predict", "work on a copy")

    def test_mdl12_learns_row_by_row_as_at_once(self, given: Mapping[str, Any], tmp_path: Path) -> None:
        """An online model that goes on row by row, even after it was dumped and loaded, knows what it knows from all at once."""
        if not issubclass(self.model, OnlineModel):
            pytest.skip("it is no OnlineModel")
        rows, labels = planted(400, self._new(given).task)
        model = self._new(given)
        model.fit(rows[:200], labels[:200], seed=7)
        model.dump(tmp_path)
        again: OnlineModel = self.model.load(tmp_path)
        for row, label in zip(rows[200:], labels[200:].tolist(), strict=True):
            again.learn_row(row, label)
        if model_files(again) != model_files(self._fitted(given)):
            _broken("row by row it learns something else", "files differ from those of fit()", "keep all of its state in state()")

    def test_mdl13_keeps_the_import_budget(self) -> None:
        """Importing its module imports no heavy library: every list of models would wait for it."""
        script = f"import sys, importlib; sys.path[:] = {sys.path!r}; importlib.import_module({self.model.__module__!r})"
        script += f"; print([name for name in {_HEAVY!r} if name in sys.modules])"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - ours
        if done.stdout.strip() != "[]":
            _broken(f"importing it imports {done.stdout.strip()}", self.model.__module__, "import inside the methods that use it")

    def _new(self, given: Mapping[str, Any]) -> Any:
        return self.model(self.model.Options.model_validate(given))

    def _fitted(self, given: Mapping[str, Any], count: int = 400) -> Any:
        model = self._new(given)
        model.fit(*planted(count, model.task), seed=7)
        return model

    def _needs_training(self) -> None:
        if not self.model.trains:
            pytest.skip("it is not trained here")

    def _fitted_elsewhere(self) -> list[dict[str, str]]:
        """Return the hashes of the files that another process trains, for each set of options."""
        argument = json.dumps((sys.path, self.model.__module__, self.model.__qualname__, [dict(given) for given in self.options]))
        threads = "1" if (os.cpu_count() or 1) > 1 else "2"
        settings = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONHASHSEED"), threads)
        command = [sys.executable, "-c", _CHILD, argument]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | settings)  # noqa: S603 - ours
        if done.returncode:
            _broken("it can't be trained in another process", done.stderr.strip().splitlines()[-1], "put it into a module")
        found: list[dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
        return found


def _broken(what: str, evidence: str, way_out: str) -> NoReturn:
    pytest.fail(f"{what}\n  evidence: {evidence}\n  way out: {way_out}", pytrace=False)


def _refused(fit: Any, what: str) -> None:
    try:
        fit()
    except DataError:
        return
    _broken(f"fit() takes {what}", "it raised no DataError", "let fit() of Model check what comes in")


def _same(first: Floats, second: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    same: np.ndarray[Any, np.dtype[np.bool_]] = (first == second) | (np.isnan(first) & np.isnan(second))
    return same


def _members(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]
