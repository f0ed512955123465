"""Which revisions of a store's data sets the runs in a folder have used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tradekit.engine.folder import list_runs
from tradekit.errors import RunError

__all__ = ["revisions_used"]


def revisions_used(runs: Path) -> dict[str, set[int]]:
    """Return the revisions by the name of their data set.

    Raises `RunError` for a run whose manifest can't be read, because nobody knows then what it has used.
    """
    found: dict[str, set[int]] = {}
    for run in list_runs(runs):
        if run.status == "damaged":
            raise RunError(f"what {run.folder.name!r} in {str(runs)!r} has used is not known: {run.problem}; mend it or remove it")
        for name, revision in _used(run.manifest["data"] if run.manifest is not None else ()):
            found.setdefault(name, set()).add(revision)
    return found


def _used(facts: Any) -> Iterator[tuple[str, int]]:
    """Give each data set and revision that is named anywhere among the facts about a run's data."""
    if isinstance(facts, Mapping):
        if "data_set" in facts and "revision" in facts:
            yield str(facts["data_set"]), int(facts["revision"])
        for part in facts.values():
            yield from _used(part)
    elif isinstance(facts, list | tuple):
        for part in facts:
            yield from _used(part)
