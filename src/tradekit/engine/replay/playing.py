"""Deciding again: by the backtest, or by all that a session was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tradekit.engine.calls import run_on_bar
from tradekit.engine.compose import ComposedRun
from tradekit.engine.live.decider import Decider
from tradekit.engine.live.following import Send
from tradekit.engine.live.growing import GrowingRun
from tradekit.engine.live.inputs import Command, Filled, Input, Price, Revised, Row
from tradekit.engine.live.legs import Minter
from tradekit.engine.live.opening import Opening, bare, with_money
from tradekit.engine.live.recording import Recording, closed_rows
from tradekit.engine.live.start import take_over
from tradekit.engine.live.switch import Level, Switch, note_halts, obey, stop_for
from tradekit.engine.plan import choose
from tradekit.engine.prepare import prepare
from tradekit.engine.replay.bars import are_same
from tradekit.engine.schedule import scheduled
from tradekit.engine.together import anew
from tradekit.errors import ConfigError
from tradekit.journal.record import Record
from tradekit.model.bars import Bars
from tradekit.model.instrument import Instrument
from tradekit.model.outside import Intent
from tradekit.model.reference import FundingRates
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.outside import Outside
from tradekit.simulator.setup import Setup
from tradekit.simulator.simulation import Simulation

__all__ = ["Market", "Play", "backtest", "commands_in", "retold"]


@dataclass(frozen=True)
class Market:
    """The bars of a replay, and how many rows of them warm it up."""

    bars: Bars
    history: int
    instruments: tuple[Instrument, ...]
    bar_length: int
    rates: Mapping[str, FundingRates]
    """The funding rates that a backtest pays, by symbol."""


@dataclass(frozen=True, slots=True)
class Other:
    """An order that was sent on one side only, or otherwise, by the run's number for it."""

    order: int
    symbol: str
    was: str
    now: str


@dataclass(frozen=True)
class Play:
    """What came of deciding again: a simulation that has gone through its bars, or through a part of what was told."""

    setup: Setup
    simulation: Simulation
    until: int
    """What was decided until then can be compared: UTC nanoseconds."""
    is_told: bool = False
    """Whether it is by what a session was told, so that money came and went as it did then."""
    other: Other | None = None
    """Why not further: the first order that was sent otherwise."""

    @property
    def record(self) -> Record:
        """Return what was written down."""
        return Record.of(self.simulation, self.setup)


def backtest(composed: ComposedRun, market: Market, opening: Opening, commands: Sequence[Command] = ()) -> Play:
    """Run the backtest on bars of which the first warm it up; `commands` of an operator are carried out at their times.

    It begins with the positions and the money that the session began with.
    """
    schedule, _ = scheduled(market.bars, market.rates, {}, {})
    data = replace(bare(market.bars, market.instruments, market.bar_length), schedule=schedule)
    prepared = with_money(prepare(composed, data), opening)
    # A session asks on_bar() where there is one, and begins after its history: targets() would have decided on that, too.
    plan = choose(prepared, "event", (), lambda: anew(composed.strategy))
    setup, rows = prepared.setup, len(market.bars)
    simulation = Simulation(setup)
    context, outside = Context(simulation, setup), Outside(simulation, setup)
    run_targets(simulation, np.full((market.history, len(market.instruments)), np.nan), 0, market.history)
    places = {one.symbol: i for i, one in enumerate(market.instruments)}
    for symbol, (units, price) in opening.positions.items():
        outside.adopt(places[symbol], units, price)
    switch = Switch()
    stop_for(opening.holds, switch, outside)
    nothing = np.full((rows, len(market.instruments)), np.nan)
    weights = None if plan.targets is None else np.where(np.arange(rows)[:, None] < market.history, np.nan, plan.targets)
    for start, stop, given in _pieces(market, rows, commands):
        seen = len(simulation.log)
        if given is not None:
            outside.at(given.time)
            obey(given, switch, outside)
            continue
        if switch.level >= Level.HALT:
            run_targets(simulation, nothing, start, stop)
        elif weights is not None:
            run_targets(simulation, weights, start, stop)
        else:
            run_on_bar(context, prepared.strategy, (start, stop))
        note_halts(simulation, setup, seen, switch)
    return Play(setup, simulation, int(market.bars.close_time[-1]))


def _pieces(market: Market, rows: int, commands: Sequence[Command]) -> Iterator[tuple[int, int, Command | None]]:
    """Yield rows from where to where, and between them what an operator asked for."""
    start = market.history
    for command in commands:
        stop = max(int(np.searchsorted(market.bars.close_time, command.time, "right")), start)
        if stop > start:
            yield start, stop, None
        yield stop, stop, command
        start = stop
    if start < rows:
        yield start, rows, None


def retold(composed: ComposedRun, market: Market, recording: Recording) -> Play:
    """Tell a session all again that it was told, on these bars; stop where it sends another order than it did.

    From there on, what the venue told is about orders that are none.
    """
    opening = recording.opening
    history = bare(market.bars.rows(0, market.history), market.instruments, market.bar_length)
    prepared = with_money(prepare(composed, history), opening)
    size = composed.config.data.size
    if not isinstance(size, int):
        raise ConfigError(f"bars of {composed.config.data.interval!r} can't be gone through again; allowed: a length such as '1h'")
    run = GrowingRun(prepared, size, len(market.bars) - market.history)
    decider = Decider(run, composed.strategy, Minter(opening.prefix), recording.abilities)
    take_over(decider, opening)
    until, other = _tell(decider, _inputs(market, recording), recording)
    return Play(decider.run.setup, decider.simulation, until, True, other)


def _tell(decider: Decider, inputs: Sequence[Input], recording: Recording) -> tuple[int, Other | None]:
    """Tell all inputs, and return until when what was sent is as it was, and what is sent otherwise then."""
    before = {one.intent.client_id: one for one in recording.sent}
    for given in inputs:
        client_id = given.fill.client_id if isinstance(given, Filled) else getattr(given, "client_id", "")
        if client_id and client_id not in decider.legs.by_id:
            was = before[client_id]
            return decider.time, Other(was.number, was.intent.symbol, intent_text(was.intent), "")
        for action in decider.apply(given):
            sent = before.get(action.intent.client_id) if isinstance(action, Send) else None
            if isinstance(action, Send) and (sent is None or sent.intent != action.intent):
                number = decider.legs.by_id[action.intent.client_id].order
                text = "" if sent is None else intent_text(sent.intent)
                return decider.time, Other(number, action.intent.symbol, text, intent_text(action.intent))
    return recording.end, None


def intent_text(intent: Intent) -> str:
    """Return what is sent, in words."""
    prices = "".join(f", {name} {value}" for name, value in (("limit", intent.limit), ("stop", intent.stop)) if value is not None)
    return f"{intent.kind.text} {intent.quantity:+f}{prices}"


def _inputs(market: Market, recording: Recording) -> Sequence[Input]:
    """Return what the session was told, with the bars of `market` in the place of its own."""
    bars = market.bars.rows(market.history, len(market.bars))
    if are_same(bars, recording.bars.rows(recording.history, len(recording.bars))):
        return recording.inputs
    told = {row.closed.open_time: row.time for row in recording.rows}
    rows = [Row(told.get(closed.open_time, closed.close_time), closed) for closed in closed_rows(bars)]
    others = [given for given in recording.inputs if not isinstance(given, Row | Revised | Price)]
    return sorted([*rows, *others], key=lambda given: given.time)


def commands_in(inputs: Sequence[Input]) -> tuple[Command, ...]:
    """Return what an operator asked for, and the pauses in which sessions ended before the last."""
    return tuple(given for given in inputs if isinstance(given, Command))
