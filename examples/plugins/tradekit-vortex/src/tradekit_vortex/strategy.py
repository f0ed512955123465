"""A strategy that decides by the indicator: what its example runs."""

from collections.abc import Mapping

import tradekit
from tradekit import Context, Field, Indicator, Strategy

from tradekit_vortex.indicator import Vortex


class VortexTrend(Strategy):
    """Hold while the upward part of the vortex is above the downward one."""

    name = "vortex-trend"

    class Options(tradekit.Options):
        """What the vortex is made of."""

        length: int = Field(14, ge=1, description="bars over which it is summed up")

    def indicators(self) -> Mapping[str, Indicator]:
        """Declare what on_bar reads."""
        return {"vortex": Vortex(Vortex.Options(length=self.options.length))}

    def on_bar(self, ctx: Context) -> None:
        """Follow the crossings of the two values."""
        for view in ctx.instruments:
            if view.crossed_above("vortex.plus", "vortex.minus"):
                view.target(weight=0.95 / len(ctx))
            elif view.crossed_below("vortex.plus", "vortex.minus"):
                view.target(weight=0.0)
