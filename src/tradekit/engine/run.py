"""Run a composed run, from its data to its folder."""

from __future__ import annotations

import platform
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradekit import __version__
from tradekit.data.load import LoadedBars, load_bars
from tradekit.engine.compose import ComposedRun, compose_file
from tradekit.engine.drive import Driven, Progress, drive
from tradekit.engine.folder import discard, new_folder, publish, write_report, write_result
from tradekit.engine.outcome import record_of, result_of
from tradekit.engine.plan import Plan, choose
from tradekit.engine.prepare import Prepared, prepare
from tradekit.engine.trials import record_trial
from tradekit.errors import ConfigError, PluginError, TradekitError
from tradekit.journal.events import events
from tradekit.model.result import Result
from tradekit.plugin.contracts import BarRequest, Reporter, Strategy
from tradekit.simulator.simulation import Simulation

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Finished", "Ready", "execute", "make_ready", "run"]

_LIBRARIES = ("numpy", "pyarrow", "pydantic")


@dataclass(frozen=True)
class Ready:
    """A run whose data is loaded and checked, and whose driver is chosen: nothing is left that could be wrong with its input."""

    composed: ComposedRun
    loaded: LoadedBars
    prepared: Prepared
    plan: Plan


@dataclass(frozen=True)
class Finished:
    """A run that ended: its result, the folder it was written to, what stopped it early (0: nothing), and what reporters show."""

    result: Result
    folder: Path
    stopped_by: int
    pages: tuple[RenderableType, ...]


def run(path: str | Path, overrides: Iterable[str] = (), runs: str | Path = "runs") -> Result:
    """Run a run file and return its result; the run's folder is made in `runs`.

    `overrides` are keys of the run file with other values, such as `"strategy.fast=30"`. Raises a `TradekitError` for anything that
    is wrong with the file, the data or a component. What the run's reporters would show on a terminal is left out.
    """
    return execute(make_ready(compose_file(path, overrides)), Path(runs)).result


def make_ready(composed: ComposedRun) -> Ready:
    """Load and check the data, compute the indicators and choose the driver."""
    config = composed.config
    request = BarRequest(config.data.instruments or (), config.data.interval_ns, config.run.start_ns, config.run.end_ns)
    loaded = load_bars(composed.source, request, config.data.policy)
    prepared = prepare(composed, loaded.bars, loaded.instruments, config.data.interval_ns)
    plan = choose(prepared, config.execution.driver, composed.compiled_obstacles, lambda: _fresh(composed.strategy))
    return Ready(composed, loaded, prepared, plan)


def execute(ready: Ready, runs: Path, progress: Progress = lambda _done, _total: None) -> Finished:
    """Run what is ready, write the run's folder, let the reporters see it, and count the trial.

    An interrupted run is written like any other, marked as such. If anything fails, no folder is left.
    """
    started = datetime.now(UTC)
    folder = _folder(runs, ready.composed.config.run.slug, started)
    try:
        driven = drive(ready.prepared, ready.plan, progress, _listener(ready))
        result = result_of(ready.composed, ready.loaded, ready.prepared, ready.plan, driven)
        _replay(ready, driven)
        write_result(result, folder, _about(folder, started))
        pages = tuple(page for page in (_page(one, result, folder) for one in ready.composed.reporters) if page is not None)
        write_report(pages, folder)
    except BaseException:
        discard(folder)
        raise
    final = publish(folder)
    record_trial(result, final)
    return Finished(result, final, driven.stopped_by, pages)


def _fresh(strategy: Strategy) -> Strategy:
    return type(strategy)(strategy.options)


def _folder(runs: Path, slug: str, started: datetime) -> Path:
    try:
        return new_folder(runs, slug, started)
    except OSError as error:
        raise ConfigError(f"the folder for runs {str(runs)!r} can't be written: {(error.strerror or str(error)).lower()}") from error


def _listener(ready: Ready) -> Any:
    """Return what tells critical reporters of each event as it happens; `None` if there are none."""
    critical = [reporter for reporter in ready.composed.reporters if reporter.critical]
    if not critical:
        return None

    def heard(simulation: Simulation, entry: int) -> None:
        for event in events(record_of(simulation, ready.prepared.setup, entry), entry):
            for reporter in critical:
                reporter.record(event)

    return heard


def _replay(ready: Ready, driven: Driven) -> None:
    """Tell the other reporters what happened, in order, those that want to know."""
    listening = [one for one in ready.composed.reporters if not one.critical and type(one).record is not Reporter.record]
    if listening:
        for event in events(record_of(driven.simulation, ready.prepared.setup)):
            for reporter in listening:
                reporter.record(event)


def _page(reporter: Reporter, result: Result, folder: Path) -> RenderableType | None:
    try:
        return reporter.report(result, folder)
    except TradekitError:
        raise
    except Exception as error:
        raise PluginError(f"reporter {reporter.name!r} raised {type(error).__name__}: {error}") from error


def _about(folder: Path, started: datetime) -> dict[str, Any]:
    """Return what may differ between two equal runs."""
    finished = datetime.now(UTC)
    return {
        "id": folder.name.removeprefix(".").removesuffix(".part"),
        "started": started.isoformat(timespec="milliseconds"),
        "finished": finished.isoformat(timespec="milliseconds"),
        "seconds": round((finished - started).total_seconds(), 3),
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "python": sys.version.split()[0],
        "versions": {"tradekit": __version__, **{name: version(name) for name in _LIBRARIES}},
    }
