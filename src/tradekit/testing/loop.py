"""An event loop whose time is made up: what waits for an hour takes no time, and always happens in the same order."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple

__all__ = ["VirtualLoop", "run_virtually"]

Result = TypeVar("Result")
Given = TypeVarTuple("Given")


class _Jumping(selectors.DefaultSelector):
    """A selector that does not wait: it moves the loop's time on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            return super().select(None)  # nothing is scheduled: only something from outside can go on
        self.time += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that begins at time 0 and goes straight to whatever is due next; work for threads is done at once."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the made-up time in seconds."""
        return self._jumping.time

    def run_in_executor(self, executor: object, func: Callable[[*Given], Result], *args: *Given) -> asyncio.Future[Result]:  # noqa: ARG002 - which thread makes no difference
        """Call a function, and return a future that is done."""
        future: asyncio.Future[Result] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is passed on
            future.set_exception(error)
        return future


def run_virtually(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in a `VirtualLoop`, as `asyncio.run` does in a real one."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
