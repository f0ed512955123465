"""The registry: what is kept comes back, and nothing else does."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from tradekit_ml.models import make_model
from tradekit_ml.models.files import bytes_of
from tradekit_ml.registry import Interval, Origin, Registry, store

from tradekit import DataError

FEATURES = '{"features":[{"kind":"roc","lag":1},{"kind":"rsi"}]}'
ORIGIN = Origin(FEATURES, {"kind": "fixed", "bars": 5}, "d41d8", 7, (Interval(0, 1000),), scores={"auc": 0.53})


@pytest.fixture(scope="module")
def trained():
    random = np.random.default_rng(9)
    rows = random.normal(size=(500, 3))
    rows[7, 1] = np.nan
    model = make_model("lightgbm", {"trees": 5})
    model.fit(rows, np.nan_to_num(rows).sum(axis=1), seed=7)
    return model, rows


@pytest.fixture
def registry(tmp_path) -> Registry:
    return Registry(tmp_path / "models")


def test_add_then_load_gives_the_model_and_what_it_was_made_of(registry, trained) -> None:
    model, rows = trained
    version = registry.add("btc-hourly", model, ORIGIN, rows, {"transform.npz": bytes_of({"mean": np.ones(3)})})
    loaded = registry.load("btc-hourly", features=FEATURES)
    assert np.array_equal(loaded.model.predict(rows), model.predict(rows))
    assert (loaded.version, loaded.manifest.origin, loaded.manifest.model) == (version, ORIGIN, "lightgbm")
    assert loaded.attachments == {"transform.npz": bytes_of({"mean": np.ones(3)})}
    assert loaded.manifest.options["trees"] == 5
    assert set(loaded.manifest.surroundings.libraries) >= {"lightgbm", "numpy", "tradekit", "tradekit-ml"}


def test_add_the_same_again_is_the_same_version_kept_once(registry, trained) -> None:
    versions = {registry.add("btc", *trained[:1], ORIGIN, trained[1]) for _ in range(3)}
    assert len(versions) == 1
    assert [one.version for one in registry.versions("btc")] == list(versions)


def test_add_moves_latest_and_leaves_the_champion(registry, trained) -> None:
    first = registry.add("btc", trained[0], ORIGIN, trained[1])
    registry.promote("btc", "latest")
    second = registry.add("btc", trained[0], replace(ORIGIN, parent=first), trained[1])
    assert registry.load("btc", "champion").version == first
    assert registry.load("btc").version == second
    listed = {one.version: (one.is_latest, one.is_champion) for one in registry.versions("btc")}
    assert listed == {first: (False, True), second: (True, False)}
    assert (registry.folder / "btc" / "champion").read_text() == first + "\n"
    assert registry.names() == ("btc",)


def test_diff_looks_into_the_features(registry, trained) -> None:
    first = registry.add("btc", trained[0], ORIGIN, trained[1])
    other = FEATURES.replace('"lag":1', '"lag":2')
    second = registry.add("btc", trained[0], replace(ORIGIN, features=other, seed=8), trained[1])
    found = [str(one) for one in registry.diff("btc", first[:6], second)]
    assert found == ["origin.features.features.0.lag: 1 and 2", "origin.seed: 7 and 8"]
    assert registry.diff("btc", first, first) == ()


def test_load_other_features_are_refused_with_the_difference(registry, trained) -> None:
    registry.add("btc", trained[0], ORIGIN, trained[1])
    with pytest.raises(DataError, match=r"other features than the strategy has: features.features.1.kind: \"rsi\" and \"atr\""):
        registry.load("btc", features=FEATURES.replace("rsi", "atr"))
    with pytest.raises(DataError, match=r"features\.features\.2\.kind: absent and \"atr\""):
        registry.load("btc", features=FEATURES.replace('"rsi"}', '"rsi"},{"kind":"atr"}'))


@pytest.mark.parametrize(
    ("file", "change", "problem"),
    [
        (
            "trees.txt",
            lambda content: content.replace(b"leaf_value=", b"leaf_value=9", 1),
            r"'trees.txt' has the sha256 \w+..., and had",
        ),
        ("golden.npz", lambda content: content[:-1], r"'golden.npz' has the sha256"),
        ("reference.npz", None, "'reference.npz' is missing"),
        ("added.txt", lambda content: b"x", "'added.txt' is not in its manifest"),
        (
            "manifest.json",
            lambda content: content.replace(b'"seed": 7', b'"seed": 8'),
            "the manifest of version .* was changed: its hash is",
        ),
        ("manifest.json", None, "has no 'manifest.json', so it is not whole"),
    ],
)
def test_load_anything_changed_is_refused_and_verify_says_it(registry, trained, file, change, problem) -> None:
    version = registry.add("btc", trained[0], ORIGIN, trained[1])
    path = registry.folder / "btc" / version / file
    if change is None:
        path.unlink()
    else:
        before = path.read_bytes() if path.exists() else b""
        path.write_bytes(change(before))
        assert path.read_bytes() != before
    with pytest.raises(DataError, match=problem):
        registry.load("btc")
    with pytest.raises(DataError, match=problem):
        registry.promote("btc", version)
    if file != "manifest.json":
        (told,) = registry.verify("btc").problems
        assert "is not what was written" in told


def test_verify_whole_version_has_no_problem(registry, trained) -> None:
    version = registry.add("btc", trained[0], ORIGIN, trained[1])
    found = registry.verify("btc", version[:4])
    assert (found.problems, found.version, found.files, found.golden_off) == ((), version, 4, 0.0)


def off_by(value):
    """Return what writes golden rows with answers that are off."""
    return lambda model, rows: bytes_of({"rows": rows[:9], "answers": model.predict(rows[:9]) + value})


def test_load_golden_rows_that_are_answered_otherwise_are_refused_with_the_surroundings(registry, trained, monkeypatch) -> None:
    model, rows = trained
    monkeypatch.setattr(
        store, "golden_bytes", lambda model, rows: bytes_of({"rows": rows[:9], "answers": model.predict(rows[:9]) + 1e-3})
    )
    here = store.surroundings()
    monkeypatch.setattr(
        store, "surroundings", lambda: replace(here, python="3.9.1", libraries={**here.libraries, "lightgbm": "3.3.5"})
    )
    registry.add("btc", model, ORIGIN, rows)
    monkeypatch.setattr(store, "surroundings", lambda: here)
    what = rf"9 of 9 golden rows are answered otherwise.*lightgbm was 3.3.5 and is .*python was 3.9.1 and is {here.python}"
    with pytest.raises(DataError, match=what):
        registry.load("btc")


def test_load_golden_rows_off_by_rounding_are_taken_and_told(registry, trained, monkeypatch) -> None:
    model, rows = trained
    monkeypatch.setattr(
        store, "golden_bytes", lambda model, rows: bytes_of({"rows": rows[:9], "answers": model.predict(rows[:9]) + 1e-9})
    )
    registry.add("btc", model, ORIGIN, rows)
    assert 0.9e-9 < registry.verify("btc").golden_off < 1.1e-9


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda registry: registry.load("eth"), "no model is named 'eth' in .*; there are: 'btc'"),
        (lambda registry: registry.load("../btc"), "a model can't be named '../btc'; use kebab-case"),
        (lambda registry: registry.load("btc", "champion"), "model 'btc' has no 'champion' version; promote one"),
        (lambda registry: registry.load("btc", "abc"), "model 'btc' has no version 'abc'; there are '"),
        (lambda registry: registry.load("btc", "../btc"), "has no version '../btc'"),
    ],
)
def test_load_unknown_names_are_refused(registry, trained, ask, message) -> None:
    registry.add("btc", trained[0], ORIGIN, trained[1])
    with pytest.raises(DataError, match=message):
        ask(registry)


def test_resolve_digits_that_two_versions_begin_with_are_refused(registry, trained) -> None:
    registry.add("btc", trained[0], ORIGIN, trained[1])
    for name in ("abcd00000000", "abcd11111111"):
        (registry.folder / "btc" / name).mkdir()
    with pytest.raises(DataError, match="may be 'abcd00000000' or 'abcd11111111'; give more digits"):
        registry.resolve("btc", "abcd")


def test_add_names_and_attachments_that_can_not_be_are_refused(registry, trained) -> None:
    for name, beside, message in (
        ("BTC", {}, "a model can't be named 'BTC'"),
        ("btc", {"scaler.pkl": b""}, "a model can't have the file 'scaler.pkl'"),
        ("btc", {"trees.txt": b""}, "the attachment 'trees.txt' has the name of a file that model 'btc' has already"),
        ("btc", {"manifest.json": b""}, "the attachment 'manifest.json' has the name"),
    ):
        with pytest.raises(DataError, match=message):
            registry.add(name, trained[0], ORIGIN, trained[1], beside)
    assert registry.names() == ()


def test_pointer_with_other_content_is_refused(registry, trained) -> None:
    registry.add("btc", trained[0], ORIGIN, trained[1])
    (registry.folder / "btc" / "latest").write_text("../../elsewhere\n")
    with pytest.raises(DataError, match=r"holds '../../elsewhere', not the name of a version"):
        registry.load("btc")


def test_add_that_dies_half_way_leaves_what_was_and_is_told(registry, trained, monkeypatch) -> None:
    first = registry.add("btc", trained[0], ORIGIN, trained[1])
    written = []

    def dying(descriptor):
        if len(written) == 2:
            raise KeyboardInterrupt  # nothing is tidied up, as by a power cut
        written.append(descriptor)

    monkeypatch.setattr(os, "fsync", dying)
    with pytest.raises(KeyboardInterrupt):
        registry.add("btc", trained[0], replace(ORIGIN, seed=8), trained[1])
    monkeypatch.undo()
    assert registry.load("btc").version == first
    (torn,) = [one for one in registry.versions("btc") if one.version != first]
    assert torn.version.endswith(".part")
    assert "never finished" in torn.problem


def test_add_on_a_full_disk_changes_nothing(registry, trained, monkeypatch) -> None:
    first = registry.add("btc", trained[0], ORIGIN, trained[1])

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        registry.add("btc", trained[0], replace(ORIGIN, seed=8), trained[1])
    assert [one.version for one in registry.versions("btc")] == [first]


WRITER = """
import sys, json
import numpy as np
from pathlib import Path
from tradekit_ml.models import make_model
from tradekit_ml.registry import Interval, Origin, Registry
rows = np.arange(60.0).reshape(20, 3)
registry = Registry(Path(sys.argv[1]))
sys.stdin.readline()
for seed in range(6):
    model = make_model("ridge", {})
    model.fit(rows, rows[:, 0])
    print(registry.add("btc", model, Origin("{}", {}, "d", seed, (Interval(0, 1),)), rows))
"""


def test_add_by_two_writers_at_once_keeps_each_version_whole(tmp_path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "models")]
    writers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    told = [writer.communicate(timeout=120)[0].split() for writer in writers]
    registry = Registry(tmp_path / "models")
    assert told[0] == told[1]
    assert sorted(one.version for one in registry.versions("btc")) == sorted(told[0])
    assert all(registry.verify("btc", version).problems == () for version in told[0])
    assert registry.resolve("btc", "latest") == told[0][-1]


def test_versions_with_a_broken_one_lists_it_with_its_problem(registry, trained) -> None:
    version = registry.add("btc", trained[0], ORIGIN, trained[1])
    (registry.folder / "btc" / version / "manifest.json").write_text("{}")
    (listed,) = registry.versions("btc")
    assert listed.manifest is None
    assert listed.is_latest
    assert "was changed" in listed.problem


def test_names_where_there_is_no_registry_are_none(tmp_path) -> None:
    assert Registry(tmp_path / "none").names() == ()


def test_manifest_is_json_for_people(registry, trained) -> None:
    version = registry.add("btc", trained[0], ORIGIN, trained[1])
    text = (registry.folder / "btc" / version / "manifest.json").read_text()
    assert json.loads(text)["origin"]["train"] == [{"end": 1000, "start": 0}]
    assert text.splitlines()[1].startswith('  "')
