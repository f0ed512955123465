"""From a data source to a recording that a venue replays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit import BarRequest, ConfigError, DataError, DataSource, Instrument, Series, Trades
from tradekit_venue.engine.candles import INTERVALS, Candle, Candles
from tradekit_venue.engine.market import EXACT_DECIMALS, Market
from tradekit_venue.engine.order import Side
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.recording import Print, Recording, prints_of

__all__ = ["Rules", "load"]

NS_PER_MS = 1_000_000
MS_PER_HOUR = 3_600_000
NS_PER_HOUR = MS_PER_HOUR * NS_PER_MS
HISTORY = 500
"""So many bars are history when the venue opens, if nobody says when it does; of a short recording, half of it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked for: the market's steps, `None` to read them off the data, and when the venue opens, in milliseconds."""

    tick: Decimal | None = None
    lot: Decimal | None = None
    min_notional: Decimal | None = None
    start: int | None = None
    interval: str | None = None
    contract: Decimal | None = None
    """How many units one contract is of a perpetual, `None` for what the source says."""


def load(source: DataSource, symbol: str, kind: str, rules: Rules) -> Recording:
    """Return the recording of a symbol, such as BTC/USDT, out of `bars` or `trades`.

    A perpetual is named with what it is settled in, which is its quote currency: BTC/USDT:USDT. Raises `ConfigError` for a symbol
    that names no pair or for steps that can't be, and `DataError` for data that no market could have made.
    """
    pair, _, settled = symbol.partition(":")
    if pair.count("/") != 1 or not all(pair.split("/")):
        raise ConfigError(f"{symbol!r} names no pair of currencies; write base and quote, such as BTC/USDT")
    if ":" in symbol and settled != pair.split("/")[1]:
        raise ConfigError(f"{symbol!r} is settled in {settled!r}, and only linear perpetuals are modelled, such as BTC/USDT:USDT")
    facts = next((one for one in source.instruments() if one.symbol == symbol), Instrument(symbol))
    if kind == "trades":
        found = source.trades(BarRequest((symbol,), 0))
        if symbol not in found or not len(found[symbol]):
            raise DataError(f"the source {source.name!r} has no trades of {symbol!r}; say where they are: --set trades.path=FILE")
        return replace(of_trades(found[symbol], symbol, facts, rules), funding=funding_of(source, symbol))
    length = INTERVALS[rules.interval] * NS_PER_MS if rules.interval else shortest_step(source, symbol)
    series = source.bars(BarRequest((symbol,), length))[symbol]
    demand_sound(series, symbol)
    return replace(of_bars(series, symbol, facts, rules), funding=funding_of(source, symbol))


def funding_of(source: DataSource, symbol: str) -> dict[int, Decimal]:
    """Return the funding rates that a source has of a perpetual, by the full hour: recorded times are some milliseconds late."""
    if ":" not in symbol or symbol not in (found := source.funding((symbol,))):
        return {}
    hours = [round(int(time) / NS_PER_HOUR) * MS_PER_HOUR for time in found[symbol].time]
    return dict(zip(hours, map(exact, found[symbol].rate), strict=True))


def shortest_step(source: DataSource, symbol: str) -> int:
    """Return how far apart most bars begin, in nanoseconds."""
    series = source.bars(BarRequest((symbol,), INTERVALS["1m"] * NS_PER_MS))[symbol]
    steps = np.diff(series.open_time)
    if not len(steps):
        raise DataError(f"{series.origin}: {len(series)} bar tells no interval; say it: --interval 1h")
    values, counts = np.unique(steps, return_counts=True)
    return int(values[np.argmax(counts)])


def demand_sound(series: Series, symbol: str) -> None:
    """Raise `DataError` for the first bar that no market could have made."""
    high, low = series.high, series.low
    prices = np.stack([series.open, high, low, series.close])
    with np.errstate(invalid="ignore"):
        checks = [
            (np.isfinite(prices).all(axis=0) & (prices > 0).all(axis=0), "prices that are not all above 0"),
            ((high >= prices.max(axis=0)) & (low <= prices.min(axis=0)), "a high or low that the open or close is outside of"),
            (np.isfinite(series.volume) & (series.volume >= 0), "a volume that is not 0 or more"),
            (np.diff(series.open_time, prepend=series.open_time[:1] - 1) > 0, "a time that does not follow on the one before"),
        ]
    for is_right, what in checks:
        if not is_right.all():
            row = int(np.argmin(is_right))
            raise DataError(f"{series.origin}: bar {row + 1} of {symbol!r} has {what}; mend the data first: tradekit data check")
    if not len(series):
        raise DataError(f"{series.origin}: there is no bar of {symbol!r}")


def of_bars(series: Series, symbol: str, facts: Instrument, rules: Rules) -> Recording:
    """Return a recording of bars."""
    length = int(series.close_time[0] - series.open_time[0]) // NS_PER_MS
    interval = next((name for name, ms in INTERVALS.items() if ms == length), None)
    if interval is None:
        raise DataError(f"{series.origin}: bars of {length} ms are of no interval that a venue offers: {', '.join(INTERVALS)}")
    prices = np.concatenate([series.open, series.high, series.low, series.close])
    market, unit = market_of(symbol, facts, rules, prices, series.volume), unit_of(symbol, facts)
    opens = series.open_time // NS_PER_MS
    start = int(opens[min(HISTORY, len(opens) // 2)]) if rules.start is None else rules.start
    first = int(np.searchsorted(opens, start))
    history = tuple(candle_of(series, row, market, length, unit) for row in range(first))
    coming = (candle_of(series, row, market, length, unit) for row in range(first, len(series)))
    prints = (one for bar in coming for one in prints_of(bar, market.lot))
    size = Decimal(str(float(np.median(series.volume)))) * unit / 100
    return Recording(market, start, int(opens[-1]) + length, interval, history, prints, size)


def candle_of(series: Series, row: int, market: Market, length: int, unit: Decimal) -> Candle:
    """Return a bar as a candle, exact to the tick, its volume in units of the base currency."""
    columns = (series.open, series.high, series.low, series.close)
    first, high, low, last = (exact(column[row]).quantize(market.tick) for column in columns)
    volume = exact(series.volume[row]) * unit
    begin = int(series.open_time[row]) // NS_PER_MS
    return Candle(begin, begin + length, first, high, low, last, volume, volume * (first + high + low + last) / 4, 4)


def of_trades(trades: Trades, symbol: str, facts: Instrument, rules: Rules) -> Recording:
    """Return a recording of single trades."""
    market, unit = market_of(symbol, facts, rules, trades.price, trades.size), unit_of(symbol, facts)
    times = trades.time // NS_PER_MS
    start = int(times[0]) if rules.start is None else rules.start
    first = int(np.searchsorted(times, start))
    before = Candles()
    for one in prints_from(trades, 0, first, market, unit):
        before.add(one.time, one.price, one.quantity, one.side is not Side.SELL)
    size = Decimal(str(float(np.median(trades.size)))) * unit * 10
    prints = prints_from(trades, first, len(trades), market, unit)
    return Recording(market, start, int(times[-1]), before.finest, tuple(before.of(before.finest)), prints, size)


def prints_from(trades: Trades, first: int, stop: int, market: Market, unit: Decimal) -> Iterator[Print]:
    """Give recorded trades one by one."""
    sides = {1: Side.BUY, -1: Side.SELL}
    for row in range(first, stop):
        price = exact(trades.price[row]).quantize(market.tick)
        yield Print(int(trades.time[row]) // NS_PER_MS, price, exact(trades.size[row]) * unit, sides.get(int(trades.side[row])))


def market_of(symbol: str, facts: Instrument, rules: Rules, prices: Floats, sizes: Floats) -> Market:
    """Return the market, with the steps that were asked for, that the source knows, or that the data shows."""
    tick = rules.tick or known(facts.tick) or step_of(prices, EXACT_DECIMALS)
    left = EXACT_DECIMALS - max(0, -int(tick.normalize().as_tuple().exponent))
    unit = unit_of(symbol, facts)
    lot = rules.lot or (known(facts.lot) or step_of(sizes, left)) * unit
    base, _, quote = symbol.partition(":")[0].partition("/")
    more: dict[str, Any] = {}
    notional = rules.min_notional if rules.min_notional is not None else known(facts.min_notional)
    if notional is not None:
        more["min_notional"] = notional
    if ":" in symbol:
        more["contract"] = rules.contract or unit
    try:
        kind = Perpetual if ":" in symbol else Market
        return kind(base, quote, tick, lot, max_quantity=lot * 10**9, max_price=tick * 10**9, **more)
    except ValueError as error:
        raise ConfigError(f"{error}; say {'--tick, --lot or --contract' if ':' in symbol else '--tick or --lot'}") from None


def unit_of(symbol: str, facts: Instrument) -> Decimal:
    """Return how many units of the base currency are meant by a size of 1: those of one contract, of a perpetual."""
    return Decimal(format(exact(facts.multiplier).normalize(), "f")) if ":" in symbol else Decimal(1)


def known(fact: float | None) -> Decimal | None:
    """Return a fact about an instrument, exact."""
    return None if fact is None else exact(fact)


def step_of(values: Floats, most: int) -> Decimal:
    """Return the step that all values are multiples of, with at most so many decimals."""
    for places in range(most):
        if np.array_equal(np.round(values, places), values):
            return Decimal(1).scaleb(-places)
    return Decimal(1).scaleb(-most)


def exact(value: Any) -> Decimal:
    """Return a number as it was written."""
    return Decimal(str(float(value)))
