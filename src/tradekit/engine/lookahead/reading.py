"""Which files of a run's data a strategy opens by itself: no other data can be put in the place of those."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase
from pathlib import Path
from types import FrameType

from tradekit.plugin.contracts import DataSource

__all__ = ["Opened", "data_among", "noting_opened"]

Opened = dict[str, set[str]]
"""Files that were opened, as absolute paths, and the names of the modules that were at work then."""

_noting: ContextVar[Opened | None] = ContextVar("noting", default=None)
_hooks: list[str] = []


@contextmanager
def noting_opened() -> Iterator[Opened]:
    """Note which files Python opens meanwhile; what libraries open without it isn't seen."""
    if not _hooks:
        _hooks.append("open")
        sys.addaudithook(_hear)  # there is no way to take one away again
    opened: Opened = {}
    token = _noting.set(opened)
    try:
        yield opened
    finally:
        _noting.reset(token)


def data_among(opened: Opened, source: DataSource) -> tuple[str, ...]:
    """Return which of the files that were opened hold the data of a source, by its options, and that it did not open itself."""
    own = {cls.__module__ for cls in type(source).__mro__} - {DataSource.__module__, "builtins"}
    patterns = [_pattern(path) for path in _paths(source.options.model_dump())]
    return tuple(
        path
        for path, modules in opened.items()
        if not modules & own and any(fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}{os.sep}*") for pattern in patterns)
    )


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    opened = _noting.get() if event == "open" else None
    path = arguments[0] if arguments else None
    if opened is None or not isinstance(path, str | bytes):
        return
    modules = opened.setdefault(os.path.realpath(os.fsdecode(path)), set())
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        modules.add(str(frame.f_globals.get("__name__")))
        frame = frame.f_back


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
    """Return what a path stands for as a pattern of absolute paths."""
    return os.path.realpath(path).replace("[", "[[]").replace("?", "[?]").replace("{symbol}", "*")
