"""Strategies: one that has both forms, and one that places orders of its own."""

import numpy as np
import tradekit
from tradekit import Bracket, Field, OrderKind, Strategy, Terms, Trail, sma

from tradekit_frozen.indicators import Midrange, Spread


class Swing(Strategy):
    """Hold each instrument while its average is above the middle of its range."""

    name = "frozen-swing"

    class Options(tradekit.Options):
        fast: int = Field(3, ge=1, description="bars in the average")
        weight: float = Field(0.4, gt=0, le=1, description="part of equity for each instrument")

    def indicators(self):
        return {"fast": sma(self.options.fast), "middle": Midrange(Midrange.Options(length=12)), "spread": Spread()}

    def on_bar(self, ctx):
        for view in ctx.instruments:
            if view.crossed_above("fast", "middle"):
                view.target(weight=self.options.weight)
            elif view.crossed_below("fast", "middle"):
                view.target(weight=0.0)

    def targets(self, bars, ind):
        weights = np.full(bars.close.shape, np.nan)
        weights[ind.crossed_above("fast", "middle")] = self.options.weight
        weights[ind.crossed_below("fast", "middle")] = 0.0
        return weights


class Bidder(Strategy):
    """Bid below the market, with a bracket; follow a price that rises, and take bids back after a day."""

    name = "frozen-bidder"
    warmup = 13

    class Options(tradekit.Options):
        below: float = Field(0.02, gt=0, lt=1, description="how far below the close it bids, as a fraction")

    def indicators(self):
        return {"middle": Midrange(), "spread": Spread()}

    def on_bar(self, ctx):
        for view in ctx.instruments:
            if view.close < view["middle"] and view["spread.below"] >= 0 and view.position == 0 and not view.open_orders:
                price = view.close * (1 - self.options.below)
                view.buy(
                    10,
                    limit=price,
                    terms=Terms(post_only=True),
                    bracket=Bracket(stop_loss=price * 0.9, take_profit=price * 1.05),
                )
            elif view.position == 0 and view.open_orders and ctx.starts("day"):
                view.cancel()
            elif view.position == 0 and view.open_orders and view.close > view.history("close", 3)[:-1].max():
                first = view.open_orders[0]
                if ctx.order(first).kind is OrderKind.LIMIT and view.previous("close") > ctx.order(first).limit:
                    ctx.replace(first, limit=view.close * (1 - self.options.below))
            elif view.position > 0 and ctx.index % 100 == 0:
                view.cancel()
                view.sell(view.position, stop=Trail(percent=2.0))
