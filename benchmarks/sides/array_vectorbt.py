"""Run the crossover's signals in vectorbt, as its documentation does; print the CPU seconds of a second, warm run."""

import json
import sys
import time

import pandas as pd
import vectorbt as vbt

bars = pd.read_feather(sys.argv[1]).set_index("time")
fast, slow = vbt.MA.run(bars["close"], 20), vbt.MA.run(bars["close"], 100)
# What is decided at a close is done at the next open.
entries = fast.ma_crossed_above(slow).vbt.signals.fshift()
exits = fast.ma_crossed_below(slow).vbt.signals.fshift()


def simulate():
    """Return a portfolio and its equity, which vectorbt computes only when it is asked for."""
    done = vbt.Portfolio.from_signals(
        bars["close"], entries, exits, price=bars["open"], init_cash=1_000_000_000, fees=0.0001, freq="1min"
    )
    return done, done.value(), done.total_return()


simulate()[0].stats()  # compiles
start = time.process_time()
portfolio, value, growth = simulate()
ready = time.process_time()
portfolio.stats()
end = time.process_time()
print(
    json.dumps(
        {
            "seconds": round(ready - start, 5),
            "seconds_with_statistics": round(end - start, 5),
            "bars": len(bars),
            "orders": int(portfolio.orders.count()),
            "total_return": float(growth),
        }
    )
)
