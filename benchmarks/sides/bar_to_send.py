"""Go from a bar to `Executor.send` again and again, on a clock that does not wait: our part of an order alone, with warm caches.

The live loop, two risk rules and the journal are the real ones; the data source and the venue are in memory.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.feather as feather
from tick_to_order import Flip, take_precedence

from tradekit.engine.compose import compose_file
from tradekit.engine.live.start import start
from tradekit.journal.store import JournalStore
from tradekit.model.bars import PRICE_COLUMNS, Series
from tradekit.model.instrument import Instrument
from tradekit.plugin.discovery import Provided, discover
from tradekit.testing.feed import ScriptedSource
from tradekit.testing.loop import run_virtually
from tradekit.testing.venue import ScriptedExecutor, ScriptedVenue

ORDERS, HISTORY, FIRST = 2_000, 400, 100
MINUTE = 60_000_000_000
RUN_FILE = """
[run]
name = "latency"
mode = "live"
[account]
currency = "USDT"
capital = 100_000
[data]
source = "scripted"
instruments = ["BTC/USDT"]
interval = "1m"
[strategy]
name = "flip"
[[risk]]
rule = "max-weight"
limit = 0.9
[[risk]]
rule = "max-drawdown"
limit = 0.9
[execution]
executor = "scripted"
costs = []
"""

rows = feather.read_table(sys.argv[1]).slice(0, ORDERS + HISTORY + 10)
opened = np.datetime64("2020-01-01", "ns").astype(np.int64) + MINUTE * np.arange(len(rows))
bars = Series(opened, opened + MINUTE, *(rows[name].to_numpy() for name in PRICE_COLUMNS), origin="a file")
begin = int(bars.close_time[HISTORY])
market = Instrument("BTC/USDT", tick=0.01, lot=0.001, base="BTC", currency="USDT")
times = []
came = 0


def now():
    """Return the time of the clock that does not wait."""
    return begin + round(asyncio.get_running_loop().time() * 1e9)


class Source(ScriptedSource):
    """The bars of the file."""

    script, clock, known = {"BTC/USDT": bars}, staticmethod(now), (market,)

    async def live_bars(self, request):
        global came
        async for bar in super().live_bars(request):
            came = time.perf_counter_ns()
            yield bar


class Outside(ScriptedExecutor):
    """A venue in memory."""

    venue = ScriptedVenue([market], now)

    async def send(self, intent):
        times.append(time.perf_counter_ns() - came)
        return await super().send(intent)


async def trade(folder):
    """Trade until all bars are through."""
    run_file = folder / "latency.toml"
    run_file.write_text(RUN_FILE)
    own = (("data source", "scripted", Source), ("executor", "scripted", Outside), ("strategy", "flip", Flip))
    registry = discover([])
    more = [Provided(kind, name, one, "benchmarks", "0") for kind, name, one in own]
    run = compose_file(run_file, registry=replace(registry, components=(*registry.components, *more)))
    Outside.venue.trade("BTC/USDT", str(bars.close[HISTORY]))
    store = JournalStore(folder / "account.sqlite")
    try:
        session = (await start(run, store, is_new=False, clock=now)).session
        session.timing = replace(session.timing, tick=6_000.0)
        task = asyncio.create_task(session.run())
        await asyncio.wait({task}, timeout=ORDERS * 60)
        session.stop()
        if (ended := await task).error is not None:
            raise ended.error
    finally:
        store.close()


if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
is_alone = take_precedence()
with tempfile.TemporaryDirectory() as name:
    run_virtually(trade(Path(name)))
found = np.array(times[FIRST:]) / 1000
shares = {text: round(float(np.percentile(found, share)), 1) for text, share in (("p90", 90), ("p99", 99), ("worst", 100))}
print(json.dumps({"figure": round(float(np.median(found)), 1), "orders": len(found), **shares, "takes precedence": is_alone}))
