"""Recorded data as a market: its trades in order, and the candles of what was before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tradekit_venue.engine.candles import Candle
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Side

__all__ = ["Print", "Recording", "prints_of"]


@dataclass(frozen=True, slots=True)
class Print:
    """One recorded trade; `side` is who took, `None` where nobody knows."""

    time: int
    price: Decimal
    quantity: Decimal
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """What a market is made of: candles that are history when the venue opens, and trades that are still to come."""

    market: Market
    start: int
    """When the venue opens, in milliseconds."""
    end: int
    interval: str
    """The interval of the candles."""
    history: tuple[Candle, ...]
    prints: Iterator[Print]
    level_size: Decimal
    """How much is on offer at a price of the replayed market."""
    funding: Mapping[int, Decimal] = field(default_factory=dict)
    """Funding rates of a perpetual, by the full hour at which they are due, in milliseconds."""


def prints_of(bar: Candle, lot: Decimal) -> list[Print]:
    """Return the four trades that stand for a bar, a quarter of its volume each.

    The open comes when the bar begins, low and high after a third and two thirds of it, and the close in its last millisecond. A
    bar that closes at its open or higher has its low first, and any other its high.
    """
    between = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
    length = bar.end - bar.open_time
    times = (bar.open_time, bar.open_time + length // 3, bar.open_time + length * 2 // 3, bar.end - 1)
    quarter = bar.volume / 4 // lot * lot
    sizes = (quarter, quarter, quarter, bar.volume - 3 * quarter)
    prices = (bar.open, *between, bar.close)
    return [Print(*one) for one in zip(times, prices, sizes, strict=True)]
