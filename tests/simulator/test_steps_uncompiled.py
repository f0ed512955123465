"""The uncompiled steps are a second implementation: on real bars they give the compiled ones' numbers, bit for bit."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tradekit
from tradekit import steps
from tradekit.simulator.build import is_compiled

CALLS = [
    ("Sma", [20], ["close"]),
    ("Sma", [1], ["volume"]),
    ("Ema", [20], ["close"]),
    ("Wma", [20], ["volume"]),
    ("Rma", [14], ["close"]),
    ("Stdev", [20], ["close"]),
    ("Stdev", [250], ["volume"]),
    ("Rsi", [14], ["close"]),
    ("Roc", [10], ["close"]),
    ("Highest", [55], ["high"]),
    ("Lowest", [55], ["low"]),
    ("Macd", [12, 26, 9], ["close"]),
    ("Bollinger", [20, 2.5], ["close"]),
    ("Donchian", [20], ["high", "low"]),
    ("Atr", [14], ["high", "low", "close"]),
    ("RollingVwap", [20], ["high", "low", "close", "volume"]),
    ("Obv", [], ["close", "volume"]),
]

SCRIPT = """
import json, sys
import numpy as np
from tradekit import steps
assert steps.__file__.endswith(".py"), steps.__file__
bars = np.load(sys.argv[1])
calls = json.loads(sys.argv[3])
np.savez(sys.argv[2], *[getattr(steps, kind)(*given).run(*(bars[name] for name in names)) for kind, given, names in calls])
"""


def read_bars(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name.title()]) for row in rows]) for name in ("open", "high", "low", "close", "volume")}


@pytest.mark.skipif(not is_compiled(), reason="the simulator is not compiled, so there is nothing to compare with")
@pytest.mark.parametrize("file", ["equity_daily/GOOG_2004_2013.csv", "fx/EURUSD_1h_2017_2018.csv"])
def test_steps_compiled_and_uncompiled_give_the_same_bits(market_data, tmp_path, file):
    bars = read_bars(market_data / file)
    assert len(bars["close"]) > 2000
    ignored = shutil.ignore_patterns("*.so", "*.pyd", "*.c", "__pycache__", "_build.json")
    shutil.copytree(Path(tradekit.__file__).parent, tmp_path / "tradekit", ignore=ignored)
    np.savez(tmp_path / "bars.npz", **bars)
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "bars.npz"), str(tmp_path / "values.npz"), json.dumps(CALLS)],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=True,
    )
    with np.load(tmp_path / "values.npz") as uncompiled:
        for position, (kind, given, names) in enumerate(CALLS):
            compiled = getattr(steps, kind)(*given).run(*(bars[name] for name in names))
            assert compiled.tobytes() == uncompiled[f"arr_{position}"].tobytes(), kind
