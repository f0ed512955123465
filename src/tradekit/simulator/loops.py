"""The two loops over bars. Both call the same simulator; they differ in who is asked for decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cython

if TYPE_CHECKING:
    from tradekit.simulator.context import Context
    from tradekit.simulator.simulation import Simulation

__all__ = ["run_events", "run_targets"]


def run_targets(simulation: Simulation, targets: Any, start: int, stop: int) -> None:
    """Run rows `start <= row < stop` on target weights, float64 [time, instrument], without returning to Python.

    NaN leaves a position as it is. The GIL is released meanwhile.
    """
    check_rows(simulation, start, stop)
    expected = (simulation.market.rows, simulation.market.size)
    if targets.shape[0] < stop or targets.shape[1] != simulation.market.size:
        raise ValueError(f"targets have shape {targets.shape}, expected {expected}")
    weights = cython.declare(cython.double[:, ::1], targets)
    first = cython.declare(cython.Py_ssize_t, start)
    last = cython.declare(cython.Py_ssize_t, stop)
    with cython.nogil:
        advance_to(simulation, weights, first, last)


def advance_to(simulation: Simulation, targets: Any, start: int, stop: int) -> int:
    for row in range(start, stop):
        simulation.advance(row)
        for i in range(simulation.size):
            weight = targets[row, i]
            if weight == weight:
                simulation.want_weight(i, weight)
        if simulation.is_asked:
            simulation.decide()
    return 0


def run_events(context: Context, on_bar: Callable[[Context], None], start: int, stop: int, listener: Any = None) -> None:
    """Run rows `start <= row < stop`, calling `on_bar` on each at which a warmed-up instrument has a bar.

    `listener`, if given, is called with the number of the first new log entry after each row that made some. The loop ends early
    once `simulation.stop_requested` is set; `simulation.done` tells how far it came.
    """
    simulation = context.simulation
    check_rows(simulation, start, stop)
    heard = cython.declare(cython.Py_ssize_t, simulation.log.count)
    first = cython.declare(cython.Py_ssize_t, start)
    last = cython.declare(cython.Py_ssize_t, stop)
    for row in range(first, last):
        simulation.advance(row)
        if context.refresh(row):
            on_bar(context)
        if simulation.is_asked:
            simulation.decide()
        if listener is not None and simulation.log.count > heard:
            listener(heard)
            heard = simulation.log.count
        if simulation.stop_requested:
            return


def check_rows(simulation: Simulation, start: int, stop: int) -> None:
    """Raise `ValueError` unless these rows are there and the next ones to run: compiled loops don't look where they read."""
    if start != simulation.done or not start <= stop <= simulation.market.rows:
        raise ValueError(f"can't run rows {start} to {stop}: {simulation.done} of {simulation.market.rows} are done")
