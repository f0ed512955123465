"""Run the crossover in backtesting.py, written as its documentation writes it; print the CPU seconds of `Backtest.run`."""

import json
import sys
import time

import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover


def moving_average(values, length):
    """Return the mean of the last values."""
    return pd.Series(values).rolling(length).mean()


class SmaCross(Strategy):
    """Hold while the fast average is above the slow one."""

    def init(self):
        self.fast = self.I(moving_average, self.data.Close, 20)
        self.slow = self.I(moving_average, self.data.Close, 100)

    def next(self):
        if crossover(self.fast, self.slow):
            self.buy()
        elif crossover(self.slow, self.fast):
            self.position.close()


bars = pd.read_feather(sys.argv[1]).set_index("time").rename(columns=str.capitalize)
backtest = Backtest(bars, SmaCross, cash=1_000_000_000, commission=0.0001, finalize_trades=False)
start = time.process_time()
result = backtest.run()
end = time.process_time()
print(json.dumps({"seconds": round(end - start, 4), "bars": len(bars), "trades": int(result["# Trades"])}))
