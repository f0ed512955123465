"""Rebalance many instruments each month in vectorbt; print the CPU seconds of a second, warm run."""

import json
import sys
import time

import numpy as np
import pandas as pd
import vectorbt as vbt

table = pd.read_feather(sys.argv[1])
close, opened = (table.pivot(index="time", columns="symbol", values=name) for name in ("close", "open"))
month = close.index.month.to_numpy()
size = pd.DataFrame(np.nan, close.index, close.columns)
size.iloc[np.flatnonzero(month[1:] != month[:-1]) + 1] = 0.9 / close.shape[1]
size = size.shift()  # what is decided at the close of a month's first bar is done at the next open


def simulate():
    """Return a portfolio and its equity, which vectorbt computes only when it is asked for."""
    done = vbt.Portfolio.from_orders(
        close,
        size,
        size_type="targetpercent",
        price=opened,
        val_price=-np.inf,
        group_by=True,
        cash_sharing=True,
        call_seq="auto",
        init_cash=1_000_000_000,
        fees=0.0001,
        freq="1D",
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
            "bars": len(close),
            "orders": int(portfolio.orders.count()),
            "total_return": float(growth),
        }
    )
)
