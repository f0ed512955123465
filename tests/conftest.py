"""What all tests share."""

import importlib.metadata
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
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
        return importlib.metadata.EntryPoints(point for point in points if not is_ours(point))

    def is_ours(point: importlib.metadata.EntryPoint) -> bool:
        with suppress(FileNotFoundError, KeyError):  # what some Pythons raise where there is no metadata
            return point.dist is not None and point.dist.name in OURS
        return False

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
def lab(tmp_path: Path):
    """A place to run strategies on bars that a test makes up."""
    import numpy as np

    from tradekit import Series
    from tradekit.data.interval import parse_interval
    from tradekit.testing import Lab

    class Given(Lab):
        """A lab whose bars are made of closes."""

        def give(self, closes, symbol="X", *, rows=None, interval="1d", start="2020-01-01", **columns) -> None:
            """Give bars that open at the close before; `rows` are their rows on the clock, `columns` replace what is made up."""
            close = np.array(closes, dtype=np.float64)
            made = {"open": np.concatenate(([close[0]], close[:-1])), "close": close, "volume": np.full(len(close), 1000.0)}
            made |= {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
            made = {"high": np.maximum(made["open"], close), "low": np.minimum(made["open"], close), **made}
            step = parse_interval(interval)
            opened = np.datetime64(start, "ns").astype(np.int64) + step * np.array(
                range(len(close)) if rows is None else rows, dtype=np.int64
            )
            self.series[symbol] = Series(opened, opened + step, **made)

    return Given(tmp_path / "lab")
