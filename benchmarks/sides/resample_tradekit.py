"""Hours out of minutes, by tradekit."""

import json
import statistics
import sys
import time

import pyarrow.feather as feather

from tradekit import Series, coarser_bars

MINUTE = 60_000_000_000

table = feather.read_table(sys.argv[1])
opened = table["time"].to_numpy().astype("M8[ns]").astype("i8")
minutes = Series(opened, opened + MINUTE, *(table[name].to_numpy() for name in ("open", "high", "low", "close", "volume")))
seconds = []
for _ in range(5):
    start = time.process_time()
    bars = coarser_bars(minutes, "1h")
    seconds.append(time.process_time() - start)
found = {name: float(getattr(bars, name).sum()) for name in ("open", "high", "low", "close", "volume")}
print(json.dumps({"seconds": statistics.median(seconds), "bars": len(bars), **found}))
