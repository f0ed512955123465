"""What takes over a second shows that it is going on: on standard error, where that is a terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from tradekit.engine.drive import Progress

__all__ = ["progress_bar", "waiting"]

_PATIENCE_S = 1.0


@contextmanager
def progress_bar(what: str, unit: str = "bars") -> Iterator[Progress]:
    """Give a function to be called with (done, total), in a unit; after a second it shows, with rate and time left."""
    began = time.monotonic()
    bar: Bar | None = None
    task: TaskID | None = None

    def tell(done: int, total: int) -> None:
        nonlocal bar, task
        if bar is None and done < total and _is_seen() and time.monotonic() - began > _PATIENCE_S:
            bar = _new_bar(unit)
            task = bar.add_task(what, total=total)
            bar.start()
        if bar is not None and task is not None:
            bar.update(task, completed=done)

    try:
        yield tell
    finally:
        if bar is not None:
            bar.stop()


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say what is being waited for, from a second on: for work whose length is not known."""
    if not _is_seen():
        yield
        return
    is_over = threading.Event()

    def tell() -> None:
        if not is_over.wait(_PATIENCE_S):
            with _console().status(what):
                is_over.wait()

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        is_over.set()
        teller.join()


def _is_seen() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def _new_bar(unit: str) -> Bar:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """So many a second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f} {unit}/s" if task.speed else "")

    name = TextColumn("{task.description}", markup=False)
    return Progress(name, BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn(), console=_console(), transient=True)
