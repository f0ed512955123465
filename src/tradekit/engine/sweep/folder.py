"""The folder of a sweep: what has been done so far, kept as it is done, and the table when all is."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tradekit.engine.brief import FIGURES
from tradekit.engine.compose import ComposedRun
from tradekit.engine.sweep.params import Param
from tradekit.engine.sweep.trial import Outcome
from tradekit.engine.trials import LEDGER, append_lines, figures_kept, read_trials
from tradekit.errors import ConfigError, LockedError, RunError, system_reason
from tradekit.lock import FileLock
from tradekit.model.columns import flag_column, number_column, string_column, table
from tradekit.plugin.packages import KERNEL

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SWEEP", "TABLE", "SweepFolder", "code_hash", "table_of"]

SWEEP, TABLE = "sweep.json", "trials.parquet"
_DONE, _LOCK = "done.jsonl", ".lock"
FORMAT = 1
_OUTCOME = tuple(field.name for field in fields(Outcome))


def code_hash(composed: ComposedRun) -> str:
    """Return the hash of the Python code of all packages, but the kernel, that components of a run come from.

    What was tried before a strategy was changed must not be taken for what it does now.
    """
    parts = (composed.source, composed.strategy, *composed.rules, composed.executor, *composed.costs)
    tops = sorted({type(part).__module__.partition(".")[0] for part in parts} - {KERNEL})
    found = hashlib.sha256()
    for top in tops:
        origin = getattr(sys.modules.get(top), "__file__", None)
        if origin is None:
            continue
        path = Path(origin)
        for file in sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]:
            found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


class SweepFolder:
    """A folder of `runs` whose name tells what is swept, so that the same sweep finds what it has done.

    `facts` are what decides what comes of it, as JSON has it.
    """

    def __init__(self, runs: Path, slug: str, facts: Mapping[str, Any]) -> None:
        self.facts = dict(facts)
        self.digest = hashlib.sha256(_json(self.facts)).hexdigest()
        self.path = runs / f"sweep-{slug}-{self.digest[:10]}"
        self.ledger = runs / LEDGER

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder, which is made if there is none. Raises `RunError` if another process works on it."""
        with _writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        try:
            lock = FileLock(self.path / _LOCK)
        except LockedError as error:
            where = f"the sweep in {str(self.path)!r}"
            raise RunError(f"{error.holder} is writing to {where}; wait until it is done, or end it") from None
        with lock:
            yield

    def done(self) -> list[Outcome]:
        """Return what has been done before, and make good for what a killed process has left undone in the ledger."""
        entries, _ = read_trials(self.path / _DONE)
        found = {entry["number"]: Outcome(**entry) for entry in entries}
        counted = {entry.get("trial") for entry in read_trials(self.ledger)[0] if entry.get("sweep") == self.path.name}
        self._count([outcome for outcome in found.values() if outcome.number not in counted])
        return sorted(found.values(), key=lambda outcome: outcome.number)

    def keep(self, outcomes: Sequence[Outcome]) -> None:
        """Keep what came of trials, here first and then in the ledger."""
        with _writing(self.path):
            append_lines(self.path / _DONE, [{name: getattr(outcome, name) for name in _OUTCOME} for outcome in outcomes])
        self._count(outcomes)

    def _count(self, outcomes: Iterable[Outcome]) -> None:
        lines = [
            {
                "sweep": self.path.name,
                "trial": outcome.number,
                "data": self.facts["data"],
                "status": outcome.status,
                "strategy": self.facts["config"]["strategy"]["name"],
                "options": dict(outcome.options),
                "settings": dict(outcome.values),
                "metrics": figures_kept(outcome.figures),
            }
            for outcome in outcomes
            if outcome.status != "invalid"  # of which nothing was tried
        ]
        if lines:
            with _writing(self.ledger.parent):
                append_lines(self.ledger, lines)

    def publish(self, trials: pa.Table, told: Mapping[str, Any]) -> None:
        """Write the table and what is told of it, each whole or not at all."""
        import pyarrow.parquet as pq

        with _writing(self.path):
            part = self.path / f".{TABLE}.part"
            pq.write_table(trials, part, compression="zstd")
            part.replace(self.path / TABLE)
            part = self.path / f".{SWEEP}.part"
            part.write_bytes(_json({"format": FORMAT, **told, **self.facts}))
            part.replace(self.path / SWEEP)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = ConfigError if isinstance(error, PermissionError | NotADirectoryError | FileExistsError) else RunError
        raise kind(f"the folder {str(path)!r} can't be written: {system_reason(error)}; --runs names another") from error


def table_of(outcomes: Sequence[Outcome], params: Sequence[Param]) -> pa.Table:
    """Return trials as a table, by number: status, what was varied, all figures, and why there are none."""
    columns: dict[str, pa.Array] = {
        "trial": number_column(np.array([outcome.number for outcome in outcomes], dtype=np.int64)),
        "status": string_column([outcome.status for outcome in outcomes]),
    }
    for param in params:
        columns[param.name] = _column([outcome.values[param.name] for outcome in outcomes], param)
    for key in FIGURES:
        columns[key] = _figures([outcome.figures.get(key) for outcome in outcomes], key in ("trades", "open_trades"))
    columns["error"] = string_column([outcome.error or None for outcome in outcomes])
    return table(columns)


def _figures(values: Sequence[float | int | None], is_count: bool) -> pa.Array:
    is_known = np.array([value is not None for value in values], dtype=np.bool_)
    numbers = np.array([0 if value is None else value for value in values], dtype=np.int64 if is_count else np.float64)
    return number_column(numbers, is_known)


def _column(values: Sequence[Any], param: Param) -> pa.Array:
    """Return settings in a type that all values of a parameter have, whichever of them were tried."""
    kinds = {type(value) for value in param.values}
    if kinds == {bool}:
        return flag_column(np.array(values, dtype=np.bool_))
    if kinds <= {int, float}:
        return number_column(np.array(values, dtype=np.int64 if kinds == {int} else np.float64))
    return string_column([value if isinstance(value, str) else json.dumps(value) for value in values])


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()
