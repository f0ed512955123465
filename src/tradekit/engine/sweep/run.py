"""Run a sweep: from a run file and what is varied in it to a ranked table, through any number of interruptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradekit import __version__
from tradekit.engine.compose import ComposedRun, compose_document
from tradekit.engine.document import Document, read_document
from tradekit.engine.drive import Progress
from tradekit.engine.locate import Key, key_text
from tradekit.engine.plan import choose
from tradekit.engine.prepare import prepare
from tradekit.engine.run import Ready, make_ready
from tradekit.engine.sweep.folder import SweepFolder, code_hash, table_of
from tradekit.engine.sweep.params import Param, Setting, as_param
from tradekit.engine.sweep.ranking import Neighbours, figure_of, neighbours, ranked
from tradekit.engine.sweep.search import Combination, Planned, Search, combinations, plan_search, proposals
from tradekit.engine.sweep.trial import Bench, Outcome
from tradekit.engine.sweep.workers import Crew, Task, cores
from tradekit.engine.together import refuse_several
from tradekit.engine.trials import data_set
from tradekit.errors import ConfigError, RunError, TradekitError, nearest
from tradekit.plugin.discovery import Registry

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Sweep", "SweepResult", "begin", "sweep"]

_SHARED_TABLES = ("strategy", "risk", "execution", "account")
"""What may be varied: it changes nothing about which data are read."""
_OF_DATA = (("account", "kind"), ("account", "currency"))


@dataclass(frozen=True)
class SweepResult:
    """What came of a sweep. `interrupted` tells that it was stopped before all was tried; the same sweep goes on from there."""

    folder: Path
    planned: Planned
    outcomes: tuple[Outcome, ...]
    """By their number."""
    left_out: int
    """Combinations of the grid that do not meet the constraints."""
    kept_before: int
    """Trials that an earlier, interrupted sweep had done."""
    is_interrupted: bool
    plan: str
    """Which driver ran the trials, and why."""
    ranked: tuple[Outcome, ...] = field(default=())
    """Those that have the figure, the best first."""

    @property
    def table(self) -> pa.Table:
        """The trials as an Arrow table, by number; it is `trials.parquet` in the folder."""
        return table_of(self.outcomes, self.planned.params)

    @property
    def best(self) -> Outcome | None:
        """The best trial; `None` if none has the figure."""
        return self.ranked[0] if self.ranked else None

    def neighbours(self, outcome: Outcome) -> Neighbours:
        """Return what came of the trials near one."""
        return neighbours(outcome, self.outcomes, self.planned)

    def count(self, status: str) -> int:
        """Return how many trials are `done`, `invalid` or `failed`."""
        return sum(outcome.status == status for outcome in self.outcomes)

    def first_error(self, status: str) -> str:
        """Return why the first trial of a status has no figures."""
        return next((outcome.error for outcome in self.outcomes if outcome.status == status), "")


def sweep(
    path: str | Path,
    params: Mapping[str, str | Iterable[Setting]],
    search: Search | None = None,
    overrides: Iterable[str] = (),
    runs: str | Path = "runs",
    workers: int | None = None,
) -> SweepResult:
    """Run a run file with many settings, and return what came of each; a folder in `runs` keeps it.

    `params` are the settings that are varied, with their values, or text such as `"5:50:5"`; `search` says how, a grid without it.
    The same sweep again goes on from what it has done, and returns at once when that is all. Trials of a strategy in event form go
    to processes: a script that sweeps one needs `if __name__ == "__main__":`. Raises a `TradekitError` for what is wrong with the
    file, the settings or the data. Ctrl-C keeps what is done, and then `KeyboardInterrupt` is raised.
    """
    found = [as_param(key, values) for key, values in params.items()]
    begun = begin(read_document(path, overrides), plan_search(search or Search(), found))
    result = begun.run(Path(runs), cores() if workers is None else workers)
    if begun.stop is not None:
        raise begun.stop
    return result


def begin(document: Document, planned: Planned, registry: Registry | None = None) -> Sweep:
    """Check what is to be varied, read the data, and make ready for trials.

    The run file itself has to be right: what it says is checked as for one run of it, with the proofs of its strategy.
    """
    composed = compose_document(document, registry)
    refuse_several(composed.strategy, "a sweep")
    _check_params(planned.params, composed)
    if composed.config.run.mode != "backtest":
        raise ConfigError(f"a sweep runs backtests, and run.mode is {composed.config.run.mode!r}; add --set run.mode=backtest")
    if composed.config.data.stream:
        raise ConfigError("a sweep holds its data in memory, and data.stream is true; add --set data.stream=false")
    return Sweep(make_ready(composed), planned, registry)


class Sweep:
    """A sweep whose data is read and whose file is checked: trials can begin."""

    def __init__(self, ready: Ready, planned: Planned, registry: Registry | None = None) -> None:
        self.ready = ready
        self.planned = planned
        self.params = {param.name: param for param in planned.params}
        self.bench = Bench(ready.composed.run_file.document, ready.market, ready.plan.driver, registry)
        # A process finds installed plugins only.
        self.in_processes = ready.plan.driver == "event" and registry is None
        self.known: dict[tuple[Setting, ...], Outcome] = {}
        self.left_out = 0
        self.stop: KeyboardInterrupt | None = None

    def facts(self) -> dict[str, Any]:
        """Return all that decides what comes of the trials, as JSON has it."""
        composed = self.ready.composed
        return {
            "config": {key: value for key, value in composed.settings().items() if key not in ("report", "overrides")},
            "components": [[use.kind, use.name, use.package, use.version] for use in composed.uses],
            "code": code_hash(composed),
            "tradekit": __version__,
            "data": data_set(self.ready.facts),
            "driver": self.ready.plan.driver,
            "search": self.planned.facts(),
        }

    def run(self, runs: Path, workers: int, progress: Progress = lambda _done, _total: None) -> SweepResult:
        """Do the trials that are not done yet, and keep what comes of them. Raises `RunError` if none can be finished.

        Ctrl-C ends it early: `stop` is then what was raised, and the result holds what is done.
        """
        if workers < 1:
            raise ConfigError(f"--workers must be at least 1, got {workers!r}")
        rounds, total = self._rounds()
        folder = SweepFolder(runs, self.ready.composed.config.run.slug, self.facts())
        with folder.held():
            before = folder.done()
            self._learn(before)
            try:
                with Crew(self.bench, self.params, workers, self.in_processes) as crew:
                    progress(0, total)
                    for outcomes in self._worked(rounds, folder, crew):
                        self._learn(outcomes)
                        progress(len(self.known), total)
            except KeyboardInterrupt as stop:
                self.stop = stop
                self._learn(folder.done())
            result = self._result(folder, len(before))
            if self.stop is None:
                self._prove(result)
            folder.publish(result.table, _told(result))
        return result

    def _rounds(self) -> tuple[Iterator[list[Combination]], int]:
        """Return the combinations to try, by rounds, and how many there will be."""
        if self.planned.search.method == "optuna":
            return proposals(self.planned, _Figures(self.known, self.planned)), self.planned.search.trials or 0
        found, self.left_out = combinations(self.planned)
        return iter([found]), len(found)

    def _learn(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            # What was kept has its settings in the order of their names.
            values = {name: outcome.values[name] for name in self.params}
            self.known[tuple(values.values())] = replace(outcome, values=values)

    def _worked(self, rounds: Iterator[list[Combination]], folder: SweepFolder, crew: Crew) -> Iterator[list[Outcome]]:
        """Yield what comes of the trials that are not done yet, after it has been kept."""
        number = 0
        for combined in rounds:
            tasks: list[Task] = []
            for values in combined:
                number += 1
                before = self.known.get(tuple(values.values()))
                if before is None:
                    tasks.append((number, values))
                elif before.number != number:
                    what = f"trial {number} of the sweep in {str(folder.path)!r} was another one when it began"
                    raise RunError(f"{what}, perhaps with another version of a library; remove the folder to sweep anew")
            for outcomes in crew.outcomes(tasks):
                folder.keep(outcomes)
                yield outcomes

    def _result(self, folder: SweepFolder, kept_before: int) -> SweepResult:
        outcomes = tuple(sorted(self.known.values(), key=lambda outcome: outcome.number))
        result = SweepResult(
            folder=folder.path,
            planned=self.planned,
            outcomes=outcomes,
            left_out=self.left_out,
            kept_before=kept_before,
            is_interrupted=self.stop is not None,
            plan=f"{self.ready.plan.driver} driver: {self.ready.plan.reason}",
            ranked=tuple(ranked(outcomes, self.planned)),
        )
        if outcomes and self.stop is None and not result.count("done"):
            status = "failed" if result.count("failed") else "invalid"
            what = f"none of the {len(outcomes):,} trials could be {'finished' if status == 'failed' else 'run'}"
            kind = RunError if status == "failed" else ConfigError
            raise kind(f"{what}; the first: {result.first_error(status)}")
        return result

    def _prove(self, result: SweepResult) -> None:
        """Prove of the best trial what is proven of every run in array form: it doesn't look ahead, and its forms agree."""
        if result.best is None or self.ready.plan.driver != "compiled":
            return
        composed = self.bench.composed(result.best.values, self.params)
        prepared = prepare(composed, self.ready.market)
        try:
            choose(prepared, "compiled", (), lambda: type(composed.strategy)(composed.strategy.options))
        except TradekitError as error:
            error.add_note(f"found in trial {result.best.number}, the best of the sweep in {str(result.folder)!r}")
            raise


class _Figures(Mapping[tuple[Setting, ...], float | None]):
    """The figure of each trial, by what it tried."""

    def __init__(self, known: Mapping[tuple[Setting, ...], Outcome], planned: Planned) -> None:
        self.known = known
        self.planned = planned

    def __getitem__(self, key: tuple[Setting, ...]) -> float | None:
        return figure_of(self.known[key], self.planned)

    def __iter__(self) -> Iterator[tuple[Setting, ...]]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def _check_params(params: Sequence[Param], composed: ComposedRun) -> None:
    """Raise `ConfigError` for a setting that a run does not have, or that can't be varied."""
    known = dict(_settings((), composed.settings()))
    names = {(*table.key, table.label) for table in composed.config.components}
    allowed = [key_text(key) for key in known if key[0] in _SHARED_TABLES and key not in names and key not in _OF_DATA]
    for param in params:
        if param.key in names:
            what = f"--param {param.name} names a component, and a sweep varies options only"
            raise ConfigError(f"{what}; sweep each one by itself, with --set {param.name}=NAME")
        if param.key[0] not in _SHARED_TABLES or param.key in _OF_DATA:
            what = f"--param {param.name} can't be varied, because all trials of a sweep run on the same data and account"
            raise ConfigError(f"{what}; allowed are keys of {', '.join(_SHARED_TABLES)}{nearest(param.name, allowed)}")
        if param.name not in allowed:
            raise ConfigError(f"--param {param.name} is no setting of this run{nearest(param.name, allowed)}; {_such(allowed)}")


def _such(allowed: Sequence[str]) -> str:
    own = [name for name in allowed if name.startswith("strategy.")]
    return f"its strategy has {', '.join(own)}" if own else f"allowed: {', '.join(allowed)}"


def _settings(key: Key, value: object) -> Iterator[tuple[Key, object]]:
    """Yield every value in nested tables and lists with its key."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _settings((*key, str(name)), inner)
    elif isinstance(value, list) and value and all(isinstance(inner, Mapping) for inner in value):
        for index, inner in enumerate(value):
            yield from _settings((*key, index), inner)
    else:
        yield key, value


def _told(result: SweepResult) -> dict[str, Any]:
    """Return what came of a sweep, as its JSON file has it."""
    best = result.best
    return {
        "status": "interrupted" if result.is_interrupted else "done",
        "by": result.planned.search.by,
        "trials": {status: result.count(status) for status in ("done", "invalid", "failed")},
        "left_out": result.left_out,
        "best": None if best is None else {"trial": best.number, "settings": dict(best.values)},
        "neighbours": None if best is None else asdict(result.neighbours(best)),
    }
