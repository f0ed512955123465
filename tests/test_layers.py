"""Who imports whom, read from the source: the rooms of the kernel, the built-in plugins, and the plugin packages."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import tradekit

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
KERNEL = sorted((SRC / "tradekit").rglob("*.py"))
PLUGINS = sorted(path.parent for pattern in ("plugins", "examples/plugins") for path in ROOT.glob(f"{pattern}/*/pyproject.toml"))

LAYERS = ["errors", "durable", "lock", "model", "simulator", "journal analysis", "plugin", "data", "engine", "testing cli"]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms.split()}


def lines(found: Iterable[object]) -> str:
    """Return what was found one to a line, so that a failing test shows all of it."""
    return "\n".join(map(str, found))


def module_name(path: Path, src: Path) -> str:
    parts = path.relative_to(src).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(node: ast.AST) -> Iterator[str]:
    """Give what is imported at `node` or below it, as dotted names that include the name after `from ... import`."""
    for statement in ast.walk(node):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            home = "." * statement.level + (statement.module or "")
            yield from (f"{home}.{alias.name}".removeprefix("cython.cimports.") for alias in statement.names)


def may_import(module: str, target: str, friends: frozenset[str] = frozenset()) -> bool:
    """Say whether `module` may import `target`; `friends` are packages outside the kernel that it may import as well."""
    package, _, rest = target.partition(".")
    room = rest.partition(".")[0]
    if package != "tradekit":
        return not package.startswith("tradekit_") or package in {module.partition(".")[0], *friends}
    own = module.split(".")[1] if module.startswith("tradekit.") else ""
    if own == "builtin" or not module.startswith("tradekit."):
        public = not rest or rest in tradekit.__all__
        return public or (own == "builtin" and room == "builtin") or ("tradekit.testing" in friends and room == "testing")
    return target == "tradekit.__version__" or room == own or LEVEL.get(room, len(LAYERS)) < LEVEL[own]


def breaches(module: str, source: str, friends: frozenset[str] = frozenset()) -> list[str]:
    targets = imports(ast.parse(source))
    return [f"{module} imports {target}" for target in targets if target.startswith(".") or not may_import(module, target, friends)]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("tradekit.model.order", "from tradekit.engine.run import run"),
        ("tradekit.model.order", "def late():\n    import tradekit.simulator.book"),
        ("tradekit.journal.tables", "from tradekit.analysis import curve"),
        ("tradekit.simulator.book", "from cython.cimports.tradekit.data.x import y"),
        ("tradekit.engine.run", "from tradekit.builtin.strategies import SmaCross"),
        ("tradekit.engine.run", "from tradekit import Bars"),
        ("tradekit.engine.run", "from tradekit import cli"),
        ("tradekit.engine.run", "from .plan import plan"),
        ("tradekit.cli.run", "from tradekit.testing import fakes"),
        ("tradekit.builtin.sources", "from tradekit.data.tables import read_series"),
        ("tradekit.builtin.sources", "from tradekit import data"),
        ("tradekit_tax.lots", "from tradekit.model.order import Fill"),
        ("tradekit_tax.lots", "import tradekit_ccxt"),
        ("tradekit_tax.lots", "from tradekit.testing import contracts"),
    ],
)
def test_breaches_forbidden_import_is_found(module: str, source: str) -> None:
    assert len(breaches(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("tradekit.model.order", "from tradekit.errors import OrderError"),
        ("tradekit.simulator.loops", "from cython.cimports.tradekit.simulator.book import Book"),
        ("tradekit.cli.main", "from tradekit import __version__"),
        ("tradekit.builtin.hooks", "from tradekit import Bars, steps\nfrom tradekit.builtin.costs import Fee\nimport tradekit"),
        ("tradekit_tax.lots", "from tradekit_tax.rules import wash\nimport numpy"),
    ],
)
def test_breaches_allowed_import_passes(module: str, source: str) -> None:
    assert breaches(module, source) == []


def test_breaches_declared_friend_of_plugin_passes() -> None:
    source = "import tradekit_ml\nfrom tradekit.testing import contracts"
    assert breaches("tradekit_torch.model", source, frozenset({"tradekit_ml", "tradekit.testing"})) == []


def test_kernel_imports_only_leftwards() -> None:
    assert lines(breach for path in KERNEL for breach in breaches(module_name(path, SRC), path.read_text("utf-8"))) == ""


def test_kernel_rooms_are_those_of_the_design() -> None:
    rooms = {path.relative_to(SRC / "tradekit").parts[0].removesuffix(".py") for path in KERNEL}
    assert rooms <= {*LEVEL, "builtin", "__init__"}


def test_kernel_names_builtins_only_in_one_tuple_and_the_public_api() -> None:
    found = set()
    for path in KERNEL:
        name = module_name(path, SRC)
        for statement in ast.parse(path.read_text("utf-8")).body if not name.startswith("tradekit.builtin") else ():
            texts = [node.value for node in ast.walk(statement) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
            if any(text.startswith("tradekit.builtin") for text in texts):
                assert isinstance(statement, ast.Assign)
                found.add(f"{name}.{ast.unparse(statement.targets[0])}")
    assert found == {"tradekit._HOMES", "tradekit.plugin.discovery.BUILTINS"}


def test_kernel_never_names_plugin_packages() -> None:
    names = [re.compile(rf"\b{plugin.name.replace('-', '[-_]')}\b") for plugin in PLUGINS]
    assert lines(path for path in KERNEL for name in names if name.search(path.read_text("utf-8"))) == ""


def test_plugins_import_only_the_public_api() -> None:
    found = []
    for plugin in PLUGINS:
        project = tomllib.loads((plugin / "pyproject.toml").read_text("utf-8"))
        friends = packages(project["project"].get("dependencies", []))
        testing = packages(project.get("dependency-groups", {}).get("test", []))
        for path in (plugin / "src").rglob("*.py"):
            found += breaches(module_name(path, plugin / "src"), path.read_text("utf-8"), frozenset(friends))
        for path in (plugin / "tests").rglob("*.py"):
            own = plugin.name.replace("-", "_")
            found += breaches(own, path.read_text("utf-8"), frozenset({*friends, *testing, "tradekit.testing"}))
    assert lines(found) == ""


def packages(needs: Iterable[str]) -> set[str]:
    """Return the modules of what a package needs."""
    return {re.split(r"[^\w-]", need)[0].replace("-", "_") for need in needs}


def test_ccxt_is_imported_only_by_its_plugin_and_to_test_the_venue() -> None:
    homes = {
        "/".join(path.relative_to(ROOT).parts[1:3])
        for folder in ("src", "plugins", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if ".work" not in path.parts  # where benchmarks install their peers
        and "ccxt" in {name.partition(".")[0] for name in imports(ast.parse(path.read_text("utf-8")))}
    }
    assert homes <= {"tradekit-ccxt/src", "tradekit-ccxt/tests", "tradekit-venue/tests", "live/place.py", "live/process.py"}
