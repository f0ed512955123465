"""Run a composed run on live data, from its start to its folder."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tradekit.engine.compose import ComposedRun
from tradekit.engine.drive import Driven
from tradekit.engine.hearing import Hearing, begin
from tradekit.engine.live.following import Action
from tradekit.engine.live.inputs import Input
from tradekit.engine.live.notes import note_of, note_of_action
from tradekit.engine.live.recording import recorded_files
from tradekit.engine.live.session import Ended
from tradekit.engine.live.start import Started, journal_path, start, warming
from tradekit.engine.plan import Plan
from tradekit.engine.prepare import prepare
from tradekit.engine.run import Finished, Ready, end_failed, keep
from tradekit.errors import ConfigError, TradekitError
from tradekit.journal.events import events
from tradekit.journal.heartbeat import Heartbeat
from tradekit.journal.record import Record
from tradekit.journal.store import JournalStore
from tradekit.model.event import Event, EventKind

__all__ = ["LiveOutcome", "keep_session", "make_ready_live", "run_live"]

_TOLD = (EventKind.ORDER, EventKind.REJECT, EventKind.FILL, EventKind.CANCEL, EventKind.HALT)
_PLAN = Plan("event", "bars come one by one")
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
        started, ended = asyncio.run(_run(composed, store, (runs, is_new), on_start, clock))
        files = recorded_files(composed, started)
    except BaseException as error:
        end_failed(composed.reporters, error)
        raise
    finally:
        store.close()
    finished = keep_session(composed, started, files, runs, ended.error)
    if ended.error is not None:
        ended.error.add_note(f"what was done until then is kept in {finished.folder}, and in the journal {str(store.path)!r}")
        raise ended.error
    return LiveOutcome(finished, started.session.books.decider.is_halted, ended.stopped_by)


async def _run(
    composed: ComposedRun,
    store: JournalStore,
    place: tuple[Path, bool],
    on_start: Callable[[Started], None],
    clock: Callable[[], int],
) -> tuple[Started, Ended]:
    runs, is_new = place
    started = await start(composed, store, is_new, clock)
    session = started.session
    try:
        ready = _ready(composed, started)
        begin(ready, runs)
        session.on_input, session.say = _hearing(ready, started), _saying(started)
    except BaseException:
        if session.executor is not None:
            await session.executor.close()
        raise
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, session.stop, number)
    on_start(started)
    heartbeat = Heartbeat(store.path.with_suffix(".beat"))
    session.guard.beat, session.countdown.note = heartbeat.beat, heartbeat.note
    # What is there now stays: looking through ccxt's markets again and again for what to free would hold orders up.
    gc.collect()
    gc.freeze()
    is_clean = False
    try:
        ended = await session.run()
        is_clean = ended.error is None
        return started, ended
    finally:
        heartbeat.close(is_clean)
        gc.unfreeze()


def _hearing(ready: Ready, started: Started) -> Callable[[Input, Sequence[Action]], bool]:
    """Return what tells critical reporters of all that comes in; one that fails stops new risk.

    What it returns says whether all of it is written down wherever it must be.
    """
    decider = started.session.books.decider
    hearing = Hearing(ready.composed.reporters, decider.run.setup)
    hearing.pass_over(decider.simulation)

    def on_input(given: Input, actions: Sequence[Action]) -> bool:
        if not hearing.reporters:
            return True
        failures: list[TradekitError] = []
        steps: tuple[Callable[[], None], ...] = (
            lambda: hearing.notes([note_of(given, decider)]),
            lambda: hearing(decider.simulation),
            lambda: hearing.notes([note_of_action(action, decider) for action in actions]),
            hearing.settle,
        )
        for tell in steps:
            try:
                tell()
            except TradekitError as error:
                failures.append(error)
        if failures and not decider.is_halted:
            _log.error("new risk is stopped: %s", failures[0])
            started.session.store.ask("reduce-only", str(failures[0]), "reporter")
        return not failures

    return on_input


def _saying(started: Started) -> Callable[[], None]:
    """Return what tells the log of decisions and fills since it was last called."""
    decider = started.session.books.decider
    seen = len(decider.simulation.log)

    def say() -> None:
        nonlocal seen
        first, seen = seen, len(decider.simulation.log)
        if first < seen:
            for event in events(Record.of(decider.simulation, decider.run.setup, first), first):
                if event.kind in _TOLD:
                    _log.info("%s", _line(event))

    return say


def _line(event: Event) -> str:
    """Return what happened, in one line."""
    numbers = event.numbers
    if event.kind is EventKind.HALT:
        return f"halt{f' of {event.strategy}' if event.strategy else ''}: {event.text}, equity {numbers['equity']:,.2f}"
    size = f" {numbers['quantity']:+g}" if "quantity" in numbers else ""
    price = next((f" {name} {numbers[name]:g}" for name in ("price", "limit", "stop") if name in numbers), "")
    what = f"{event.kind.text} {event.symbol or ''}{size}{price}".rstrip()
    whose = f" of {event.strategy}" if event.strategy else ""
    return f"{what}: {event.text}" + ("" if event.order is None else f" (order {event.order}{whose})")


def _ready(composed: ComposedRun, started: Started) -> Ready:
    setup = started.session.books.decider.run.setup
    return Ready(composed, started.opening.market, replace(started.prepared, setup=setup), _PLAN)


def make_ready_live(composed: ComposedRun, clock: Callable[[], int] = time.time_ns) -> Ready:
    """Read the bars that would warm a run on live data up, and prepare it from them; no executor is asked for anything."""
    market = asyncio.run(warming(composed, clock))
    return Ready(composed, market, prepare(composed, market), _PLAN)


def keep_session(
    composed: ComposedRun, started: Started, files: Mapping[str, bytes], runs: Path, error: BaseException | None
) -> Finished:
    """Keep what came of a session in a folder, with the files that it is replayed from; `error` is what ended it early."""
    ready, decider = _ready(composed, started), started.session.books.decider
    bars = decider.run.market_bars()
    ready = replace(ready, market=replace(ready.market, bars=bars, adjusted=bars))
    driven = Driven(ready.prepared.setup, decider.simulation, 0)
    return keep(ready, runs, lambda: driven, error, further=files)
