"""Run target weights in tradekit's compiled form; print the CPU seconds of simulation and equity, and of those and the result."""

import json
import sys
import time
from pathlib import Path

from composed import CROSSOVER, MONTHLY, ready

from tradekit.engine.drive import drive
from tradekit.engine.outcome import result_of

data = Path(sys.argv[1])
run = ready(data, "compiled", MONTHLY if data.stem.startswith("days") else CROSSOVER)


def simulate():
    """Return what ran, its equity and its growth."""
    driven = drive(run.prepared, run.plan, lambda _done, _total: None)
    equity = driven.simulation.equity_curve()
    return driven, equity[-1] / run.prepared.setup.capital - 1.0


simulate()
start = time.process_time()
driven, growth = simulate()
done = time.process_time()
result = result_of(run.composed, run.market, run.prepared, run.plan, driven)
end = time.process_time()
print(
    json.dumps(
        {
            "seconds": round(done - start, 5),
            "seconds_with_statistics": round(end - start, 5),
            "bars": len(run.market.bars),
            "orders": result.fills.num_rows,
            "total_return": float(growth),
        }
    )
)
