"""The simulator on its own: a script of what to ask for on which bar, run on bars that a test makes up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from tradekit.journal.record import Record
from tradekit.model.bars import Bars
from tradekit.model.event import EventKind
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.model.risk import Limit, LimitKind
from tradekit.simulator.context import Context
from tradekit.simulator.costs import Costs
from tradekit.simulator.loops import run_events, run_targets
from tradekit.simulator.setup import Finer, Rule, Schedule, Sessions, Setup
from tradekit.simulator.simulation import Simulation

MINUTE = 60_000_000_000

FEES = {"fee_rate": [0, 1], "maker_rate": [0], "taker_rate": [1], "fee_per_unit": [2]}
COSTS = {*FEES, "minimum", "fee_asset", "slippage_rate", "half_spread", "row_slippage_rate", "row_half_spread", "tiers", "impacts"}

Bar = float | tuple[float, ...] | None
"""A price that does not move, or open, high, low, close and perhaps volume, or a hole."""
Script = Callable[[Context], None] | Mapping[int, Callable[[Context], object]]
"""What to do on every bar, or on some, by row."""


def bars_of(series: Mapping[str, Sequence[Bar]], length: int = MINUTE) -> Bars:
    """Return bars of one minute, with a volume of 1000 where none is given."""
    rows = [[_numbers(bar) for bar in bars] for bars in series.values()]
    columns = np.array(rows, dtype=np.float64).transpose(2, 1, 0)
    opened = np.arange(columns.shape[1], dtype=np.int64) * length
    return Bars(tuple(series), opened, opened + length, *(np.ascontiguousarray(column) for column in columns))


def _numbers(bar: Bar) -> tuple[float, ...]:
    if bar is None:
        return (np.nan,) * 5
    prices = bar if isinstance(bar, tuple) else (bar,) * 4
    return prices if len(prices) == 5 else (*prices, 1000.0)


def prints(*trades: tuple[float, float]) -> list[Bar]:
    """Return bars that are one trade each: a price and a size."""
    return [(price, price, price, price, size) for price, size in trades]


def finer_of(series: Mapping[str, Sequence[Sequence[Bar]]]) -> Finer:
    """Return finer bars: for each row of the clock as many as are given, equally many for all instruments."""
    counts = [len(row) for row in next(iter(series.values()))]
    bars = bars_of({symbol: [bar for row in rows for bar in row] for symbol, rows in series.items()})
    first = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    lengths = np.repeat([MINUTE // count for count in counts], counts)
    opened = np.concatenate([row * MINUTE + np.arange(count) * (MINUTE // count) for row, count in enumerate(counts)])
    return Finer(replace(bars, open_time=opened, close_time=opened + lengths), first)


def sessions_of(*lengths: int) -> Any:
    """Return sessions of so many rows each, the same for all instruments."""
    number = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)[np.newaxis]
    is_last = np.append(np.diff(number[0]) > 0, True).astype(np.int8)[np.newaxis]
    return SimpleNamespace(number=number, is_last=is_last, calendar_of=np.zeros(9, dtype=np.int32))


def unlimited(**changes: Any) -> FillRules:
    """Return the rules of filling by default, but with any volume for everybody."""
    return FillRules(**{"participation": None, **changes})


def costs_of(size: int, **given: Any) -> Costs:
    """Return costs, all 0 but those that are given, each as one number for all instruments or as an array.

    These are fields of `Costs`, or `fee_rate` (of makers and takers), `maker_rate`, `taker_rate`, `fee_per_unit`.
    """
    free = Costs.none(size)
    fees = free.fees.copy()
    for name, rows in FEES.items():
        fees[rows] += given.pop(name, 0.0)
    sums = ("minimum", "fee_asset", "slippage_rate", "half_spread")
    arrays = {name: value + getattr(free, name) if name in sums else value for name, value in given.items()}
    costs = replace(free, fees=fees, **arrays)
    return replace(costs, floored=np.where(costs.minimum > 0, fees, 0.0))


def setup_of(bars: Bars, instruments: Sequence[Instrument] = (), **changes: Any) -> Setup:
    """Return a setup without rules, costs and steps, with 1000 in a cash account; `changes` may be those of `costs_of`, too."""
    size = len(bars.symbols)
    facts = {instrument.symbol: instrument for instrument in instruments}
    plain = {"currency": "USD", "capital": 1000.0, "is_margin": False, "leverage": 1.0, "rules": (), "names": {}, "warmup": 0}
    plain |= {"fills": unlimited(), "values": np.zeros((0, size, len(bars)))}
    plain |= {"adjusted": bars, "schedule": Schedule.of(), "sessions": Sessions.of_days(bars)}
    costs = costs_of(size, **{name: changes.pop(name) for name in COSTS & changes.keys()})
    plain |= {"volatility": np.zeros((size, 0)), "costs": costs} | changes
    return Setup(bars=bars, instruments=[facts.get(symbol, Instrument(symbol)) for symbol in bars.symbols], **plain)


def limit(kind: LimitKind, value: float, action: Any = "clip", **more: Any) -> Rule:
    """Return a rule of one limit, named after its kind."""
    return Rule(kind.name.lower().replace("_", "-"), (Limit(kind, value, action, **more),))


def check(judge: Callable[..., object], name: str = "mine") -> Rule:
    """Return a rule in Python."""
    return Rule(name, (), type("Checker", (), {"check": staticmethod(judge)})())


class Entry(NamedTuple):
    """One entry of the log; `tradekit.simulator.log.Log` tells what its columns mean."""

    kind: int
    code: int
    rule: int
    instrument: int
    row: int
    order: int
    cause: int
    time: int
    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    g: float


class OrderRow(NamedTuple):
    """One order of the book."""

    instrument: int
    kind: OrderKind
    status: OrderStatus
    reason: Reason
    asked: float
    quantity: float
    limit: float
    stop: float
    filled: float
    row: int
    time: int


@dataclass(frozen=True)
class Played:
    """A simulation that was run."""

    setup: Setup
    simulation: Simulation
    context: Context

    @property
    def log(self) -> list[Entry]:
        columns = self.simulation.log.columns()
        return [Entry(*row) for row in zip(*(column.tolist() for column in columns.values()), strict=True)]

    def entries(self, kind: EventKind) -> list[Entry]:
        return [entry for entry in self.log if entry.kind == kind]

    @property
    def fills(self) -> list[tuple[int, str, float, float]]:
        """Row, symbol, quantity and price of each fill."""
        symbols = self.setup.bars.symbols
        return [(fill.row, symbols[fill.instrument], fill.a, fill.b) for fill in self.entries(EventKind.FILL)]

    @property
    def orders(self) -> list[OrderRow]:
        columns = self.simulation.book.columns()
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [OrderRow(i, OrderKind(kind), OrderStatus(status), Reason(reason), *rest) for i, kind, status, reason, *rest in rows]

    @property
    def liquidated(self) -> set[int]:
        """The orders that closed a position for lack of margin."""
        log = self.log
        causes = {number for number, entry in enumerate(log) if entry.kind == EventKind.LIQUIDATION}
        return {entry.order for entry in log if entry.kind == EventKind.ORDER and entry.cause in causes}

    @property
    def reasons(self) -> list[tuple[EventKind, Reason, float]]:
        """What was rejected and cancelled, why, and how much of it."""
        ended = (EventKind.REJECT, EventKind.CANCEL)
        return [(EventKind(entry.kind), Reason(entry.code), entry.a) for entry in self.log if entry.kind in ended]

    @property
    def ends(self) -> list[tuple[OrderStatus, Reason]]:
        """What became of each order, and why."""
        return [(order.status, order.reason) for order in self.orders]

    @property
    def places(self) -> list[tuple[str, str]]:
        """Where in its bar each fill was made, and on which side of the market."""
        codes = [fill.code for fill in self.entries(EventKind.FILL)]
        return [(("open", "inside", "close")[code % 3], ("taker", "maker")[code // 3]) for code in codes]

    def story(self, order: int) -> list[tuple[EventKind, int]]:
        """Each entry of the log on one order, with the row that it happened on."""
        return [(EventKind(entry.kind), entry.row) for entry in self.log if entry.order == order]

    @property
    def verdicts(self) -> list[tuple[str, int, float, float, float, float]]:
        """Rule, kind, quantity asked and allowed, what was judged, and the limit."""
        found = self.entries(EventKind.VERDICT)
        return [(self.setup.rules[entry.rule].name, entry.code, entry.a, entry.b, entry.c, entry.d) for entry in found]

    @property
    def equity(self) -> list[float]:
        found: list[float] = self.simulation.equity_curve().tolist()
        return found

    @property
    def cash(self) -> float:
        return self.context.cash

    @property
    def record(self) -> Record:
        """What the engine keeps of a run."""
        return Record.of(self.simulation, self.setup)

    def position(self, symbol: str = "X") -> float:
        return self.context[symbol].position


def play(
    series: Mapping[str, Sequence[Bar]] | Bars, script: Script, instruments: Sequence[Instrument] = (), **changes: Any
) -> Played:
    """Run a script on every row, and return what came of it; `changes` are those of `setup_of`."""
    setup = setup_of(series if isinstance(series, Bars) else bars_of(series), instruments, **changes)
    simulation = Simulation(setup)
    context = Context(simulation, setup)

    def on_bar(ctx: Context) -> None:
        if callable(script):
            script(ctx)
        elif ctx.index in script:
            script[ctx.index](ctx)

    run_events(context, on_bar, 0, len(setup.bars))
    return Played(setup, simulation, context)


def play_targets(
    series: Mapping[str, Sequence[Bar]] | Bars, weights: Any, instruments: Sequence[Instrument] = (), **changes: Any
) -> Played:
    """Run target weights, [time, instrument], through the compiled driver."""
    setup = setup_of(series if isinstance(series, Bars) else bars_of(series), instruments, **changes)
    simulation = Simulation(setup)
    context = Context(simulation, setup)
    run_targets(simulation, np.array(weights, dtype=np.float64, order="C"), 0, len(setup.bars))
    return Played(setup, simulation, context)
