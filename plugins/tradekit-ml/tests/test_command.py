"""`tradekit ml`, as a person types it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from tradekit_ml.command import ml_command
from tradekit_ml.features.spec import FeatureSpec
from tradekit_ml.guards.findings import LeakError
from tradekit_ml.strategies.ml import Ml

from learnable import with_edge
from tradekit import ConfigError, DataError

RUN = """
risk = []
report = []
[run]
name = "edge"
[account]
currency = "USD"
capital = 100_000
[data]
source = "csv"
path = "edge.csv"
instruments = ["EDGE"]
interval = "1h"
[strategy]
name = "ml"
groups = ["returns"]
transforms = ["scaler"]
first = 500
every = 12
retrain = "month"
label = { name = "fixed-horizon", horizon = 12, value = "up" }
model = { name = "lightgbm", task = "classification", trees = 15 }
[execution]
costs = [{ model = "fee", bps = 5 }]
"""

Call = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("project")
    series = with_edge(1600, 4, 0.0015)
    columns = {
        "date": pd.to_datetime(series.open_time, utc=True),
        **{n: getattr(series, n) for n in ("open", "high", "low", "close")},
    }
    pd.DataFrame({**columns, "volume": series.volume}).to_csv(found / "edge.csv", index=False)
    (found / "edge.toml").write_text(RUN)
    return found


@pytest.fixture
def call(folder: Path) -> Iterator[Call]:
    before = Path.cwd()
    os.chdir(folder)
    yield lambda *arguments: CliRunner().invoke(ml_command, list(arguments), catch_exceptions=True)
    os.chdir(before)


@pytest.fixture
def version(call: Call, folder: Path) -> str:
    """The version of the model, which is trained once."""
    if not (folder / "models").is_dir():
        found = call("train", "edge.toml", "--json")
        assert found.exit_code == 0, found.output
        (folder / "told.json").write_text(found.stdout)
    return str(json.loads((folder / "told.json").read_text())["version"])


def test_train_tells_what_it_did_and_keeps_the_model(call: Call, version: str, folder: Path) -> None:
    told = json.loads((folder / "told.json").read_text())
    assert told["name"] == "edge"
    assert -1.0 < told["scores"]["ic"] < 1.0
    assert told["scores"]["splits"] == len(told["tests"])
    assert told["scores"]["run_trades"] > 0
    assert (folder / "models" / "edge" / version / "manifest.json").is_file()
    assert len(list((folder / "runs").glob("*/manifest.json"))) == 1
    assert sum(one["tested"] for one in told["tests"]) > 900


def test_train_again_is_the_same_version_and_a_person_reads_a_page(call: Call, version: str) -> None:
    found = call("train", "edge.toml", "--no-run", "--name", "again")
    assert found.exit_code == 0, found.output
    assert "guards     no leak found" in found.output
    assert "tests      IC " in found.output
    assert "kept       again@" in found.output
    other = call("train", "edge.toml", "--no-run", "--name", "again", "--set", "strategy.seed=0", "--json")
    listed = json.loads(call("models", "list", "--json").output)
    # The second has the first for a parent, and is the same model.
    versions = [one["version"] for one in listed if one["name"] == "again"]
    files = [json.loads(call("models", "show", f"again@{one}", "--json").output)["files"] for one in versions]
    assert json.loads(other.stdout)["version"] in versions
    assert files[0]["trees.txt"] == files[-1]["trees.txt"]


def test_train_leak_stops_it_by_name(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from tradekit_ml.features.feature_set import FeatureSet

    honest = FeatureSet.values

    def leaking(self, bars, interval="", calendar=None):
        found = honest(self, bars, interval, calendar)
        found[:-1, :, 2] = found[1:, :, 2]
        return found

    monkeypatch.setattr(FeatureSet, "values", leaking)
    found = call("train", "edge.toml", "--name", "leaky")
    assert isinstance(found.exception, LeakError)
    assert "feature 'log-return(length=20)'" in str(found.exception)
    assert not Path("models/leaky").exists()
    checked = call("features", "check", "edge.toml")
    assert checked.exit_code == 1
    assert "LEAK  feature 'log-return(length=20)'" in checked.output


def test_features_check_clean_features_pass(call: Call) -> None:
    found = call("features", "check", "edge.toml")
    assert found.exit_code == 0, found.output
    assert "12 features on 1,600 bars of EDGE: none looks ahead" in found.output
    told = json.loads(call("features", "check", "edge.toml", "--json").output)
    assert told["leaks"] == []
    assert told["features"][0] == FeatureSpec(kind="log-return").name


def test_train_strategy_without_a_recipe_is_refused(call: Call, folder: Path) -> None:
    text = RUN[: RUN.index("[strategy]")] + '[strategy]\nname = "sma-cross"\n' + RUN[RUN.index("[execution]") :]
    (folder / "other.toml").write_text(text)
    found = call("train", "other.toml")
    assert isinstance(found.exception, ConfigError)
    assert "strategy 'sma-cross' has no recipe of a model; name one that has, such as strategy.name = 'ml'" in str(found.exception)


def test_models_list_and_show_tell_what_a_model_was_made_of(call: Call, version: str) -> None:
    listed = call("models", "list").output
    assert f"edge   {version}" in listed.replace("again", "edge ") or version in listed
    shown = call("models", "show", "edge").output
    assert f"edge@{version}  lightgbm, classification" in shown
    assert "label      fixed-horizon (" in shown
    assert "log-return" in shown
    told = json.loads(call("models", "show", f"edge@{version[:6]}", "--json").output)
    assert told["origin"]["seed"] == 0
    assert told["version"] == version


def test_models_verify_tells_a_changed_file(call: Call, version: str, folder: Path) -> None:
    found = call("models", "verify", "edge")
    assert found.exit_code == 0
    assert "files as written, golden rows answered to the last bit" in found.output
    path = folder / "models" / "edge" / version / "trees.txt"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"leaf_value=", b"leaf_value=9", 1))
    try:
        broken = call("models", "verify", "edge")
        told = json.loads(call("models", "verify", "edge", "--json").output)
    finally:
        path.write_bytes(whole)
    assert broken.exit_code == 1
    assert "can't be used: " in broken.output
    assert "'trees.txt' has the sha256" in broken.output
    assert told[0]["is_sound"] is False


def test_models_diff_names_the_keys(call: Call, version: str) -> None:
    found = call("train", "edge.toml", "--no-run", "--set", "strategy.seed=3", "--set", "strategy.first=600", "--json")
    second = json.loads(found.stdout)["version"]
    told = call("models", "diff", "edge", version, second).output
    assert "origin.seed" in told
    assert "origin.params.first" in told
    assert json.loads(call("models", "diff", "edge", version, version, "--json").output) == []
    assert call("models", "diff", "edge", version, version).output == "the two are the same\n"


def test_models_promote_makes_the_champion(call: Call, version: str) -> None:
    assert call("models", "promote", f"edge@{version}").output == f"edge@{version} is the champion\n"
    assert "champion" in call("models", "list").output
    assert f"edge@{version}" in call("models", "show", "edge@champion").output


def test_explain_tells_which_features_matter(call: Call, version: str) -> None:
    told = call("explain", f"edge@{version}").output
    assert "permutation, out of sample" in told
    assert "contributions, golden rows" in told
    found = json.loads(call("explain", f"edge@{version}", "--json").output)
    values = [one["value"] for one in found["contributions"]]
    assert values == sorted(values, reverse=True)
    assert len(values) == 12
    assert np.isfinite(values).all()


def test_models_that_are_not_there_are_told(call: Call) -> None:
    assert (
        "there are no models in 'empty'; 'tradekit ml train FILE' makes one" in call("models", "list", "--registry", "empty").output
    )
    assert isinstance(call("models", "show", "gone", "--registry", "empty").exception, DataError)
    assert call("models", "verify", "--registry", "empty").output == "there are no models in 'empty'\n"


def test_command_is_found_by_tradekit(folder: Path) -> None:
    found = subprocess.run(
        [str(Path(sys.executable).with_name("tradekit")), "ml", "--help"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "train" in found.stdout
    assert "explain" in found.stdout


def test_run_with_the_registered_model_trades(call: Call, version: str, folder: Path) -> None:
    import tradekit

    result = tradekit.run(
        folder / "edge.toml", [f"strategy.registered='edge@{version}'", "strategy.retrain='never'"], folder / "others"
    )
    assert Ml.name in {use.name for use in result.components}
    assert result.fills["time"][0].value < with_edge(1600, 4, 0.0015).open_time[200]
