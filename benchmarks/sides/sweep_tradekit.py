"""Sweep the crossover over pairs of windows in tradekit, figures, checkpoint and ledger included; print seconds and memory."""

import json
import resource
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


def sweep(fast, slow, workers=1):
    """Return what came of a sweep in a folder of its own."""
    planned = plan_search(Search(), [parse_param(f"strategy.fast={fast}"), parse_param(f"strategy.slow={slow}")])
    with tempfile.TemporaryDirectory() as runs:
        return Sweep(run, planned).run(Path(runs), workers)


def peak():
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


sweep("20,30", "100")
before = peak()
start = time.process_time()
result = sweep(FAST, SLOW)
end = time.process_time()
print(
    json.dumps(
        {
            "seconds": round(end - start, 5),
            "peak_bytes": peak() - before,
            "bars": len(run.market.bars),
            "orders": int(sum(2 * one.figures["trades"] + one.figures["open_trades"] for one in result.outcomes)),
            "total_return": sum(one.figures["total_return"] for one in result.outcomes),
        }
    )
)
