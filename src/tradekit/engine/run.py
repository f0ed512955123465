"""Run a composed run, from its data to its folder."""

from __future__ import annotations

import platform
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tradekit import __version__
from tradekit.engine.bands import bands_of, bands_told
from tradekit.engine.compose import ComposedRun, compose_file
from tradekit.engine.drive import Driven, Progress, drive
from tradekit.engine.folder import discard, new_folder, publish, rendered, run_id, write_report, write_result
from tradekit.engine.hearing import Hearing, begin, blaming_reporter, end
from tradekit.engine.market import MarketData, load_market
from tradekit.engine.outcome import facts_of, result_of
from tradekit.engine.plan import Plan, choose
from tradekit.engine.prepare import Prepared, prepare
from tradekit.engine.together import anew
from tradekit.engine.trials import LEDGER, record_trial
from tradekit.errors import ConfigError, RunError, TradekitError, system_reason
from tradekit.journal.events import events
from tradekit.model.result import ComponentUse, Result
from tradekit.plugin.contracts import Component, Reporter

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Finished", "Ready", "end_failed", "execute", "keep", "make_ready", "run"]

_LIBRARIES = ("numpy", "pyarrow", "pydantic")


def _silent(_done: int, _total: int) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True)
class Ready:
    """A run whose data is loaded and checked, and whose driver is chosen: nothing is left that could be wrong with its input.

    It is good for one run, because strategies, rules and reporters may keep state.
    """

    composed: ComposedRun
    market: MarketData
    prepared: Prepared
    plan: Plan

    @property
    def parts(self) -> tuple[tuple[ComponentUse, Component], ...]:
        """Each component with what the result says about it."""
        return tuple(zip(self.composed.uses, self.composed.parts, strict=True))

    @property
    def facts(self) -> tuple[Mapping[str, Any], ...]:
        """What is known about the data, one entry an instrument."""
        return facts_of(self.market, self.composed.run_file.folder)


@dataclass(frozen=True)
class Finished:
    """A run that ended: its result, the folder it was written to, what stopped it early (0: nothing), and what reporters show."""

    result: Result
    folder: Path
    stopped_by: int
    pages: tuple[RenderableType, ...]


def run(path: str | Path, overrides: Iterable[str] = (), runs: str | Path = "runs", *, bands: bool = False) -> Result:
    """Run a run file and return its result; the run's folder is made in `runs`.

    `overrides` are keys of the run file with other values, such as `"strategy.fast=30"`. What the run's reporters would show on a
    terminal is left out. Raises a `TradekitError` for anything that is wrong with the file, the data or a component. Ctrl-C stops
    after the current bar: what was done until then is kept in a folder, and then `KeyboardInterrupt` is raised. With `bands`, the
    run is done again under other assumptions about fills and costs, and `Result.bands` says how much depends on them.
    """
    finished = execute(make_ready(compose_file(path, overrides)), Path(runs), bands=_silent if bands else None)
    if finished.stopped_by:
        # Given back to whoever handles it outside of a run, so that a loop over runs stops too.
        signal.raise_signal(finished.stopped_by)
    return finished.result


def make_ready(composed: ComposedRun) -> Ready:
    """Load and check the data, compute the indicators and choose the driver."""
    market = load_market(composed)
    prepared = prepare(composed, market)
    plan = choose(prepared, composed.config.execution.driver, composed.compiled_obstacles, lambda: anew(composed.strategy))
    return Ready(composed, market, prepared, plan)


def execute(ready: Ready, runs: Path, progress: Progress = _silent, bands: Progress | None = None) -> Finished:
    """Run what is ready, write the run's folder, let the reporters see it, and count the trial.

    With `bands`, which is told how far that is, the result says how much of it is assumption; an interrupted one doesn't.

    An interrupted run is written like any other, marked as such. If the run fails, no folder is left; if only a reporter fails, its
    error is raised after the folder is complete.
    """
    hearing = Hearing(ready.composed.reporters, ready.prepared.setup)

    def work() -> Driven:
        begin(ready, runs)
        return drive(ready.prepared, ready.plan, progress, hearing if hearing.reporters else None)

    return keep(ready, runs, work, bands=bands)


def keep(
    ready: Ready,
    runs: Path,
    work: Callable[[], Driven],
    stopped: BaseException | None = None,
    bands: Progress | None = None,
    further: Mapping[str, bytes] = MappingProxyType({}),
) -> Finished:
    """Do the `work` of a run, and keep what came of it in a folder; see `execute`.

    `stopped` is the error that ended it early, `further` are files that it has besides those of any run, by name.
    """
    started = datetime.now(UTC)
    reporters = ready.composed.reporters
    try:
        folder = _folder(runs, ready.composed.config.run.slug, started)
        try:
            driven = work()
            result = _result(ready, driven, bands)
            with _writing(folder):
                about = _about(folder, started, ready.composed.run_file.path)
                write_result(result, folder, about, ready.prepared.setup.memory, further)
            told = _tell(ready, driven, result, folder)
            pages = () if result.bands is None else tuple(bands_told(result.bands))
            with _writing(folder):
                write_report([*told.texts, *(rendered(page) for page in pages)], folder)
                final = publish(folder)
        except BaseException:
            discard(folder)
            raise
    except BaseException as error:
        end_failed(reporters, error)
        raise
    failure = _end(reporters, result.status, stopped, told.failure)
    if result.mode == "backtest":
        _count(result, final)
    if failure is not None:
        failure.add_note(f"the run itself is kept in {final}")
        raise failure
    return Finished(result, final, driven.stopped_by, (*told.pages, *pages))


def _end(
    reporters: Sequence[Reporter], status: str, stopped: BaseException | None, failure: TradekitError | None
) -> TradekitError | None:
    """Tell reporters how the run ended, and return the first error of any of them; `failure` is one from before."""
    try:
        end(reporters, status if stopped is None else "failed", stopped)
    except TradekitError as error:
        return failure or error
    return failure


def _result(ready: Ready, driven: Driven, bands: Progress | None) -> Result:
    result = result_of(ready.composed, ready.market, ready.prepared, ready.plan, driven)
    if bands is None or driven.stopped_by:
        return result
    return replace(result, bands=bands_of(ready.composed, ready.market, ready.plan, bands))


def end_failed(reporters: Sequence[Reporter], error: BaseException) -> None:
    """Tell reporters that the run failed; what one of them makes of that is told beside the error, and not instead of it."""
    try:
        end(reporters, "failed", error)
    except TradekitError as other:
        error.add_note(f"and then {other}")


def _folder(runs: Path, slug: str, started: datetime) -> Path:
    try:
        return new_folder(runs, slug, started)
    except OSError as error:
        raise ConfigError(
            f"the folder for runs {str(runs)!r} can't be written: {system_reason(error)}; --runs names another"
        ) from error


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"the run's folder in {str(folder.parent)!r} can't be written: {system_reason(error)}") from error


def _count(result: Result, folder: Path) -> None:
    try:
        record_trial(result, folder)
    except OSError as error:
        ledger = str(folder.parent / LEDGER)
        raise RunError(
            f"the run is kept in {str(folder)!r}, but it can't be counted in {ledger!r}: {system_reason(error)}"
        ) from error


@dataclass(frozen=True)
class _Told:
    """What reporters made of a finished run: pages, the same as plain text, and the error of the first that failed."""

    pages: tuple[RenderableType, ...]
    texts: tuple[str, ...]
    failure: TradekitError | None


def _tell(ready: Ready, driven: Driven, result: Result, folder: Path) -> _Told:
    """Tell the reporters what happened, those that have not heard it yet, and let each make its report."""
    pages, texts, failures = [], [], []
    for reporter in ready.composed.reporters:
        try:
            with blaming_reporter(reporter):
                if not reporter.critical and type(reporter).record is not Reporter.record:
                    for event in events(driven.record):
                        reporter.record(event)
                page = reporter.report(result, folder)
                if page is not None:
                    texts.append(rendered(page))
                    pages.append(page)
                ready.prepared.setup.memory.release()
        except TradekitError as error:
            failures.append(error)
    return _Told(tuple(pages), tuple(texts), failures[0] if failures else None)


def _about(folder: Path, started: datetime, file: Path) -> dict[str, Any]:
    """Return what may differ between two equal runs."""
    finished = datetime.now(UTC)
    return {
        "id": run_id(folder),
        "file": str(file.absolute()),
        "started": started.isoformat(timespec="milliseconds"),
        "finished": finished.isoformat(timespec="milliseconds"),
        "seconds": round((finished - started).total_seconds(), 3),
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "python": sys.version.split()[0],
        "versions": {"tradekit": __version__, **{name: version(name) for name in _LIBRARIES}},
    }
