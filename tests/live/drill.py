"""A strategy that does, one bar after the other, all that an order can go through. It is installed as a package of its own."""

from tradekit import Strategy, hookimpl

TRADEKIT_API = 1
SYMBOL = "BTC/USDT"


class Drill(Strategy):
    """Buy at the market, let an order rest, replace it, cancel it, and sell; and again."""

    name = "drill"
    step = 0

    def on_bar(self, ctx):
        view, self.step = ctx[SYMBOL], self.step + 1
        what = self.step % 6
        if what == 1:
            ctx.buy(2.5)
        elif what == 2:
            ctx.buy(1.0, limit=round(view.close * 0.9, 2))
        elif what == 3 and view.open_orders:
            ctx.replace(view.open_orders[0], limit=round(view.close * 0.85, 2))
        elif what == 4 and view.open_orders:
            view.cancel(view.open_orders[0])
        elif what == 5:
            ctx.exit()


@hookimpl
def tradekit_strategies():
    """Name the one."""
    return [Drill]
