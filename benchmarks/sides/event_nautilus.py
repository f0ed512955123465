"""Run the crossover in nautilus_trader, as its low-level tutorial does; print the CPU seconds of `BacktestEngine.run`."""

import json
import sys
import time
from decimal import Decimal

import pandas as pd
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy


class SmaCross(Strategy):
    """Hold while the fast average is above the slow one."""

    def __init__(self, instrument, bar_type):
        super().__init__()
        self.instrument = instrument
        self.bar_type = bar_type
        self.fast = SimpleMovingAverage(20)
        self.slow = SimpleMovingAverage(100)
        self.was_above = None

    def on_start(self):
        self.register_indicator_for_bars(self.bar_type, self.fast)
        self.register_indicator_for_bars(self.bar_type, self.slow)
        self.subscribe_bars(self.bar_type)

    def on_bar(self, _bar):
        if not self.slow.initialized:
            return
        is_above = self.fast.value > self.slow.value
        if is_above and self.was_above is False:
            order = self.order_factory.market(self.instrument.id, OrderSide.BUY, self.instrument.make_qty(1))
            self.submit_order(order)
        elif not is_above and self.was_above:
            self.close_all_positions(self.instrument.id)
        self.was_above = is_above


def bars_of(table, bar_type, instrument):
    """Return the bars as nautilus_trader has them, stamped with their close."""
    closed = (table["time"].astype("int64") + 60_000_000_000).tolist()
    columns = [table[name].tolist() for name in ("open", "high", "low", "close")]
    prices = [[Price(value, instrument.price_precision) for value in column] for column in columns]
    volumes = [Quantity(value, instrument.size_precision) for value in table["volume"].tolist()]
    return [Bar(bar_type, *row, stamp, stamp) for *row, stamp in zip(*prices, volumes, closed, strict=True)]


def prepared(path):
    """Return an engine that holds the bars and the strategy, logs nothing and makes no analysis."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(Venue("BINANCE"), OmsType.NETTING, AccountType.MARGIN, [Money(1_000_000_000, USDT)], USDT, Decimal(1))
    instrument = TestInstrumentProvider.btcusdt_perp_binance()
    engine.add_instrument(instrument)
    bar_type = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
    engine.add_data(bars_of(pd.read_feather(path), bar_type, instrument))
    engine.add_strategy(SmaCross(instrument, bar_type))
    return engine


engine = prepared(sys.argv[1])
start = time.process_time()
engine.run()
end = time.process_time()
orders = engine.cache.orders_closed()
trades = sum(order.side == OrderSide.SELL and order.filled_qty == order.quantity for order in orders)
print(json.dumps({"seconds": round(end - start, 4), "bars": engine.iteration, "trades": trades}))
