"""`tradekit run` in the modes paper, shadow and live: what a person sees while it runs."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from tradekit.engine.compose import ComposedRun
    from tradekit.engine.live.run import LiveOutcome
    from tradekit.engine.live.start import Started

__all__ = ["log_lines", "run_until_stopped"]


def run_until_stopped(composed: ComposedRun, runs: Path, may_trade: bool, is_new: bool, as_json: bool) -> LiveOutcome:
    """Run on live data, with one line for what happens on standard error: for people, or as JSON."""
    from tradekit.cli.watch import with_watchdog
    from tradekit.engine.live.run import run_live

    with log_lines(as_json), with_watchdog(composed, runs):
        return run_live(composed, runs, may_trade, is_new, _say_what_begins)


@contextmanager
def log_lines(as_json: bool = False) -> Iterator[None]:
    """Show what tradekit logs on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    logger = logging.getLogger("tradekit")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _say_what_begins(started: Started) -> None:
    composed, session = started.composed, started.session
    decider, mode = session.books.decider, composed.config.run.mode
    how = "goes on with" if started.replayed else "begins"
    who = "the simulator fills its orders" if session.executor is None else f"orders go to {composed.executor.name!r}"
    log = logging.getLogger("tradekit.live")
    log.info("%s run %r %s session %d: %s", mode, composed.config.run.name, how, session.books.session.id, who)
    log.info("%d closed bars so far; %d inputs gone through again", decider.run.rows, started.replayed)
    for use in composed.uses:
        log.info("%s %s from %s %s", use.kind, use.name, use.package, use.version)
    account = session.store.path.stem
    for hold in decider.switch.told():
        since = datetime.fromtimestamp(hold["since"] // 1_000_000_000, UTC).isoformat()
        log.warning("%s since %s, by %s: %s", hold["level"], since, hold["cause"], hold["reason"] or "no reason was given")
    for asked in session.store.asked():
        log.warning("%s was asked for, by %s: %s", asked.command, asked.cause, asked.reason or "no reason was given")
    if decider.switch.holds:
        log.warning("it stays so until somebody runs: tradekit resume %s --reason '...'", account)
    if mode == "live" and not session.store.is_watched() and not composed.config.live.watchdog:
        log.info("no watchdog watches over it: 'tradekit watch %s' in another terminal does", composed.run_file.path)
    log.info("journal %s; Ctrl-C ends the run cleanly", session.store.path)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Lines(logging.Formatter):
    """`time level message`."""

    def format(self, record: logging.LogRecord) -> str:
        colour = {"WARNING": "yellow", "ERROR": "red"}.get(record.levelname)
        level = record.levelname.lower()
        if colour is not None and sys.stderr.isatty():
            level = click.style(level, fg=colour)
        return f"{_time(record)} {level} {record.getMessage()}"


class _JsonLines(logging.Formatter):
    """An object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"time": _time(record), "level": record.levelname.lower(), "message": record.getMessage()})
