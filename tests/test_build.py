"""How the simulator is built: compiled or not, and never compiled from another source than the one beside it."""

import json
import os
import runpy
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

import tradekit
from tradekit.errors import PluginError
from tradekit.simulator import build

ROOT = Path(__file__).resolve().parents[1]

LEDGER = """
import cython

if cython.compiled:
    from cython.cimports.tradekit.simulator.adder import Adder
else:
    from tradekit.simulator.adder import Adder

def total(values):
    adder: Adder = Adder()
    for value in values:
        adder.add(value)
    return adder.sum

def is_compiled():
    return cython.compiled
"""
ADDER = """
class Adder:
    def __init__(self):
        self.sum = 0.0

    def add(self, value: float):
        self.sum += value
"""
DECLARATIONS = """
cdef class Adder:
    cdef public double sum
    cpdef add(self, double value)
"""
USE = """
import sys
from tradekit.simulator import build, ledger
print(ledger.total([1.0, 2.5]), ledger.is_compiled(), build.is_compiled(), build.problem())
assert "Cython.Compiler" not in sys.modules
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a simulator of two small modules, one of which has declarations."""
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    before, optimised, after = (ROOT / "setup.py").read_text("utf-8").partition('"-O3"')
    assert optimised
    (tmp_path / "setup.py").write_text(f'{before}"-O0"{after}')  # how fast it runs is not asked here, and compiling is long
    (tmp_path / "README.md").write_text("# tradekit\n")
    simulator = tmp_path / "src/tradekit/simulator"
    simulator.mkdir(parents=True)
    for name in ("__init__.py", "__init__.pyi", "py.typed", "errors.py", "simulator/__init__.py", "simulator/build.py"):
        shutil.copy(ROOT / "src/tradekit" / name, simulator.parent / name)
    (simulator / "ledger.py").write_text(LEDGER)
    (simulator / "adder.py").write_text(ADDER)
    (simulator / "adder.pxd").write_text(DECLARATIONS)
    return tmp_path


@pytest.fixture
def simulator(checkout: Path) -> Path:
    """The folder of the small simulator, as if compiled: `verify` looks at names and at the record only."""
    folder = checkout / "src/tradekit/simulator"
    for module in ("ledger", "adder"):
        (folder / (module + build.SUFFIX)).touch()
    sources = load(folder)["source_hashes"]()
    (folder / build.RECORD).write_text(json.dumps({build.SUFFIX: {"problem": "", "sources": sources}}))
    return folder


def load(folder: Path) -> dict[str, Any]:
    return runpy.run_path(str(folder / "build.py"))


def python(*arguments: str, cwd: Path, src: Path | None = None, cc: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("CC", "PYTHONPATH")}
    environment |= {"CC": cc} if cc else {}
    environment |= {"PYTHONPATH": str(src)} if src else {}
    return subprocess.run([sys.executable, *arguments], check=False, cwd=cwd, env=environment, capture_output=True, text=True)


def built_wheel(checkout: Path, cc: str | None = None) -> dict[str, bytes]:
    """Build a wheel, unpack it into the folder `installed`, and return its files."""
    code = "from setuptools import build_meta; build_meta.build_wheel('dist')"
    done = python("-c", code, cwd=checkout, cc=cc)
    assert done.returncode == 0, done.stderr
    (wheel,) = (checkout / "dist").glob("*.whl")
    installed = checkout / "installed"
    shutil.rmtree(installed, ignore_errors=True)
    shutil.unpack_archive(wheel, installed, "zip")
    return {path.relative_to(installed).as_posix(): path.read_bytes() for path in installed.rglob("*") if path.is_file()}


def built_in_place(checkout: Path, cc: str | None = None) -> str:
    """Build as an editable install does, and return what the simulator then shows."""
    done = python("setup.py", "--quiet", "build_ext", "--inplace", cwd=checkout, cc=cc)
    assert done.returncode == 0, done.stderr
    return used(checkout / "src")


def used(src: Path) -> str:
    done = python("-c", USE, cwd=src, src=src)
    return (done.stdout + done.stderr).strip()


def test_verify_this_simulator_passes() -> None:
    build.verify()


def test_verify_costs_little() -> None:
    def cost() -> float:
        start = time.process_time()
        build.verify()
        build.source_hashes()  # also where there is nothing compiled to verify
        return time.process_time() - start

    assert min(cost() for _ in range(10)) < 0.02  # about 4 ms: room for a slow machine, none for work of another kind


def test_verify_matching_source_passes(simulator: Path) -> None:
    load(simulator)["verify"]()


@pytest.mark.parametrize("name", ["adder.py", "adder.pxd"])
def test_verify_edited_source_names_module_and_way_out(simulator: Path, name: str) -> None:
    with (simulator / name).open("a") as file:
        file.write("# edited\n")
    with pytest.raises(PluginError) as caught:
        load(simulator)["verify"]()
    assert str(caught.value) == (
        "compiled simulator module 'adder' does not match its source; "
        f"run '{Path(sys.executable).name} -m pip install --no-deps -e {simulator.parents[2]}'"
    )


def test_verify_new_module_that_is_not_compiled_is_refused(simulator: Path) -> None:
    (simulator / "matching.py").write_text("")
    with pytest.raises(PluginError, match="compiled simulator module 'matching' does not match its source"):
        load(simulator)["verify"]()


def test_verify_compiled_module_without_source_is_refused(simulator: Path) -> None:
    (simulator / ("old" + build.SUFFIX)).touch()
    with pytest.raises(PluginError, match="compiled simulator module 'old' does not match its source"):
        load(simulator)["verify"]()


def test_verify_record_of_another_python_is_refused(simulator: Path) -> None:
    record = json.loads((simulator / build.RECORD).read_text())
    (simulator / build.RECORD).write_text(json.dumps({".other-python.so": record[build.SUFFIX]}))
    with pytest.raises(PluginError, match="does not match its source"):
        load(simulator)["verify"]()


def test_import_edited_source_is_refused(simulator: Path) -> None:
    (simulator / "adder.py").write_text("")
    done = python("-c", "import tradekit.simulator", cwd=simulator, src=simulator.parents[1])
    assert "PluginError: compiled simulator module 'adder' does not match its source" in done.stderr


def test_problem_compiled_is_empty(simulator: Path) -> None:
    assert load(simulator)["problem"]() == ""


def test_problem_never_built_says_so_and_the_way_out(checkout: Path) -> None:
    assert load(checkout / "src/tradekit/simulator")["problem"]() == (
        "the simulator is not compiled and many times slower: it was never built for this Python; with a C compiler and Python's "
        f"headers installed, run '{Path(sys.executable).name} -m pip install --no-deps -e {checkout}'"
    )


def test_problem_installed_package_is_to_be_installed_again_without_the_cache(checkout: Path) -> None:
    (checkout / "setup.py").unlink()
    assert load(checkout / "src/tradekit/simulator")["problem"]().endswith(
        "installed, install tradekit again, with pip's options --force-reinstall --no-deps --no-cache-dir"
    )


@pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="there is no C compiler")
def test_build_follows_the_source_and_falls_back_whole(checkout: Path) -> None:
    assert built_in_place(checkout) == "3.5 True True"

    source = checkout / "src/tradekit/simulator/adder.py"
    source.write_text(ADDER.replace("+= value", "+= 2 * value"))
    names = built_wheel(checkout)
    assert {name for name in names if name.startswith("tradekit/")} == {
        *(f"tradekit/{name}" for name in ("__init__.py", "__init__.pyi", "py.typed", "errors.py")),
        *(f"tradekit/simulator/{name}" for name in ("__init__.py", "build.py", "_build.json")),
        *(f"tradekit/simulator/{name}" for name in ("ledger.py", "adder.py", "adder.pxd")),
        *(f"tradekit/simulator/{name}{build.SUFFIX}" for name in ("ledger", "adder", build.SHARED)),
    }
    assert {name.split("/")[0] for name in names} == {"tradekit", f"tradekit-{tradekit.__version__}.dist-info"}
    assert used(checkout / "installed") == "7.0 True True"

    assert built_in_place(checkout, cc="false").startswith("7.0 False False the simulator is not compiled")
    assert list(source.parent.glob("*" + build.SUFFIX)) == []


def test_wheel_without_compiler_runs_uncompiled_and_says_so(checkout: Path) -> None:
    names = built_wheel(checkout, cc="false")
    assert not [name for name in names if name.endswith((".so", ".pyd", ".c"))]
    record = json.loads(names["tradekit/simulator/_build.json"])
    assert record == {build.SUFFIX: {"problem": "the C compiler 'false' is missing or failed", "sources": {}}}
    shown = used(checkout / "installed")
    assert shown.startswith("3.5 False False the simulator is not compiled and many times slower: the C compiler 'false' is")


def test_wheel_module_deleted_since_the_last_build_is_not_in_it(checkout: Path) -> None:
    old = checkout / "src/tradekit/old.py"
    old.touch()
    assert "tradekit/old.py" in built_wheel(checkout, cc="false")
    old.unlink()
    assert "tradekit/old.py" not in built_wheel(checkout, cc="false")


def test_error_in_source_stops_the_build(checkout: Path) -> None:
    (checkout / "src/tradekit/simulator/ledger.py").write_text("def total(values:\n")
    done = python("-c", "from setuptools import build_meta; build_meta.build_wheel('dist')", cwd=checkout)
    assert done.returncode != 0
    assert "CompileError: src/tradekit/simulator/ledger.py" in done.stderr


def test_sdist_holds_declarations_and_stubs_but_no_tests(checkout: Path) -> None:
    (checkout / "tests").mkdir()
    (checkout / "tests" / "test_x.py").touch()
    shutil.copy(ROOT / "MANIFEST.in", checkout)
    done = python("-c", "from setuptools import build_meta; build_meta.build_sdist('dist')", cwd=checkout)
    assert done.returncode == 0, done.stderr
    (archive,) = (checkout / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert {"setup.py", "pyproject.toml", "LICENSE", "src/tradekit/__init__.pyi", "src/tradekit/simulator/adder.pxd"} <= names
    assert not [name for name in names if name.startswith("tests") or name.endswith((".c", ".so", "_build.json"))]
