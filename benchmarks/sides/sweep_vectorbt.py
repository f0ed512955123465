"""Sweep the crossover over pairs of windows in vectorbt, as broadcast columns; print CPU seconds of a warm run and its memory."""

import json
import resource
import sys
import time

import pandas as pd
import vectorbt as vbt
from swept import PAIRS

bars = pd.read_feather(sys.argv[1]).set_index("time")


def sweep(pairs):
    """Return the total return of each pair, and how many orders all have made."""
    windows = [[pair[side] for pair in pairs] for side in (0, 1)]
    fast, slow = (
        vbt.MA.run(bars["close"], one, short_name=name, run_unique=True)
        for one, name in zip(windows, ("fast", "slow"), strict=True)
    )
    # What is decided at a close is done at the next open.
    entries = fast.ma_crossed_above(slow).vbt.signals.fshift()
    exits = fast.ma_crossed_below(slow).vbt.signals.fshift()
    done = vbt.Portfolio.from_signals(
        bars["close"], entries, exits, price=bars["open"], init_cash=1_000_000_000, fees=0.0001, freq="1min"
    )
    return done.total_return().to_numpy(), int(done.orders.count().sum())


def peak():
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


sweep(PAIRS[:2])  # compiles
before = peak()
start = time.process_time()
growth, orders = sweep(PAIRS)
ready = time.process_time()
print(
    json.dumps(
        {
            "seconds": round(ready - start, 5),
            "peak_bytes": peak() - before,
            "bars": len(bars),
            "orders": orders,
            "total_return": float(growth.sum()),
        }
    )
)
