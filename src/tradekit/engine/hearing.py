"""Telling critical reporters of each event as it happens, each of them whatever the others do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tradekit.engine.about import about_run, conditions_of, market_values
from tradekit.engine.calls import blame
from tradekit.engine.decisions import without_dust
from tradekit.errors import PluginError, RunError, TradekitError, system_reason
from tradekit.journal.events import event_of, events
from tradekit.journal.record import Record
from tradekit.model.event import Event, EventKind
from tradekit.model.order import Reason
from tradekit.model.outside import OutsideNote
from tradekit.model.risk import LimitKind
from tradekit.plugin.begun import RunStart
from tradekit.plugin.contracts import Reporter
from tradekit.simulator.context import Context
from tradekit.simulator.setup import Rule, Setup
from tradekit.simulator.simulation import Simulation

if TYPE_CHECKING:
    from tradekit.engine.run import Ready

__all__ = ["Hearing", "begin", "blaming_reporter", "end"]


@contextmanager
def blaming_reporter(reporter: Reporter) -> Iterator[None]:
    """Turn an exception of a reporter into one that names it."""
    try:
        yield
    except TradekitError:
        raise
    except OSError as error:
        raise RunError(f"reporter {reporter.name!r} can't write its report: {system_reason(error)}") from error
    except Exception as error:
        raise PluginError(f"reporter {reporter.name!r} raised {blame(error, reporter)}") from error


def begin(ready: Ready, runs: Path) -> None:
    """Tell the reporters that keep a record of their own what is about to run."""
    told = [one for one in ready.composed.reporters if type(one).begin is not Reporter.begin]
    if not told:
        return
    about = about_run(ready.composed, ready.market, ready.plan)
    setup = ready.prepared.setup
    judges = tuple(rule.name for rule in setup.rules if _judges(rule))
    # Where several strategies share the account, each instrument is there once for each of them.
    bars = ready.market.bars if setup.shares else setup.bars
    start = RunStart(ready.composed.config.run.mode, about, bars, judges, runs, ready.prepared.values())
    for reporter in told:
        with blaming_reporter(reporter):
            reporter.begin(start)


def _judges(rule: Rule) -> bool:
    kinds = [limit.kind for limit in rule.limits]
    return not kinds or any(not kind.is_sizing and kind is not LimitKind.MAX_DRAWDOWN for kind in kinds)


def end(reporters: Sequence[Reporter], status: str, error: BaseException | None = None) -> None:
    """Tell all reporters how the run ended, and raise the first error of one of them."""
    reason = "" if error is None else f"{type(error).__name__}: {error}"
    _each(reporters, lambda reporter: reporter.end(status, reason))


def _each(reporters: Sequence[Reporter], tell: Callable[[Reporter], None]) -> None:
    """Tell each reporter something, whatever the others do with it; then raise the first error."""
    failures = []
    for reporter in reporters:
        try:
            with blaming_reporter(reporter):
                tell(reporter)
        except TradekitError as error:
            failures.append(error)
    if failures:
        raise failures[0]


class Hearing:
    """Tells critical reporters what a simulation has written down since they were last told, with what decisions rest on.

    A reporter that fails is told nothing more of that time; then its error is raised.
    """

    def __init__(self, reporters: Sequence[Reporter], setup: Setup) -> None:
        self.reporters = [reporter for reporter in reporters if reporter.critical]
        self._setup = setup
        self._market = market_values(setup)
        self._markets = {share.name: market_values(setup, place) for place, share in enumerate(setup.shares)}
        self._heard = 0
        self._cash = 0.0
        self._held: dict[tuple[str, str], float] = {}
        self._context: Context | None = None
        self._record: Record | None = None

    def pass_over(self, simulation: Simulation) -> None:
        """Take what is written down already as known: it was told before."""
        for event in self._new(simulation):
            self._keep(event)
        self._cash = self._at(simulation).cash

    def __call__(self, simulation: Simulation, _entry: int = 0) -> None:
        """Tell what is new."""
        if not self.reporters:
            return
        told = [self._known(event, simulation) for event in self._new(simulation)]
        self._cash = self._at(simulation).cash
        _each(self.reporters, lambda reporter: _record(reporter, told))

    def notes(self, found: Sequence[OutsideNote]) -> None:
        """Tell what passes between a live run and the outside."""
        _each(self.reporters, lambda reporter: _hear(reporter, found))

    def settle(self) -> None:
        """Let them make sure of what they were told."""
        _each(self.reporters, lambda reporter: reporter.settle())

    def _new(self, simulation: Simulation) -> Iterator[Event]:
        first, self._heard = self._heard, len(simulation.log)
        if self._record is None:
            self._record = Record.of(simulation, self._setup)
        log, told = simulation.log, None
        for number in range(first, self._heard):
            told = log.told(number)
            if told is None:  # it has been packed away, with others
                yield from events(replace(self._record, log=log.columns(number), words=log.words()), number)
                return
            yield event_of(self._record, number, told)

    def _keep(self, event: Event) -> None:
        if event.symbol is not None and event.kind in (EventKind.FILL, EventKind.ACTION) and "position" in event.numbers:
            self._held[event.strategy, event.symbol] = event.numbers["position"]

    def _known(self, event: Event, simulation: Simulation) -> Event:
        """Return an event with what it rests on, if it is a decision."""
        self._keep(event)
        is_asked = event.kind is EventKind.CANCEL and event.text == Reason.BY_STRATEGY.text
        if event.kind not in (EventKind.ORDER, EventKind.REQUEST, EventKind.HALT) and not is_asked:
            return event
        symbol = event.symbol or ""
        market = self._markets[event.strategy] if event.strategy else self._market
        values = {**market(event.time, symbol), **self._account(event.time, simulation)}
        if symbol:
            values["position"] = self._held.get((event.strategy, symbol), 0.0)
        is_order = event.kind is EventKind.ORDER and event.order is not None
        conditions = conditions_of(simulation, self._at(simulation), event.order) if is_order and event.order is not None else {}
        if is_order and event.strategy:
            conditions = {**conditions, "strategy": event.strategy}
        return replace(event, values=values, conditions=conditions)

    def _at(self, simulation: Simulation) -> Context:
        if self._context is None:
            self._context = Context(simulation, self._setup)
        return self._context

    def _account(self, time: int, simulation: Simulation) -> dict[str, float]:
        closes, done = self._setup.bars.close_time, simulation.done
        row = done - 1
        if row >= 0 and closes[row] > time:  # inside the bar that was done last
            row = int(np.searchsorted(closes[:done], time, "right")) - 1
        if row < 0:
            return {}
        equity = float(simulation.equity_curve()[row])
        cash = self._at(simulation).cash if row == done - 1 else self._cash
        return {"equity": equity, "cash": without_dust(float(cash), equity)}


def _record(reporter: Reporter, found: Sequence[Event]) -> None:
    for event in found:
        reporter.record(event)


def _hear(reporter: Reporter, found: Sequence[OutsideNote]) -> None:
    for note in found:
        reporter.hear(note)
