"""Quote the best bid and ask of a recorded book every 100 ms."""

import sys
from math import isnan
from pathlib import Path

from recorded import measured, report

from tradekit import Context, Strategy, Terms

POST_ONLY = Terms(post_only=True)


class Quoting(Strategy):
    """Replace both quotes ten times a second."""

    name = "quoting"

    def timers(self) -> dict[str, str]:
        """Return how often."""
        return {"requote": "100ms"}

    def on_timer(self, ctx: Context, name: str) -> None:  # noqa: ARG002 - the contract's
        """Withdraw what is there, and offer anew."""
        view = ctx["BTCUSDT"]
        view.cancel()
        depth = view.depth
        if isnan(depth.bid) or isnan(depth.ask):
            return
        view.buy(0.01, limit=depth.bid, terms=POST_ONLY)
        view.sell(0.01, limit=depth.ask, terms=POST_ONLY)


report(measured(Path(sys.argv[1]), ["trades", "book"], Quoting))
