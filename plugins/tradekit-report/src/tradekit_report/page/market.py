"""What the price chart draws: bars and indicators at as many resolutions as fit, orders and fills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tradekit import Bars, Result, column_values
from tradekit_report.page.codec import Column, decimals_of, pack, whole
from tradekit_report.page.levels import Candles, Envelope, candles, envelope, step_for

__all__ = ["Charted", "Market", "charted_market"]

_CHUNK = 2_048
"""Rows of a stretch that is shown bar by bar."""
_BYTES = 5.0
"""What a bar takes as text, about: where the search for the right step begins."""
_BASE = 0.5
"""The part of an instrument's room that the whole history may take; the rest is for stretches bar by bar."""
_MOST_INDICATORS = 8
_DIGITS = 6

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """The market of a run, and the values of its strategy's indicators, by name: float64 [time, instrument]."""

    bars: Bars
    values: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Charted:
    """The price chart of one instrument as text, and what a reader should know of it."""

    symbol: str
    text: str
    step: int
    """Bars in one of the whole history; 1 if nothing is coarser than a bar."""
    fine: float
    """Share of the bars that are there one by one."""
    indicators: tuple[str, ...]
    left_out: tuple[str, ...]
    """Indicators that are not shown."""


def charted_market(result: Result, market: Market, symbols: Sequence[str], room: int) -> Iterator[Charted]:
    """Yield the charts of instruments; `room` is how many characters each may take."""
    names = tuple(name for name in market.values if name not in ("open", "high", "low", "close", "volume"))
    for symbol in symbols:
        i = market.bars.index_of(symbol)
        yield _charted(result, market, i, names, room)


def _charted(result: Result, market: Market, i: int, names: tuple[str, ...], room: int) -> Charted:
    bars = market.bars
    prices = tuple(np.asarray(getattr(bars, name)[:, i]) for name in ("open", "high", "low", "close"))
    lines = {name: np.asarray(market.values[name][:, i]) for name in names[:_MOST_INDICATORS]}
    marks = {**_fills(result, bars, bars.symbols[i]), **_orders(result, bars, bars.symbols[i])}
    decimals = _quote_decimals(prices[3])
    width = _BYTES * (1.0 + 0.6 * len(lines))
    step = step_for(len(bars), max(int(room * _BASE / width), 64))
    while len(base := pack(_level(prices, lines, decimals, step))) > room * _BASE and step < len(bars):
        step *= 2
    starts, fine = _stretches_that_fit(prices, lines, decimals, marks["fill.row"].values, room - len(base) if step > 1 else 0)
    facts = {
        "symbol": bars.symbols[i],
        "rows": len(bars),
        "step": step,
        "chunk": _CHUNK,
        "starts": starts,
        "decimals": decimals,
        "lines": [{"name": name, "pane": _pane(prices, values)} for name, values in lines.items()],
    }
    text = pack({**_level(prices, lines, decimals, step), **fine, **marks}, facts)
    shown = 1.0 if step == 1 else min(len(starts) * _CHUNK / max(len(bars), 1), 1.0)
    return Charted(bars.symbols[i], text, step, shown, tuple(lines), names[_MOST_INDICATORS:])


def _quote_decimals(close: Floats) -> int:
    """Return how many decimals prices have, as many as they need to be told apart at most."""
    known = close[np.isfinite(close)]
    if not len(known):
        return 2
    needed = _DIGITS - int(np.floor(np.log10(max(float(np.median(np.abs(known))), 1e-12)))) - 1
    return max(min(decimals_of(close), needed + 2), 0)


def _level(prices: Sequence[Floats], lines: Mapping[str, Floats], decimals: int, step: int) -> dict[str, Column]:
    """Return the whole history, `step` rows to a bucket."""
    found = _candle_columns(candles(prices[0], prices[1], prices[2], prices[3], step), decimals, "")
    for k, values in enumerate(lines.values()):
        found |= _line_columns(envelope(values, step), f"line{k}")
    return found


def _fine(prices: Sequence[Floats], lines: Mapping[str, Floats], decimals: int, starts: Sequence[int]) -> dict[str, Column]:
    """Return the stretches that are shown bar by bar, one after the other."""
    if not starts:
        return {}
    rows = np.concatenate([np.arange(start, min(start + _CHUNK, len(prices[0]))) for start in starts])
    found = _candle_columns(Candles(1, *(price[rows] for price in prices)), decimals, "fine.")
    for k, values in enumerate(lines.values()):
        found |= _line_columns(envelope(values[rows], 1), f"fine.line{k}")
    return found


def _stretches_that_fit(
    prices: Sequence[Floats], lines: Mapping[str, Floats], decimals: int, fills: NDArray[np.int64], room: int
) -> tuple[list[int], dict[str, Column]]:
    """Return where the stretches begin that are shown bar by bar, and their columns: as many as there is `room` for."""
    rows, size = len(prices[0]), _BYTES * (1.0 + 0.6 * len(lines))
    starts: list[int] = []
    columns: dict[str, Column] = {}
    for _ in range(3 if room > 0 else 0):
        tried = _stretches(fills, rows, int(room / size / _CHUNK))
        found = _fine(prices, lines, decimals, tried)
        length = len(pack(found)) if tried else 0
        if length <= room and len(tried) >= len(starts):
            starts, columns = tried, found
        size = max(1.02 * length / (len(tried) * _CHUNK), 0.1) if tried else size / 2.0
    return starts, columns


def _stretches(fills: NDArray[np.int64], rows: int, most: int) -> list[int]:
    """Return where the stretches begin that are shown bar by bar: the newest in which something was traded, then the newest."""
    first = np.arange(0, rows, _CHUNK)
    has_fills = np.zeros(len(first), dtype=np.bool_)
    has_fills[fills // _CHUNK] = True
    order = np.lexsort((-first, ~has_fills))
    return sorted(int(start) for start in first[order[: max(most, 0)]])


def _candle_columns(made: Candles, decimals: int, prefix: str) -> dict[str, Column]:
    """Return bars as small numbers: what they open away from the last close, and how far their wicks reach out of their bodies."""
    close = whole(made.close, decimals)
    is_there = np.isfinite(made.close)

    def ticks(values: Floats) -> NDArray[np.int64]:
        return np.where(is_there, np.rint(np.where(is_there, values, 0.0) * close.scale), 0).astype(np.int64)

    opened, high, low, closed = ticks(made.open), ticks(made.high), ticks(made.low), ticks(made.close)
    before = np.concatenate((close.values[:1], close.values[:-1]))
    return {
        f"{prefix}close": close,
        f"{prefix}open": Column(np.where(is_there, opened - before, 0), close.scale, 0),
        f"{prefix}up": Column(high - np.maximum(opened, closed), close.scale, 0),
        f"{prefix}down": Column(np.minimum(opened, closed) - low, close.scale, 0),
    }


def _line_columns(line: Envelope, name: str) -> dict[str, Column]:
    """Return a line as its last values, and in buckets also how far its extremes are from these."""
    known = np.abs(line.last[np.isfinite(line.last)])
    size = float(np.median(known)) if len(known) else 1.0
    decimals = max(_DIGITS - int(np.floor(np.log10(max(size, 1e-6)))) - 1, 0)
    last = _smooth(whole(line.last, decimals))
    if line.step == 1:
        return {name: last}

    def beyond(values: Floats) -> Column:
        ticks = np.rint(np.where(np.isfinite(values), values, 0.0) * last.scale)
        return Column(np.where(np.isfinite(values), np.abs(ticks - last.values), 0).astype(np.int64), last.scale, 0)

    return {name: last, f"{name}.up": beyond(line.high), f"{name}.down": beyond(line.low)}


def _smooth(column: Column) -> Column:
    """Return a column whose differences are taken twice where that makes them smaller, as it does of averages."""
    once = np.diff(column.values)
    return replace(column, order=2) if np.abs(np.diff(once)).sum() < np.abs(once).sum() else column


def _pane(prices: Sequence[Floats], values: Floats) -> str:
    """Say whether an indicator is drawn over the price, or has a pane of its own: whether most of it lies near the bars."""
    both = np.isfinite(values) & np.isfinite(prices[3])
    if not both.any():
        return "own"
    reach = 4.0 * (np.nanmax(prices[1]) - np.nanmin(prices[2])) / max(len(values), 1) ** 0.5
    slack = max(float(reach), 0.1 * float(np.nanmedian(np.abs(prices[3]))))
    near = np.abs(values[both] - prices[3][both]) <= np.maximum(slack, 0.5 * np.abs(prices[3][both]))
    return "price" if np.mean(near) > 0.8 else "own"


def _fills(result: Result, bars: Bars, symbol: str) -> dict[str, Column]:
    """Return the fills of an instrument: on which bar, how much, and at which price."""
    is_own = column_values(result.fills, "symbol") == symbol
    time = column_values(result.fills, "time")[is_own]
    is_close = column_values(result.fills, "at")[is_own] == "close"
    row = np.where(
        is_close, np.searchsorted(bars.close_time, time, "left"), np.searchsorted(bars.open_time, time, "right") - 1
    ).astype(np.int64)
    price, quantity = column_values(result.fills, "price")[is_own], column_values(result.fills, "quantity")[is_own]
    return {
        "fill.row": Column(np.clip(row, 0, max(len(bars) - 1, 0))),
        "fill.price": whole(price),
        "fill.quantity": whole(quantity, order=0),
    }


def _orders(result: Result, bars: Bars, symbol: str) -> dict[str, Column]:
    """Return the orders of an instrument that waited at a price: from which bar to which, and where; a stop's price is its stop."""
    is_own = column_values(result.orders, "symbol") == symbol
    limit, stop = column_values(result.orders, "limit")[is_own], column_values(result.orders, "stop")[is_own]
    waits = np.isfinite(limit) | np.isfinite(stop)
    first = np.searchsorted(bars.close_time, column_values(result.orders, "time")[is_own], "left")
    ended = _ends(result, len(is_own))[is_own]
    last = np.where(ended < 0, len(bars) - 1, np.searchsorted(bars.close_time, ended, "left"))
    price = np.where(np.isfinite(stop), stop, limit)[waits]
    return {
        "order.row": Column(first[waits].astype(np.int64)),
        "order.span": Column(np.clip(last - first, 0, None)[waits].astype(np.int64), order=0),
        "order.price": whole(price),
        "order.stop": Column(np.isfinite(stop)[waits].astype(np.int64), order=0),
    }


def _ends(result: Result, orders: int) -> NDArray[np.int64]:
    """Return when each order was last heard of as filled, cancelled or refused; -1 if never."""
    found = np.full(orders, -1, dtype=np.int64)
    kind = column_values(result.journal, "event")
    order = column_values(result.journal, "order")
    ends = np.isin(kind, ("fill", "cancel", "reject")) & (order >= 0)
    np.maximum.at(found, order[ends], column_values(result.journal, "time")[ends])
    return found
