"""A progress bar for what takes over a second, on standard error, where that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from tradekit.engine.drive import Progress

__all__ = ["progress_bar"]

_PATIENCE_S = 1.0


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """Give a function to be called with (done, total); the bar comes up after a second and shows rate and time left."""
    began = time.monotonic()
    bar: Bar | None = None
    task: TaskID | None = None

    def tell(done: int, total: int) -> None:
        nonlocal bar, task
        if bar is None and done < total and sys.stderr.isatty() and time.monotonic() - began > _PATIENCE_S:
            bar = _new_bar()
            task = bar.add_task(what, total=total)
            bar.start()
        if bar is not None and task is not None:
            bar.update(task, completed=done)

    try:
        yield tell
    finally:
        if bar is not None:
            bar.stop()


def _new_bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """Bars a second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f} bars/s" if task.speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
