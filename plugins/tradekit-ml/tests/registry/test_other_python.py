"""A model that was written on this Python loads on another, with its golden rows answered alike."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
import tradekit_ml
from tradekit_ml.models import make_model
from tradekit_ml.registry import Interval, Origin, Registry

import proofs
import tradekit

OTHERS = ("3.13", "3.12")
NAMES = ("lightgbm", "ridge", "logistic", "neural", "recursive-least-squares", "ftrl")
READER = """
import json, sys
from pathlib import Path
import numpy as np
from tradekit_ml.registry import Registry
registry = Registry(Path(sys.argv[1]))
rows = np.load(sys.argv[2], allow_pickle=False)
found = {}
for name in registry.names():
    loaded = registry.load(name, features="[]")
    verified = registry.verify(name)
    answers = [answer.hex() for answer in loaded.model.predict(rows).tolist()]
    found[name] = [verified.golden_off, answers, loaded.manifest.surroundings.python]
print(json.dumps([sys.version.split()[0], np.__version__, found]))
"""


def kept(folder: Path) -> tuple[Registry, np.ndarray]:
    """Keep one model of each kind, and return the registry with rows to ask for."""
    random = np.random.default_rng(11)
    rows = random.normal(size=(400, 6))
    registry = Registry(folder / "models")
    for name in NAMES:
        model = make_model(name, {"trees": 20} if name == "lightgbm" else {})
        values = rows @ np.arange(6.0) + random.normal(size=400)
        model.fit(rows, (values > 0).astype(float) if model.task == "classification" else values, seed=3)
        registry.add(name, model, Origin("[]", {"kind": "fixed"}, "d", 3, (Interval(0, 1),)), rows)
    np.save(folder / "rows.npy", rows, allow_pickle=False)
    return registry, rows


def read_by(python: str, folder: Path) -> list:
    """Return what another Python finds in the registry, with libraries of its own, and with tradekit and tradekit-ml from here."""
    sources = [str(Path(package.__file__).parents[1]) for package in (tradekit, tradekit_ml)] + [str(folder / "site")]
    ours = distribution("tradekit-ml")
    info = folder / "site" / f"tradekit_ml-{ours.version}.dist-info"
    info.mkdir(parents=True)
    for file in ("METADATA", "entry_points.txt"):
        (info / file).write_text(ours.read_text(file), "utf-8")
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TRADEKIT"))}
    command = [python, "-c", READER, str(folder / "models"), str(folder / "rows.npy")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=settings | {"PYTHONPATH": os.pathsep.join(sources)}
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def interpreter(version: str) -> str | None:
    """Return another Python of that version, from the PATH or of pyenv."""
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if version == ours:
        return None
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    pyenv = sorted(root.glob(f"{version}.*/bin/python"))
    return str(pyenv[-1]) if pyenv else shutil.which(f"python{version}")


def test_registry_read_by_another_process_is_the_same_to_the_last_bit(tmp_path: Path) -> None:
    registry, rows = kept(tmp_path)
    _, _, found = read_by(sys.executable, tmp_path)
    for name in NAMES:
        off, answers, _ = found[name]
        assert off == 0.0
        assert [float.fromhex(answer) for answer in answers] == registry.load(name).model.predict(rows).tolist()


@pytest.mark.proof("ml-models")
@pytest.mark.parametrize("version", OTHERS)
def test_model_that_was_written_here_loads_on_another_python(version: str, tmp_path: Path, matrix: proofs.Matrix) -> None:
    matrix.seeds(0, len(NAMES))
    python = interpreter(version)
    if not matrix.count:
        pytest.skip("only 'pytest --proof' installs libraries into another Python")
    if python is None:
        pytest.skip(f"there is no other Python {version} on the PATH or of pyenv")
    subprocess.run([python, "-m", "venv", str(tmp_path / "env")], check=True)
    other = str(tmp_path / "env" / "bin" / "python")
    needs = ["numpy>=2.1", "lightgbm>=4.5", "pydantic>=2.10"]
    installed = subprocess.run([other, "-m", "pip", "install", "-q", *needs], capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"Python {version} can't install {', '.join(needs)}: {installed.stderr.strip().splitlines()[-1]}")
    registry, rows = kept(tmp_path)
    at, numpy, found = read_by(other, tmp_path)
    assert sorted(found) == sorted(NAMES)
    for name in NAMES:
        off, answers, written_on = found[name]
        assert off <= 1e-9
        assert written_on == sys.version.split()[0]
        same = sum(float.fromhex(a) == b for a, b in zip(answers, registry.load(name).model.predict(rows).tolist(), strict=True))
        matrix.tell(
            f"`{name}`",
            f"Python {written_on}, NumPy {np.__version__} to Python {at}, NumPy {numpy}",
            f"{same} of {len(rows)} answers are the same bits",
        )
