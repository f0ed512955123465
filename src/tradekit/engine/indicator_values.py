"""Indicators outside of a run: find one by its name, and compute its values as a run does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np

from tradekit.data.calendars import sessions_of
from tradekit.data.interval import parse_interval
from tradekit.engine.indicators import UNPROVEN, check_indicators, compute
from tradekit.errors import ConfigError
from tradekit.model.bars import Bars
from tradekit.model.timeline import Sessions
from tradekit.plugin.contracts import Indicator
from tradekit.plugin.discovery import discover
from tradekit.plugin.values import Values

__all__ = ["find_indicator", "indicator_values"]


def find_indicator(name: str) -> type[Indicator]:
    """Return the class of an installed indicator; raise `PluginError`, with the nearest name, if there is none, or two.

    >>> find_indicator("macd").outputs
    ('line', 'signal', 'histogram')
    """
    return cast("type[Indicator]", discover().find("indicator", name).cls)


def indicator_values(indicators: Mapping[str, Indicator], bars: Bars, interval: str = "", calendar: str | None = None) -> Values:
    """Return the values that a run on these bars has, as `Strategy.targets` gets them: float64 [time, instrument] by name.

    `interval` says how long a bar is, such as `"1h"`; only indicators on coarser bars, made by `every`, need it. Coarser bars keep
    to the sessions of `calendar`, such as `"XNYS"`, or to UTC without one. Values are taken as they are: unlike a run, this does
    not compute some of them again on shortened bars to see whether they look ahead.

    Raises `ConfigError` for an interval that is none, and `StrategyError` for an indicator that raises, or that reads what bars
    don't have.
    """
    size = _size(indicators, interval)
    check_indicators("indicator_values", indicators, size)
    sessions = Sessions.of_days(bars)
    if calendar is not None and len(bars):
        found = sessions_of(calendar, int(bars.open_time[0]), int(bars.close_time[-1]))
        sessions = Sessions(bars.open_time, bars.close_time, (found,), np.zeros(len(bars.symbols), dtype=np.int32))
    computed = compute(indicators, bars, size, sessions, UNPROVEN)
    warmup = max((int(one.warmup) for one in indicators.values()), default=1)
    return Values(bars, {name: computed.values[row].T for name, row in computed.names.items()}, warmup)


def _size(indicators: Mapping[str, Indicator], interval: str) -> int:
    coarse = [name for name, indicator in indicators.items() if indicator.bar_interval is not None]
    if not interval:
        if coarse:
            what = f"indicator {coarse[0]!r} reads coarser bars, so interval can't be empty"
            raise ConfigError(f"{what}; say how long a bar is, as '1h'")
        return 1
    try:
        return parse_interval(interval)
    except ValueError as error:
        raise ConfigError(str(error)) from None
