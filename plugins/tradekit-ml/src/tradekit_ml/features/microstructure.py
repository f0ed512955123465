"""Features of market microstructure that bars can tell of: spreads, what trading moves the price, and which side it was on.

All are estimates of what quotes and single trades would show. They are the better the shorter the bars, and the more is traded.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tradekit import Field, Indicator, Step
from tradekit_ml.features.formula import Formula, WindowedFeature, WindowOptions
from tradekit_ml.features.windows import Change, Delay, Floats, Mean, deviation, ratio

__all__ = [
    "AbdiRanaldo",
    "Amihud",
    "BulkImbalance",
    "CloseLocation",
    "CorwinSchultz",
    "KyleLambda",
    "RollSpread",
    "ZeroReturnShare",
]


class RollSpread(WindowedFeature):
    """Spread as a part of the price, by how log returns revert: 2 sqrt(-cov(r[t], r[t-1])), and 0 where that is not negative.

    R. Roll, A Simple Implicit Measure of the Effective Bid-Ask Spread in an Efficient Market (1984).
    """

    name = "roll-spread"
    before = 2

    class Options(WindowOptions):
        """The window."""

        length: int = Field(default=60, ge=3, description="pairs of returns in the window")

    def formula(self, length: int) -> Callable[..., Floats]:
        change, before, first, second, both = Change(), Delay(1), Mean(length), Mean(length), Mean(length)

        def values(close: Floats) -> Floats:
            now = change(np.log(close))
            last = before(now)
            covariance = both(now * last) - first(now + 0.0 * last) * second(last)
            return 2.0 * np.sqrt(np.maximum(-covariance, 0.0))

        return values


class CorwinSchultz(WindowedFeature):
    """Spread as a part of the price, by the ranges of pairs of bars, against which the range of both together is narrow.

    S. A. Corwin and P. Schultz, A Simple Way to Estimate Bid-Ask Spreads from Daily High and Low Prices (2012), equations 14
    and 18, with their adjustment for gaps between bars; a pair's estimate below 0 counts as 0. The mean of `length` pairs.
    """

    name = "corwin-schultz"
    inputs = ("high", "low", "close")
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        highs, lows, closes, mean = Delay(1), Delay(1), Delay(1), Mean(length)
        scale = 3.0 - 2.0 * math.sqrt(2.0)

        def values(high: Floats, low: Floats, close: Floats) -> Floats:
            old_high, old_low, old_close = highs(high), lows(low), closes(close)
            # Where the bar lies off the close before, it is moved there, as that was no trade.
            shift = np.maximum(low - old_close, 0.0) - np.maximum(old_close - high, 0.0)
            top, bottom = high - shift, low - shift
            beta = np.square(np.log(old_high / old_low)) + np.square(np.log(top / bottom))
            gamma = np.square(np.log(np.maximum(old_high, top) / np.minimum(old_low, bottom)))
            alpha = (math.sqrt(2.0) - 1.0) * np.sqrt(beta) / scale - np.sqrt(gamma / scale)
            grown = np.exp(np.maximum(alpha, 0.0))
            return mean(2.0 * (grown - 1.0) / (1.0 + grown))

        return values


class AbdiRanaldo(WindowedFeature):
    """Spread as a part of the price, by how far closes lie from the middles of their bars and of the next ones.

    F. Abdi and A. Ranaldo, A Simple Estimation of Bid-Ask Spreads from Daily Close, High, and Low Prices (2017), equation 10: the
    root of the mean of 4 (c[t-1] - m[t-1]) (c[t-1] - m[t]) with log prices; a mean below 0 counts as 0.
    """

    name = "abdi-ranaldo"
    inputs = ("high", "low", "close")
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        middles, closes, mean = Delay(1), Delay(1), Mean(length)

        def values(high: Floats, low: Floats, close: Floats) -> Floats:
            middle = 0.5 * (np.log(high) + np.log(low))
            last, old = closes(np.log(close)), middles(middle)
            return np.sqrt(np.maximum(mean(4.0 * (last - old) * (last - middle)), 0.0))

        return values


class Amihud(WindowedFeature):
    """Illiquidity: how far a million traded moves the price, by the mean of |log return| over money traded.

    Y. Amihud, Illiquidity and Stock Returns (2002). It is ln(1 + the mean over the last `length` bars that had any trade), and a
    bar in which nothing was traded has no value.
    """

    name = "amihud"
    inputs = ("close", "volume")
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        change, mean = Change(), Mean(length)

        def values(close: Floats, volume: Floats) -> Floats:
            cost = np.abs(change(np.log(close))) / (close * volume)
            return np.log(1.0 + 1e6 * mean(cost))

        return values


class KyleLambda(WindowedFeature):
    """Slope of log returns on the signed root of the money traded, in millions: by how much trading moves the price.

    A. S. Kyle, Continuous Auctions and Insider Trading (1985); the sign of a bar is that of its return, and the slope goes through
    the origin; the root is that of J. Hasbrouck, Trading Costs and Returns for U.S. Equities (2009). It is 0 where nothing was
    traded.
    """

    name = "kyle-lambda"
    inputs = ("close", "volume")
    before = 1

    class Options(WindowOptions):
        """The window."""

        length: int = Field(default=60, ge=3, description="returns in the window")

    def formula(self, length: int) -> Callable[..., Floats]:
        change, products, squares = Change(), Mean(length), Mean(length)

        def values(close: Floats, volume: Floats) -> Floats:
            returns = change(np.log(close))
            flow = np.sign(returns) * np.sqrt(close * volume * 1e-6)
            return ratio(products(returns * flow), squares(flow * flow), 0.0)

        return values


class BulkImbalance(WindowedFeature):
    """Buys less sells over all volume of the window, -1 to 1, where a bar's share of buys is that of a normal move up to its own.

    D. Easley, M. Lopez de Prado and M. O'Hara, Bulk Classification of Trading Activity (2012): a bar's share of buys is the normal
    distribution function of its change in standard deviations of the window. It is 0 where nothing was traded.
    """

    name = "bulk-imbalance"
    inputs = ("close", "volume")

    @property
    def warmup(self) -> int:
        return 2 * int(self.options.length)

    def formula(self, length: int) -> Callable[..., Floats]:
        change, spread, signed, whole = Change(), deviation(length), Mean(length), Mean(length)

        def values(close: Floats, volume: Floats) -> Floats:
            moved = change(close)
            size = ratio(moved, spread(moved), 0.0) / math.sqrt(2.0)
            share = np.array([math.erf(value) for value in size.tolist()])
            return np.clip(ratio(signed(share * volume), whole(volume + 0.0 * share), 0.0), -1.0, 1.0)

        return values


class ZeroReturnShare(WindowedFeature):
    """Share of the bars in the window that closed where the one before did, from 0 to 1: how seldom news is worth a trade.

    D. A. Lesmond, J. P. Ogden and C. A. Trzcinka, A New Estimate of Transaction Costs (1999).
    """

    name = "zero-return-share"
    before = 1

    def formula(self, length: int) -> Callable[..., Floats]:
        change, mean = Change(), Mean(length)

        def values(close: Floats) -> Floats:
            moved = change(close)
            return mean((moved == 0.0) + 0.0 * moved)

        return values


class CloseLocation(Indicator):
    """Where the bar closed in its range, from -1 for its low to 1 for its high; 0 where it has no range."""

    name = "close-location"
    inputs = ("high", "low", "close")

    @property
    def warmup(self) -> int:
        return 1

    def step(self) -> Step:
        return Formula(lambda high, low, close: ratio((close - low) - (high - close), high - low, 0.0))
