"""Seven modes of a market, by fixed rules: {down, range, up} x {calm, wild}, and crisis."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import deque

from pydantic import model_validator

import tradekit
from tradekit import Field, Indicator, Step, steps

__all__ = ["CRISIS", "MODES", "Regime", "mode_code"]

MODES = ("down-calm", "range-calm", "up-calm", "down-wild", "range-wild", "up-wild", "crisis")
"""What the codes 0 to 6 of the output `mode` mean."""

CRISIS = MODES.index("crisis")


def mode_code(direction: int, is_wild: bool, is_crisis: bool) -> int:
    """Return the code of a mode; `direction` is -1, 0 or 1.

    >>> MODES[mode_code(1, is_wild=True, is_crisis=False)]
    'up-wild'
    """
    return CRISIS if is_crisis else direction + 1 + 3 * is_wild


class Regime(Indicator):
    """The mode of a market, one of seven: falling, ranging or rising, each calm or wild, and crisis.

    `trend` is the t-statistic of the mean log return of the last `trend` bars. `volatility` is where the standard deviation of the
    last `volatility` log returns stands among its own last `history` values, 0 to 1. `drawdown` is how far the close lies below the
    highest of the last `trend` closes, and `spike` how large the standard deviation is, both by its median over that history: the
    first in such standard deviations of `trend` bars, the second as a ratio. A mode is entered at one level and left at another, so
    that it does not flicker. All of it ends at the bar itself.
    """

    name = "regime"
    inputs = ("close",)
    outputs = ("mode", "trend", "volatility", "drawdown", "spike")

    class Options(tradekit.Options):
        """The windows and the levels."""

        trend: int = Field(60, ge=5, description="bars in the trend and in the drawdown")
        volatility: int = Field(20, ge=5, description="bars in the volatility")
        history: int = Field(250, ge=20, description="values of the volatility that it is ranked among")
        trend_enter: float = Field(1.5, gt=0, description="t-statistic from which the market rises, or as far below 0 falls")
        trend_leave: float = Field(0.5, ge=0, description="t-statistic below which it does so no more")
        wild_enter: float = Field(0.8, gt=0, lt=1, description="rank of the volatility from which the market is wild, 0 to 1")
        wild_leave: float = Field(0.6, ge=0, lt=1, description="rank below which it is calm again")
        drawdown_enter: float = Field(3.0, gt=0, description="drawdown from which there is a crisis, in standard deviations")
        spike_enter: float = Field(3.0, gt=1, description="volatility from which there is a crisis, by its median")
        crisis_leave: float = Field(0.5, gt=0, le=1, description="part of both levels below which a crisis is over")

        @model_validator(mode="after")
        def _leaves_below_where_it_enters(self) -> Regime.Options:
            for what in ("trend", "wild"):
                enter, leave = getattr(self, f"{what}_enter"), getattr(self, f"{what}_leave")
                if leave > enter:
                    raise ValueError(f"{what}_leave is {leave:g} and {what}_enter is {enter:g}; leave must not be above enter")
            return self

    @property
    def warmup(self) -> int:
        options = self.options
        return int(max(options.trend + 1, options.volatility + options.history))

    def step(self) -> Step:
        return _RegimeStep(self.options)


_Row = tuple[float, float, float, float, float]
_NOTHING: _Row = (math.nan,) * 5


class _RegimeStep:
    """The state of one instrument: windows of log returns, and the mode that the market was in on the bar before."""

    def __init__(self, options: Regime.Options) -> None:
        self.options = options
        self._last = math.nan
        self._highest = steps.Highest(options.trend)
        self._mean = steps.Sma(options.trend)
        self._spread = steps.Stdev(options.trend)
        self._volatility = steps.Stdev(options.volatility)
        self._order: deque[float] = deque()
        self._ranked: list[float] = []
        self._direction, self._is_wild, self._is_crisis = 0, False, False

    def push(self, close: float) -> _Row:
        """Return mode, trend, volatility, drawdown and spike on a bar. One without a price is passed over."""
        if not close > 0.0:
            return _NOTHING
        price, before = math.log(close), self._last
        self._last = price
        highest = self._highest.push(price)
        if math.isnan(before):
            return _NOTHING
        change = price - before
        mean, spread, volatility = self._mean.push(change), self._spread.push(change), self._volatility.push(change)
        if not math.isnan(volatility):
            self._remember(volatility)
        if math.isnan(mean) or len(self._order) < self.options.history:
            return _NOTHING
        return self._judged(_t_statistic(mean, spread, self.options.trend), volatility, highest - price)

    def _remember(self, volatility: float) -> None:
        if len(self._order) == self.options.history:
            gone = self._order.popleft()
            del self._ranked[bisect_left(self._ranked, gone)]
        self._order.append(volatility)
        insort(self._ranked, volatility)

    def _judged(self, trend: float, volatility: float, fall: float) -> _Row:
        options, ranked = self.options, self._ranked
        middle = 0.5 * (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2])
        rank = 0.5 * (bisect_left(ranked, volatility) + bisect_right(ranked, volatility)) / len(ranked)
        drawdown = _ratio(fall, middle * math.sqrt(options.trend), still=0.0)
        spike = _ratio(volatility, middle, still=1.0)
        # What is held on to is left at a lower level than it is entered at.
        if trend * self._direction < options.trend_leave or not self._direction:
            self._direction = int(math.copysign(1, trend)) if abs(trend) >= options.trend_enter else 0
        self._is_wild = rank >= (options.wild_leave if self._is_wild else options.wild_enter)
        level = options.crisis_leave if self._is_crisis else 1.0
        self._is_crisis = drawdown >= level * options.drawdown_enter or spike >= level * options.spike_enter
        return float(mode_code(self._direction, self._is_wild, self._is_crisis)), trend, rank, drawdown, spike


def _t_statistic(mean: float, spread: float, count: int) -> float:
    """Return the t-statistic of a mean, by the population's deviation; a very large one where all returns are alike."""
    error = spread / math.sqrt(count - 1)
    if error > abs(mean) * 1e-9:
        return mean / error
    return math.copysign(1e9, mean) if mean else 0.0


def _ratio(value: float, scale: float, still: float) -> float:
    """Return a value by a scale; `still` if neither has moved, and a very large ratio if only the scale has not."""
    if scale > 0.0:
        return min(value / scale, 1e9)
    return 1e9 if value > 0.0 else still
