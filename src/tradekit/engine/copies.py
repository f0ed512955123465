"""A market whose instruments are there once for each strategy of an account, so that each holds what is its own."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from tradekit.engine.market import MarketData
from tradekit.model.bars import Bars
from tradekit.model.timeline import Finer, Schedule

__all__ = ["copied"]

_SHARED = ("symbols", "open_time", "close_time")


def copied(market: MarketData, count: int) -> MarketData:
    """Return a market with `count` copies of the instruments: all of the first strategy, then all of the second, and so on."""
    if count == 1:
        return market
    bars = _bars(market.bars, count)
    return replace(
        market,
        bars=bars,
        adjusted=bars if market.adjusted is market.bars else _bars(market.adjusted, count),
        schedule=_schedule(market.schedule, count, len(market.instruments)),
        sessions=replace(market.sessions, calendar_of=np.tile(market.sessions.calendar_of, count)),
        finer=None if market.finer is None else Finer(_bars(market.finer.bars, count), market.finer.first),
        instruments=market.instruments * count,
    )


def _bars(bars: Bars, count: int) -> Bars:
    prices = {one.name: np.tile(getattr(bars, one.name), (1, count)) for one in fields(bars) if one.name not in _SHARED}
    return replace(bars, symbols=bars.symbols * count, **prices)


def _schedule(schedule: Schedule, count: int, size: int) -> Schedule:
    again = {one.name: np.tile(getattr(schedule, one.name), count) for one in fields(schedule) if one.name != "instrument"}
    instrument = np.concatenate([schedule.instrument + k * size for k in range(count)])
    return Schedule.in_order(again["row"], instrument, again["kind"], again["value"], again["price"])
