"""Which files of a run's data a strategy opens by itself: no other data can be put in the place of those."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

from tradekit.plugin.contracts import DataSource

__all__ = ["DataFiles", "noting_reads"]


@dataclass(frozen=True)
class DataFiles:
    """The files that a source reads, as patterns of absolute paths; `*` stands for any text."""

    patterns: tuple[str, ...]

    @classmethod
    def of(cls, source: DataSource) -> Self:
        """Return the files that the options of a source name."""
        return cls(tuple(dict.fromkeys(_pattern(path) for path in _paths(source.options.model_dump()))))

    def has(self, path: str) -> bool:
        """Say whether a path is one of the files, or lies in a folder that is."""
        return any(fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}{os.sep}*") for pattern in self.patterns)


class _Noting:
    """What notes the files that are opened, of some that are watched for."""

    def __init__(self, files: DataFiles) -> None:
        self.files = files
        self.opened: dict[str, None] = {}

    def note(self, path: object) -> None:
        if isinstance(path, str | bytes):
            found = os.path.realpath(os.fsdecode(path))
            if self.files.has(found):
                self.opened[found] = None


_noting: ContextVar[_Noting | None] = ContextVar("noting", default=None)
_hooked: list[bool] = []


@contextmanager
def noting_reads(files: DataFiles) -> Iterator[Mapping[str, None]]:
    """Note which of some files are opened by Python meanwhile; what other libraries open by themselves isn't seen."""
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_hear)  # there is no way to take one away again
    noting = _Noting(files)
    token = _noting.set(noting)
    try:
        yield noting.opened
    finally:
        _noting.reset(token)


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and (noting := _noting.get()) is not None:
        noting.note(arguments[0])


def _paths(value: object) -> Iterator[Path]:
    """Yield the paths in nested tables and lists."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _paths(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _paths(inner)


def _pattern(path: Path) -> str:
    return os.path.realpath(path).replace("[", "[[]").replace("?", "[?]").replace("{symbol}", "*")
