"""A cost model that reads the bars: another cost for each of them."""

from collections.abc import Sequence

import numpy as np
import tradekit
from numpy.typing import NDArray
from tradekit import Bars, CostKind, CostModel, CostTerm, Field, Instrument

K = 3.0 - 2.0 * 2.0**0.5


class EstimatedSpread(CostModel):
    """Make what crosses the spread pay half of it, as estimated from the highs and lows of the bars so far.

    The estimate is that of Shane Corwin and Paul Schultz, A Simple Way to Estimate Bid-Ask Spreads from Daily High and Low Prices,
    The Journal of Finance, 2012: a range over two bars has twice the variance of one bar, and the same spread. It is averaged over
    the last pairs of bars, of which negative ones count as 0.
    """

    name = "estimated-spread"

    class Options(tradekit.Options):
        """How it is estimated."""

        window: int = Field(20, ge=1, description="pairs of bars over which the estimate is averaged")
        least_bps: float = Field(1.0, ge=0, le=1000, description="the least spread, in basis points, and that of the first bars")

    def terms(self, instruments: Sequence[Instrument]) -> Sequence[CostTerm]:
        """Return the least spread: what is known without bars."""
        return [CostTerm(CostKind.SLIPPAGE_RATE, np.full(len(instruments), self.options.least_bps * 0.5e-4))]

    def terms_on(self, instruments: Sequence[Instrument], bars: Bars) -> Sequence[CostTerm]:
        """Return half of the estimated spread, for each bar that there is."""
        rates = np.zeros(bars.close.shape)
        for i in range(len(instruments)):
            there = np.flatnonzero(np.isfinite(bars.close[:, i]))
            spread = self._averaged(estimates(bars.high[there, i], bars.low[there, i]))
            rates[there, i] = 0.5 * np.maximum(spread, self.options.least_bps * 1e-4)
        return [CostTerm(CostKind.SLIPPAGE_RATE, rates)]

    def _averaged(self, spread: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of the last estimates up to each bar; there are fewer of them at the beginning."""
        return np.array([np.mean(spread[max(0, row + 1 - self.options.window) : row + 1]) for row in range(len(spread))])

    def describe(self) -> str:
        """Return the sentence for the assumptions."""
        return (
            f"What crosses the spread pays half of it, as estimated from highs and lows over {self.options.window} pairs of bars, "
            f"and at least {self.options.least_bps:g} bps."
        )


def estimates(high: NDArray[np.float64], low: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the spread as a fraction of the price, estimated from each bar and the one before it; 0 for the first bar."""
    if len(high) < 2:
        return np.zeros(len(high))
    single = np.log(high / low) ** 2
    both = np.log(np.maximum(high[1:], high[:-1]) / np.minimum(low[1:], low[:-1])) ** 2
    beta = single[1:] + single[:-1]
    alpha = (np.sqrt(2.0 * beta) - np.sqrt(beta)) / K - np.sqrt(both / K)
    spread = 2.0 * (np.exp(alpha) - 1.0) / (1.0 + np.exp(alpha))
    return np.concatenate(([0.0], np.maximum(spread, 0.0)))
