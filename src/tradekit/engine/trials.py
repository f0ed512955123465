"""The trial ledger: every run is counted, so that a later statistic can say how many things were tried on the same data."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradekit.errors import RunError, system_reason
from tradekit.model.result import Result

__all__ = ["LEDGER", "DataSet", "append_lines", "data_hash", "data_set", "data_sets", "figures_kept", "read_trials", "record_trial"]

LEDGER = "trials.jsonl"
_as_line = json.JSONEncoder(sort_keys=True, allow_nan=False).encode

_KEPT = ("total_return", "annual_return", "annual_volatility", "sharpe", "max_drawdown", "trades")


def data_hash(fact: Mapping[str, Any]) -> str:
    """Return what tells the data of an instrument apart: the hash of its bars, followed by those of anything else read for it.

    Trades of which a store has made the bars have none of their own.
    """
    parts = [part["sha256"] for _, part in sorted(fact.items()) if isinstance(part, Mapping) and "sha256" in part]
    return "".join([fact["sha256"], *parts])


def data_set(facts: Iterable[Mapping[str, Any]]) -> str:
    """Return what identifies a data set: the SHA-256 of the hashes of all that was read."""
    return hashlib.sha256("".join(map(data_hash, facts)).encode()).hexdigest()


def figures_kept(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a trial that its line has."""
    return {name: metrics.get(name) for name in _KEPT}


def record_trial(result: Result, folder: Path) -> None:
    """Append one line about a run to the ledger beside its folder: data, strategy, options and the figures it was judged by.

    Raises `OSError` if it can't be.
    """
    strategies = [use for use in result.components if use.kind == "strategy"]
    names = list(result.strategies or [strategies[0].name])
    line = {
        "run": folder.name,
        "data": data_set(result.data),
        "status": result.status,
        "strategy": ", ".join(use.name for use in strategies),
        "options": dict(strategies[0].options)
        if result.strategies is None
        else {name: dict(use.options) for name, use in zip(names, strategies, strict=True)},
        "metrics": figures_kept(result.metrics),
    }
    append_lines(folder.parent / LEDGER, [line])


def append_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Append lines of JSON to a file in one piece, so that those of several processes don't mix.

    What a killed process has left half written is closed by a line of its own. Raises `OSError` if they can't be written.
    """
    text = "".join(_as_line(line) + "\n" for line in lines).encode()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        end = os.lseek(descriptor, 0, os.SEEK_END)
        if end and os.pread(descriptor, 1, end - 1) != b"\n":
            text = b"\n" + text
        if os.write(descriptor, text) < len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(descriptor)


def read_trials(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the lines of a ledger, oldest first, and how many can't be read; a process that is killed may leave half of one.

    Raises `RunError` if the file can't be read.
    """
    if not path.exists():
        return [], 0
    try:
        lines = [line for line in path.read_bytes().split(b"\n") if line]
    except OSError as error:
        raise RunError(f"the ledger of trials {str(path)!r} can't be read: {system_reason(error)}") from error
    found, damaged = [], 0
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if isinstance(entry, dict):
            found.append(entry)
        else:
            damaged += 1
    return found, damaged


@dataclass(frozen=True, slots=True)
class DataSet:
    """What the ledger tells of one data set: how much was tried on it, and the best that came of it."""

    data: str
    trials: int
    distinct: int
    """Those that are not the same as one before: another strategy, or other settings."""
    strategies: tuple[str, ...]
    best_sharpe: float | None
    sharpe_variance: float | None
    """The sample variance of the Sharpe ratios of the distinct ones; what chance alone makes of the best grows with it."""


def data_sets(entries: Iterable[Mapping[str, Any]]) -> list[DataSet]:
    """Return what a ledger tells, one entry a data set, in the order in which they were first used."""
    by_data: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        by_data.setdefault(str(entry.get("data")), []).append(entry)
    return [_told(data, trials) for data, trials in by_data.items()]


def _told(data: str, trials: Sequence[Mapping[str, Any]]) -> DataSet:
    distinct = {
        json.dumps([trial.get(key) for key in ("strategy", "options", "settings")], sort_keys=True): trial for trial in trials
    }
    found = [trial.get("metrics", {}).get("sharpe") for trial in distinct.values()]
    sharpes = [float(value) for value in found if value is not None]
    mean = sum(sharpes) / len(sharpes) if sharpes else 0.0
    variance = sum((value - mean) ** 2 for value in sharpes) / (len(sharpes) - 1) if len(sharpes) > 1 else None
    names = tuple(dict.fromkeys(str(trial.get("strategy")) for trial in trials))
    return DataSet(data, len(trials), len(distinct), names, max(sharpes, default=None), variance)
