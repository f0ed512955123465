"""Minutes out of trades, by tradekit."""

import json
import statistics
import sys
import time

import numpy as np

from tradekit import Trades, bars_of_trades

with np.load(sys.argv[1]) as found:
    trades = Trades(found["time"], found["price"], found["size"])
seconds = []
for _ in range(5):
    start = time.process_time()
    bars = bars_of_trades(trades, "1m")
    seconds.append(time.process_time() - start)
print(json.dumps({"seconds": statistics.median(seconds), "bars": len(bars), "trades": len(trades)}))
