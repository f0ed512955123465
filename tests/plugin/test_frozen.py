"""A plugin package that was built against API 1 is installed as it was built, and all of it must keep working.

The wheel is an artefact: nothing builds it anew. What is in it can be read beside it, in `frozen/source`.
"""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

FROZEN = Path(__file__).parent / "frozen"
WHEEL = FROZEN / "tradekit_frozen-1.0-py3-none-any.whl"
SHA256 = "7f07219740892e82becd3e71ba23e8e44c2ba52e4ae3f6d83aba7a697a917285"

RUN_FILE = """\
[run]
name = "frozen"

[account]
currency = "USD"
capital = 10_000

[data]
source = "frozen-waves"
length = 24
instruments = ["WAVE", "SWELL"]
interval = "1h"

[strategy]
name = "frozen-swing"

[[risk]]
rule = "frozen-cap"
limit = 0.3

[execution]
executor = "frozen-patient"
share = 0.5
costs = [{ model = "frozen-ticket", bps = 5 }]

[[report]]
name = "frozen-diary"
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder into which pip has installed the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check", "-q", "--target", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(WHEEL)], check=True)
    return folder


@pytest.fixture
def tradekit(installed, tmp_path, monkeypatch):
    """The command line, in a process of its own that finds the package."""
    monkeypatch.chdir(tmp_path)
    Path("run.toml").write_text(RUN_FILE)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), *sys.path]), "PYTHONWARNINGS": "error"}
    for name in ("TRADEKIT_PLUGINS", "TRADEKIT_RUNS", "COLUMNS"):
        environment.pop(name, None)

    def called(*arguments: str) -> str:
        command = [sys.executable, "-c", "from tradekit.cli.main import entry; entry()", *arguments]
        process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stderr
        return process.stdout

    return called


def test_wheel_is_the_one_that_was_built_for_api_1() -> None:
    assert hashlib.sha256(WHEEL.read_bytes()).hexdigest() == SHA256, "the frozen wheel is kept as it is: take it from the history"


def test_source_beside_the_wheel_is_what_is_in_it() -> None:
    source = FROZEN / "source" / "src"
    with zipfile.ZipFile(WHEEL) as wheel:
        held = {name: wheel.read(name) for name in wheel.namelist() if name.endswith(".py")}
    assert held == {path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("*.py")}


def test_frozen_package_loads_with_a_component_of_every_kind(tradekit) -> None:
    from tradekit.plugin.validation import KINDS

    found = json.loads(tradekit("plugins", "--json"))
    own = {(one["kind"], one["name"]) for one in found["components"] if one["package"] == "tradekit-frozen"}
    assert found["problems"] == []
    assert own == {
        ("data source", "frozen-waves"),
        ("indicator", "frozen-midrange"),
        ("indicator", "frozen-spread"),
        ("strategy", "frozen-swing"),
        ("strategy", "frozen-bidder"),
        ("risk rule", "frozen-cap"),
        ("risk rule", "frozen-curfew"),
        ("executor", "frozen-patient"),
        ("cost model", "frozen-ticket"),
        ("reporter", "frozen-diary"),
        ("command", "frozen"),
    }
    assert {kind for kind, _ in own} >= set(KINDS)


@pytest.mark.parametrize(
    ("overrides", "driver", "orders", "fills"),
    [
        ([], "compiled driver", 58, 57),
        (["execution.driver='event'"], "event driver", 58, 57),
        (["strategy={name='frozen-bidder'}", "risk=[{rule='frozen-cap'}, {rule='frozen-curfew'}]"], "event driver", 248, 82),
    ],
    ids=["targets", "on-bar", "orders"],
)
def test_frozen_package_runs_as_it_did(tradekit, overrides, driver, orders, fills) -> None:
    told = json.loads(tradekit("run", "run.toml", "--json", *(word for one in overrides for word in ("--set", one))))
    diary = json.loads((Path(told["folder"]) / "diary.json").read_text())
    assert told["plan"].startswith(driver)
    assert (diary["events"]["order"], diary["fills"], diary["status"]) == (orders, fills, "done")
    assert diary["events"]["fill"] == fills
    assert "Each fill pays 5 bps and 0.01 for each unit." in told["assumptions"]
    assert (Path(told["folder"]) / "report.txt").read_text() == f"diary: {orders} orders, {fills} fills\n"
    assert tradekit("frozen", told["folder"]) == f"frozen: {orders} orders, {fills} fills\n"


def test_frozen_package_passes_the_check_of_a_run_file_and_of_doctor(tradekit) -> None:
    assert tradekit("check", "run.toml").endswith("run.toml is ready to run\n")
    assert "tradekit-frozen 1.0" in tradekit("doctor")
