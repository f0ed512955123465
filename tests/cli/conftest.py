"""A run file with data beside it, for the commands that need one."""

from datetime import date, timedelta
from pathlib import Path

import pytest

RUN_FILE = """\
risk = []

[run]
name = "trend"

[account]
currency = "USD"
capital = 10_000

[data]
source = "csv"
path = "data/x.csv"
instruments = ["X"]
interval = "1d"

[strategy]
name = "sma-cross"
fast = 2
slow = 5

[execution]
costs = [{ model = "fee", bps = 10 }]
"""


@pytest.fixture
def run_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run file that works, in the current folder; `runs/` comes to lie beside it."""
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "TRADEKIT_RUNS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "data").mkdir()
    lines = ["time,open,high,low,close,volume"]
    for day in range(60):
        price = 100 + abs(day % 16 - 8)
        lines.append(f"{date(2024, 1, 1) + timedelta(day)},{price},{price + 1},{price - 1},{price},1000")
    (tmp_path / "data" / "x.csv").write_text("\n".join(lines) + "\n")
    path = Path("run.toml")
    path.write_text(RUN_FILE)
    return path
