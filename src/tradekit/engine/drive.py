"""Run a prepared simulation to its end, or to where it is stopped."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import FrameType

from tradekit.engine.calls import run_on_bar, run_on_ticks
from tradekit.engine.plan import Plan
from tradekit.engine.prepare import Prepared
from tradekit.engine.ticks import calls_of
from tradekit.errors import TradekitError
from tradekit.journal.record import Record
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.setup import Setup
from tradekit.simulator.simulation import Simulation
from tradekit.simulator.tape_loop import TapeLoop

__all__ = ["Driven", "Progress", "drive"]

Progress = Callable[[int, int], None]
"""Called now and then with the rows done and the rows there are."""

_PIECE_S = 0.05  # how often progress is told, and a request to stop is noticed by the compiled driver


@dataclass(frozen=True)
class Driven:
    """A simulation that ran, and the signal that stopped it early, 0 for none."""

    setup: Setup
    simulation: Simulation
    stopped_by: int

    @cached_property
    def record(self) -> Record:
        """What the simulation has written down."""
        return Record.of(self.simulation, self.setup)


def drive(prepared: Prepared, plan: Plan, progress: Progress, listener: Callable[[Simulation, int], None] | None = None) -> Driven:
    """Run all rows. Ctrl-C and SIGTERM stop after the current bar, and what was done until then stays valid.

    `listener` gets the simulation and the number of its first new log entry after each bar that made some (event driver only).
    Raises `StrategyError` for an exception in `on_bar`, naming the bar and the line.
    """
    simulation = Simulation(prepared.setup)
    rows = len(prepared.setup.bars)
    context = Context(simulation, prepared.setup)
    loop = None if prepared.setup.tape is None else TapeLoop(context, prepared.setup, calls_of(prepared.strategy))
    heard = None if listener is None else (lambda entry: listener(simulation, entry))
    progress(0, rows)
    with _stoppable(simulation) as received, _telling_the_rest(simulation, listener):
        for start, stop in _pieces(rows):
            if plan.targets is not None:
                run_targets(simulation, plan.targets, start, stop)
            elif loop is not None:
                run_on_ticks(context, loop, prepared.strategy, (start, stop), heard)
            else:
                run_on_bar(context, prepared.strategy, (start, stop), heard)
            progress(simulation.done, rows)
            prepared.setup.memory.release()
            if simulation.stop_requested:
                break
    return Driven(prepared.setup, simulation, received[0] if received and simulation.done < rows else 0)


@contextmanager
def _telling_the_rest(simulation: Simulation, listener: Callable[[Simulation, int], None] | None) -> Iterator[None]:
    """Tell the listener what was written down on a bar on which something failed, too."""
    try:
        yield
    except BaseException as error:
        if listener is not None:
            try:
                listener(simulation, len(simulation.log))
            except TradekitError as other:
                error.add_note(f"and then {other}")
        raise


def _pieces(rows: int) -> Iterator[tuple[int, int]]:
    """Yield rows from where to where, so many at a time that a piece takes about as long as it should, whatever a bar takes."""
    start, size = 0, 1
    while start < rows:
        stop = min(start + size, rows)
        began = time.monotonic()
        yield start, stop
        start = stop
        size = size * 2 if time.monotonic() - began < _PIECE_S else max(size // 2, 1)


@contextmanager
def _stoppable(simulation: Simulation) -> Iterator[list[int]]:
    """Turn the first Ctrl-C or SIGTERM into a request to stop; a second one acts as it always does."""
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received  # only the main thread may set handlers
        return
    # A signal that this process ignores stays ignored; one that C code handles can't be given back to it.
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}

    def request_stop(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        simulation.stop_requested = True
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, request_stop)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
