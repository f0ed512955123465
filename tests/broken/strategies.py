"""Strategies that are broken in one way each."""

import numpy as np

from broken.sound import Echo
from tradekit import Strategy
from tradekit.testing import StrategyContract


class Up(Strategy):
    """Hold a part of the account in what has just risen."""

    def weight(self, is_up):
        return 0.2 if is_up else 0.0

    def on_bar(self, ctx):
        for view in ctx.instruments:
            if view.previous("close") == view.previous("close"):
                view.target(weight=self.weight(view.close > view.previous("close")))


class OfUp(StrategyContract):
    count = 100  # for it decides on every bar


class Silent(Up):
    """Never order anything."""

    name = "silent"

    def on_bar(self, ctx):
        return


class TestSilent(OfUp):
    component = Silent
    breaks = "str01"


class Counting(Up):
    """Count its runs in the class, and hold more in each."""

    name = "counting"
    runs = 0

    def __init__(self, options=None):
        super().__init__(options)
        type(self).runs += 1

    def weight(self, is_up):
        return 0.1 + 0.01 * (self.runs % 7) if is_up else 0.0


class TestCounting(OfUp):
    component = Counting
    breaks = "str02"
    also = ("str04",)  # a run with other data is a second run


class Twofold(Up):
    """Hold more in its array form than in its event form."""

    name = "twofold"

    def targets(self, bars, ind):
        before = ind.previous("close")
        weights = np.where(ind["close"] > before, 0.3, 0.0)
        weights[np.isnan(before) | ~ind.ready] = np.nan
        return weights


class TestTwofold(OfUp):
    component = Twofold
    breaks = "str03"
    also = ("str05",)  # where bars are missing, the forms are to agree, too


class Foresight(Strategy):
    """Hold what will have risen on the next bar."""

    name = "foresight"

    def targets(self, bars, ind):
        weights = np.full(bars.close.shape, np.nan)
        weights[:-1] = np.where(bars.close[1:] > bars.close[:-1], 0.2, 0.0)
        return weights


class TestForesight(OfUp):
    component = Foresight
    breaks = "str04"


class EarlyPeek(Echo):
    """Give the next close on the first bars, and the close after that."""

    name = "early-peek"

    def compute(self, close):
        values = super().compute(close)
        values[0, :10] = close[1:11] if len(close) > 10 else values[0, :10]
        return values


class Sly(Strategy):
    """Read an indicator that knows the next bar, but only on bars that the engine doesn't try without it."""

    name = "sly"

    def indicators(self):
        return {"peek": EarlyPeek()}

    def on_bar(self, ctx):
        for view in ctx.instruments:
            view.target(weight=0.2 if view["peek"] > view.close else 0.0)


class TestSly(OfUp):
    component = Sly
    breaks = "str04"


class Complete(Up):
    """Take it that all instruments always have a bar."""

    name = "complete"

    def on_bar(self, ctx):
        if len(ctx.instruments) < len(ctx):
            raise KeyError("no bar")
        super().on_bar(ctx)


class TestComplete(OfUp):
    component = Complete
    breaks = "str05"


class Dividing(Up):
    """Divide by the range of a bar."""

    name = "dividing"

    def on_bar(self, ctx):
        for view in ctx.instruments:
            view.target(weight=0.2 * (view.close - view.low) / (view.high - view.low))


class TestDividing(OfUp):
    component = Dividing
    breaks = "str06"


class Bear(Up):
    """Sell short what has fallen, and not say so."""

    name = "bear"

    def weight(self, is_up):
        return 0.2 if is_up else -0.2


class TestBear(OfUp):
    component = Bear
    breaks = "str07"


class OnTrades(Up):
    """Hold a part of the account after each trade that buyers made, without looking at bars."""

    on_bar = Strategy.on_bar

    def on_trade(self, ctx, trade):
        ctx[trade.symbol].target(weight=0.2 if self.rises(ctx, trade) else 0.0)

    def rises(self, ctx, trade):
        return trade.side > 0


class OfTrades(StrategyContract):
    test_cmp05_keeps_the_import_budget = None  # as it is kept by all of this module
    count = 40
    ticks = ("trades",)


class Tipped(OnTrades):
    """Decide at each trade by an indicator that knows bars to come."""

    name = "tipped"

    def indicators(self):
        return {"peek": EarlyPeek()}

    def rises(self, ctx, trade):
        return ctx[trade.symbol]["peek"] > trade.price


class TestTipped(OfTrades):
    component = Tipped
    breaks = "str04"


class Pace(OnTrades):
    """Divide the size of each trade by the range of the last bar."""

    name = "pace"

    def rises(self, ctx, trade):
        view = ctx[trade.symbol]
        return trade.size / (view.high - view.low) > 100


class TestPace(OfTrades):
    component = Pace
    breaks = "str06"
