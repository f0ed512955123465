"""Go through recorded trades and quotes without calling Python; print the microseconds that one takes."""

import sys
from pathlib import Path

from recorded import measured, report

from tradekit import Context, Strategy


class Silent(Strategy):
    """Do nothing, each minute."""

    name = "silent"

    def on_bar(self, ctx: Context) -> None:
        """Leave all as it is."""


found = measured(Path(sys.argv[1]), ["trades", "quotes"], Silent)
report({"figure": (found["seconds"] + found["statistics"]) / found["events"] * 1e6, **found})
