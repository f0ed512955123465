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
    done = cython.declare(cython.Py_ssize_t, start)
    while done < stop:
        row = cython.declare(cython.Py_ssize_t, done)
        if is_quiet(simulation, row):
            done = coast(simulation, row, decision_after(targets, row, stop) + 1)
        if done == row:
            simulation.advance(row)
            done = row + 1
        for i in range(simulation.size):
            weight = targets[done - 1, i]
            if weight == weight:
                simulation.want_weight(i, weight)
        if simulation.is_asked:
            simulation.decide()
    return 0


def is_quiet(simulation: Simulation, row: int) -> bool:
    """Say whether nothing can happen on a row but that the only instrument has another price."""
    if simulation.size > 1 or simulation.ledger.count > 1 or simulation.book.open_count > 0 or simulation.gate.has_drawdown_limit:
        return False
    if row >= simulation.carry.opening_row or row >= simulation.carry.closing_row:
        return False
    return not (simulation.is_margin and simulation.ledger.held > 0)


def decision_after(targets: Any, start: int, stop: int) -> int:
    """Return the first row from `start` on that has a target for the only instrument; the last before `stop` if there is none."""
    row = cython.declare(cython.Py_ssize_t, start)
    while row < stop - 1 and targets[row, 0] != targets[row, 0]:
        row += 1
    return row


def coast(simulation: Simulation, start: int, stop: int) -> int:
    """Do the rows from `start` on that are quiet, as `advance` would, and return the first one that is not done.

    It is several times as fast, because it doesn't look for what might happen on each row.
    """
    end = quiet_until(simulation, stop)
    held = cython.declare(cython.double, simulation.ledger.position[0])
    cash = cython.declare(cython.double, simulation.ledger.cash[0])
    basis = cython.declare(cython.double, simulation.ledger.basis[0])
    unit = cython.declare(cython.double, simulation.ledger.unit[0])
    last = cython.declare(cython.double, simulation.ledger.last[0])
    peak = cython.declare(cython.double, simulation.gate.peak)
    before = cython.declare(cython.longlong, simulation.market.previous[0])
    now = cython.declare(cython.longlong, simulation.market.current[0])
    seen = cython.declare(cython.longlong, simulation.market.seen[0])
    row = cython.declare(cython.Py_ssize_t, start)
    while row < end:
        price = cython.declare(cython.double, simulation.market.close[row, 0])
        is_bar = cython.declare(cython.bint, price == price)
        if not is_bar:
            price = last
        equity = cython.declare(cython.double, cash if held == 0.0 else cash + held * (price - basis) * unit)
        if not equity > 0.0:
            break  # what that means is not for here
        simulation.equity[row] = equity
        if equity > peak:
            peak = equity
        if is_bar:
            last, before, now = price, now, row
            seen += 1
        row += 1
    if row > start:
        simulation.ledger.last[0] = last
        if now >= 0:
            simulation.ledger.priced[0] = simulation.market.close_time[now]
        simulation.market.previous[0], simulation.market.current[0], simulation.market.seen[0] = before, now, seen
        simulation.gate.peak = peak
        stand_at(simulation, row - 1)
    return row


def stand_at(simulation: Simulation, row: int) -> None:
    """Note which row is the last that is done."""
    simulation.row = simulation.known = simulation.log.row = row
    simulation.log.now = simulation.market.close_time[row]
    simulation.venue.new_row(row)
    simulation.done = row + 1


def quiet_until(simulation: Simulation, stop: int) -> int:
    """Return the first row before `stop` for which something is scheduled, else `stop`."""
    end = cython.declare(cython.Py_ssize_t, stop)
    if simulation.carry.opening_row < end:
        end = simulation.carry.opening_row
    if simulation.carry.closing_row < end:
        end = simulation.carry.closing_row
    return end


def run_events(context: Context, on_bar: Callable[[Context], None], start: int, stop: int, listener: Any = None) -> None:
    """Run rows `start <= row < stop`, calling `on_bar` on each at which a warmed-up instrument has a bar.

    What several strategies ask for on a row is netted once it has passed the gate, where the setup says so. `listener`, if given,
    is called with the number of the first new log entry after each row that made some. The loop ends early once
    `simulation.stop_requested` is set; `simulation.done` tells how far it came.
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
            if context.net is not None:
                context.net()
        if listener is not None and simulation.log.count > heard:
            listener(heard)
            heard = simulation.log.count
        if simulation.stop_requested:
            return


def check_rows(simulation: Simulation, start: int, stop: int) -> None:
    """Raise `ValueError` unless these rows are there and the next ones to run: compiled loops don't look where they read."""
    if start != simulation.done or not start <= stop <= simulation.market.rows:
        raise ValueError(f"can't run rows {start} to {stop}: {simulation.done} of {simulation.market.rows} are done")
