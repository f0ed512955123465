"""`dev.py`: what it installs and when, what it runs, and what it says when it can't."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = (ROOT / "dev.py").read_text("utf-8")

KERNEL = """
[build-system]
requires = ["setuptools>=77", "Cython"]
[project]
name = "tradekit"
[dependency-groups]
test = ["pytest", "hypothesis"]
lint = ["ruff"]
"""
PLUGIN = """
[build-system]
requires = ["setuptools>=77"]
[project]
name = "tradekit-tax"
[dependency-groups]
test = ["pytest", "toolz"]
"""


class Calls:
    """Stands for the processes that `dev.py` starts: it notes them, and fails those that begin with one of `failing`."""

    def __init__(self, dev: ModuleType) -> None:
        self.dev = dev
        self.made: list[list[str]] = []
        self.failing: tuple[str, ...] = ()

    def __call__(self, command: list[str], settings: dict[str, str] | None = None) -> int:
        self.made.append(command)
        if " ".join(command[2:]).startswith(self.failing):
            self.dev.LOG.write_text("the reason\n")
            return 1
        if command[2] in ("venv", "virtualenv"):
            self.dev.PYTHON.parent.mkdir(parents=True, exist_ok=True)
            self.dev.PYTHON.touch()
        return 0

    def since(self) -> list[str]:
        """Return what was called since the last time: the module and its arguments."""
        shown = [" ".join(command[2:]) for command in self.made]
        self.made.clear()
        return [text.replace(str(self.dev.ROOT), "ROOT") for text in shown]


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`dev.py`, loaded as if it stood in a checkout with one plugin package."""
    files = {
        "dev.py": SOURCE,
        "pyproject.toml": KERNEL,
        "setup.py": "",
        "src/tradekit/simulator/book.py": "",
        "src/tradekit/simulator/book.pxd": "",
        "plugins/README.md": "",
        "plugins/tradekit-tax/pyproject.toml": PLUGIN,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("CC", "cc")
    spec = importlib.util.spec_from_file_location("dev", tmp_path / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def calls(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Calls:
    made = Calls(dev)
    monkeypatch.setattr(dev, "logged", made)
    return made


EVERYTHING = [
    "venv ROOT/.venv",
    "pip install Cython setuptools>=77",
    "pip install --no-build-isolation -e ROOT -e ROOT/plugins/tradekit-tax",
    "pip install hypothesis pytest toolz",  # in isolation: what others wrote may not build with our Cython
]


def test_prepare_fresh_checkout_makes_environment_and_installs_everything(dev: ModuleType, calls: Calls) -> None:
    dev.prepare("test")
    assert calls.since() == EVERYTHING


def test_prepare_second_time_does_nothing(dev: ModuleType, calls: Calls, capsys: pytest.CaptureFixture[str]) -> None:
    dev.prepare("test")
    calls.since()
    capsys.readouterr()
    dev.prepare("test")
    assert (calls.since(), capsys.readouterr().out) == ([], "")


def test_prepare_other_group_installs_only_that(dev: ModuleType, calls: Calls) -> None:
    dev.prepare("demo")
    calls.since()
    dev.prepare("lint")
    assert calls.since() == ["pip install ruff"]


@pytest.mark.parametrize(
    "name", ["setup.py", "pyproject.toml", "src/tradekit/simulator/book.py", "src/tradekit/simulator/book.pxd"]
)
def test_prepare_edited_build_input_rebuilds_the_kernel(dev: ModuleType, calls: Calls, name: str) -> None:
    dev.prepare("demo")
    calls.since()
    (path,) = [path for path in (dev.ROOT / name, dev.ROOT / "src/tradekit/simulator" / name) if path.exists()]
    path.write_text(path.read_text() + "# edited\n")
    dev.prepare("demo")
    assert calls.since() == ["pip install --no-build-isolation -e ROOT"]


def test_prepare_other_compiler_rebuilds_the_kernel(dev: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    dev.prepare("demo")
    calls.since()
    monkeypatch.setenv("CC", "false")
    dev.prepare("demo")
    assert calls.since() == ["pip install --no-build-isolation -e ROOT"]


def test_prepare_new_build_requirement_is_installed_first(dev: ModuleType, calls: Calls) -> None:
    dev.prepare("demo")
    calls.since()
    (dev.ROOT / "plugins/tradekit-tax/pyproject.toml").write_text(PLUGIN.replace("setuptools>=77", "hatchling"))
    dev.prepare("demo")
    assert calls.since() == [
        "pip install Cython hatchling setuptools>=77",
        "pip install --no-build-isolation -e ROOT/plugins/tradekit-tax",
    ]


def test_prepare_plugin_that_comes_and_goes_is_installed_and_removed(dev: ModuleType, calls: Calls) -> None:
    dev.prepare("demo")
    calls.since()
    (dev.ROOT / "plugins/tradekit-tax").rename(dev.ROOT / "away")
    dev.prepare("demo")
    assert calls.since() == ["pip uninstall --yes tradekit-tax"]
    (dev.ROOT / "away").rename(dev.ROOT / "plugins/tradekit-tax")
    dev.prepare("demo")
    assert calls.since() == ["pip install --no-build-isolation -e ROOT/plugins/tradekit-tax"]


def test_prepare_environment_of_another_python_is_made_anew(dev: ModuleType, calls: Calls) -> None:
    dev.prepare("test")
    calls.since()
    dev.STAMP.write_text(json.dumps(json.loads(dev.STAMP.read_text()) | {"python": "3.1"}))
    (dev.VENV / "old").touch()
    dev.prepare("test")
    assert calls.since() == EVERYTHING
    assert not (dev.VENV / "old").exists()


def test_prepare_environment_whose_python_is_gone_is_made_anew(dev: ModuleType, calls: Calls) -> None:
    dev.prepare("test")
    calls.since()
    dev.PYTHON.unlink()
    dev.prepare("test")
    assert calls.since() == EVERYTHING


def test_prepare_without_ensurepip_takes_virtualenv(dev: ModuleType, calls: Calls) -> None:
    calls.failing = ("venv",)
    dev.prepare("demo")
    made = calls.since()
    assert made[0] == "venv ROOT/.venv"
    assert made[1].startswith("pip install --target ")
    assert made[1].endswith(" virtualenv")
    assert made[2] == "virtualenv ROOT/.venv"


def test_prepare_neither_venv_nor_virtualenv_says_so(dev: ModuleType, calls: Calls) -> None:
    calls.failing = ("venv", "virtualenv")
    with pytest.raises(SystemExit) as caught:
        dev.prepare("demo")
    assert str(caught.value) == f"the reason\n\ndev.py: can't make a virtual environment; the lines above are the end of {dev.LOG}"


def test_prepare_pip_fails_shows_the_log_and_tries_again_next_time(dev: ModuleType, calls: Calls) -> None:
    calls.failing = ("pip install --no-build-isolation -e",)
    with pytest.raises(SystemExit) as caught:
        dev.prepare("test")
    assert str(caught.value) == f"the reason\n\ndev.py: pip can't install what is needed; the lines above are the end of {dev.LOG}"
    calls.failing = ()
    calls.since()
    dev.prepare("test")
    assert calls.since() == EVERYTHING


def test_main_runs_all_commands_and_returns_the_first_failure(
    dev: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []
    codes = iter([0, 3, 1])
    monkeypatch.setattr(dev, "run", lambda command: ran.append(command[2]) or next(codes))
    assert dev.main(["lint"]) == 3
    assert ran == ["ruff", "ruff", "mypy"]


@pytest.mark.parametrize(("code", "expected"), [("raise SystemExit(5)", 5), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_run_passes_the_exit_code_on(dev: ModuleType, code: str, expected: int) -> None:
    assert dev.run([sys.executable, "-c", code]) == expected


def test_commands_pass_arguments_on(dev: ModuleType) -> None:
    (test,) = dev.commands("test", ["-k", "fills"])
    assert test[1:] == ["-m", "pytest", "-k", "fills"]
    (test,) = dev.commands("test", [])
    assert test[1:] == ["-m", "pytest", "-n", "auto", "--dist", "worksteal"]
    (demo,) = dev.commands("demo", ["--json"])
    assert demo[1:] == ["run", "examples/quickstart.toml", "--json"]


def test_main_unknown_verb_names_the_verbs(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["tset"]) == 2
    assert capsys.readouterr().out == "dev.py: no such verb: 'tset'; the verbs are demo, test, lint, docs, build and bench\n"


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_main_help_names_every_verb(dev: ModuleType, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(arguments) == 0
    shown = capsys.readouterr().out
    assert all(f"python3 dev.py {verb}" in shown for verb in ("demo", "test", "lint", "docs", "build"))


def test_script_old_python_says_what_is_needed() -> None:
    code = "import runpy, sys; sys.version_info = (3, 10, 1); runpy.run_path('dev.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("tradekit needs Python 3.11 or newer, and this is ")


def test_script_parses_on_old_python_and_imports_only_the_standard_library() -> None:
    tree = ast.parse(SOURCE, feature_version=(3, 6))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported <= sys.stdlib_module_names


def test_tox_has_an_environment_for_every_plugin_package() -> None:
    names = {path.parent.name for path in ROOT.glob("plugins/*/pyproject.toml")}
    text = (ROOT / "tox.ini").read_text("utf-8")
    assert {name for name in names if f"[testenv:{name}]" not in text} == set()
