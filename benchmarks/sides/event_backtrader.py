"""Run the crossover in backtrader, written as its quick start writes it; print the CPU seconds of `Cerebro.run`."""

import json
import sys
import time

import backtrader as bt
import pandas as pd


class SmaCross(bt.Strategy):
    """Hold while the fast average is above the slow one."""

    def __init__(self):
        self.crossover = bt.ind.CrossOver(bt.ind.SMA(period=20), bt.ind.SMA(period=100))
        self.trades = 0

    def next(self):
        if not self.position:
            if self.crossover > 0:
                self.buy()
        elif self.crossover < 0:
            self.close()

    def notify_trade(self, trade):
        self.trades += trade.isclosed


class Bars(bt.feeds.PandasData):
    """Bars from memory; how long backtrader takes to copy them is not counted."""

    seconds = 0.0

    def preload(self):
        begin = time.process_time()
        super().preload()
        Bars.seconds += time.process_time() - begin


bars = pd.read_feather(sys.argv[1]).set_index("time")
cerebro = bt.Cerebro()
cerebro.addstrategy(SmaCross)
cerebro.adddata(Bars(dataname=bars))
cerebro.broker.setcash(1_000_000_000)
cerebro.broker.setcommission(0.0001)
start = time.process_time()
(done,) = cerebro.run()
end = time.process_time()
print(json.dumps({"seconds": round(end - start - Bars.seconds, 4), "bars": len(bars), "trades": done.trades}))
