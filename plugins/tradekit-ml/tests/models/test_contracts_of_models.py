"""Each model of this package keeps the contract of models."""

from pathlib import Path

import numpy as np
import pytest
from tradekit_ml.models.lightgbm_model import LightGbm
from tradekit_ml.models.linear import Logistic, Ridge
from tradekit_ml.models.neural import Neural
from tradekit_ml.models.online import Ftrl, RecursiveLeastSquares
from tradekit_ml.models.onnx_model import Onnx
from tradekit_ml.models.river_model import PassiveAggressive
from tradekit_ml.models.xgboost_model import XgBoost
from tradekit_ml.testing import ModelContract


class TestLightGbm(ModelContract):
    model = LightGbm
    options = (
        {"trees": 20},
        {"task": "classification", "trees": 20, "row_share": 0.7, "feature_share": 0.7},
    )


class TestXgBoost(ModelContract):
    model = XgBoost
    options = ({"task": "classification", "trees": 10, "row_share": 0.7, "feature_share": 0.7},)


class TestRidge(ModelContract):
    model = Ridge


class TestLogistic(ModelContract):
    model = Logistic


class TestNeural(ModelContract):
    model = Neural
    options = (
        {"batch": 32},
        {"task": "classification", "units": [16, 8], "batch": 32},
    )


class TestRecursiveLeastSquares(ModelContract):
    model = RecursiveLeastSquares


class TestFtrl(ModelContract):
    model = Ftrl
    options = ({"l1": 0.1},)


class TestPassiveAggressive(ModelContract):
    model = PassiveAggressive
    options = ({"task": "classification"},)


class TestOnnx(ModelContract):
    model = Onnx

    @pytest.fixture
    def fitted(self, tmp_path: Path) -> Onnx:
        path = tmp_path / "exported" / "net.onnx"
        path.parent.mkdir()
        path.write_bytes(small_net())
        return Onnx.of_file(path)


def small_net(width: int = 8, inputs: int | None = None, outputs: int = 1) -> bytes:
    """Return a net of two layers as ONNX."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(3)
    shapes = {"first": (width, 16), "second": (16, outputs)}
    weights = [numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name) for name, shape in shapes.items()]
    nodes = [
        helper.make_node("MatMul", ["rows", "first"], ["inner"]),
        helper.make_node("Tanh", ["inner"], ["bent"]),
        helper.make_node("MatMul", ["bent", "second"], ["answer"]),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, inputs or width])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [None, outputs])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()
