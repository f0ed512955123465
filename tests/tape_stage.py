"""Markets of single trades, quotes and books that a test writes down, and runs of a script on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stage import Entry, setup_of, unlimited
from tradekit.model.bars import Bars
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import OrderStatus, Reason
from tradekit.model.tape import Tape
from tradekit.model.ticks import BookUpdates, Quotes, Trades
from tradekit.simulator.context import Context
from tradekit.simulator.setup import Setup
from tradekit.simulator.simulation import Simulation
from tradekit.simulator.tape_loop import TapeLoop, TickCalls

SECOND = 1_000_000_000
NOW = {"latency_ns": 1}
"""As fast as an order can be on ticks."""


def trades_of(*rows: tuple[float, ...]) -> Trades:
    """Return trades: seconds, price, size, and who took if anybody says."""
    sides = np.array([int(row[3]) if len(row) > 3 else 0 for row in rows], dtype=np.int8)
    return Trades(_times(rows), _column(rows, 1), _column(rows, 2), side=sides)


def quotes_of(*rows: tuple[float, float, float, float, float]) -> Quotes:
    """Return quotes: seconds, bid, its size, ask, its size."""
    return Quotes(_times(rows), *(_column(rows, k) for k in range(1, 5)))


def book_of(*updates: tuple[Any, ...]) -> BookUpdates:
    """Return updates of a book, each of seconds, bids and asks as pairs of price and size; the first is a snapshot."""
    rows = [
        (seconds, number, side, price, size, number == 0)
        for number, (seconds, bids, asks) in enumerate(updates)
        for side, levels in ((1, bids), (-1, asks))
        for price, size in levels
    ]
    number, side = (np.array([row[k] for row in rows]) for k in (1, 2))
    return BookUpdates(
        _times(rows), number.astype(np.int64), side.astype(np.int8), _column(rows, 3), _column(rows, 4), _column(rows, 5) != 0
    )


def _times(rows: Sequence[Sequence[Any]]) -> Any:
    return np.array([round(row[0] * SECOND) for row in rows], dtype=np.int64)


def _column(rows: Sequence[Sequence[Any]], k: int) -> Any:
    return np.array([row[k] for row in rows], dtype=np.float64)


def clock_of(symbols: Sequence[str], count: int, seconds: int = 1) -> Bars:
    """Return bars whose prices say nothing: they are the clock."""
    opened = np.arange(count, dtype=np.int64) * seconds * SECOND
    flat = np.full((count, len(symbols)), 100.0)
    return Bars(tuple(symbols), opened, opened + seconds * SECOND, *[flat] * 5)


def tape_setup(bars: Bars, instruments: Sequence[Instrument] = (), ticks: Any = None, **changes: Any) -> Setup:
    """Return a setup on a tape; `ticks` are `trades`, `quotes` and `book`, each for all instruments."""
    fills = changes.pop("fills", None) or unlimited(**NOW)
    setup = setup_of(bars, instruments, fills=fills, **{"capital": 1e6, "is_margin": True} | changes)
    return replace(setup, tape=Tape.of(bars.close_time, **ticks))


@dataclass(frozen=True)
class TapeRun:
    """What came of a run on a tape."""

    simulation: Simulation
    setup: Setup
    calls: list[tuple[Any, ...]]

    @property
    def fills(self) -> list[tuple[float, float, float]]:
        """Seconds, signed size and price of each fill."""
        log = self.simulation.log.columns()
        rows = np.flatnonzero(log["kind"] == EventKind.FILL)
        return [(float(log["time"][k] / SECOND), float(log["a"][k]), float(log["b"][k])) for k in rows]

    @property
    def liquidity(self) -> list[str]:
        log = self.simulation.log.columns()
        return ["maker" if log["code"][k] >= 3 else "taker" for k in np.flatnonzero(log["kind"] == EventKind.FILL)]

    @property
    def ends(self) -> list[tuple[OrderStatus, Reason]]:
        orders = self.simulation.book.columns()
        return [(OrderStatus(s), Reason(r)) for s, r in zip(orders["status"].tolist(), orders["reason"].tolist(), strict=True)]


Script = dict[float, Callable[[Context], object]]


def play_tape(bars: Bars, script: Script, instruments: Sequence[Instrument] = (), **changes: Any) -> TapeRun:
    """Run what a script asks for: at each of its times, in seconds, as soon as the strategy is called at that time or later."""
    setup = tape_setup(bars, instruments, **changes)
    simulation = Simulation(setup)
    context = Context(simulation, setup)
    waiting = dict(sorted(script.items()))
    seen: list[tuple[Any, ...]] = []

    def act(name: str) -> Callable[..., None]:
        def called(ctx: Any, *given: Any) -> None:
            seen.append((name, ctx.time_ns / SECOND))
            for due in [time for time in waiting if time * SECOND <= ctx.time_ns]:
                waiting.pop(due)(ctx)

        return called

    calls = TickCalls(**{name: act(name) for name in ("on_bar", "on_trade", "on_quote", "on_book")})
    TapeLoop(context, setup, calls).run(0, len(bars))
    return TapeRun(simulation, setup, seen)


__all__ = [
    "NOW",
    "SECOND",
    "Entry",
    "Script",
    "TapeRun",
    "book_of",
    "clock_of",
    "play_tape",
    "quotes_of",
    "tape_setup",
    "trades_of",
]
