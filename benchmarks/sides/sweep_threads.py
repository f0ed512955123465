"""Sweep the crossover over pairs of windows with one thread and with two, in turns; print how many times as fast two are."""

import json
import sys
import tempfile
import time
from pathlib import Path

from composed import CROSSOVER, ready
from swept import FAST, SLOW

from tradekit.engine.sweep.params import parse_param
from tradekit.engine.sweep.run import Sweep
from tradekit.engine.sweep.search import Search, plan_search

run = ready(Path(sys.argv[1]), "compiled", CROSSOVER)
planned = plan_search(Search(), [parse_param(f"strategy.fast={FAST}"), parse_param(f"strategy.slow={SLOW}")])
seconds = {1: 0.0, 2: 0.0}
for workers in (1, 2, 2, 1):
    with tempfile.TemporaryDirectory() as runs:
        sweep = Sweep(run, planned)  # the first one looks for plugins
        start = time.perf_counter()
        sweep.run(Path(runs), workers)
        seconds[workers] += time.perf_counter() - start
print(
    json.dumps(
        {
            "figure": round(seconds[1] / seconds[2], 3),
            "seconds_one": round(seconds[1] / 2, 3),
            "seconds_two": round(seconds[2] / 2, 3),
            "trials": 1000,
        }
    )
)
