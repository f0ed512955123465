"""`tradekit init`: a project that installs, runs, passes its tests, and is clean."""

import csv
import subprocess
import sys
import tomllib
from datetime import date
from importlib.util import find_spec

import pytest

from separate import TRADEKIT, made
from tradekit.cli import init
from tradekit.cli.main import main

FILES = [
    ".gitignore",
    "README.md",
    "data/made-up-1d.csv",
    "pyproject.toml",
    "run.toml",
    "src/my_alpha/__init__.py",
    "src/my_alpha/pullback.py",
    "src/my_alpha/py.typed",
    "tests/test_strategy.py",
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project as `tradekit init` makes it."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "my-alpha"]) == 0
    return tmp_path / "my-alpha"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What runs a Python with a project installed in it, in the project's folder."""
    folder = tmp_path_factory.mktemp("installed")
    assert main(["init", str(folder / "my-alpha")]) == 0
    environment = made(folder / "env")
    environment.install(folder / "my-alpha")
    return lambda *arguments: environment.told(folder / "my-alpha", *arguments)


def test_init_makes_the_project_and_says_what_is_next(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "my-alpha"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("made my-alpha: ")
    assert "random walk" in out
    assert out.endswith("next:\n  pip install -e my-alpha\n  tradekit run my-alpha/run.toml\n")
    made = tmp_path / "my-alpha"
    assert sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()) == FILES


def test_init_quotes_folders_with_blanks(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "my alpha"]) == 0
    assert "  pip install -e 'my alpha'\n" in capsys.readouterr().out
    assert tomllib.loads((tmp_path / "my alpha" / "pyproject.toml").read_text())["project"]["name"] == "my-alpha"


def test_init_in_an_empty_folder_that_is_there(tmp_path, monkeypatch):
    (tmp_path / "beta_3").mkdir()
    monkeypatch.chdir(tmp_path / "beta_3")
    assert main(["init", "."]) == 0
    assert (tmp_path / "beta_3" / "src" / "beta_3" / "pullback.py").exists()


def test_init_leaves_no_placeholder(project):
    for path in project.rglob("*"):
        if path.is_file():
            assert "$" not in path.read_text(encoding="utf-8"), path


def test_init_same_project_is_the_same_to_the_byte(project, tmp_path):
    assert main(["init", str(tmp_path / "other" / "my-alpha")]) == 0
    for name in FILES:
        assert (project / name).read_bytes() == (tmp_path / "other" / "my-alpha" / name).read_bytes()


def test_init_prices_are_a_random_walk_that_says_so(project):
    with (project / "data" / "made-up-1d.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1000
    days = [date.fromisoformat(row["time"]) for row in rows]
    assert days == sorted(set(days))
    assert max(day.weekday() for day in days) == 4
    for row in rows:
        low, high = float(row["low"]), float(row["high"])
        assert 0 < low <= min(float(row["open"]), float(row["close"])) <= max(float(row["open"]), float(row["close"])) <= high
    assert "**made-up prices**" in (project / "README.md").read_text()
    assert "not market data" in (project / "run.toml").read_text()


def test_init_project_is_found_once_it_is_installed(installed):
    out = installed(*TRADEKIT, "plugins", "--kind", "strategy")
    assert "strategy, from my-alpha 0.1.0\n" in out
    assert "my-alpha-pullback" in out
    assert "problems" not in out


def test_init_project_runs_once_it_is_installed(installed):
    out = installed(*TRADEKIT, "run", "run.toml")
    assert out.startswith("my-alpha  backtest, done\n")
    assert "my-alpha-pullback (my-alpha 0.1.0)" in out
    assert "made-up-1d.csv" in out


def test_init_project_passes_its_own_tests(installed):
    assert "3 passed" in installed("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_init_project_is_strictly_typed(installed, tmp_path):
    assert "Success" in installed("-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "src")


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff is not installed")
@pytest.mark.parametrize(
    "arguments", [("check", "--no-cache", "--select", "E,F,I,UP,B,SIM,RUF,D1"), ("format", "--no-cache", "--check")]
)
def test_init_project_is_clean(project, arguments):
    found = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "src"], cwd=project, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout


def refusal(capsys, *arguments):
    assert main(["init", *arguments]) == 2
    return capsys.readouterr().err


def test_init_folder_with_something_in_it_is_refused(project, capsys):
    before = sorted(project.rglob("*"))
    listed = "'.gitignore', 'README.md', 'data' and 4 more"
    assert (
        refusal(capsys, str(project)) == f"error: folder '{project}' is not empty (it has {listed}); name a new or an empty one\n"
    )
    assert sorted(project.rglob("*")) == before


def test_init_file_is_refused(tmp_path, capsys):
    (tmp_path / "alpha").write_text("")
    assert (
        refusal(capsys, str(tmp_path / "alpha")) == f"error: '{tmp_path / 'alpha'}' is a file, not a folder; name another place\n"
    )


@pytest.mark.parametrize("name", ["2024-research", "class", "été", "a+b", "...", "-"])
def test_init_name_that_no_package_can_have_is_refused(tmp_path, capsys, name):
    said = refusal(capsys, str(tmp_path / "x"), "--name", name)
    assert said.startswith(
        f"error: the name {name!r} can't be a package: it needs ASCII letters, digits and hyphens, and a letter first"
    )
    assert said.endswith("; choose another with --name\n")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(("name", "module"), [("numpy", "numpy"), ("Tradekit", "tradekit"), ("json", "json"), ("this", "this")])
def test_init_name_of_a_module_that_is_there_is_refused(tmp_path, capsys, name, module):
    said = refusal(capsys, str(tmp_path / name))
    assert said == f"error: the name {name!r} is taken: {module!r} is a module of this Python already; choose another with --name\n"


def test_init_name_may_differ_from_the_folder(tmp_path):
    assert main(["init", str(tmp_path / "2024"), "--name", "Research 2024"]) == 0
    project = tomllib.loads((tmp_path / "2024" / "pyproject.toml").read_text())["project"]
    assert (project["name"], project["entry-points"]["tradekit"]) == ("research-2024", {"research-2024": "research_2024"})


def test_init_place_that_cannot_be_written_is_named(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("")
    said = refusal(capsys, str(tmp_path / "file" / "alpha"))
    assert said == f"error: the project '{tmp_path / 'file' / 'alpha'}' can't be written: not a directory\n"


def test_init_templates_are_in_the_package():
    names = sorted(path.name for path in init._TEMPLATES.iterdir())
    assert len(names) == 7
    assert all(name.endswith(".in") for name in names)
