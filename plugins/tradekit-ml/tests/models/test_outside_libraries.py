"""Models of other libraries: XGBoost and ONNX, and what is said where a library is missing."""

import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import xgboost
from onnx import TensorProto, helper, numpy_helper
from tradekit_ml.models import load_model, make_model
from tradekit_ml.models.onnx_model import Onnx

from tradekit import DataError, PluginError


def planted():
    random = np.random.default_rng(2)
    rows = random.normal(size=(300, 5))
    return rows, rows[:, 0] - rows[:, 1] + random.normal(size=300)


def test_xgboost_is_xgboosts_own_prediction() -> None:
    rows, labels = planted()
    rows[5, 2] = np.nan
    model = make_model("xgboost", {"trees": 20, "row_share": 0.7})
    model.fit(rows, labels, np.linspace(0.5, 1.5, 300), seed=3)
    booster = xgboost.Booster()
    booster.load_model(bytearray(model.state()["trees.ubj"]))
    assert np.array_equal(model.predict(rows), booster.inplace_predict(rows).astype(float))


def test_xgboost_file_that_is_none_is_refused() -> None:
    model = make_model("xgboost", {})
    model.feature_count = 5
    with pytest.raises(DataError, match=r"'trees.ubj' can't be read by XGBoost"):
        model.restore({"trees.ubj": b"{no model"})
    with pytest.raises(DataError, match=r"a model 'xgboost' is kept in 'trees.ubj', and here are \['other.ubj'\]"):
        model.restore({"other.ubj": b""})


def test_xgboost_trees_of_other_features_are_refused() -> None:
    model, other = make_model("xgboost", {"trees": 2}), make_model("xgboost", {})
    model.fit(*planted())
    other.feature_count = 4
    with pytest.raises(DataError, match="the trees are of 5 features; expected 4"):
        other.restore(model.state())


def net(inputs=(None, 3), outputs=("answer",), kind=TensorProto.FLOAT, width=1) -> bytes:
    """Return a linear model of three features as ONNX, its result once for each output."""
    weights = numpy_helper.from_array(np.arange(3.0 * width, dtype=np.float32).reshape(3, width), "weights")
    nodes = [helper.make_node("MatMul", ["rows", "weights"], [name]) for name in outputs]
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width]) for name in outputs]
    graph = helper.make_graph(nodes, "net", [helper.make_tensor_value_info("rows", kind, inputs)], made, [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def of_bytes(content, tmp_path, **options) -> Onnx:
    path = tmp_path / "exported.onnx"
    path.write_bytes(content)
    return Onnx.of_file(path, Onnx.Options(**options))


def test_onnx_is_the_runtimes_answer_row_by_row(tmp_path) -> None:
    model = of_bytes(net(), tmp_path)
    rows = np.random.default_rng(1).normal(size=(50, 3))
    session = onnxruntime.InferenceSession(net())
    theirs = [session.run(None, {"rows": row[None].astype(np.float32)})[0].item() for row in rows]
    assert model.predict(rows).tolist() == theirs
    assert np.isnan(model.predict_row([np.nan, 1.0, 1.0]))
    assert of_bytes(net(), tmp_path, takes_nan=True).takes_nan


def test_onnx_probabilities_of_two_classes_give_the_second(tmp_path) -> None:
    model = of_bytes(net(width=2), tmp_path, task="classification")
    assert model.predict_row([1.0, 0.0, 0.0]) == 1.0


def test_onnx_one_of_several_outputs_is_named(tmp_path) -> None:
    assert of_bytes(net(outputs=("label", "score")), tmp_path, output="score").predict_row([0.0, 1.0, 0.0]) == 1.0
    with pytest.raises(DataError, match="has the outputs 'label', 'score'; name one in its option 'output', not ''"):
        of_bytes(net(outputs=("label", "score")), tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no model", r"'model.onnx' can't be read by ONNX's runtime"),
        (net(inputs=(3, None)), "has the inputs rows"),
        (net(inputs=(None, 3), kind=TensorProto.INT64), r"has the inputs rows tensor\(int64\)|can't be read by ONNX's runtime"),
    ],
)
def test_onnx_file_that_can_not_be_used_is_refused(content, message, tmp_path) -> None:
    with pytest.raises(DataError, match=message):
        of_bytes(content, tmp_path)


def test_onnx_several_numbers_a_row_are_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="gives 2 numbers for a row; expected one"):
        of_bytes(net(width=2), tmp_path).predict_row([1.0, 1.0, 1.0])


def test_onnx_is_loaded_and_never_trained(tmp_path) -> None:
    model = of_bytes(net(), tmp_path)
    model.dump(tmp_path / "kept")
    assert load_model(tmp_path / "kept").predict_row([0.0, 0.0, 1.0]) == 2.0
    assert onnx.load_from_string((tmp_path / "kept" / "model.onnx").read_bytes()).graph.name == "net"
    with pytest.raises(DataError, match="model 'onnx' can't be trained here: it was trained elsewhere, and is only loaded"):
        model.fit(*planted())


@pytest.mark.parametrize(("name", "module"), [("xgboost", "xgboost"), ("passive-aggressive", "river"), ("onnx", "onnxruntime")])
def test_model_whose_library_is_missing_names_the_extra(name, module, monkeypatch, tmp_path) -> None:
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, loaded)

    class Missing:
        def find_spec(self, fullname, path=None, target=None):
            if fullname.partition(".")[0] == module:
                raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    extra = {"passive-aggressive": "river"}.get(name, name)
    use = (lambda: of_bytes(net(), tmp_path)) if name == "onnx" else (lambda: make_model(name, {}).fit(*planted()))
    with pytest.raises(
        PluginError, match=rf"'{name}' needs {module}, which is not installed; pip install 'tradekit-ml\[{extra}\]'"
    ):
        use()
