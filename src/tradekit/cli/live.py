"""`tradekit run` in the modes paper, shadow and live: what a person sees while it runs."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tradekit.cli.log_lines import log_lines
from tradekit.cli.watch import with_watchdog

if TYPE_CHECKING:
    from pathlib import Path

    from tradekit.engine.compose import ComposedRun
    from tradekit.engine.live.run import LiveOutcome
    from tradekit.engine.live.start import Started

__all__ = ["run_until_stopped"]


def run_until_stopped(composed: ComposedRun, runs: Path, may_trade: bool, is_new: bool, as_json: bool) -> LiveOutcome:
    """Run on live data, with one line for what happens on standard error: for people, or as JSON."""
    from tradekit.engine.live.run import run_live

    with log_lines(as_json), with_watchdog(composed, runs):
        return run_live(composed, runs, may_trade, is_new, _say_what_begins)


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
    if shares := composed.config.named_shares():
        parts = ", ".join(f"{name} {part:.0%}" for name, part in shares)
        log.info("strategies share the account: %s; the tenth character of an order's id counts them from 0", parts)
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
