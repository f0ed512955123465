"""`tradekit watch`: the watchdog of a live account."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import file_argument, runs_option, set_option
from tradekit.cli.log_lines import log_lines
from tradekit.cli.progress import waiting
from tradekit.errors import ConfigError

if TYPE_CHECKING:
    from tradekit.engine.compose import ComposedRun
    from tradekit.engine.live.watch import Watchdog
    from tradekit.journal.store import JournalStore

__all__ = ["watch_command", "with_watchdog"]

_PATIENCE_S = 10.0
_INTERRUPTED = {signal.SIGINT: 130, signal.SIGTERM: 143}


@click.command("watch")
@file_argument
@set_option
@runs_option
@click.option("--with-run", "ends_with_run", is_flag=True, help="End when the trading process has ended cleanly.")
def watch_command(file: Path, overrides: tuple[str, ...], runs: Path, ends_with_run: bool) -> None:
    """Watch over the process that trades FILE's account, from a process of its own.

    When that process gives no sign of life for live.hang_s seconds, or does not take up a halt at once, the orders of this account
    that add risk are cancelled at the venue, and the account is halted until 'tradekit resume'. It never sends an order, and
    cancels none that is not in the account's journal.
    """
    from tradekit.engine.compose import compose_file
    from tradekit.engine.live.start import journal_path
    from tradekit.journal.store import JournalStore

    with waiting("reading and checking"):
        composed = compose_file(file, overrides)
    config = composed.config
    if config.run.mode != "live":
        raise ConfigError(f"run.mode is {config.run.mode!r}, and only live runs have something at a venue; say run.mode = 'live'")
    path = journal_path(runs, config.live.slug or config.run.slug)
    with log_lines():
        store = JournalStore(path)
        try:
            with store.watch():
                stopped_by = asyncio.run(_watch(composed, store, ends_with_run))
        finally:
            store.close()
    if stopped_by:
        click.get_current_context().exit(_INTERRUPTED[signal.Signals(stopped_by)])


async def _watch(composed: ComposedRun, store: JournalStore, ends_with_run: bool) -> int:
    """Watch until a signal comes, and return that; 0 if the run is over."""
    from tradekit.engine.live.watch import Watchdog, WatchTiming

    timing = WatchTiming(hang=composed.config.live.hang_s)
    watchdog = Watchdog(store, composed.executor, composed.config.data.instruments or (), timing, ends_with_run)
    logging.getLogger("tradekit.watch").info(
        "watching %s: it is halted after %g s without a sign of life; Ctrl-C ends the watch", store.path.stem, timing.hang
    )
    return await _until_signal(watchdog)


async def _until_signal(watchdog: Watchdog) -> int:
    loop, came = asyncio.get_running_loop(), [0]
    task = asyncio.create_task(watchdog.run())

    def stop(number: int) -> None:
        came[0] = number
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        await task
    except asyncio.CancelledError:
        if not came[0]:
            raise
    return came[0]


@contextmanager
def with_watchdog(composed: ComposedRun, runs: Path) -> Iterator[None]:
    """Let a watchdog watch for as long as a live run lasts that asks for one; it outlives a run that dies."""
    config, run_file = composed.config, composed.run_file
    if config.run.mode != "live" or not config.live.watchdog:
        yield
        return
    words = [word for one in run_file.overrides for word in ("--set", one.text)]
    arguments = ["watch", str(run_file.path), "--runs", str(runs), "--with-run", *words]
    command = [sys.executable, "-c", "from tradekit.cli.main import entry; entry()", *arguments]
    # In a session of its own, so that Ctrl-C, which ends the run cleanly, leaves it to the end of that.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - our own command
    try:
        yield
    finally:
        if sys.exc_info()[0] is None:
            process.wait(_PATIENCE_S)
