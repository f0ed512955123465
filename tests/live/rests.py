"""A strategy that always has an order resting, far from the market. It is installed as a package of its own."""

from tradekit import Strategy, hookimpl

TRADEKIT_API = 1


class Rests(Strategy):
    """Let one order rest, and place it again as soon as it is gone."""

    name = "rests"

    def on_bar(self, ctx):
        view = ctx.instruments[0]
        if not view.open_orders:
            ctx.buy(1.0, limit=round(view.close * 0.5, 2))


@hookimpl
def tradekit_strategies():
    """Name the one."""
    return [Rests]
