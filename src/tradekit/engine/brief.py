"""A simulation that is run for its figures alone: without tables, events and reports, and without a benchmark."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tradekit.analysis.curve import EquityCurve, Sampling, sample
from tradekit.analysis.definitions import DEFINITIONS
from tradekit.analysis.measure import measure
from tradekit.analysis.trades import RoundTrips
from tradekit.engine.calls import run_on_bar, run_on_ticks
from tradekit.engine.market import MarketData
from tradekit.engine.plan import Wanted
from tradekit.engine.prepare import Prepared
from tradekit.engine.ticks import calls_of
from tradekit.engine.trades import carried, fills_of
from tradekit.journal.record import Record
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.simulation import Simulation, renew
from tradekit.simulator.tape_loop import TapeLoop

__all__ = ["FIGURES", "figures_of", "sampling_of", "simulate"]

_NOT_MADE = ("benchmark_return", "alpha", "beta", "exposure", "average_leverage", "turnover")
FIGURES = tuple(key for key in DEFINITIONS if key not in _NOT_MADE)
"""The figures that such a simulation has: all but those that need a benchmark, or what was held at each bar."""


def simulate(prepared: Prepared, wanted: Wanted | None, used: Simulation | None = None) -> Callable[[], Record]:
    """Run all rows, on target weights or, without them, in the event form, on ticks where the setup has a tape.

    What is returned makes the record, which need not be done at once.

    `used` is a simulation of the same setup, but for its warm-up, that is no longer needed: it is taken, because making one takes
    as long as many rows. What was recorded of it is written over. A run on ticks takes a new one.
    """
    setup, strategy, rows = prepared.setup, prepared.strategy, (0, len(prepared.setup.bars))
    if used is None or setup.tape is not None:
        simulation = Simulation(setup)
    else:
        simulation = used
        renew(simulation, setup.warmup)
    if wanted is not None:
        run_targets(simulation, wanted.weights, *rows, wanted.rows)
    elif setup.tape is None:
        run_on_bar(Context(simulation, setup), strategy, rows)
    else:
        context = Context(simulation, setup)
        run_on_ticks(context, TapeLoop(context, setup, calls_of(strategy)), strategy, rows)
    return partial(Record.of, simulation, setup, has_orders=False)


def figures_of(record: Record, trips: RoundTrips, sampling: Sampling, bar_length: int) -> dict[str, float | int | None]:
    """Return the figures of a simulation that ran to its end; `trips` are its trades."""
    curve = EquityCurve(record.bars.close_time, record.equity, None, record.capital, bar_length, memory=record.memory)
    figures = measure(curve, sampling, fills_of(record), trips, carried(record))
    return {key: figures[key] for key in FIGURES}


def sampling_of(market: MarketData, per_year: float | None) -> Sampling:
    """Return the periods that statistics are made of: the same for all runs on a market, because the clock is."""
    bars = market.bars
    return sample(EquityCurve(bars.close_time, bars.close[:, 0], None, 1.0, market.bar_length), per_year)
