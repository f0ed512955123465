"""The strategies that come with the kernel: plain, well known, in both forms, and long or (when asked) short."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

import tradekit
from tradekit import Bars, Context, Field, Indicator, Strategy, Values, View, donchian, roc, rsi, sma

__all__ = ["Breakout", "BuyAndHold", "MomentumRotation", "RsiReversion", "SmaCross"]

Weights = NDArray[np.float64]


def _unchanged(bars: Bars) -> Weights:
    return np.full(bars.close.shape, np.nan)


class BuyAndHold(Strategy):
    """Buy an equal part of every instrument once it has a bar, and never trade again."""

    name = "buy-and-hold"

    class Options(tradekit.Options):
        weight: float = Field(1.0, gt=0, description="part of equity that is put into all instruments together")
        short: bool = Field(False, description="sell short instead of buying (needs a margin account)")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._held: set[str] = set()

    def sells_short(self) -> bool:
        return bool(self.options.short)

    def _weight(self, instruments: int) -> float:
        return float(self.options.weight) / instruments * (-1.0 if self.options.short else 1.0)

    def on_bar(self, ctx: Context) -> None:
        for view in ctx.instruments:
            if view.symbol not in self._held:
                self._held.add(view.symbol)
                view.target(weight=self._weight(len(ctx)))

    def targets(self, bars: Bars, ind: Values) -> Weights:
        weights = _unchanged(bars)
        for i in np.flatnonzero(ind.ready.any(axis=0)):
            weights[np.argmax(ind.ready[:, i]), i] = self._weight(len(bars.symbols))
        return weights


class SmaCross(Strategy):
    """Hold each instrument from when its fast average crosses above its slow one until it crosses below.

    A rise that is under way when the averages have their first values is left alone: there was no crossing to see.
    """

    name = "sma-cross"

    class Options(tradekit.Options):
        fast: int = Field(20, ge=1, description="bars in the fast average")
        slow: int = Field(100, ge=2, description="bars in the slow average")
        weight: float = Field(1.0, gt=0, description="part of equity that all instruments together may take")
        short: bool = Field(False, description="sell short when the fast average crosses below (needs a margin account)")

        @model_validator(mode="after")
        def _fast_is_faster(self) -> Self:
            if self.fast >= self.slow:
                raise ValueError(f"fast must be less than slow, and {self.fast} is not less than {self.slow}")
            return self

    def sells_short(self) -> bool:
        return bool(self.options.short)

    def indicators(self) -> dict[str, Indicator]:
        return {"fast": sma(self.options.fast), "slow": sma(self.options.slow)}

    def on_bar(self, ctx: Context) -> None:
        for view in ctx.instruments:
            if view.crossed_above("fast", "slow"):
                view.target(weight=self.options.weight / len(ctx))
            elif view.crossed_below("fast", "slow"):
                view.target(weight=-self.options.weight / len(ctx) if self.options.short else 0.0)

    def targets(self, bars: Bars, ind: Values) -> Weights:
        weight = self.options.weight / len(bars.symbols)
        weights = _unchanged(bars)
        weights[ind.crossed_above("fast", "slow")] = weight
        weights[ind.crossed_below("fast", "slow")] = -weight if self.options.short else 0.0
        return weights


class RsiReversion(Strategy):
    """Buy what has fallen too fast by its relative strength index, and sell when it has recovered.

    Another fall below `low` while the position is held brings it back to its weight.
    """

    name = "rsi-reversion"

    class Options(tradekit.Options):
        length: int = Field(14, ge=2, description="bars in the relative strength index")
        low: float = Field(30.0, ge=0, le=100, description="buy when the index falls below this")
        high: float = Field(70.0, ge=0, le=100, description="sell short when the index rises above this, if short is set")
        leave: float = Field(50.0, ge=0, le=100, description="leave the position when the index crosses this")
        weight: float = Field(1.0, gt=0, description="part of equity that all instruments together may take")
        short: bool = Field(False, description="sell short above high (needs a margin account)")

        @model_validator(mode="after")
        def _levels_are_in_order(self) -> Self:
            if not self.low < self.leave < self.high:
                raise ValueError(f"low, leave and high must rise, and {self.low:g}, {self.leave:g}, {self.high:g} do not")
            return self

    def sells_short(self) -> bool:
        return bool(self.options.short)

    def indicators(self) -> dict[str, Indicator]:
        return {"rsi": rsi(self.options.length)}

    def on_bar(self, ctx: Context) -> None:
        options = self.options
        weight = options.weight / len(ctx)
        for view in ctx.instruments:
            # One bar may cross several levels: the outer one tells more.
            if view.crossed_below("rsi", options.low):
                view.target(weight=weight)
            elif options.short and view.crossed_above("rsi", options.high):
                view.target(weight=-weight)
            elif view.crossed_above("rsi", options.leave) or view.crossed_below("rsi", options.leave):
                view.target(weight=0.0)

    def targets(self, bars: Bars, ind: Values) -> Weights:
        options = self.options
        weight = options.weight / len(bars.symbols)
        weights = _unchanged(bars)
        weights[ind.crossed_above("rsi", options.leave) | ind.crossed_below("rsi", options.leave)] = 0.0
        if options.short:
            weights[ind.crossed_above("rsi", options.high)] = -weight
        weights[ind.crossed_below("rsi", options.low)] = weight
        return weights


class Breakout(Strategy):
    """Follow a close beyond the range of the last bars, until one beyond the shorter range on the other side (Donchian, turtle)."""

    name = "breakout"

    class Options(tradekit.Options):
        enter: int = Field(20, ge=2, description="bars in the range that a close must break to enter")
        leave: int = Field(10, ge=1, description="bars in the range that a close must break to leave")
        weight: float = Field(1.0, gt=0, description="part of equity that all instruments together may take")
        short: bool = Field(False, description="sell short below the range (needs a margin account)")

        @model_validator(mode="after")
        def _range_to_leave_is_not_longer(self) -> Self:
            if self.leave > self.enter:
                raise ValueError(f"leave must not be more than enter, and {self.leave} is more than {self.enter}")
            return self

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._side: dict[str, int] = {}

    def sells_short(self) -> bool:
        return bool(self.options.short)

    def indicators(self) -> dict[str, Indicator]:
        return {"enter": donchian(self.options.enter), "leave": donchian(self.options.leave)}

    @property
    def warmup(self) -> int:
        # A close is compared with the range before it.
        return int(max(self.options.enter, self.options.leave)) + 1

    def on_bar(self, ctx: Context) -> None:
        weight = self.options.weight / len(ctx)
        for view in ctx.instruments:
            before = self._side.get(view.symbol, 0)
            side = self._next_side(before, view)
            if side != before:
                self._side[view.symbol] = side
                view.target(weight=side * weight)

    def _next_side(self, side: int, view: View) -> int:
        if view.close > view.previous("enter.upper"):
            return 1
        if view.close < view.previous("enter.lower"):
            return -1 if self.options.short else 0
        is_over = view.close < view.previous("leave.lower") if side > 0 else view.close > view.previous("leave.upper")
        return 0 if is_over else side

    def targets(self, bars: Bars, ind: Values) -> Weights:
        weight = self.options.weight / len(bars.symbols)
        ready, close = ind.ready, ind["close"]
        rises = ready & (close > ind.previous("enter.upper"))
        falls = ready & (close < ind.previous("enter.lower"))
        ends_long = ready & (close < ind.previous("leave.lower"))
        ends_short = ready & (close > ind.previous("leave.upper"))
        weights = _unchanged(bars)
        for i in range(len(bars.symbols)):
            side = 0
            # Only these bars can change anything; on the others, the side stays.
            for row in np.flatnonzero(rises[:, i] | falls[:, i] | ends_long[:, i] | ends_short[:, i]).tolist():
                before = side
                if rises[row, i]:
                    side = 1
                elif falls[row, i]:
                    side = -1 if self.options.short else 0
                elif ends_long[row, i] if side > 0 else ends_short[row, i]:
                    side = 0
                if side != before:
                    weights[row, i] = side * weight
        return weights


class MomentumRotation(Strategy):
    """Each month, hold the instruments that have risen most, in equal parts.

    It decides on the first bar of a month. An instrument without a bar at that time keeps its position for another month.
    """

    name = "momentum-rotation"

    class Options(tradekit.Options):
        lookback: int = Field(126, ge=1, description="bars over which the rise is measured")
        hold: int = Field(2, ge=1, description="how many instruments are held on each side")
        only_rising: bool = Field(
            True, description="hold cash in place of an instrument that has fallen (or, short, that has risen)"
        )
        weight: float = Field(1.0, gt=0, description="part of equity that all positions together may take")
        short: bool = Field(False, description="also sell short those that have risen least (needs a margin account)")

    def sells_short(self) -> bool:
        return bool(self.options.short)

    def indicators(self) -> dict[str, Indicator]:
        return {"rise": roc(self.options.lookback)}

    def on_bar(self, ctx: Context) -> None:
        if ctx.starts("month"):
            weights = self._weights(np.array([view["rise"] for view in ctx.instruments]))
            for view, weight in zip(ctx.instruments, weights.tolist(), strict=True):
                view.target(weight=weight)

    def targets(self, bars: Bars, ind: Values) -> Weights:
        weights = _unchanged(bars)
        for row in np.flatnonzero(bars.starts("month") & ind.ready.any(axis=1)):
            ready = ind.ready[row]
            weights[row, ready] = self._weights(ind["rise"][row, ready])
        return weights

    def _weights(self, rise: Weights) -> Weights:
        """Return the weight of each instrument; of those that rose alike, the earlier one in the run file goes first."""
        options = self.options
        each = options.weight / options.hold / (2.0 if options.short else 1.0)
        weights = np.zeros(len(rise))
        best = np.argsort(-rise, kind="stable")[: options.hold]
        weights[best] = each
        if options.short:
            # Fewer instruments than places: the best ones are not sold.
            worst = np.argsort(rise, kind="stable")[: min(options.hold, len(rise) - len(best))]
            weights[worst] = -each
        if options.only_rising:
            weights[(weights > 0.0) & (rise <= 0.0)] = 0.0
            weights[(weights < 0.0) & (rise >= 0.0)] = 0.0
        return weights
