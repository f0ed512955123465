"""S07: limits that the market has broken, and no order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import tradekit
from tradekit import Field
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.surveillance.activity import Activity
from tradekit_compliance.surveillance.finding import Alert, Case, Detector, NotKnownError
from tradekit_compliance.surveillance.market import Market

__all__ = ["PassiveBreach"]

_WEIGHTS = ("position-limit", "max-weight")
_LEVERAGES = ("credit-leverage", "max-leverage")


@dataclass(frozen=True, slots=True)
class _Path:
    """An account at the closes of bars: what it holds by symbol, what that is worth, and its equity."""

    times: np.ndarray[tuple[int], np.dtype[np.int64]]
    units: Mapping[str, np.ndarray[tuple[int], np.dtype[np.float64]]]
    values: Mapping[str, np.ndarray[tuple[int], np.dtype[np.float64]]]
    equity: np.ndarray[tuple[int], np.dtype[np.float64]]


class PassiveBreach(Detector):
    """Find times in which a position, or all together, were beyond a limit because prices moved.

    What an order has broken is not its business: a check before the trade has to refuse that. The remedy differs: here nothing was
    done wrong, and a position has to be made smaller within the time that a mandate allows.
    """

    facts: ClassVar[Facts] = Facts(
        "S07",
        "passive breach",
        "Investment Company Act 5(c), a diversified company stays one if only prices have changed; internal mandates",
        {
            "max_weight": "that of the run's own rules",
            "max_leverage": "that of the run's own rules",
            "over_percent": "a mandate's limit has no room beside it, unless it says so",
        },
    )

    class Options(tradekit.Options):
        """The limits, where the run has no rule that states them."""

        max_weight: float | None = Field(
            None, gt=0, description="largest value of a position, as a fraction of equity; without it, that of the run's rules"
        )
        max_leverage: float | None = Field(
            None, gt=0, description="largest sum of absolute values, as a multiple of equity; without it, that of the run's rules"
        )

        over_percent: float = Field(0.0, ge=0, description="how far beyond a limit is passed over, in percent of the limit")

    def find(self, case: Case) -> Iterator[Alert]:
        """Yield one alert for each stretch of time beyond a limit."""
        market = case.bars()
        limits = [self._limits(activity) for activity in case.activities]
        if not any(weight or leverage for weight, leverage in limits):
            raise NotKnownError("no limit: the run has no rule that states one, and none is given")
        for activity, (weight, leverage) in zip(case.activities, limits, strict=True):
            path = _path(activity, market)
            with np.errstate(divide="ignore", invalid="ignore"):
                weights = {symbol: np.abs(value) / path.equity for symbol, value in path.values.items()}
                gross = sum((np.abs(value) for value in path.values.values()), np.zeros(len(path.times))) / path.equity
            for symbol, found in weights.items() if weight else ():
                grew = np.diff(np.abs(path.units[symbol]), prepend=0.0) > 0
                yield from self._stretches(activity, symbol, path.times, (found, weight), grew)
            if leverage:
                grew = np.diff(sum((np.abs(units) for units in path.units.values()), np.zeros(len(path.times))), prepend=0.0) > 0
                yield from self._stretches(activity, "", path.times, (gross, leverage), grew)

    def _limits(self, activity: Activity) -> tuple[float, float]:
        """Return the limits on a weight and on leverage, 0 where there is none."""
        rules = activity.settings.get("risk", ())
        stated = [
            min((float(rule["limit"]) for rule in rules if rule.get("rule") in names and "limit" in rule), default=0.0)
            for names in (_WEIGHTS, _LEVERAGES)
        ]
        return self.options.max_weight or stated[0], self.options.max_leverage or stated[1]

    def _stretches(
        self,
        activity: Activity,
        symbol: str,
        times: np.ndarray[tuple[int], np.dtype[np.int64]],
        judged: tuple[np.ndarray[tuple[int], np.dtype[np.float64]], float],
        grew: np.ndarray[tuple[int], np.dtype[np.bool_]],
    ) -> Iterator[Alert]:
        values, limit = judged
        # Rounding is no breach.
        bound = limit * (1 + self.options.over_percent / 100.0) * (1 + 1e-9)
        beyond = np.concatenate(([False], values > bound, [False]))
        starts, ends = np.flatnonzero(~beyond[:-1] & beyond[1:]), np.flatnonzero(beyond[:-1] & ~beyond[1:])
        for first, last in zip(starts, ends, strict=True):
            if grew[first]:
                continue
            most = float(values[first:last].max())
            until = f"until {_text(times[last])}" if last < len(times) else "until the end"
            what = f"{'position' if symbol else 'leverage'} of up to {most:.4g} times equity, beyond {limit:g}, by prices alone, "
            what += f"from {_text(times[first])} {until}"
            evidence = [fill.number for fill in activity.fills if fill.time <= times[first] and symbol in ("", fill.symbol)][-1:]
            numbers = {"most": most, "limit": limit, "bars": float(last - first)}
            yield self.alert((activity.name, symbol, int(times[first])), what, evidence, numbers)


def _path(activity: Activity, market: Market) -> _Path:
    """Return an account over time, from its capital, fills, fees and payments. Raises `NotKnownError` for what that can't tell."""
    facts = activity.settings.get("instrument", ())
    symbols = sorted({fill.symbol for fill in activity.fills})
    special = [
        one["symbol"] for one in facts if one.get("kind") in ("perpetual", "future") or (one.get("multiplier") or 1.0) != 1.0
    ]
    capital = activity.settings.get("account", {}).get("capital")
    lacking = [symbol for symbol in symbols if symbol not in market.series]
    if special or capital is None or lacking:
        what = (
            f"how {special[0]!r} is settled" if special else f"no bars of {lacking[0]!r}" if lacking else "with what money it began"
        )
        raise NotKnownError(f"{activity.name}: {what}")
    times = (
        np.unique(np.concatenate([market.series[symbol].close_time for symbol in symbols])) if symbols else np.zeros(0, np.int64)
    )
    times = times if activity.until is None else times[times <= activity.until]
    money = [
        (one.time, one.money - (one.quantity * (one.price or 0.0) if one.kind == "fill" else 0.0)) for one in activity.messages
    ]
    cash = float(capital) + _running([pair for pair in money if pair[1]], times)
    units, values, equity = {}, {}, cash
    for symbol in symbols:
        series = market.series[symbol]
        rows = np.searchsorted(series.close_time, times, "right") - 1
        prices = np.where(rows >= 0, series.close[np.maximum(rows, 0)], 0.0)
        units[symbol] = _running([(fill.time, fill.quantity) for fill in activity.fills if fill.symbol == symbol], times)
        values[symbol] = units[symbol] * prices
        equity = equity + values[symbol]
    return _Path(times, units, values, equity)


def _running(
    steps: Sequence[tuple[int, float]], times: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the sum of all steps up to each time."""
    ordered = sorted(steps)
    since = np.array([time for time, _ in ordered], dtype=np.int64)
    sums = np.concatenate(([0.0], np.cumsum([step for _, step in ordered])))
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = sums[np.searchsorted(since, times, "right")]
    return found


def _text(time: np.int64) -> str:
    return f"{np.datetime64(int(time), 'ns').astype('M8[s]')}Z"
