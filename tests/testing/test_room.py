"""The room as a whole: its public names, what it needs, and how an author meets it."""

import ast
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import tradekit.testing
from tradekit.errors import PluginError
from tradekit.testing import FixedClock, markets

ROOM = Path(tradekit.testing.__file__).parent

AUTHOR = '''
from tradekit import Indicator
from tradekit.testing import IndicatorContract

class TestNothing(IndicatorContract):
    """Say nothing."""
'''


def test_public_names_are_these():
    assert tradekit.testing.__all__ == [
        "ComponentContract",
        "CostModelContract",
        "DataSourceContract",
        "ExecutorContract",
        "Fault",
        "FixedClock",
        "IndicatorContract",
        "Lab",
        "ReporterContract",
        "RiskRuleContract",
        "ScriptedExecutor",
        "ScriptedSource",
        "ScriptedStand",
        "ScriptedVenue",
        "SendingExecutorContract",
        "Stand",
        "StrategyContract",
        "VirtualLoop",
        "markets",
        "run_virtually",
    ]
    assert markets.__all__ == [
        "DAY",
        "HOUR",
        "MINUTE",
        "SECOND",
        "START",
        "bars",
        "book",
        "flash_crash",
        "flat",
        "gap",
        "halt",
        "missing",
        "quotes",
        "scaled",
        "split",
        "taken",
        "trades",
        "trend",
        "walk",
    ]


def test_room_without_pytest_says_what_is_missing():
    code = "import sys; sys.modules['pytest'] = None; import importlib.util as u; f = u.find_spec; "
    code += "u.find_spec = lambda name: None if name == 'pytest' else f(name); import tradekit.testing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    message = "tradekit.testing needs pytest, which is not installed; pip install 'tradekit[testing]'"
    assert done.stderr.splitlines()[-1] == f"{PluginError.__module__}.PluginError: {message}"


def test_room_has_no_bare_assertion():
    """Pytest rewrites assertions of test files only; a rule speaks for itself instead, through `broken`."""
    found = [
        path.name
        for path in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Assert)
    ]
    assert found == []


def test_kernel_imports_pytest_only_in_this_room():
    """A run must not need it."""
    found = {
        path.parent
        for path in ROOM.parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import) and {name.name for name in node.names} & {"pytest", "hypothesis"}
    }
    assert found == {ROOM}


def author_runs(folder, text):
    """Run a test file as an author would, without any configuration."""
    (folder / "test_mine.py").write_text(text)
    own = ["-c", "/dev/null", "--rootdir", str(folder), "-p", "no:cacheprovider", "-q", str(folder / "test_mine.py")]
    return subprocess.run([sys.executable, "-m", "pytest", *own], cwd=folder, capture_output=True, text=True, check=False)


def test_contract_without_a_component_says_what_to_write(tmp_path):
    done = author_runs(tmp_path, AUTHOR)
    assert "TestNothing doesn't say what it tests; write: component = MyComponent" in done.stdout + done.stderr


def test_contract_itself_is_not_collected(tmp_path):
    done = author_runs(tmp_path, "from tradekit.testing import *\nfrom tradekit.testing import IndicatorContract\n")
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def test_fixed_clock_stands_still_until_it_is_turned():
    clock = FixedClock()
    assert clock.utc() == clock.utc() == datetime(2024, 1, 1, tzinfo=UTC)
    clock.clock.sleep(90.5)
    assert (clock.waits, clock.utc()) == ([90.5], datetime(2024, 1, 1, 0, 1, 30, 500_000, tzinfo=UTC))
    assert clock.clock.now() == clock.ns
