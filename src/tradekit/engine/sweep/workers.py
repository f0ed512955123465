"""Who does the trials: threads over one copy of the data, or processes that have one each."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Self

from tradekit.engine.sweep.params import Param
from tradekit.engine.sweep.trial import Bench, Outcome, Task
from tradekit.errors import RunError, system_reason

__all__ = ["Crew", "cores"]

Params = Mapping[str, Param]

_PIECE = 4  # trials that a thread does at once, because they are short
_GATHERED_S = 0.05  # for how long what is done is gathered before it is kept: to write it takes longer than a short trial
_MOST_CELLS = 4_000_000  # bars of all instruments, of which a thread does one trial at a time: what it holds is as long


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Crew:
    """Workers that do trials; `with` ends them.

    A strategy in event form holds Python's lock, so its trials go to processes, which read the run file again and are given the
    market; the others go to threads of this one.
    """

    def __init__(self, bench: Bench, params: Params, workers: int, in_processes: bool) -> None:
        self.bench = bench
        self.params = params
        self.in_processes = in_processes
        cells = len(bench.market.bars) * len(bench.market.bars.symbols)
        self.piece = 1 if in_processes or cells > _MOST_CELLS else _PIECE
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.pool: Executor
        if in_processes:
            spawn = multiprocessing.get_context("spawn")  # others would copy the locks of this process's threads
            self.stop: threading.Event | Event = spawn.Event()
            # To write much to a process that has died before it read it would take for ever: a file holds it.
            self.folder = tempfile.TemporaryDirectory(prefix="tradekit-sweep-")
            given = _written(Path(self.folder.name), bench)
            self.pool = ProcessPoolExecutor(workers, spawn, initializer=_begin, initargs=(given, self.stop))
        else:
            self.stop = threading.Event()
            self.pool = ThreadPoolExecutor(workers, thread_name_prefix="sweep")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """End the workers after the trial that each is at."""
        self.stop.set()
        self.pool.shutdown(wait=True, cancel_futures=True)
        if self.folder is not None:
            self.folder.cleanup()

    def outcomes(self, tasks: Sequence[Task]) -> Iterator[list[Outcome]]:
        """Do trials, and yield what comes of them as they are done, some at a time, in any order."""
        done: SimpleQueue[Future[list[Outcome]]] = SimpleQueue()
        pieces = [tasks[start : start + self.piece] for start in range(0, len(tasks), self.piece)]
        try:
            with _uninterrupted():
                sent = [self._sent(piece) for piece in pieces]
            for future in sent:
                future.add_done_callback(done.put)
            left = len(sent)
            while left:
                gathered = _gathered(done, left)
                left -= len(gathered)
                yield [outcome for future in gathered if future.exception() is None for outcome in future.result()]
                for future in gathered:
                    future.result()  # raises what was raised there, now that the others are kept
        except BrokenProcessPool as error:
            what = "a process that did trials has died; perhaps the system ran out of memory, or was told to end it"
            way = "the same command goes on from what is done, and --workers takes fewer"
            raise RunError(f"{what}; {way} (a Python script that sweeps needs: if __name__ == '__main__')") from error

    def _sent(self, piece: Sequence[Task]) -> Future[list[Outcome]]:
        if self.in_processes:
            return self.pool.submit(_in_process, piece, self.params)
        return self.pool.submit(_run, self.bench, self.stop, piece, self.params)


def _written(folder: Path, bench: Bench) -> Path:
    """Write what a process makes its bench of."""
    path = folder / "given"
    try:
        with path.open("wb") as file:
            pickle.dump((bench.document, bench.market, bench.driver), file, pickle.HIGHEST_PROTOCOL)
    except OSError as error:
        what = f"the data can't be written to {str(path)!r} for the processes that do trials: {system_reason(error)}"
        raise RunError(f"{what}; the environment variable TMPDIR names another place") from error
    return path


def _gathered(done: SimpleQueue[Future[list[Outcome]]], most: int) -> list[Future[list[Outcome]]]:
    """Wait for one that is done, and return it with those that are soon after, so many at most."""
    found = [done.get()]
    until = time.monotonic() + _GATHERED_S
    while len(found) < most and (left := until - time.monotonic()) > 0.0:
        try:
            found.append(done.get(timeout=left))
        except Empty:
            break
    return found


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C while processes are begun: they keep it off for good, and leave it to this one."""
    if not hasattr(signal, "pthread_sigmask"):  # as on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(bench: Bench, stop: threading.Event | Event, piece: Sequence[Task], params: Params) -> list[Outcome]:
    return bench.outcomes(piece, params, stop.is_set)


_own: list[tuple[Bench, Event]] = []
"""Of a process that does trials: what it works with."""


def _begin(given: Path, stop: Event) -> None:
    """Make a process ready for trials; it ends with the one that began it, however that ends, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with given.open("rb") as file:
        _own.append((Bench(*pickle.load(file)), stop))  # noqa: S301 - the process that began this one has just written it


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_process(piece: Sequence[Task], params: Params) -> list[Outcome]:
    return _run(*_own[0], piece, params)
