"""Hand each recorded trade and quote to Python; print the microseconds that one takes."""

import sys
from pathlib import Path

from recorded import measured, report

from tradekit import Context, Quote, Strategy, Trade


class Looking(Strategy):
    """Keep the largest trade and the widest spread."""

    name = "looking"
    largest = 0.0
    widest = 0.0

    def on_trade(self, ctx: Context, trade: Trade) -> None:  # noqa: ARG002 - the contract's
        """Look at its size."""
        self.largest = max(self.largest, trade.size)

    def on_quote(self, ctx: Context, quote: Quote) -> None:  # noqa: ARG002 - the contract's
        """Look at both sides."""
        self.widest = max(self.widest, quote.ask - quote.bid)


found = measured(Path(sys.argv[1]), ["trades", "quotes"], Looking)
report({"figure": (found["seconds"] + found["statistics"]) / found["events"] * 1e6, **found})
