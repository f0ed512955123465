"""From a simulation that ran to a result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradekit.analysis.curve import EquityCurve, sample
from tradekit.analysis.excursions import excursions
from tradekit.analysis.measure import measure
from tradekit.analysis.tables import trades_table
from tradekit.analysis.trades import RoundTrips
from tradekit.engine.assumptions import notes
from tradekit.engine.attribution import attribution
from tradekit.engine.benchmark import benchmark
from tradekit.engine.compose import ComposedRun
from tradekit.engine.drive import Driven
from tradekit.engine.market import MarketData
from tradekit.engine.plan import Plan
from tradekit.engine.prepare import Prepared
from tradekit.engine.trades import carried, fills_of, splits_of, trips_of
from tradekit.journal.record import Record
from tradekit.journal.tables import (
    equity_table,
    exposures,
    fills_table,
    journal_table,
    orders_table,
    positions_table,
    strategy_column,
)
from tradekit.model.bars import Threshold
from tradekit.model.result import Result

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["facts_of", "result_of"]


def result_of(composed: ComposedRun, market: MarketData, prepared: Prepared, plan: Plan, driven: Driven) -> Result:
    """Make the tables and figures of a run."""
    config = composed.config
    record = driven.record
    exposure = exposures(record)
    value, sentence = benchmark(market.adjusted.rows(0, len(record.bars)), record.capital, prepared.benchmark, record.memory)
    if value is not None and market.adjusted is not market.bars:
        sentence += " Its splits count, and its dividends buy more of it."
    curve = EquityCurve(
        close_time=record.bars.close_time,
        equity=record.equity,
        gross=exposure.gross,
        capital=record.capital,
        interval=market.bar_length,
        benchmark=value,
        opened=int(record.bars.open_time[0]) if isinstance(config.data.size, Threshold) and len(record.bars) else None,
        memory=record.memory,
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
        notes=(*notes(prepared.setup, record, driven.stopped_by), *market.notes),
        metrics=measure(curve, sampling, fills, trips, carried(record)),
        data=facts_of(market, composed.run_file.folder),
        **_tables(record, trips),
        equity=equity_table(record, exposure, value),
        strategies=attribution(record, curve, sampling, fills, trips),
    )


def _tables(record: Record, trips: RoundTrips) -> dict[str, pa.Table]:
    """Return the tables of a result that are made of its record alone."""
    found = excursions(record.bars, trips, splits_of(record), record.memory)
    return {
        "orders": orders_table(record),
        "fills": fills_table(record),
        "positions": positions_table(record),
        "trades": trades_table(trips, record.bars.symbols, found, strategy_column(record, trips.instrument)),
        "journal": journal_table(record),
    }


def facts_of(market: MarketData, folder: Path) -> tuple[Mapping[str, Any], ...]:
    """Return what is known about the data; a file below `folder`, the run file's, is named from there, so that results compare."""
    below = f"{folder}{os.sep}"

    def from_there(fact: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: from_there(part) if isinstance(part, Mapping) else part for name, part in fact.items()}
        return found | {name: str(fact[name]).replace(below, "") for name in ("origin",) if name in fact}

    return tuple(map(from_there, market.facts))
