"""Files of models: open formats, the same bytes, and no pickle."""

import io
import json
import pickle
import zipfile
from hashlib import sha256

import numpy as np
import pytest
from tradekit_ml.models import load_model, make_model
from tradekit_ml.models.files import arrays_of, bytes_of, check_file, json_bytes, json_of, read_files

from tradekit import DataError


def test_bytes_of_same_arrays_in_another_order_are_the_same_bytes() -> None:
    one, two = np.arange(6.0).reshape(2, 3), np.array(["a", "bc"])
    content = bytes_of({"one": one, "two": two})
    assert content == bytes_of({"two": two.copy(), "one": np.asfortranarray(one)})
    found = arrays_of(content, "it", ["two", "one"])
    assert np.array_equal(found["one"], one)
    assert found["two"].tolist() == ["a", "bc"]


def test_bytes_of_objects_are_refused() -> None:
    with pytest.raises(ValueError, match="Object arrays cannot be saved when allow_pickle=False"):
        bytes_of({"one": np.array([object()])})


def pickled_npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, one=np.array([{"a": 1}], dtype=object))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it can't be read as an .npz without pickled objects"),
        (b"PK\x03\x04 and no more", "it can't be read as an .npz"),
        (bytes_of({"one": np.ones(100)})[:-200], "it can't be read as an .npz"),
        (pickled_npz(), "it can't be read as an .npz without pickled objects: Object arrays cannot be loaded"),
        (pickle.dumps({"one": 1}), "it can't be read as an .npz without pickled objects"),
        (bytes_of({"two": np.ones(1)}), r"it holds the arrays \['two'\]; expected \['one'\]"),
    ],
)
def test_arrays_of_what_is_no_plain_npz_is_refused(content, message) -> None:
    with pytest.raises(DataError, match=message):
        arrays_of(content, "it", ["one"])


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "../trees.txt", "Trees.txt", "a/b.txt", ".txt", "trees.TXT"])
def test_check_file_other_names_are_refused(name) -> None:
    with pytest.raises(DataError, match="a model can't have the file"):
        check_file(name, b"")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_check_file_pickle_under_another_name_is_refused(protocol) -> None:
    with pytest.raises(DataError, match="is a pickle, which could run code when it is read"):
        check_file("weights.json", pickle.dumps({"weights": [1.5, 2.5]}, protocol))


def test_read_files_folder_in_a_folder_is_refused(tmp_path) -> None:
    (tmp_path / "inner").mkdir()
    with pytest.raises(DataError, match="holds 'inner', which is no file"):
        read_files(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "it is no JSON: "),
        (b"[]", "it is no JSON object"),
        (b'{"format": true}', "it has 'format': True; expected int"),
        (b"\xff", "it is no JSON: "),
    ],
)
def test_json_of_other_content_is_refused(content, message) -> None:
    with pytest.raises(DataError, match=message):
        json_of(content, "it", {"format": int})


COUNT = r"expected finite float64 \(3, 1\)"


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("model.json", b'"model": "ridge"', b'"model": "logistic"', "holds a model 'logistic', not 'ridge'"),
        ("model.json", b'"format": 1', b'"format": 2', "has format 2; this version reads format 1"),
        ("model.json", b'"l2"', b'"l3"', "has options that model 'ridge' doesn't take: 'l3'"),
        ("model.json", b'"feature_count": 2', b'"feature_count": 3', COUNT),
        ("weights.npz", None, bytes_of({"weights": np.full((2, 1), np.nan), "intercept": np.ones(1)}), "expected finite float64"),
        ("weights.npz", None, bytes_of({"weights": np.ones((2, 1), np.float32), "intercept": np.ones(1)}), "is float32"),
    ],
)
def test_load_changed_files_are_refused(tmp_path, file, before, after, message) -> None:
    model = make_model("ridge", {})
    model.fit(np.arange(12.0).reshape(6, 2), np.arange(6.0))
    model.dump(tmp_path)
    content = (tmp_path / file).read_bytes()
    changed = after if before is None else content.replace(before, after)
    assert changed != content
    (tmp_path / file).write_bytes(changed)
    if before is None:  # by somebody who means it
        head = json.loads((tmp_path / "model.json").read_text())
        (tmp_path / "model.json").write_bytes(json_bytes(head | {"files": {file: sha256(changed).hexdigest()}}))
    with pytest.raises(DataError, match=message):
        type(model).load(tmp_path)


def test_load_damaged_trees_are_refused_before_a_library_reads_them(tmp_path) -> None:
    model = make_model("lightgbm", {"trees": 3})
    model.fit(np.random.default_rng(1).normal(size=(60, 2)), np.arange(60.0))
    model.dump(tmp_path)
    text = (tmp_path / "trees.txt").read_text()
    (tmp_path / "trees.txt").write_text(text.replace("num_leaves=", "leaves=", 1))  # LightGBM itself would abort the process
    with pytest.raises(DataError, match=r"'trees.txt' of .* is damaged: its sha256 is not the one that 'model.json' has"):
        load_model(tmp_path)


def test_load_model_missing_and_added_files_are_refused(tmp_path) -> None:
    model = make_model("ridge", {})
    model.fit(np.arange(12.0).reshape(6, 2), np.arange(6.0))
    model.dump(tmp_path)
    (tmp_path / "more.npz").write_bytes(bytes_of({}))
    with pytest.raises(DataError, match=r"has the files \['more.npz', 'weights.npz'\], and had \['weights.npz'\]"):
        load_model(tmp_path)
    (tmp_path / "model.json").unlink()
    with pytest.raises(DataError, match=r"'model.json' of .* is no JSON"):
        load_model(tmp_path)


def test_bytes_of_is_a_zip_that_numpy_and_others_read() -> None:
    content = bytes_of({"one": np.ones(3)})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["one.npy"]
