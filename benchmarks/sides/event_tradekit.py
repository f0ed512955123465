"""Run the crossover in tradekit's event form; print the CPU seconds of indicators, loop, statistics and tables."""

import json
import sys
import time
from pathlib import Path

from composed import CROSSOVER, ready

from tradekit.engine.drive import drive
from tradekit.engine.outcome import result_of
from tradekit.engine.plan import choose
from tradekit.engine.prepare import prepare

loaded_run = ready(Path(sys.argv[1]), "event", CROSSOVER)
composed, market = loaded_run.composed, loaded_run.market

start = time.process_time()
prepared = prepare(composed, market)
plan = choose(prepared, "event", (), lambda: composed.strategy)
ready_at = time.process_time()
driven = drive(prepared, plan, lambda _done, _total: None)
done = time.process_time()
result = result_of(composed, market, prepared, plan, driven)
end = time.process_time()
print(
    json.dumps(
        {
            "seconds": round(end - start, 4),
            "indicators": round(ready_at - start, 4),
            "loop": round(done - ready_at, 4),
            "statistics": round(end - done, 4),
            "bars": len(market.bars),
            "trades": result.metrics["trades"],
        }
    )
)
