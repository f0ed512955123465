"""From a simulation that ran to a result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tradekit.analysis.curve import EquityCurve, sample
from tradekit.analysis.measure import measure
from tradekit.analysis.tables import trades_table
from tradekit.data.load import LoadedBars
from tradekit.engine.assumptions import notes
from tradekit.engine.benchmark import benchmark
from tradekit.engine.compose import ComposedRun
from tradekit.engine.drive import Driven
from tradekit.engine.plan import Plan
from tradekit.engine.prepare import Prepared
from tradekit.engine.trades import carried, fills_of, trips_of
from tradekit.journal.tables import equity_table, exposures, fills_table, journal_table, orders_table, positions_table
from tradekit.model.result import Result

__all__ = ["facts_of", "result_of"]


def result_of(composed: ComposedRun, loaded: LoadedBars, prepared: Prepared, plan: Plan, driven: Driven) -> Result:
    """Make the tables and figures of a run."""
    config = composed.config
    record = driven.record
    exposure = exposures(record)
    value, sentence = benchmark(record.bars, record.capital, prepared.benchmark)
    curve = EquityCurve(
        close_time=record.bars.close_time,
        equity=record.equity,
        gross=exposure.gross,
        capital=record.capital,
        interval=config.data.interval_ns,
        benchmark=value,
    )
    sampling = sample(curve, config.run.periods_per_year)
    fills = fills_of(record)
    trips = trips_of(record)
    return Result(
        name=config.run.name,
        mode=config.run.mode,
        status="interrupted" if driven.stopped_by else "done",
        config=composed.settings(),
        components=composed.uses,
        plan=f"{plan.driver} driver: {plan.reason}",
        assumptions=(*prepared.assumptions, *sampling.sentences, sentence),
        notes=(*notes(prepared.setup, record, driven.stopped_by), *loaded.notes),
        metrics=measure(curve, sampling, fills, trips, carried(record)),
        data=facts_of(loaded, composed.run_file.folder),
        orders=orders_table(record),
        fills=fills_table(record),
        positions=positions_table(record),
        equity=equity_table(record, exposure),
        trades=trades_table(trips, record.bars.symbols),
        journal=journal_table(record),
    )


def facts_of(loaded: LoadedBars, folder: Path) -> tuple[Mapping[str, Any], ...]:
    """Return what is known about the data; a file below `folder`, the run file's, is named from there, so that results compare."""
    below = f"{folder}{os.sep}"
    return tuple({**fact, "origin": str(fact["origin"]).removeprefix(below)} for fact in loaded.facts)
