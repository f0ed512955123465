"""Run the crossover over 1 and over 60 months of a store, streamed; print the most memory of the second as a part of the first's.

The runs are processes of their own, the command `tradekit` from start to end: what is counted is their peak resident memory. The
same 60 months in memory are run too, for comparison.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

RUN_FILE = """
risk = []
[run]
name = "streamed"
start = 2020-01-01
[account]
currency = "USD"
capital = 1_000_000_000
[data]
source = "store"
path = "{store}"
instruments = ["BTC/USDT"]
interval = "1m"
[[data.quality.waive]]
check = "outlier"
reason = "where the real month begins again"
[[data.quality.waive]]
check = "wrong-scale"
reason = "where the real month begins again"
[[data.quality.waive]]
check = "repeated-block"
reason = "it is one month, again and again"
[strategy]
name = "sma-cross"
fast = 200
slow = 1000
[execution]
driver = "event"
participation = "none"
costs = [{{ model = "fee", bps = 1 }}]
"""


def peak(folder: Path, end: str, stream: bool) -> float:
    """Return the most resident memory of a run, in megabytes."""
    tradekit = str(Path(sys.executable).with_name("tradekit"))
    settings = [f"run.end={end}", f"data.stream={str(stream).lower()}"]
    options = [word for setting in settings for word in ("--set", setting)]
    run = [tradekit, "run", str(folder / "run.toml"), "--runs", str(folder / "runs"), *options]
    with subprocess.Popen(run, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(run)} ended with {process.returncode}")
    return usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "run.toml").write_text(RUN_FILE.format(store=Path(sys.argv[1]).absolute()))
    one, sixty, whole = peak(folder, "2020-02-01", True), peak(folder, "2025-01-01", True), peak(folder, "2025-01-01", False)
print(
    json.dumps(
        {"figure": round(sixty / one, 3), "one_month": round(one, 1), "sixty": round(sixty, 1), "in_memory": round(whole, 1)}
    )
)
