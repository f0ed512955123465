"""Two runs held against each other."""

import json

import numpy as np
import pytest

from tradekit.engine.compare import compare
from tradekit.errors import RunError

CLOSES = 100.0 + np.arange(60.0) % 11


@pytest.fixture
def trial(lab):
    def trial(*overrides, closes=CLOSES):
        lab.give(closes)
        return lab.run("sma-cross", "strategy.fast=2", "strategy.slow=5", *overrides).folder

    return trial


def test_compare_equal_runs_are_the_same(trial):
    found = compare(trial(), trial())
    assert found.is_same
    assert (found.settings, found.differences) == ({}, ())
    assert all(first == second for first, second in found.metrics.values())


def test_compare_other_option_is_named_by_its_key(trial):
    found = compare(trial(), trial("strategy.fast=3"))
    assert not found.is_same
    assert found.settings == {"strategy.fast": (2, 3)}
    assert found.differences == ()


def test_compare_rule_that_one_lacks_is_told(trial):
    found = compare(trial(), trial("risk=[{rule='max-weight', limit=0.5}]"))
    assert found.settings == {
        "risk": ([], None),
        "risk[0].rule": (None, "max-weight"),
        "risk[0].limit": (None, 0.5),
        "risk[0].action": (None, "clip"),
    }


def test_compare_other_data_behind_the_same_settings_is_told(trial):
    found = compare(trial(), trial(closes=CLOSES + 1.0))
    assert (found.settings, found.differences) == ({}, ("the data of X differ",))


def test_compare_other_driver_is_told_and_leaves_the_tables_alike(trial):
    found = compare(trial(), trial("execution.driver='event'"))
    assert found.differences == ("the first took the compiled driver, the second the event driver",)
    assert found.same_tables == ("orders", "fills", "positions", "equity", "trades", "journal")


def test_compare_instrument_that_one_lacks_is_told(trial, lab):
    first = trial()
    lab.give(CLOSES, "Y")
    assert compare(first, trial()).differences == ("Y is only in the second",)


def test_compare_other_version_of_a_component_is_told(trial):
    first, second = trial(), trial()
    text = (second / "manifest.json").read_text()
    manifest = json.loads(text)
    manifest["components"][1]["version"] = "9.9"
    forge(second, manifest)
    own = manifest["components"][1]["package"]
    (said,) = compare(first, second).differences
    assert said.startswith(f"strategy sma-cross is from {own} ")
    assert said.endswith(f"in the first, from {own} 9.9 in the second")


def test_compare_interrupted_run_is_told(trial):
    first, second = trial(), trial()
    forge(second, {**json.loads((second / "manifest.json").read_text()), "status": "interrupted"})
    assert compare(first, second).differences == ("the first is done, the second interrupted",)


def test_compare_figures_are_in_their_own_order(trial):
    assert list(compare(trial(), trial()).metrics)[:3] == ["total_return", "annual_return", "annual_volatility"]


def test_compare_as_json_is_json(trial):
    found = compare(trial(), trial("strategy.fast=3")).as_json()
    assert json.loads(json.dumps(found)) == found
    assert found["settings"] == {"strategy.fast": [2, 3]}


def test_compare_with_what_is_no_run_is_refused(trial, tmp_path):
    with pytest.raises(RunError, match="is no run"):
        compare(trial(), tmp_path)


def forge(folder, manifest):
    """Write a manifest as a run would have written it."""
    from tradekit.engine.folder import _digest, _json

    (folder / "manifest.json").write_bytes(_json({**manifest, "digest": _digest(manifest)}))


def test_compare_names_the_first_decision_that_differs(trial):
    found = compare(trial(), trial(closes=CLOSES[::-1])).decision
    assert found.number == 1
    assert (found.first is None) != (found.second is None)
    assert set(found.values) == {"equity", "cash", "position"}
    assert all(first == second for first, second in found.values.values())


def test_compare_same_journals_have_no_decision_that_differs(trial):
    assert compare(trial(), trial("execution.driver='event'")).decision is None
    assert compare(trial(), trial()).as_json()["decision"] is None


def test_compare_json_has_the_decision(trial):
    told = compare(trial(), trial("account.capital=2000")).as_json()["decision"]
    first, second = told["terms"]["quantity"]
    assert second == pytest.approx(2 * first)
