"""What all tests share."""

import importlib.metadata
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

# The same examples each time: what fails in one place fails in all.
hypothesis.settings.register_profile("fixed", derandomize=True)
hypothesis.settings.load_profile("fixed")

OURS = {path.parent.name for path in (Path(__file__).parents[1] / "plugins").glob("*/pyproject.toml")}
"""The plugin packages of this repository, which a checkout has installed."""


@pytest.fixture(scope="session")
def market_data() -> Path:
    """The folder of real market data that is too large, or not free, to bundle."""
    folder = os.environ.get("TRADEKIT_TEST_DATA", "")
    if not folder:
        pytest.skip("TRADEKIT_TEST_DATA is not set")
    return Path(folder)


@dataclass(frozen=True)
class Site:
    """A folder of throw-away packages, laid out as pip lays out installed ones."""

    folder: Path

    def install(
        self, name: str, source: str, *, version: str = "1.0", is_plugin: bool = True, commands: Mapping[str, str] | None = None
    ) -> None:
        """Install a package of one module, named like it with underscores; `commands` are its entry points to commands."""
        module = name.replace("-", "_")
        info = self.folder / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        entries = f"[tradekit]\n{name} = {module}\n" if is_plugin else ""
        entries += "[tradekit.commands]\n" + "".join(f"{command} = {target}\n" for command, target in (commands or {}).items())
        (info / "entry_points.txt").write_text(entries)
        package = self.folder / module
        package.mkdir()
        (package / "__init__.py").write_text(source)
        importlib.invalidate_caches()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty site on this process's path; what was imported from it is forgotten afterwards. Our own packages are not there."""
    installed = importlib.metadata.entry_points

    def others() -> importlib.metadata.EntryPoints:
        there = installed()
        points = [point for group in there.groups for point in there.select(group=group)]
        return importlib.metadata.EntryPoints(point for point in points if point.dist is None or point.dist.name not in OURS)

    monkeypatch.setattr(importlib.metadata, "entry_points", others)
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delenv("TRADEKIT_PLUGINS", raising=False)
    yield Site(folder)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(folder)):
            del sys.modules[name]


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of example run files."""
    return Path(__file__).parents[1] / "examples"


@pytest.fixture
def lab(tmp_path: Path) -> "Lab":
    """A place to run strategies on bars that a test makes up."""
    return Lab(tmp_path / "lab")


class Lab:
    """Composes and runs what a test names, with the built-in components and those that it brings, on bars that it gives."""

    RUN_FILE = """\
risk = []
report = []
[run]
name = "lab"
[account]
currency = "USD"
capital = 1000
[data]
source = "memory"
interval = "1d"
[strategy]
name = "NAME"
[execution]
costs = []
"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self.series = {}
        self.facts = {}
        self.known = {"funding": {}, "actions": {}, "trades": {}}
        self.brought = []

    def give(self, closes, symbol="X", *, rows=None, interval="1d", start="2020-01-01", **columns) -> None:
        """Give bars that open at the close before; `rows` are their rows on the clock, `columns` replace what is made up."""
        import numpy as np

        from tradekit import Series
        from tradekit.data.interval import parse_interval

        close = np.array(closes, dtype=np.float64)
        made = {"open": np.concatenate(([close[0]], close[:-1])), "close": close, "volume": np.full(len(close), 1000.0)}
        made |= {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
        made = {"high": np.maximum(made["open"], close), "low": np.minimum(made["open"], close), **made}
        step = parse_interval(interval)
        opened = np.datetime64(start, "ns").astype(np.int64) + step * np.array(
            range(len(close)) if rows is None else rows, dtype=np.int64
        )
        self.series[symbol] = Series(opened, opened + step, **made)

    def bring(self, *classes) -> None:
        """Use components of a test's own."""
        self.brought += classes

    def compose(self, strategy, *overrides):
        """Compose a run of a strategy, a class or the name of a built-in one; what else differs is in the overrides."""
        from tradekit.engine.compose import compose_file
        from tradekit.plugin.discovery import KINDS, Provided, Registry, discover

        named = strategy if isinstance(strategy, str) else strategy.name
        brought = [self._source(), *self.brought, *([] if isinstance(strategy, str) else [strategy])]
        kinds = {cls: next(kind for kind, facts in KINDS.items() if issubclass(cls, facts.contract)) for cls in brought}
        components = [Provided(kind, cls.name, cls, "lab", "1.0") for cls, kind in kinds.items()]
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "run.toml"
        path.write_text(self.RUN_FILE.replace("NAME", named))
        return compose_file(path, overrides, Registry((*discover([]).components, *components)))

    def ready(self, strategy, *overrides):
        """Compose a run, prepare its data and choose its driver."""
        from tradekit.engine.run import make_ready

        return make_ready(self.compose(strategy, *overrides))

    def run(self, strategy, *overrides):
        """Run a strategy and return what `execute` returns."""
        from tradekit.engine.run import execute

        return execute(self.ready(strategy, *overrides), self.runs)

    def _source(self):
        from tradekit import DataSource, Instrument

        series, facts, known = self.series, self.facts, self.known

        class Memory(DataSource):
            """Give the bars of a test."""

            name = "memory"

            def instruments(self):
                return [Instrument(symbol, **facts.get(symbol, {})) for symbol in series]

            def bars(self, request):
                return {symbol: series[symbol] for symbol in request.symbols}

            def funding(self, symbols):
                return {symbol: known["funding"][symbol] for symbol in symbols if symbol in known["funding"]}

            def actions(self, symbols):
                return {symbol: known["actions"][symbol] for symbol in symbols if symbol in known["actions"]}

            def trades(self, request):
                return {symbol: known["trades"][symbol] for symbol in request.symbols if symbol in known["trades"]}

        return Memory
