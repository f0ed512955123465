"""Quote the best bid and ask of a recorded book every 100 ms in hftbacktest."""

import json
import sys
import time

from hftbacktest import GTX, LIMIT
from hftbacktest_book import backtest, events_of
from numba import njit


@njit
def run(hbt, every):
    """Withdraw what is there, and offer anew, until the data end."""
    sent = 0
    while hbt.elapse(every) == 0:
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        orders = hbt.orders(0).values()
        while orders.has_next():
            order = orders.get()
            if order.cancellable:
                hbt.cancel(0, order.order_id, False)
        sent += 2
        hbt.submit_buy_order(0, sent, depth.best_bid, 0.01, GTX, LIMIT, False)
        hbt.submit_sell_order(0, sent + 1, depth.best_ask, 0.01, GTX, LIMIT, False)
    return sent


events = events_of(sys.argv[1])
run(backtest(events[:100_000]), 100_000_000)  # compiles
hbt = backtest(events)
start = time.process_time()
sent = run(hbt, 100_000_000)
end = time.process_time()
filled = hbt.state_values(0).num_trades
rows = len(events) - int((events["px"] == 0).sum())
print(json.dumps({"seconds": round(end - start, 4), "bars": rows, "sent": sent, "filled": filled}))
