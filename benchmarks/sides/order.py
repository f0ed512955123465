"""Send an order on every bar through two limits, matching and accounting in compiled form; print nanoseconds an order."""

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from composed import CROSSOVER, ready

from tradekit.simulator.loops import run_targets
from tradekit.simulator.simulation import Simulation

LIMITS = '[[risk]]\nrule = "max-weight"\nlimit = 0.9\n[[risk]]\nrule = "max-leverage"\nlimit = 0.9'

setup = ready(Path(sys.argv[1]), "compiled", CROSSOVER, LIMITS).prepared.setup
rows = len(setup.bars)
targets = np.where(np.arange(rows) % 2, 0.0, 0.5).reshape(rows, 1)
targets[: setup.warmup] = np.nan


def timed():
    """Return the CPU seconds of a run, and the run."""
    simulation = Simulation(setup)
    start = time.process_time()
    run_targets(simulation, targets, 0, rows)
    return time.process_time() - start, simulation


# The first run waits for the system to give it the memory of its log; the others have it from the one before.
first, simulation = timed()
seconds = statistics.median(timed()[0] for _ in range(5))
kinds, counts = np.unique(simulation.log.columns()["kind"], return_counts=True)
orders, verdicts, fills = (int(count) for count in counts)
print(
    json.dumps(
        {
            "figure": round(seconds / fills * 1e9, 1),
            "bars": rows,
            "orders": orders,
            "verdicts": verdicts,
            "fills": fills,
            "first_run_ns": round(first / fills * 1e9, 1),
            "orders_per_second": round(fills / seconds),
        }
    )
)
