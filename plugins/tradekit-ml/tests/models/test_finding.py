"""Models by name: those of this package, those of outsiders, and each way to be broken."""

import pytest
from tradekit_ml.models import find_model, list_models, load_model, make_model
from tradekit_ml.models.files import json_bytes

from tradekit import ConfigError, DataError, PluginError

OWN = "combined ftrl lightgbm logistic neural onnx passive-aggressive recursive-least-squares ridge xgboost".split()  # noqa: SIM905 - one line

FLAT = '''
import numpy as np
import tradekit
from tradekit import Field
from tradekit_ml.models import Model


class Flat(Model):
    """The mean of all labels, whatever the row."""

    name = "flat"

    class Options(tradekit.Options):
        lift: float = Field(0.0, description="what is added to the mean")

    task = "regression"

    def train(self, rows, labels, weights, seed):
        self.mean = float((labels * weights).mean()) + self.options.lift

    def scores(self, rows):
        return np.full(len(rows), self.mean)

    def state(self):
        return {"mean.txt": repr(self.mean).encode()}

    def restore(self, state):
        self.mean = float(state["mean.txt"])
'''


def test_find_model_own_models_are_whole() -> None:
    listed = [one for one in list_models() if one.package == "tradekit-ml"]
    assert [one.name for one in listed] == OWN
    assert [one.problem for one in listed if one.problem] == []
    assert all(one.summary.endswith(".") for one in listed)


def test_find_model_of_an_outsider_is_used_by_its_name(outsider, tmp_path) -> None:
    outsider("acme-flat", FLAT, "flat = acme_flat:Flat")
    model = make_model("flat", {"lift": 0.5})
    model.fit([[1.0], [2.0]], [1.0, 3.0])
    model.dump(tmp_path / "kept")
    assert load_model(tmp_path / "kept").predict([[9.0]]).tolist() == [2.5]


def test_find_model_unknown_name_lists_the_nearest_and_all() -> None:
    with pytest.raises(PluginError, match=r"no model is named 'lightgmb'; did you mean 'lightgbm'\?; installed: 'combined'"):
        find_model("lightgmb")


def test_find_model_in_a_misspelt_group_says_so(outsider) -> None:
    outsider("acme-flat", FLAT, "flat = acme_flat:Flat", group="tradekit.ml.model")
    what = r"package 'acme-flat' 1.0 has entry points in the group 'tradekit.ml.model', which nobody reads; "
    with pytest.raises(PluginError, match=what + r"did you mean 'tradekit.ml.models'\?"):
        find_model("flat")


def test_find_model_of_two_packages_names_both(outsider) -> None:
    outsider("acme-one", FLAT, "flat = acme_one:Flat")
    outsider("acme-two", FLAT, "flat = acme_two:Flat")
    with pytest.raises(PluginError, match=r"package 'acme-two' 1\.0 provides model 'flat', and so does package 'acme-one' 1.0"):
        find_model("flat")
    assert [bool(one.problem) for one in list_models() if one.name == "flat"] == [True, True]


def test_find_model_that_takes_the_name_of_ours_names_both(outsider) -> None:
    outsider("acme-ridge", FLAT, "ridge = acme_ridge:Flat")
    what = r"package 'tradekit-ml' 0.1.0 provides model 'ridge', and so does package 'acme-ridge' 1.0; uninstall one of them"
    with pytest.raises(PluginError, match=what):
        find_model("ridge")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import no_such_module", r"ModuleNotFoundError: No module named 'no_such_module' \(.*acme_flat.py:1\)"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("Flat = 3", "is 3; expected a subclass of tradekit_ml.models.Model"),
        (FLAT.replace("def restore", "def restored"), "lacks 'restore', which tradekit_ml.models.Model leaves to it"),
        (FLAT.replace('name = "flat"', 'name = "level"'), "has the name 'level'; its entry point and its class state one name"),
        (FLAT.replace('"""The mean of all labels, whatever the row."""', ""), "has no docstring"),
        (FLAT.replace("Options(tradekit.Options)", "Options"), "has Options that are not a subclass of tradekit.Options"),
        (FLAT.replace(', description="what is added to the mean"', ""), "has option 'lift' without a description"),
        (FLAT.replace("lift:", "model_config = {'extra': 'allow'}\n        lift:"), "has Options that let unknown keys in"),
    ],
)
def test_find_model_broken_package_tells_what_and_hides_no_other(outsider, source, problem) -> None:
    outsider("acme-flat", source, "flat = acme_flat:Flat")
    with pytest.raises(PluginError, match=problem):
        find_model("flat")
    (listed,) = [one for one in list_models() if one.name == "flat"]
    assert "'acme-flat' 1.0" in listed.problem
    assert find_model("ridge").name == "ridge"


def test_find_model_left_out_by_the_variable_says_so(outsider, monkeypatch) -> None:
    outsider("acme-flat", FLAT, "flat = acme_flat:Flat")
    monkeypatch.setenv("TRADEKIT_PLUGINS", "tradekit-ml")
    with pytest.raises(PluginError, match=r"no model is named 'flat'.*not to be loaded:.*'acme-flat'"):
        find_model("flat")
    monkeypatch.setenv("TRADEKIT_PLUGINS", "tradekit-ml,acme-flat")
    assert find_model("flat").name == "flat"


def test_make_model_wrong_options_are_told_all_at_once() -> None:
    what = r"options of model 'lightgbm': 'trees' is 0: input should be greater than or equal to 1; 'leafs' is unknown; "
    with pytest.raises(ConfigError, match=what + r"did you mean 'leaves'\?; allowed: 'task', 'trees'"):
        make_model("lightgbm", {"trees": 0, "leafs": 3})


def test_load_model_of_unknown_class_says_which(tmp_path) -> None:
    (tmp_path / "model.json").write_bytes(json_bytes({"format": 1, "model": "flat", "feature_count": 1, "options": {}}))
    with pytest.raises(PluginError, match="no model is named 'flat'"):
        load_model(tmp_path)


def test_load_model_from_no_folder_says_so(tmp_path) -> None:
    with pytest.raises(DataError, match="is not a folder, so it holds no model"):
        load_model(tmp_path / "none")
