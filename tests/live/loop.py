"""An event loop whose time is made up, for connections on loopback whose two ends are both in it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple

Result = TypeVar("Result")
Given = TypeVarTuple("Given")


class _Jumping(selectors.DefaultSelector):
    """A selector that moves the loop's time on where nothing is on its way: what one end has written the other has by then."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            return super().select(None)
        self.time += timeout
        return ready


class LoopbackLoop(asyncio.SelectorEventLoop):
    """An event loop that begins at time 0 and goes straight to whatever is due next; work for threads is done at once."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the made-up time in seconds."""
        return self._jumping.time

    def run_in_executor(self, executor: object, func: Callable[[*Given], Result], *args: *Given) -> asyncio.Future[Result]:
        """Call a function, and return a future that is done."""
        future: asyncio.Future[Result] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def run_on_loopback(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end."""
    with asyncio.Runner(loop_factory=LoopbackLoop) as runner:
        return runner.run(work)
