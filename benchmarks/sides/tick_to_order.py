"""Trade on a local exchange in a process of its own; print how long it takes from a bar's message to the order's bytes.

The exchange replays the bars, one in each tenth of a second, and the strategy sends a market order on every bar: through the real
ccxt, two risk rules, and the journal. The two processes have a core each, where there are two.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from tradekit import Strategy, sma
from tradekit.engine.compose import ComposedRun, compose_file
from tradekit.engine.live.run import run_live
from tradekit.plugin.discovery import Provided, discover

__all__ = ["Flip", "measure", "take_precedence"]

SPEED = 10  # seconds of the exchange's clock in a second; bars are of a second
ORDERS = 220
FIRST = 20  # of them are not counted: connections are opened, code is warmed up
RUN_FILE = """
[run]
name = "latency"
mode = "live"
[account]
currency = "USDT"
capital = 100_000
[data]
source = "ccxt"
exchange = "binance"
url = "{url}"
instruments = ["BTC/USDT"]
interval = "1s"
[strategy]
name = "flip"
[[risk]]
rule = "max-weight"
limit = 0.9
[[risk]]
rule = "max-drawdown"
limit = 0.9
[execution]
executor = "ccxt"
exchange = "binance"
url = "{url}"
keys = "venue"
costs = [{{ model = "fee", bps = 10 }}]
[live]
durability = "{durability}"
"""


class Flip(Strategy):
    """Be half invested on one bar, and out on the next."""

    name = "flip"

    def indicators(self):
        return {"fast": sma(20), "slow": sma(100)}

    def __init__(self, options=None):
        super().__init__(options)
        self.weight = 0.0

    def on_bar(self, ctx):
        self.weight = 0.5 - self.weight
        ctx.target(weight=self.weight)


def measure(data: Path, durability: str) -> None:
    """Measure, and print the distributions in microseconds."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    with tempfile.TemporaryDirectory() as name, exchange(data, Path(name), cores[:1]) as (url, environment):
        if cores[1:]:
            os.sched_setaffinity(0, cores[1:2])
        is_alone = take_precedence()
        os.environ |= environment
        logger = logging.getLogger("tradekit")
        logger.addHandler(logging.StreamHandler())
        logger.setLevel(logging.INFO)
        orders = traded(composed(Path(name), url, durability), Path(name))
        found = summary(orders[FIRST:], bare_commit(Path(name), durability))
    print(json.dumps(found | {"load": round(os.getloadavg()[0], 2), "takes precedence": is_alone}))


@contextmanager
def exchange(data: Path, folder: Path, cores: Sequence[int]) -> Iterator[tuple[str, dict[str, str]]]:
    """Open the exchange on one of the cores; give its address, and where the keys of the account are."""
    command = [str(Path(sys.executable).with_name("tradekit")), "venue", "--data", str(data.absolute()), "--symbol", "BTC/USDT"]
    keep = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    with subprocess.Popen(
        [*command, "--speed", str(SPEED)], cwd=folder, stdout=subprocess.PIPE, text=True, preexec_fn=keep
    ) as process:
        try:
            url = next(line for line in process.stdout if line.startswith("binance at ")).split()[-1]
            next(line for line in process.stdout if line.startswith("keys and token"))
            keys = json.loads((folder / "venue.json").read_text())
            yield url, {"TRADEKIT_VENUE_KEY": keys["apiKey"], "TRADEKIT_VENUE_SECRET": keys["secret"]}
        finally:
            process.terminate()


def composed(folder: Path, url: str, durability: str) -> ComposedRun:
    """Return the run, with a strategy that no package has."""
    run_file = folder / "latency.toml"
    run_file.write_text(RUN_FILE.format(url=url, durability=durability))
    registry = discover(None)
    own = Provided("strategy", Flip.name, Flip, "benchmarks", "0")
    return compose_file(run_file, registry=replace(registry, components=(*registry.components, own)))


def traded(run: ComposedRun, folder: Path) -> list[dict[str, int]]:
    """Trade until there are enough orders, and return their times."""
    from stamped import Stamps  # ccxt takes seconds to import

    began = time.time_ns()
    stamps = Stamps(lambda count: os.kill(os.getpid(), signal.SIGINT) if count == ORDERS else None)
    run_live(run, folder / "runs", may_trade=True, clock=_scaled(began))
    return stamps.orders


def _scaled(began: int) -> Callable[[], int]:
    """Return a clock that runs as fast as the exchange's."""
    return lambda: began + (time.time_ns() - began) * SPEED


def take_precedence() -> int:
    """Go before all other work on this machine, if that is allowed: what is wanted is the time on an idle core. Return 0 if not."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except (AttributeError, PermissionError):
        return 0
    return 1


def bare_commit(folder: Path, durability: str) -> float:
    """Return the median of SQLite writing one row alone, at the same rhythm, in microseconds: how fast this machine is now."""
    times = []
    with closing(sqlite3.connect(folder / "bare.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA synchronous={'FULL' if durability == 'full' else 'NORMAL'}")
        db.execute("CREATE TABLE rows (value)")
        for value in range(50):
            time.sleep(1 / SPEED)
            began = time.perf_counter_ns()
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO rows VALUES (?)", (value,))
            db.execute("COMMIT")
            times.append((time.perf_counter_ns() - began) / 1000)
    return statistics.median(times)


def summary(orders: Sequence[dict[str, int]], commit: float) -> dict[str, float]:
    """Return the distributions of all parts, in microseconds; the figure is the median of what is ours."""
    at = {name: np.array([order[name] for order in orders]) / 1000 for name in orders[0]}
    parts = {
        "ours": at["asked"] - at["told"] - at["rearmed"] + at["paced"],
        "ccxt in": at["told"] - at["arrived"] + at["rearmed"],
        "decide": at["decided"],
        "journal": at["written"],
        "pass on": at["called"] - at["told"] - at["rearmed"] - at["decided"] - at["written"],
        "executor": at["asked"] - at["called"] + at["paced"],
        "ccxt out": at["left"] - at["asked"] - at["paced"],
        "all": at["left"] - at["arrived"],
    }
    found: dict[str, float] = {"figure": round(float(np.median(parts["ours"])), 1), "orders": len(orders)}
    for name, values in parts.items():
        for text, share in (("median", 50), ("p90", 90), ("p99", 99), ("worst", 100)):
            found[f"{name} {text}"] = round(float(np.percentile(values, share)), 1)
    found["bare commit"] = round(commit, 1)
    found["ours to a bare commit"] = round(found["ours median"] / commit, 2)
    return found | {"ours to ccxt": round(found["ours median"] / (found["ccxt in median"] + found["ccxt out median"]), 3)}
