"""Run through a recorded book and its trades without an order."""

import sys
from pathlib import Path

from recorded import measured, report

from tradekit import Context, Strategy


class Silent(Strategy):
    """Do nothing, each minute."""

    name = "silent"

    def on_bar(self, ctx: Context) -> None:
        """Leave all as it is."""


report(measured(Path(sys.argv[1]), ["trades", "book"], Silent))
