"""Run the crossover in tradekit's event form; print the CPU seconds of indicators, loop and statistics."""

import json
import sys
import time
from pathlib import Path

from tradekit.engine.compose import compose_file
from tradekit.engine.drive import drive
from tradekit.engine.outcome import result_of
from tradekit.engine.plan import choose
from tradekit.engine.prepare import prepare
from tradekit.engine.run import make_ready

RUN_FILE = """
risk = []
[run]
name = "event-form"
[account]
currency = "USDT"
capital = 1_000_000_000
[data]
source = "parquet"
path = "{data}"
instruments = ["BTC/USDT"]
interval = "1m"
[data.policy]
[strategy]
name = "sma-cross"
fast = 20
slow = 100
[execution]
driver = "event"
costs = [{{ model = "fee", bps = 1 }}]
"""

data = Path(sys.argv[1]).absolute()
run_file = data.with_suffix(".toml")
run_file.write_text(RUN_FILE.format(data=data))
composed = compose_file(run_file)
market = make_ready(composed).market

start = time.process_time()
prepared = prepare(composed, market)
plan = choose(prepared, "event", (), lambda: composed.strategy)
ready = time.process_time()
driven = drive(prepared, plan, lambda _done, _total: None)
done = time.process_time()
result = result_of(composed, market, prepared, plan, driven)
end = time.process_time()
print(
    json.dumps(
        {
            "seconds": round(end - start, 4),
            "indicators": round(ready - start, 4),
            "loop": round(done - ready, 4),
            "statistics": round(end - done, 4),
            "trades": result.metrics["trades"],
        }
    )
)
