"""What tests of models share."""

import importlib
import sys
from collections.abc import Callable, Iterator

import pytest

Install = Callable[..., None]


@pytest.fixture
def outsider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    """Install packages of others for the time of a test: a module, and its entry points in some group."""
    folder = tmp_path_factory.mktemp("site")
    before = set(sys.modules)

    def install(name: str, source: str, entries: str, group: str = "tradekit.ml.models") -> None:
        module = name.replace("-", "_")
        (folder / f"{module}.py").write_text(source)
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{entries}\n")
        importlib.invalidate_caches()

    sys.path.insert(0, str(folder))
    yield install
    sys.path.remove(str(folder))
    for module in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[module], "__file__", "")):
            del sys.modules[module]
    importlib.invalidate_caches()
