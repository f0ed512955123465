"""Another future of bars: what could have come after a row, and did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np

from tradekit.engine.market import MarketData
from tradekit.model.bars import PRICE_COLUMNS, Bars, Floats
from tradekit.model.memory import MEMORY

__all__ = ["other_future", "with_other_bars", "with_other_future"]


def with_other_future(market: MarketData, row: int, seed: int = 0) -> MarketData:
    """Return the market with all bars after `row` replaced by others that could have been: see `other_future`.

    Where an instrument has no bar is drawn anew, too, unless its prices are adjusted. Scheduled actions and finer bars stay.
    """
    return with_other_bars(market, other_future(market.bars, row, seed, has_other_holes=market.adjusted is market.bars), row)


def with_other_bars(market: MarketData, bars: Bars, row: int) -> MarketData:
    """Return the market with other bars after `row`, adjusted as its own are."""
    if market.adjusted is market.bars:
        return replace(market, bars=bars, adjusted=bars, memory=MEMORY)
    columns = []
    for name in PRICE_COLUMNS:
        own, adjusted = getattr(market.bars, name), getattr(market.adjusted, name)
        ratio = np.divide(adjusted, own, out=np.ones_like(own), where=own > 0)
        columns.append(np.concatenate((adjusted[: row + 1], (getattr(bars, name) * ratio)[row + 1 :])))
    times = market.bars.open_time, market.bars.close_time
    return replace(market, bars=bars, adjusted=Bars(bars.symbols, *times, *columns), memory=MEMORY)


def other_future(bars: Bars, row: int, seed: int = 0, *, has_other_holes: bool = True) -> Bars:
    """Return bars whose rows after `row` are others: a random walk on from the last closes, which moves about as much as before.

    After row -1 all are. Times stay as they are, and with `has_other_holes` False so does where an instrument has no bar.
    """
    generator = np.random.default_rng((seed, abs(row)))
    return Bars(bars.symbols, bars.open_time, bars.close_time, *_other(bars, row, generator, has_other_holes))


def _other(bars: Bars, row: int, generator: np.random.Generator, has_other_holes: bool) -> Iterator[Floats]:
    """Yield open, high, low, close and volume, [time, instrument], with other values after `row`."""
    first, rest, size = row + 1, len(bars) - row - 1, len(bars.symbols)
    last, spread, volume = np.empty(size), np.empty(size), np.empty(size)
    for i in range(size):
        own = bars.own(i, bars.close)
        is_past = np.count_nonzero(bars.exists[:first, i])
        # An instrument that begins later has no past to go on from: its own first price serves.
        last[i] = own[is_past - 1] if is_past else own[0]
        moves = np.diff(np.log(own[: max(is_past, 3)]))
        spread[i] = max(float(np.std(moves)) if len(moves) else 0.0, 0.002)
        volume[i] = np.median(bars.own(i, bars.volume))
    close = last * np.exp(np.cumsum(generator.normal(0.0, spread, (rest, size)), axis=0))
    opened = np.concatenate((last[np.newaxis], close[:-1])) * np.exp(generator.normal(0.0, spread / 4, (rest, size)))
    reach = np.abs(generator.normal(0.0, spread / 2, (2, rest, size)))
    high, low = np.maximum(opened, close) * (1 + reach[0]), np.minimum(opened, close) / (1 + reach[1])
    is_hole = ~bars.exists[first:]
    if has_other_holes and size > 1 and is_hole.any():
        is_hole = generator.permuted(is_hole, axis=0)
        is_hole[is_hole.all(axis=1)] = False
    made = (opened, high, low, close, np.round(volume * np.exp(generator.normal(0.0, 0.3, (rest, size)))))
    for name, values in zip([field.name for field in fields(Bars)[3:]], made, strict=True):
        values[is_hole] = np.nan
        yield np.concatenate((getattr(bars, name)[:first], values))
