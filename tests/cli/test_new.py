"""`tradekit new`: a package of each kind that is made, installed, listed, run and tested, and is clean."""

import json
import os
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

import tradekit
from separate import TRADEKIT, Separate, made
from tradekit.cli import new
from tradekit.cli.main import main
from tradekit.plugin.validation import KINDS, check_component

SHARED = [
    ".github/workflows/ci.yml",
    ".gitignore",
    "README.md",
    "examples/run.toml",
    "pyproject.toml",
    "tests/test_contract.py",
    "tox.ini",
]


def name_of(kind: str) -> str:
    return f"my-{kind}"


def place_of(folder: Path, kind: str) -> Path:
    return folder / f"tradekit-{name_of(kind)}"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A folder with a package of each kind."""
    folder = tmp_path_factory.mktemp("packages")
    for kind in new.KINDS:
        assert main(["new", kind, name_of(kind), "--output", str(folder), "--author", "A. N. Author <author@example.org>"]) == 0
    return folder


@pytest.fixture(scope="module")
def environment(packages, tmp_path_factory) -> Separate:
    """An environment in which all of them are installed, by pip."""
    found = made(tmp_path_factory.mktemp("new") / "env")
    found.install(*(place_of(packages, kind) for kind in new.KINDS))
    return found


def test_new_knows_every_kind_of_component():
    assert {kind.replace("-", " ") for kind in new.KINDS} == set(KINDS)


@pytest.mark.parametrize("kind", new.KINDS)
def test_new_makes_the_package_and_says_what_is_next(kind, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", kind, name_of(kind)]) == 0
    out = capsys.readouterr().out
    package = f"tradekit-{name_of(kind)}"
    assert out.startswith(f"made {package}, with the {kind.replace('-', ' ')} {name_of(kind)!r}:\n")
    commands = [f"pip install -e '{package}[test]'", f"pytest {package}", f"tradekit run {package}/examples/run.toml"]
    assert out.endswith("next:\n" + "".join(f"  {command}\n" for command in commands))
    files = sorted(path.relative_to(tmp_path / package).as_posix() for path in (tmp_path / package).rglob("*") if path.is_file())
    assert files == sorted(line.strip() for line in out.splitlines()[1:] if line.startswith("  ") and " " not in line.strip())
    assert set(files) > set(SHARED)
    assert os.listdir(tmp_path) == [package]  # noqa: PTH208 - hidden ones are what is looked for


def test_new_packages_are_listed_once_they_are_installed(packages, environment):
    found = json.loads(environment.told(packages, *TRADEKIT, "plugins", "--json"))
    assert found["problems"] == []
    for kind in new.KINDS:
        (mine,) = [one for one in found["components"] if one["name"] == name_of(kind)]
        package = f"tradekit-{name_of(kind)}"
        assert (mine["kind"], mine["package"], mine["version"]) == (kind.replace("-", " "), package, "0.1.0")


def test_new_packages_pass_their_own_tests(packages, environment):
    # In one process, which saves starting seven; the names of their test modules are the same.
    places = [place_of(packages, kind).name for kind in new.KINDS]
    options = ("-q", "-rA", "-p", "no:cacheprovider", "--import-mode=importlib", "--rootdir=.")
    told = environment.told(packages, "-m", "pytest", *options, *places)
    assert all(f"PASSED {place}/tests/test_contract.py::" in told for place in places)
    assert "failed" not in told.splitlines()[-1]


@pytest.mark.parametrize("kind", new.KINDS)
def test_new_package_runs_its_example(kind, packages, environment):
    told = environment.told(place_of(packages, kind), *TRADEKIT, "run", "examples/run.toml")
    assert told.startswith(f"{name_of(kind)}  backtest, done\n")
    assert f"(tradekit-{name_of(kind)} 0.1.0)" in told or kind == "reporter"
    assert ("a page with" in told) == (kind == "reporter")


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_new_packages_are_strictly_typed(packages, environment, tmp_path):
    sources = [str(place_of(packages, kind) / "src") for kind in new.KINDS]
    assert "Success" in environment.told(packages, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), *sources)


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff is not installed")
@pytest.mark.parametrize("kind", new.KINDS)
def test_new_package_is_clean(kind, packages, environment):
    place = place_of(packages, kind)
    environment.told(place, "-m", "ruff", "check", "--no-cache", "--select", "E,F,I,UP,B,SIM,RUF,PT", ".")
    environment.told(place, "-m", "ruff", "format", "--no-cache", "--check", ".")


@pytest.mark.parametrize("kind", new.KINDS)
def test_new_metadata_is_what_an_index_wants(kind, packages):
    project = tomllib.loads((place_of(packages, kind) / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["authors"] == [{"name": "A. N. Author", "email": "author@example.org"}]
    assert project["dependencies"][0] == "tradekit>=0.1,<1"
    assert project["optional-dependencies"] == {"test": ["tradekit[testing]"]}
    assert project["entry-points"]["tradekit"] == {name_of(kind): f"tradekit_{name_of(kind).replace('-', '_')}"}
    assert "Typing :: Typed" in project["classifiers"]


@pytest.mark.parametrize("kind", new.KINDS)
def test_new_ci_file_tests_and_runs_the_example(kind, packages):
    workflow = yaml.safe_load((place_of(packages, kind) / ".github/workflows/ci.yml").read_text("utf-8"))
    # YAML 1.1 takes the key `on` for a truth value.
    assert set(workflow[True]) == {"push", "pull_request"}
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [
        "python -m pip install -e '.[test]'",
        "python -m pytest",
        "tradekit run examples/run.toml",
    ]
    setup = next(step for step in job["steps"] if step.get("uses", "").startswith("actions/setup-python@"))
    assert setup["with"]["python-version"] == "${{ matrix.python }}"
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]


def test_new_same_package_is_the_same_to_the_byte(packages, tmp_path):
    author = ("--author", "A. N. Author <author@example.org>")
    assert main(["new", "indicator", "my-indicator", "--output", str(tmp_path), *author]) == 0
    first, second = place_of(packages, "indicator"), tmp_path / "tradekit-my-indicator"
    files = [path.relative_to(second) for path in second.rglob("*") if path.is_file()]
    assert [path for path in files if (first / path).read_bytes() != (second / path).read_bytes()] == []


def test_new_without_an_author_names_none(tmp_path):
    assert main(["new", "strategy", "mine", "--output", str(tmp_path)]) == 0
    assert "authors" not in tomllib.loads((tmp_path / "tradekit-mine" / "pyproject.toml").read_text("utf-8"))["project"]


def test_new_output_that_is_not_there_is_made(tmp_path):
    assert main(["new", "strategy", "tradekit-mine", "--output", str(tmp_path / "a" / "b")]) == 0
    assert (tmp_path / "a" / "b" / "tradekit-mine" / "src" / "tradekit_mine" / "strategy.py").exists()


@pytest.mark.parametrize("kind", new.KINDS)
def test_new_name_of_what_a_module_imports_makes_a_class_of_another_name(kind, tmp_path, monkeypatch):
    contract = KINDS[kind.replace("-", " ")].contract.__name__
    imported = {name for name in new._imported(kind) if name.isalpha() and name.capitalize() == name}
    assert {"Field", "Path"} <= imported
    for name in ("none", "true", *sorted(name.lower() for name in imported)):
        assert main(["new", kind, name, "--output", str(tmp_path)]) == 0
        source = tmp_path / f"tradekit-{name}" / "src" / f"tradekit_{name}" / f"{kind.replace('-', '_')}.py"
        namespace: dict[str, object] = {"__name__": "component"}
        exec(compile(source.read_text("utf-8"), str(source), "exec"), namespace)  # noqa: S102 - what was just made
        component = namespace[name.capitalize() + contract]
        assert check_component(kind.replace("-", " "), component).name == name


def refusal(capsys, code, *arguments):
    assert main(["new", *arguments]) == code
    return capsys.readouterr().err


def test_new_folder_that_is_there_is_refused_and_left_alone(tmp_path, capsys):
    (tmp_path / "tradekit-mine").mkdir()
    said = refusal(capsys, 2, "strategy", "mine", "--output", str(tmp_path))
    assert said == (
        f"error: '{tmp_path / 'tradekit-mine'}' is there already; choose another name, or another place with --output\n"
    )
    assert list((tmp_path / "tradekit-mine").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("MyRule", "; did you mean 'my-rule'?"),
        ("my_rule", "; did you mean 'my-rule'?"),
        ("my rule", "; did you mean 'my-rule'?"),
        ("2-fast", ""),
        ("é", ""),
        ("a--b", "; did you mean 'a-b'?"),
        ("../x", "; did you mean 'x'?"),
    ],
)
def test_new_name_that_is_not_in_kebab_case_is_refused(tmp_path, capsys, name, hint):
    said = refusal(capsys, 2, "strategy", name, "--output", str(tmp_path))
    assert said.startswith(f"error: the name {name!r} is not in kebab-case: ")
    assert said.endswith(f", such as 'sma-cross'{hint}\n")
    assert list(tmp_path.iterdir()) == []


def test_new_name_of_a_component_that_is_there_is_refused(tmp_path, capsys):
    said = refusal(capsys, 2, "strategy", "breakout", "--output", str(tmp_path))
    assert said == (
        f"error: the name 'breakout' is taken: package 'tradekit' {tradekit.__version__} has a strategy of that name; "
        "choose another name\n"
    )
    assert main(["new", "reporter", "breakout", "--output", str(tmp_path)]) == 0


def test_new_name_of_a_package_that_is_installed_is_refused(site, tmp_path, capsys):
    site.install("tradekit-mine", "TRADEKIT_API = 1\n")
    said = refusal(capsys, 2, "strategy", "mine", "--output", str(tmp_path / "out"))
    assert said == (
        "error: the name 'mine' is taken: package 'tradekit-mine' 1.0 is installed; choose another name, or uninstall it\n"
    )
    assert not (tmp_path / "out").exists()


def test_new_name_of_a_module_that_is_there_is_refused(tmp_path, capsys, monkeypatch):
    (tmp_path / "tradekit_mine.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    said = refusal(capsys, 2, "strategy", "mine", "--output", str(tmp_path / "out"))
    assert "'tradekit_mine' is a module of this Python already" in said


@pytest.mark.parametrize("author", ["<a@b>", "A <a>", "A\nB", "A <a@b> C"])
def test_new_author_that_is_none_is_refused(tmp_path, capsys, author):
    said = refusal(capsys, 2, "strategy", "mine", "--output", str(tmp_path), "--author", author)
    assert said.startswith(f"error: --author {author!r} is not a name, perhaps with an address in angle brackets")


@pytest.mark.parametrize("author", ['Quote " Backslash \\', "Zoë Ünicode"])
def test_new_author_is_written_as_it_is(tmp_path, author):
    assert main(["new", "strategy", "mine", "--output", str(tmp_path), "--author", author]) == 0
    project = tomllib.loads((tmp_path / "tradekit-mine" / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["authors"] == [{"name": author}]


def test_new_kind_that_is_none_names_those_that_there_are(tmp_path, capsys):
    said = refusal(capsys, 2, "stategy", "mine", "--output", str(tmp_path))
    assert "'stategy'" in said
    assert all(f"'{kind}'" in said for kind in new.KINDS)


def test_new_without_jinja_names_the_extra(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.setattr(new, "find_spec", lambda name: None)
    said = refusal(capsys, 3, "strategy", "mine", "--output", str(tmp_path))
    assert said == "error: 'tradekit new' needs the package Jinja2, which is not installed: pip install 'tradekit[scaffold]'\n"


def test_new_that_fails_half_way_leaves_nothing(tmp_path, capsys, monkeypatch):
    written = Path.write_text

    def full(path, *arguments, **options):
        if path.name == "run.toml":
            raise OSError(28, "No space left on device")
        return written(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    said = refusal(capsys, 2, "strategy", "mine", "--output", str(tmp_path))
    assert said == f"error: the package '{tmp_path / 'tradekit-mine'}' can't be written: no space left on device\n"
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - hidden ones are what is looked for


def test_new_place_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    said = refusal(capsys, 2, "strategy", "mine", "--output", str(tmp_path / "file"))
    assert said == f"error: the package '{tmp_path / 'file' / 'tradekit-mine'}' can't be written: not a directory\n"
