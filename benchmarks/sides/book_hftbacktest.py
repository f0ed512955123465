"""Run hftbacktest through a recorded book and its trades without an order."""

import json
import sys
import time

from hftbacktest_book import backtest, events_of
from numba import njit


@njit
def run(hbt, duration):
    """Go on to the end."""
    return hbt.elapse(duration)


events = events_of(sys.argv[1])
duration = int(events["exch_ts"][-1] - events["exch_ts"][0]) + 1
run(backtest(events[:100_000]), 1_000_000)  # compiles
hbt = backtest(events)
start = time.process_time()
run(hbt, duration)
end = time.process_time()
print(json.dumps({"seconds": round(end - start, 4), "bars": len(events) - int((events["px"] == 0).sum())}))
