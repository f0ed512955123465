"""Run a composed run on live data, from its start to its folder."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tradekit.engine.compose import ComposedRun
from tradekit.engine.drive import Driven
from tradekit.engine.live.inputs import Input
from tradekit.engine.live.session import Ended
from tradekit.engine.live.start import Started, journal_path, start
from tradekit.engine.plan import Plan
from tradekit.engine.run import Finished, Ready, keep, listener
from tradekit.errors import ConfigError, PluginError
from tradekit.journal.events import events
from tradekit.journal.record import Record
from tradekit.journal.store import JournalStore
from tradekit.model.event import Event, EventKind

__all__ = ["LiveOutcome", "run_live"]

_TOLD = (EventKind.ORDER, EventKind.REJECT, EventKind.FILL, EventKind.CANCEL, EventKind.HALT)
_log = logging.getLogger("tradekit.live")


@dataclass(frozen=True)
class LiveOutcome:
    """A live run that has ended: what it left, and whether risk was halted at its end."""

    finished: Finished
    is_halted: bool
    stopped_by: int = 0
    """The signal that ended it, which is how such a run ends; 0 for none."""


def run_live(
    composed: ComposedRun,
    runs: Path,
    may_trade: bool = False,
    is_new: bool = False,
    on_start: Callable[[Started], None] = lambda _started: None,
    clock: Callable[[], int] = time.time_ns,
) -> LiveOutcome:
    """Run on live data until a signal or an error ends it, and keep what came of it in a folder of `runs`.

    `may_trade` has to be set for a run in mode `live`. Ctrl-C and SIGTERM end it cleanly: what adds risk is cancelled, what
    protects positions stays. An error is raised after the folder is complete.
    """
    config = composed.config
    if config.run.mode == "live" and not may_trade:
        raise ConfigError("run.mode is 'live', which trades real money; say so on the command line too, with --live")
    store = JournalStore(journal_path(runs, config.live.slug or config.run.slug), config.live.durability)
    try:
        store.lease()
        started, ended = asyncio.run(_run(composed, store, is_new, on_start, clock))
    finally:
        store.close()
    finished = _keep(composed, started, runs)
    if ended.error is not None:
        ended.error.add_note(f"what was done until then is kept in {finished.folder}, and in the journal {str(store.path)!r}")
        raise ended.error
    return LiveOutcome(finished, started.session.books.decider.is_halted, ended.stopped_by)


async def _run(
    composed: ComposedRun, store: JournalStore, is_new: bool, on_start: Callable[[Started], None], clock: Callable[[], int]
) -> tuple[Started, Ended]:
    started = await start(composed, store, is_new, clock)
    session = started.session
    session.on_input = _hearing(composed, started)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, session.stop, number)
    on_start(started)
    # What is there now stays: looking through ccxt's markets again and again for what to free would hold orders up.
    gc.collect()
    gc.freeze()
    try:
        return started, await session.run()
    finally:
        gc.unfreeze()


def _hearing(composed: ComposedRun, started: Started) -> Callable[[Input], None]:
    """Return what tells the log of decisions and fills, and lets critical reporters hear of all; one that fails stops new risk."""
    decider = started.session.books.decider
    ready = _ready(composed, started)
    heard = listener(ready)
    seen = len(decider.simulation.log)

    def on_input(_given: Input) -> None:
        nonlocal seen
        now = len(decider.simulation.log)
        if now == seen:
            return
        first, seen = seen, now
        for event in events(Record.of(decider.simulation, decider.run.setup, first), first):
            if event.kind in _TOLD:
                _log.info("%s", _line(event))
        if heard is None:
            return
        try:
            heard(decider.simulation, first)
        except PluginError as error:
            _log.error("new risk is stopped: %s", error)
            started.session.store.ask("halt", str(error))

    return on_input


def _line(event: Event) -> str:
    """Return what happened, in one line."""
    numbers = event.numbers
    size = f" {numbers['quantity']:+g}" if "quantity" in numbers else ""
    price = next((f" {name} {numbers[name]:g}" for name in ("price", "limit", "stop") if name in numbers), "")
    what = f"{event.kind.text} {event.symbol or ''}{size}{price}".rstrip()
    return f"{what}: {event.text}" + ("" if event.order is None else f" (order {event.order})")


def _ready(composed: ComposedRun, started: Started) -> Ready:
    setup = started.session.books.decider.run.setup
    plan = Plan("event", "bars come one by one")
    return Ready(composed, started.opening.market, replace(started.prepared, setup=setup), plan)


def _keep(composed: ComposedRun, started: Started, runs: Path) -> Finished:
    ready, decider = _ready(composed, started), started.session.books.decider
    bars = decider.run.setup.bars.rows(0, decider.run.rows)
    ready = replace(ready, market=replace(ready.market, bars=bars, adjusted=bars))
    driven = Driven(ready.prepared.setup, decider.simulation, 0)
    return keep(ready, runs, lambda: driven)
