"""The example packages: one of each kind, installed by pip, tested by their own tests, listed and run."""

import json
import re
import shutil
from pathlib import Path

import pytest

from separate import TRADEKIT, Separate, made
from tradekit.plugin.validation import KINDS

EXAMPLES = Path(__file__).parents[1] / "examples"
PACKAGES = sorted(path.parent.name for path in EXAMPLES.glob("plugins/*/pyproject.toml"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A copy of the packages beside one of the data: installing them leaves files in their folders."""
    copy = tmp_path_factory.mktemp("copied") / "examples"
    shutil.copytree(EXAMPLES, copy, ignore=shutil.ignore_patterns("runs", "*.egg-info", "build"))
    return copy / "plugins"


@pytest.fixture(scope="module")
def environment(folder, tmp_path_factory) -> Separate:
    """An environment in which all of them are installed."""
    found = made(tmp_path_factory.mktemp("examples") / "env")
    found.install(*(folder / name for name in PACKAGES))
    return found


def test_example_packages_are_one_of_each_kind_and_listed(folder, environment):
    found = json.loads(environment.told(folder, *TRADEKIT, "plugins", "--json"))
    assert found["problems"] == []
    rows = re.findall(r"^\| \[\S+\]\((\S+)\) \| ([\w ]+?) \|", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
    listed = {kind: package for package, kind in rows}
    assert sorted(listed.values()) == PACKAGES
    components = {(one["package"], one["kind"]) for one in found["components"]}
    assert [kind for kind, package in listed.items() if (package, kind) not in components] == []
    assert set(listed) == set(KINDS)


def test_example_packages_pass_their_own_tests(folder, environment):
    told = environment.told(
        folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-W", "error", *PACKAGES
    )
    assert " passed" in told.splitlines()[-1]


@pytest.mark.parametrize("package", PACKAGES)
def test_example_package_runs(package, folder, environment):
    told = environment.told(folder, *TRADEKIT, "run", f"{package}/examples/run.toml")
    assert ("returns by month" in told) == (package == "tradekit-months")
    assert " backtest, done\n" in told or package == "tradekit-months"
