"""What all tests share."""

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest


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
    """An empty site on this process's path; what was imported from it is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delenv("TRADEKIT_PLUGINS", raising=False)
    yield Site(folder)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(folder)):
            del sys.modules[name]
