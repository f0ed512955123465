"""Measure the most memory that a compiled run of tradekit has at once; print it as a part of the arrays of the bars.

The bars, the indicators and the targets are there before, and are not counted. The equity of each bar and the whole log are.
"""

import json
import sys
import tracemalloc
from dataclasses import fields
from pathlib import Path

from composed import CROSSOVER, MONTHLY, ready

from tradekit.simulator.loops import run_targets
from tradekit.simulator.simulation import Simulation

data = Path(sys.argv[1])
run = ready(data, "compiled", MONTHLY if data.stem.startswith("days") else CROSSOVER)
setup, targets = run.prepared.setup, run.plan.targets
size = sum(getattr(setup.bars, field.name).nbytes for field in fields(setup.bars)[1:])
tracemalloc.start()
before, _ = tracemalloc.get_traced_memory()
simulation = Simulation(setup)
run_targets(simulation, targets, 0, len(setup.bars))
left, peak = tracemalloc.get_traced_memory()
print(
    json.dumps(
        {
            "figure": round((peak - before) / size, 4),
            "at_the_end": round((left - before) / size, 4),
            "data_bytes": size,
            "peak_bytes": peak - before,
            "log_entries": len(simulation.log),
        }
    )
)
