"""The labels that there are: a fixed horizon, the triple barrier, the trend scan, and labels of a primary model's decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError, model_validator

import tradekit
from tradekit import Bars, ConfigError, DataError, Field, steps
from tradekit_ml.labels.labeler import Labeler, Outcome, OwnBars, gather, own_bars
from tradekit_ml.labels.labels import Floats, Labels, Rows

__all__ = ["LABELERS", "FixedHorizon", "MetaLabel", "TrendScan", "TripleBarrier", "make_labeler"]


class FixedHorizon(Labeler):
    """What a position that is filled at the next open has made after a number of bars."""

    name = "fixed-horizon"

    class Options(tradekit.Options):
        """The horizon, and what of the return is learnt."""

        horizon: int = Field(default=1, ge=1, description="bars that the position is held")
        value: Literal["return", "sign", "up"] = Field(
            default="return", description="the log return; or -1, 0, 1 for its sign; or 1 where it is above 0 and else 0"
        )
        dead_zone_bps: float = Field(default=0.0, ge=0, description="size of a return in basis points up to which its sign is 0")
        exit: Literal["close", "open"] = Field(
            default="close", description="the close of the last bar, or the open of the one after it, which is when an order fills"
        )

    @property
    def is_class(self) -> bool:
        return bool(self.options.value != "return")

    def label(self, bars: Bars, side: Floats | None = None) -> Labels:
        return gather(bars, [(own, self._outcome(own)) for own in own_bars(bars, side)], self.name)

    def _outcome(self, own: OwnBars) -> Outcome:
        horizon, is_open = int(self.options.horizon), self.options.exit == "open"
        ended = np.arange(len(own.row)) + horizon + int(is_open)
        decided = np.flatnonzero((ended < len(own.row)) & (own.side != 0.0))
        ended = ended[decided]
        price = (own.open if is_open else own.close)[ended]
        ret = own.side[decided] * (np.log(price) - np.log(own.open[decided + 1]))
        sign = np.where(np.abs(ret) > self.options.dead_zone_bps * 1e-4, np.sign(ret), 0.0)
        value = {"return": ret, "sign": sign, "up": (sign > 0.0).astype(np.float64)}[self.options.value]
        return Outcome(decided, ended, value, ret, np.zeros(len(ret), dtype=np.bool_))


class BarrierOptions(tradekit.Options):
    """The barriers. Their distances are in standard deviations of a return over the horizon, as known at the decision."""

    profit: float = Field(default=2.0, ge=0, description="distance of the target in standard deviations; 0 for none")
    stop: float = Field(default=1.0, ge=0, description="distance of the stop in standard deviations; 0 for none")
    horizon: int = Field(default=24, ge=1, description="bars after which the position is closed")
    volatility: int = Field(default=50, ge=2, description="log returns of whose standard deviation the distances are made")

    @model_validator(mode="after")
    def _has_a_barrier(self) -> BarrierOptions:
        if self.profit == 0.0 and self.stop == 0.0:
            raise ValueError("profit and stop are both 0; without barriers, use the label 'fixed-horizon'")
        return self


class TripleBarrier(Labeler):
    """Which is touched first after the fill: the target (1), the stop (-1), or the end of the horizon (0).

    M. López de Prado, Advances in Financial Machine Learning (2018), chapter 3. The barriers lie around the fill. Where one bar
    touches both, it was the stop, and the label says so; a bar that opens beyond a barrier ends the position at its open. Where
    the price has not moved in the bars of `volatility`, there is no label.
    """

    name = "triple-barrier"

    class Options(BarrierOptions):
        """The barriers, and what is learnt of them."""

        value: Literal["touch", "profit"] = Field(
            default="touch", description="1, -1 or 0 for the barrier; or 1 where the target was first and else 0"
        )

    def label(self, bars: Bars, side: Floats | None = None) -> Labels:
        return gather(bars, [(own, self._outcome(own)) for own in own_bars(bars, side)], self.name)

    def _outcome(self, own: OwnBars) -> Outcome:
        found = barrier_outcome(own, self.options)
        value = (found.value > 0.0).astype(np.float64) if self.options.value == "profit" else found.value
        return Outcome(found.decided, found.ended, value, found.ret, found.is_ambiguous)


class MetaLabel(Labeler):
    """Whether a decision of a primary model was worth its costs: 1 if the triple barrier pays its side more than these, else 0.

    M. López de Prado, Advances in Financial Machine Learning (2018), section 3.6.
    """

    name = "meta-label"

    class Options(BarrierOptions):
        """The barriers, and the costs."""

        cost_bps: float = Field(default=0.0, ge=0, description="costs of entering and leaving together, in basis points")

    def label(self, bars: Bars, side: Floats | None = None) -> Labels:
        if side is None:
            raise DataError(f"label {self.name!r} judges the decisions of a primary model; give its side, 1, -1 or 0 by bar")
        return gather(bars, [(own, self._outcome(own)) for own in own_bars(bars, side)], self.name)

    def _outcome(self, own: OwnBars) -> Outcome:
        found = barrier_outcome(own, self.options)
        value = (found.ret > self.options.cost_bps * 1e-4).astype(np.float64)
        return Outcome(found.decided, found.ended, value, found.ret, found.is_ambiguous)


class TrendScan(Labeler):
    """The sign of the trend after the fill, over the horizon in which it is clearest: that of the largest t statistic of a line.

    M. López de Prado, Machine Learning for Asset Managers (2020), section 5.4. Which horizon is the clearest is known only after
    the longest, so that is when the label ends, and what `ret` is about.
    """

    name = "trend-scan"

    class Options(tradekit.Options):
        """The horizons, and what of the trend is learnt."""

        shortest: int = Field(default=5, ge=3, description="bars of the shortest horizon")
        longest: int = Field(default=20, ge=3, description="bars of the longest horizon")
        value: Literal["sign", "t"] = Field(default="sign", description="-1, 0, 1; or the t statistic, within 1,000 either way")

        @model_validator(mode="after")
        def _is_ordered(self) -> TrendScan.Options:
            if self.shortest > self.longest:
                raise ValueError(f"shortest is {self.shortest} and longest is {self.longest}; shortest can't be more")
            return self

    @property
    def is_class(self) -> bool:
        return bool(self.options.value == "sign")

    def label(self, bars: Bars, side: Floats | None = None) -> Labels:
        return gather(bars, [(own, self._outcome(own)) for own in own_bars(bars, side)], self.name)

    def _outcome(self, own: OwnBars) -> Outcome:
        longest = int(self.options.longest)
        decided = np.flatnonzero(own.side[: max(len(own.row) - longest, 0)] != 0.0)
        fill, close, way = np.log(own.open[decided + 1]), np.log(own.close), own.side[decided]
        best, sy, sxy, syy = (np.zeros(len(decided)) for _ in range(4))
        for k in range(1, longest + 1):
            y = way * (close[decided + k] - fill)
            sy, sxy, syy = sy + y, sxy + k * y, syy + y * y
            if k >= self.options.shortest:
                t = _t_statistic(k, sy, sxy, syy)
                best = np.where(np.abs(t) > np.abs(best), t, best)
        ret = way * (close[decided + longest] - fill)
        value = best if self.options.value == "t" else np.sign(best)
        return Outcome(decided, decided + longest, value, ret, np.zeros(len(ret), dtype=np.bool_))


def _t_statistic(k: int, sy: Floats, sxy: Floats, syy: Floats) -> Floats:
    """Return the t statistic of the slope of a line through (0, 0) and k more points; 0 for a flat one, 1,000 for an exact one."""
    n, sx, sxx = k + 1, k * (k + 1) / 2, k * (k + 1) * (2 * k + 1) / 6
    spread, shared = sxx - sx * sx / n, sxy - sx * sy / n
    whole = syy - sy * sy / n
    rest = np.maximum(whole - shared * shared / spread, 0.0)
    # What is left of an exact line is rounding.
    rest = np.where(rest <= 1e-12 * whole, 0.0, rest)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = shared / np.sqrt(rest / (n - 2) * spread)
    t = np.where(rest == 0.0, np.copysign(1000.0, shared), t)
    return np.where(shared == 0.0, 0.0, np.clip(t, -1000.0, 1000.0))


def barrier_outcome(own: OwnBars, options: BarrierOptions) -> Outcome:
    """Return which barrier each decision meets first: 1, -1 or 0, and what its side makes of that."""
    change = np.diff(np.log(own.close), prepend=np.nan)
    width = steps.Stdev(options.volatility).run(change) * np.sqrt(options.horizon)
    # Those that the data don't hold to the end of the horizon are left out: among them, only the quick ones would be known.
    holds = np.arange(len(own.row)) + options.horizon < len(own.row)
    decided = np.flatnonzero((width > 0.0) & (own.side != 0.0) & holds)
    way = own.side[decided]
    fill = way * np.log(own.open[decided + 1])
    target = fill + options.profit * width[decided] if options.profit else np.full(len(fill), np.inf)
    stop = fill - options.stop * width[decided] if options.stop else np.full(len(fill), -np.inf)
    ended, value, price = decided + options.horizon, np.zeros(len(decided)), way * np.log(own.close[decided + options.horizon])
    is_ambiguous, alive = np.zeros(len(decided), dtype=np.bool_), np.arange(len(decided))
    for k in range(1, options.horizon + 1):
        touched = _touch(own, decided[alive] + k, way[alive], (target[alive], stop[alive]), is_fill=k == 1)
        ends = touched.value != 0.0
        at = alive[ends]
        ended[at], value[at], price[at] = touched.ended[ends], touched.value[ends], touched.ret[ends]
        is_ambiguous[at] = touched.is_ambiguous[ends]
        alive = alive[~ends]
    return Outcome(decided, ended, value, price - fill, is_ambiguous)


def _touch(own: OwnBars, bar: Rows, way: Floats, barriers: tuple[Floats, Floats], is_fill: bool) -> Outcome:
    """Return which barrier each bar touches, and in `ret` the log price, in the way of the side, at which it does."""
    target, stop = barriers
    is_long = way > 0.0
    opened, high, low = (way * np.log(price[bar]) for price in (own.open, own.high, own.low))
    best, worst = np.where(is_long, high, low), np.where(is_long, low, high)
    gap_stop, gap_target = (opened <= stop) & (not is_fill), (opened >= target) & (not is_fill)
    hit_stop, hit_target = worst <= stop, best >= target
    is_ambiguous = hit_stop & hit_target & ~gap_stop & ~gap_target
    is_stop = gap_stop | (hit_stop & ~gap_target)
    is_target = ~is_stop & (gap_target | hit_target)
    price = np.where(is_stop, np.where(gap_stop, opened, stop), np.where(gap_target, opened, target))
    return Outcome(bar, bar, is_target.astype(np.float64) - is_stop, price, is_ambiguous)


LABELERS: Mapping[str, type[Labeler]] = {kind.name: kind for kind in (FixedHorizon, TripleBarrier, TrendScan, MetaLabel)}
"""The labels that there are, by name."""


def make_labeler(name: str, options: Mapping[str, Any]) -> Labeler:
    """Return the labeler of a name with its options; raise `ConfigError` for a name or an option that is none."""
    if name not in LABELERS:
        raise ConfigError(f"no label {name!r}; allowed: {', '.join(LABELERS)}")
    kind = LABELERS[name]
    try:
        return kind(kind.Options.model_validate(options))
    except ValidationError as error:
        first = error.errors()[0]
        key, reason = ".".join(map(str, first["loc"])) or "options", first["msg"].removeprefix("Value error, ")
        what = f"label {name!r} can't have {key} {first['input']!r}: {reason[:1].lower()}{reason[1:]}"
        raise ConfigError(f"{what}; its options are {', '.join(kind.Options.model_fields)}") from error
