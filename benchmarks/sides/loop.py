"""Run tradekit's compiled loop with nothing to do, and NumPy's `sum` over the same five arrays; print how much longer it takes."""

import json
import sys
import time
from pathlib import Path

import numpy as np
from composed import CROSSOVER, ready

from tradekit.simulator.loops import run_targets
from tradekit.simulator.simulation import Simulation

_TIMES = 20

setup = ready(Path(sys.argv[1]), "compiled", CROSSOVER).prepared.setup
bars = setup.bars
arrays = (bars.open, bars.high, bars.low, bars.close, bars.volume)
nothing = np.full(bars.close.shape, np.nan)
loops, sums = 0.0, 0.0
for _ in range(_TIMES):  # in turns, because a machine is now fast, now slow
    simulation = Simulation(setup)
    start = time.process_time()
    run_targets(simulation, nothing, 0, len(bars))
    between = time.process_time()
    for array in arrays:
        np.sum(array)
    loops, sums = loops + between - start, sums + time.process_time() - between
print(
    json.dumps(
        {
            "figure": round(loops / sums, 3),
            "bars": len(bars),
            "loop_ns_per_bar": round(loops / _TIMES / len(bars) * 1e9, 2),
            "sum_ns_per_bar": round(sums / _TIMES / len(bars) * 1e9, 2),
        }
    )
)
