"""Time a crossover strategy in event form over a million one-minute bars, in tradekit and in backtesting.py."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather

HERE = Path(__file__).parent
WORK = HERE / ".work"  # data and environments of peers; not part of the project
FIGURES = HERE / "figures.json"
SOURCE = "crypto/binance_perp_2023_07/BTC_USDT_USDT-1m-futures.feather"
MINUTE = 60_000_000_000
PEER = "backtesting==0.6.6"


def main() -> None:
    """Prepare, run both in turns, print the ratio, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    data = tiled_bars(options.bars)
    commands = {
        "tradekit": [sys.executable, str(HERE / "event_form_tradekit.py"), str(data)],
        "backtesting.py": [str(environment(PEER)), str(HERE / "event_form_backtesting.py"), str(data)],
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for turn in range(options.rounds):
        for name, command in commands.items():
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            found[name].append(json.loads(output.splitlines()[-1]))
            print(f"round {turn + 1}: {name:15} {found[name][-1]}", flush=True)
    report(options.bars, found)


def tiled_bars(count: int) -> Path:
    """Write `count` one-minute bars: the real ones, again and again, on one clock."""
    path = WORK / f"bars-{count}.feather"
    if path.exists():
        return path
    folder = os.environ.get("TRADEKIT_TEST_DATA")
    if not folder:
        sys.exit(f"set TRADEKIT_TEST_DATA to a folder that has {SOURCE}")
    real = feather.read_table(Path(folder) / SOURCE)
    times = np.datetime64("2020-01-01", "ns") + np.arange(count) * np.timedelta64(MINUTE, "ns")
    columns = {"time": pa.array(times)}
    for name in ("open", "high", "low", "close", "volume"):
        columns[name] = pa.array(np.resize(real[name].to_numpy(), count))
    feather.write_feather(pa.table(columns), path)
    return path


def environment(package: str) -> Path:
    """Return the Python of an environment that holds one pinned package and nothing of ours."""
    folder = WORK / package.replace("==", "-")
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", package, "pyarrow"], check=True)
    return python


def report(bars: int, found: dict[str, list[dict[str, float]]]) -> None:
    """Print medians and the ratio, compare them with the kept ones, and keep them."""
    medians = {name: statistics.median(run["seconds"] for run in runs) for name, runs in found.items()}
    ratio = medians["backtesting.py"] / medians["tradekit"]
    trades = {name: runs[0]["trades"] for name, runs in found.items()}
    print(f"\n{bars:,} bars, median CPU seconds of {len(found['tradekit'])}: {medians}; trades: {trades}")
    print(f"tradekit is {ratio:.1f} times as fast as {PEER}")
    kept = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    if before := kept.get("event_form"):
        change = ratio / before["ratio"] - 1
        print(
            f"before: {before['ratio']:.1f} times; change {change:+.1%}"
            + ("  SLOWER BY MORE THAN A TENTH" if change < -0.1 else "")
        )
    kept["event_form"] = {"bars": bars, "peer": PEER, "ratio": round(ratio, 2), "seconds": medians, "trades": trades}
    FIGURES.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
