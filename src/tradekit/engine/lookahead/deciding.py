"""What each form of a strategy decides in a run, and what it read until then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from tradekit.engine.calls import run_on_bar, run_on_ticks
from tradekit.engine.compose import ComposedRun
from tradekit.engine.decisions import Decision, Values, decisions_in
from tradekit.engine.indicators import UNPROVEN
from tradekit.engine.market import MarketData
from tradekit.engine.plan import targets_of
from tradekit.engine.prepare import Prepared, prepare
from tradekit.engine.ticks import calls_of
from tradekit.errors import StrategyError
from tradekit.journal.record import Record
from tradekit.journal.tables import journal_table
from tradekit.model.bars import Floats
from tradekit.model.order import Reason
from tradekit.plugin.contracts import Strategy
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.simulation import Simulation
from tradekit.simulator.tape_loop import TapeLoop

__all__ = ["Decided", "Form", "calls_in", "decide", "decide_until", "forms_of"]

Form = Literal["on_bar", "targets", "ticks"]
"""How a strategy decides: bar by bar, on all bars at once, or by all that it is called for in a run on ticks."""
_CALLS = ("on_bar", "on_trade", "on_quote", "on_book", "on_timer")


@dataclass(frozen=True)
class Decided:
    """What one form of a strategy did in a run, the record of all that came of it, and the indicators that it read.

    `values` are float64 [value, instrument, time], and `names` says which is which. A run that failed has its `error`, the time of
    that (UTC nanoseconds), and what was decided until then.
    """

    decisions: tuple[Decision, ...]
    record: Record
    names: Mapping[str, int]
    values: Floats
    read: Values
    """Tells what its indicators were at a time, of a symbol."""
    error: StrategyError | None = None
    failed_at: int = 0
    called: Mapping[int, str] = field(default_factory=dict)
    """In a run on ticks, by the times at which something was decided, the method that was called last then."""

    def until(self, time: int) -> list[Decision]:
        """Return what was decided up to a time, that one included (UTC nanoseconds)."""
        return [decision for decision in self.decisions if decision.time <= time]


def forms_of(strategy: Strategy, *, on_ticks: bool = False) -> tuple[Form, ...]:
    """Return the forms that a strategy has."""
    if on_ticks:
        return ("ticks",)
    has: dict[Form, bool] = {"on_bar": _has(strategy, "on_bar"), "targets": _has(strategy, "targets")}
    return tuple(form for form, is_there in has.items() if is_there)


def calls_in(strategy: Strategy, form: Form) -> tuple[str, ...]:
    """Return the names of the methods by which a form decides."""
    return tuple(name for name in _CALLS if _has(strategy, name)) if form == "ticks" else (form,)


def decide(composed: ComposedRun, market: MarketData, form: Form) -> Decided:
    """Run one form of the strategy over all bars, from an unused state, and return what it did. Raises what the run raises."""
    found = decide_until(composed, market, form)
    if found.error is not None:
        raise found.error
    return found


def decide_until(composed: ComposedRun, market: MarketData, form: Form, moment: int | None = None) -> Decided:
    """Do the same up to a moment at least (UTC nanoseconds); what its calls raise ends the run, and what was decided stands.

    A run on ticks goes on to the close of the bar that the moment lies in.
    """
    prepared = prepare(composed.renewed(), market, UNPROVEN)
    simulation = Simulation(prepared.setup)
    context = Context(simulation, prepared.setup)
    rows = len(market.bars)
    if moment is not None:
        rows = min(int(np.searchsorted(market.bars.close_time, moment, "right")) + (form == "ticks"), rows)
    failure, failed_at = None, 0
    called: dict[int, str] = {}
    try:
        if form == "ticks":
            _run_on_ticks(prepared, context, rows, called)
        elif form == "on_bar":
            run_on_bar(context, prepared.strategy, (0, rows))
        else:
            run_targets(simulation, targets_of(prepared), 0, rows)
    except StrategyError as error:
        if form == "targets":
            raise
        failure, failed_at = error, context.time_ns
    record = Record.of(simulation, prepared.setup)
    read = _reading(prepared, market)
    decisions = tuple(map(_without_outcome, decisions_in(journal_table(record), read)))
    return Decided(decisions, record, prepared.setup.names, prepared.setup.values, read, failure, failed_at, called)


def _without_outcome(decision: Decision) -> Decision:
    """Leave out that there was no money for an order: that shows at the next open, whose time is that of this close."""
    if decision.terms.get("refused") != Reason.INSUFFICIENT_FUNDS.text:
        return decision
    return replace(decision, terms={name: value for name, value in decision.terms.items() if name != "refused"})


def _run_on_ticks(prepared: Prepared, context: Context, rows: int, called: dict[int, str]) -> None:
    loop = TapeLoop(context, prepared.setup, calls_of(prepared.strategy))

    def hear(_entry: int) -> None:
        called[context.time_ns] = loop.doing

    run_on_ticks(context, loop, prepared.strategy, (0, rows), hear)


def _reading(prepared: Prepared, market: MarketData) -> Values:
    """Return what tells the indicators of a symbol on the last bar that has closed by a time."""
    names, values, bars = prepared.setup.names, prepared.setup.values, market.bars

    def read(time: int, symbol: str) -> dict[str, float]:
        row = int(np.searchsorted(bars.close_time, time, "right")) - 1
        if not symbol or row < 0:
            return {}
        i = bars.index_of(symbol)
        return {name: float(values[place, i, row]) for name, place in names.items()}

    return read


def _has(strategy: Strategy, name: str) -> bool:
    return getattr(type(strategy), name) is not getattr(Strategy, name)
