"""Print how many decisions a second a run is replayed with, everything included: reading, deciding, comparing.

It is a paper run, or, if the second argument is `live`, a live run whose orders its venue has filled.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow.feather as feather

from tradekit import BarRequest, DataSource, Instrument, Series, Strategy
from tradekit.data.align import align
from tradekit.engine.compose import ComposedRun, compose_file
from tradekit.engine.live.following import Send
from tradekit.engine.live.growing import Closed
from tradekit.engine.live.inputs import Answer, Filled, Input, Row, Sighting
from tradekit.engine.live.recording import closed_rows, recorded_files
from tradekit.engine.live.run import keep_session
from tradekit.engine.live.start import Started, journal_path, start
from tradekit.engine.replay.run import Asked, replay_folder
from tradekit.journal.store import JournalStore
from tradekit.model.order import OrderStatus
from tradekit.model.outside import Intent, VenueFill
from tradekit.plugin.discovery import Provided, Registry, discover
from tradekit.testing.venue import ScriptedExecutor, ScriptedVenue

ROWS, HISTORY, MINUTE = 20_000, 10, 60_000_000_000
NAME, INSTRUMENT = "X/USD", Instrument("X/USD", tick=0.1, lot=0.001, base="X", currency="USD")
IS_LIVE = sys.argv[2:] == ["live"]
RUN_FILE = f"""
risk = []
[run]
name = "benchmark"
mode = "{"live" if IS_LIVE else "paper"}"
[account]
currency = "USD"
capital = 1_000_000
[data]
source = "minutes"
instruments = ["{NAME}"]
interval = "1m"
[strategy]
name = "each-bar"
[execution]
executor = "{"scripted" if IS_LIVE else "simulated"}"
costs = [{{ model = "fee", bps = 1 }}]
[live]
history = 10
"""
COLUMNS = feather.read_table(sys.argv[1])
OPENED = COLUMNS["time"].to_numpy()[: HISTORY + ROWS].astype("datetime64[ns]").astype(np.int64)
PRICES = [COLUMNS[name].to_numpy()[: HISTORY + ROWS].astype(float) for name in ("open", "high", "low", "close", "volume")]
BARS = Series(OPENED, OPENED + MINUTE, *PRICES)


class EachBar(Strategy):
    """Buy one on a bar, and sell it on the next."""

    name = "each-bar"

    def on_bar(self, ctx) -> None:
        if ctx[NAME].position > 0.0:
            ctx.exit()
        else:
            ctx.buy(1.0)


class Minutes(DataSource):
    """Give the history; what comes live is told without a stream."""

    name = "minutes"
    has_live_bars: ClassVar[bool] = True

    def instruments(self) -> list[Instrument]:
        return [INSTRUMENT]

    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        end = BARS.open_time[-1] + 1 if request.end is None else request.end
        rows = (BARS.open_time >= (request.start or 0)) & (BARS.open_time < end)
        return {
            NAME: Series(
                *(getattr(BARS, name)[rows] for name in ("open_time", "close_time", "open", "high", "low", "close", "volume"))
            )
        }


class Venue(ScriptedExecutor):
    """Connect; what is sent is filled below, at the last price."""

    venue = ScriptedVenue([INSTRUMENT], lambda: int(OPENED[HISTORY]))


def registry() -> Registry:
    """Return what is built in, with those from here."""
    found = discover(())
    own = (
        Provided("data source", "minutes", Minutes, "benchmarks", "0"),
        Provided("strategy", "each-bar", EachBar, "benchmarks", "0"),
        Provided("executor", "scripted", Venue, "benchmarks", "0"),
    )
    return replace(found, components=(*found.components, *own))


async def recorded(composed: ComposedRun, store: JournalStore) -> Started:
    """Tell a session all its bars, one by one."""
    started = await start(composed, store, is_new=True, clock=lambda: int(OPENED[HISTORY]))
    rows = np.arange(HISTORY, HISTORY + ROWS)
    told = align({NAME: BARS}).rows(int(rows[0]), int(rows[-1]) + 1)
    for number, closed in enumerate(closed_rows(told)):
        actions = started.session.books.tell(Row(closed.close_time, closed))
        for intent in (action.intent for action in actions if isinstance(action, Send)):
            for given in told_of(intent, closed, str(number)):
                started.session.books.tell(given)
    return started


def told_of(intent: Intent, closed: Closed, number: str) -> list[Input]:
    """Return what a session is told of an order that is filled at once: an answer, a trade, and what has become of the order."""
    name, size, now = intent.client_id, intent.quantity, closed.close_time + 100_000_000
    fill = VenueFill(number, number, name, NAME, now, size, Decimal(repr(closed.bars[NAME][3])), Decimal("0.01"), "USD")
    return [Answer(now, name, "taken", number), Filled(now, fill), Sighting(now, name, number, OrderStatus.FILLED, size)]


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "run.toml")
    path.write_text(RUN_FILE)
    composed = compose_file(path, registry=registry())
    store = JournalStore(journal_path(Path(folder), "benchmark"))
    started = asyncio.run(recorded(composed, store))
    run = keep_session(composed, started, recorded_files(composed, started), Path(folder), None).folder
    store.close()
    asked = Asked(registry=registry(), fills="venue" if IS_LIVE else "simulated")
    began = time.process_time()
    found = replay_folder(run, asked)
    seconds = time.process_time() - began
if not found.is_same or found.found.decisions != ROWS:
    sys.exit(f"the replay is not equal: {found.as_json()}")
print(json.dumps({"figure": ROWS / seconds, "seconds": seconds, "decisions": ROWS}))
