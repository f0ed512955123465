"""No pickle: neither in the source of this package, nor in what its models and its registry write."""

import ast
import pickletools
from pathlib import Path

import numpy as np
import pytest
import tradekit_ml
from tradekit_ml.models import list_models, make_model
from tradekit_ml.models.files import FORMATS
from tradekit_ml.registry import Interval, Origin, Registry

SOURCES = sorted(Path(tradekit_ml.__file__).parent.rglob("*.py"))
FORBIDDEN_MODULES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "skops"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "save_model", "load_pickle", "read_pickle", "to_pickle"}
# XGBoost's load_model reads UBJSON.
ARRAY_CALLS = {"save", "savez", "savez_compressed", "write_array", "read_array"}
"""What pickles arrays that it can't write otherwise, unless it is told not to."""


def breaches(source: str) -> list[str]:
    """Return what a module does that may write or read a pickle, or run what it has read."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += [name for name in names if name.partition(".")[0] in FORBIDDEN_MODULES]
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            allowed = {keyword.arg: getattr(keyword.value, "value", None) for keyword in node.keywords}
            if name in FORBIDDEN_CALLS and owner != "re":
                found.append(name)
            if name in ARRAY_CALLS and allowed.get("allow_pickle") is not False:
                found.append(name)
            if name == "load" and owner in ("np", "numpy") and allowed.get("allow_pickle") is not False:
                found.append("np.load")
            if allowed.get("allow_pickle"):
                found.append("allow_pickle")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_source_has_nothing_to_do_with_pickles(path: Path) -> None:
    assert breaches(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import dump",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.savez(path, a=1)",
        "np.lib.format.write_array(file, a)",
        "pandas.read_pickle(path)",
        "eval(text)",
    ],
)
def test_breaches_of_each_kind_are_found(source: str) -> None:
    assert breaches(source) != []


@pytest.mark.parametrize("name", [one.name for one in list_models() if one.name not in ("onnx", "combined")])
def test_files_of_a_kept_model_are_no_pickles(name: str, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    model = make_model(name, {"trees": 3} if name in ("lightgbm", "xgboost") else {})
    rows = random.normal(size=(80, 3))
    model.fit(rows, (rows[:, 0] > 0).astype(float))
    registry = Registry(tmp_path)
    version = registry.add("it", model, Origin("[]", {}, "d", 1, (Interval(0, 1),)), rows)
    paths = [path for path in (tmp_path / "it" / version).iterdir() if path.name != "manifest.json"]
    assert len(paths) >= 4
    for path in paths:
        content = path.read_bytes()
        assert path.name.endswith(FORMATS)
        assert b"numpy.core.multiarray" not in content
        assert not is_pickle(content)


def is_pickle(content: bytes) -> bool:
    """Say whether the whole content reads as a pickle's program."""
    try:
        return sum(1 for _ in pickletools.genops(content)) > 0
    except (ValueError, UnicodeDecodeError, OverflowError, DeprecationWarning):  # the last for escapes that no text has
        return False


def test_is_pickle_knows_one() -> None:
    assert is_pickle(b"(dp0\nV1\nI2\ns.")
