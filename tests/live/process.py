"""Processes that run `tradekit`, and kill themselves with SIGKILL at one of the moments that have a name.

Run as a script, this file loads once what takes seconds to load, and then makes a process for each line that it is given: it is
forked, runs the command line `tradekit` from there, and shares nothing with any other. `Nursery` is what tests use it by.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALLS = ("send", "cancel", "find", "open_orders", "fills", "payments", "holdings")
PATIENCE_S = 120.0


class Nursery(AbstractContextManager["Nursery"]):
    """Makes processes. `site` is a folder of packages that they find besides what is installed."""

    def __init__(self, site: Path) -> None:
        self._server = subprocess.Popen(
            [sys.executable, __file__, str(site)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._running: set[int] = set()

    def start(self, arguments: Sequence[str], said: Path, environment: Mapping[str, str], dies: str = "") -> Process:
        """Run `tradekit` with these arguments; what it says goes to a file. It kills itself at `dies`, such as `send, after: 2`."""
        pid = self._ask({"arguments": list(arguments), "said": str(said), "environment": dict(environment), "dies": dies})
        self._running.add(pid)
        return Process(pid, said, self._ended)

    def _ended(self, pid: int) -> int | None:
        status = self._ask({"ended": pid})
        if status is not None:
            self._running.discard(pid)
        return status

    def _ask(self, what: Mapping[str, Any]) -> Any:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(what) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())

    def __exit__(self, *_: object) -> None:
        for pid in list(self._running):
            if self._ended(pid) is None:
                os.kill(pid, signal.SIGKILL)
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()
        assert self._server.stdout is not None
        self._server.stdout.close()


@dataclass(frozen=True)
class Process:
    """A process that runs `tradekit`."""

    pid: int
    said: Path
    ended: Callable[[int], int | None]

    def wait(self) -> int:
        """Wait until it has ended, and return its exit code, or the signal that killed it as a negative number."""
        (status,) = until(self._end, lambda: f"process {self.pid} goes on:\n{self.words()}")
        return int(status)

    def _end(self) -> tuple[int, ...]:
        status = self.ended(self.pid)
        return () if status is None else (status,)

    def signal(self, number: int) -> int:
        """Send it a signal, and wait for its end."""
        os.kill(self.pid, number)
        return self.wait()

    def until(self, found: Callable[[], Any]) -> Any:
        """Wait for something that it does, and return that; fail if it ends before."""

        def look() -> Any:
            assert self.ended(self.pid) is None, f"it ended:\n{self.words()}"
            return found()

        return until(look, self.words)

    def words(self) -> str:
        """Return what it has said so far."""
        return self.said.read_text() if self.said.exists() else ""


def until(found: Callable[[], Any], otherwise: Callable[[], str]) -> Any:
    """Wait for something that another process does, and return it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (it := found()):
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.01)
    return it


def serve() -> None:
    """Make a process for each line of standard input, and say its number; or say how one has ended."""
    import ccxt.pro
    import pandas as pd
    import tradekit_ccxt.executor
    import tradekit_venue.opening

    import tradekit.engine.live.run
    from tradekit.plugin.discovery import discover

    loaded = (ccxt.pro, pd, tradekit_ccxt.executor, tradekit_venue.opening, tradekit.engine.live.run)
    assert all(loaded)
    sys.path.insert(0, sys.argv[1])
    discover()
    for line in sys.stdin:
        asked = json.loads(line)
        if "ended" in asked:
            pid, status = os.waitpid(asked["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if not answer:
                become(asked)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def become(asked: Mapping[str, Any]) -> None:
    """Be the process that was asked for, to its end."""
    from tradekit.cli.main import entry

    said = os.open(asked["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, target in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(number, target)
    os.environ.update(asked["environment"])
    sys.argv = ["tradekit", *asked["arguments"]]
    if asked["dies"]:
        moment, _, number = asked["dies"].rpartition(": ")
        watch(Death(moment, int(number)).at)
    try:
        entry()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)


@dataclass
class Death:
    """Kills this process when a moment comes for so many times."""

    moment: str
    number: int

    def at(self, moment: str) -> None:
        if moment == self.moment:
            self.number -= 1
            if self.number == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def watch(at: Callable[[str], None]) -> None:
    """Name the moments at which something of this process can be seen from outside: `intent, before`, `send, after` and so on.

    An entry of the journal is called by the kind of what the run was told, and `intent` if orders follow from it.
    """
    from tradekit_ccxt.executor import CcxtExecutor

    from tradekit.journal.store import JournalStore

    append = JournalStore.append
    known: set[str] = set()

    def appended(store: Any, session: int, body: str, orders: Any = (), *more: Any) -> int:
        orders = list(orders)
        names = [json.loads(body)["kind"]]
        if any(row.client_id not in known for row in orders):
            names.append("intent")
        known.update(row.client_id for row in orders)
        for name in names:
            at(f"{name}, before")
        found = append(store, session, body, orders, *more)
        for name in names:
            at(f"{name}, after")
        return found

    def told_of(name: str) -> Any:
        call = getattr(CcxtExecutor, name)

        async def done(*given: Any) -> Any:
            at(f"{name}, before")
            found = await call(*given)
            at(f"{name}, after")
            return found

        return done

    JournalStore.append = appended  # type: ignore[method-assign, assignment]  # what this process is for
    for name in CALLS:
        setattr(CcxtExecutor, name, told_of(name))


if __name__ == "__main__":
    serve()
