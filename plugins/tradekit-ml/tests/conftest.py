"""What the tests share: real bars, which come with the repository, and packages of others."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tradekit import Series, align

Install = Callable[..., None]
DATA = Path(__file__).parents[3] / "examples" / "data"
NS = {"1h": 3_600_000_000_000, "1d": 86_400_000_000_000}


def _series(table, interval):
    opened = pd.to_datetime(table["date"], utc=True).dt.as_unit("ns").astype(np.int64).to_numpy()
    prices = (table[name].to_numpy(np.float64) for name in ("open", "high", "low", "close", "volume"))
    return Series(opened, opened + NS[interval], *prices)


@pytest.fixture(scope="session")
def bitcoin():
    """Two years of hours."""
    return align({"BTC/USDT": _series(pd.read_csv(DATA / "BTC-USDT-1h.csv.gz"), "1h")})


@pytest.fixture(scope="session")
def stocks():
    """Eleven years of days of six shares."""
    table = pd.read_csv(DATA / "us-stocks-1d.csv.gz")
    return align({symbol: _series(rows, "1d") for symbol, rows in table.groupby("symbol")})


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
