"""A strategy that does, one bar after the other, all that an order can go through. It is installed as a package of its own."""

from tradekit import Strategy, hookimpl

TRADEKIT_API = 1


class Drill(Strategy):
    """Buy at the market, let an order rest, replace it, cancel it, and sell; and again."""

    name = "drill"
    step = 0

    def on_bar(self, ctx):
        view, self.step = ctx.instruments[0], self.step + 1
        what = self.step % 6
        resting = [order for order in view.open_orders if ctx.order(order).limit is not None]
        if what == 1:
            ctx.buy(2.5)
        elif what == 2:
            ctx.buy(1.0, limit=round(view.close * 0.9, 2))
        elif what == 3 and resting:
            ctx.replace(resting[0], limit=round(view.close * 0.85, 2))
        elif what == 4 and resting:
            view.cancel(resting[0])
        elif what == 5:
            ctx.exit()


@hookimpl
def tradekit_strategies():
    """Name the one."""
    return [Drill]
