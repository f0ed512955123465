"""Compose a run of tradekit on a recording of trades, quotes and a book, up to where its first event is simulated."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tradekit import BarRequest, BookUpdates, DataSource, Instrument, Quotes, Strategy, Trades
from tradekit.engine.compose import compose_file
from tradekit.engine.drive import drive
from tradekit.engine.outcome import result_of
from tradekit.engine.run import Ready, make_ready
from tradekit.plugin.discovery import Provided, discover

__all__ = ["NAME", "measured", "report"]

NAME = "BTCUSDT"
_RUN_FILE = """
risk = []
[run]
name = "benchmark"
[account]
currency = "USDT"
capital = 1_000_000
kind = "margin"
[data]
source = "recorded"
instruments = ["BTCUSDT"]
interval = "1m"
ticks = {ticks}
[data.policy]
[[data.quality.waive]]
check = "repeated-block"
reason = "the recording is there again and again"
[strategy]
name = "{strategy}"
[execution]
latency_ms = 10
costs = [{{ model = "fee", bps = 1 }}]
"""


def ready(data: Path, ticks: Sequence[str], strategy: type[Strategy]) -> Ready:
    """Load a recording and prepare the run of a strategy on some of its ticks."""
    columns = dict(np.load(data))

    class Recorded(DataSource):
        """Give what was recorded."""

        name = "recorded"

        def instruments(self) -> list[Instrument]:
            return [Instrument(NAME, tick=0.1, lot=0.001, kind="perpetual")]

        def bars(self, request: BarRequest) -> Mapping[str, None]:  # noqa: ARG002 - the contract's
            return {}

        def trades(self, request: BarRequest) -> Mapping[str, Trades]:  # noqa: ARG002 - the contract's
            return {NAME: Trades(*(columns[f"trades_{name}"] for name in ("time", "price", "size")), side=columns["trades_side"])}

        def quotes(self, request: BarRequest) -> Mapping[str, Quotes]:  # noqa: ARG002 - the contract's
            return {NAME: Quotes(*(columns[f"quotes_{name}"] for name in ("time", "bid", "bid_size", "ask", "ask_size")))}

        def book(self, request: BarRequest) -> Mapping[str, BookUpdates]:  # noqa: ARG002 - the contract's
            names = ("time", "sequence", "side", "price", "size", "is_snapshot")
            return {NAME: BookUpdates(*(columns[f"book_{name}"] for name in names))}

    registry = discover([])
    own = [Provided("data source", "recorded", Recorded, "benchmarks", "0")]
    own.append(Provided("strategy", strategy.name, strategy, "benchmarks", "0"))
    run_file = data.with_suffix(".toml")
    run_file.write_text(_RUN_FILE.format(ticks=list(ticks), strategy=strategy.name))
    return make_ready(compose_file(run_file, registry=replace(registry, components=(*registry.components, *own))))


def measured(data: Path, ticks: Sequence[str], strategy: type[Strategy]) -> dict[str, float]:
    """Run a strategy on a recording, and return the CPU seconds of the loop, and what was done in it."""
    run = ready(data, ticks, strategy)
    start = time.process_time()
    driven = drive(run.prepared, run.plan, lambda _done, _total: None)
    looped = time.process_time()
    result = result_of(run.composed, run.market, run.prepared, run.plan, driven)
    end = time.process_time()
    tape = run.market.tape
    return {
        "seconds": round(looped - start, 4),
        "statistics": round(end - looped, 4),
        "events": 0 if tape is None else len(tape),
        "bars": 0 if tape is None else len(tape.trades["price"]) + len(tape.book["price"]),
        "sent": len(result.orders),
        "filled": len(result.fills),
    }


def report(found: Mapping[str, float]) -> None:
    """Print what was measured, for `run.py`."""
    print(json.dumps(found))
