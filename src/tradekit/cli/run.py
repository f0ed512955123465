"""`tradekit run`: from a run file to a page worth reading, and a folder that keeps it."""

from __future__ import annotations

import signal
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import file_argument, gather, runs_option, set_option
from tradekit.cli.output import json_option, print_json, show
from tradekit.cli.progress import progress_bar, waiting

if TYPE_CHECKING:
    from tradekit.engine.compose import ComposedRun
    from tradekit.engine.run import Finished

__all__ = ["run_command"]

_HALTED = 5
_INTERRUPTED = {signal.SIGINT: 130, signal.SIGTERM: 143}


@click.command("run")
@file_argument
@set_option
@runs_option
@click.option("--live", "may_trade", is_flag=True, help="Trade real money: a run in mode 'live' needs it.")
@click.option(
    "--new-session",
    "is_new",
    is_flag=True,
    help="Begin a new session of a live account, with the positions that the last one left.",
)
@gather([(("--bands",), {"is_flag": True, "help": "Run a backtest under other assumptions, too: how much depends on them?"})])
@json_option
def run_command(file: Path, overrides: tuple[str, ...], runs: Path, may_trade: bool, is_new: bool, as_json: bool) -> None:
    """Run FILE, print the result and keep it.

    FILE is a run file (TOML). Ctrl-C ends the run after the current bar: what was done until then is kept, and marked as
    interrupted.

    In the modes paper, shadow and live the run goes on until it is stopped. Its journal is kept in the folder of runs, and the same
    command goes on from there.
    """
    from tradekit.engine.compose import compose_file

    # With --json, what a strategy prints must not get into what a program reads.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        with waiting("reading and checking"):
            composed = compose_file(file, overrides)
        mode = composed.config.run.mode
        if mode == "backtest" and (may_trade or is_new):
            raise click.UsageError(f"{'--live' if may_trade else '--new-session'} is for live runs, and run.mode is 'backtest'")
        has_bands = click.get_current_context().obj["bands"]
        if mode != "backtest" and has_bands:
            raise click.UsageError(f"--bands is for backtests, and run.mode is {mode!r}")
        if mode == "backtest":
            finished, is_halted = _backtest(composed, runs, has_bands), False
            stopped_by = finished.stopped_by
        else:
            from tradekit.cli.live import run_until_stopped

            outcome = run_until_stopped(composed, runs, may_trade, is_new, as_json)
            finished, is_halted, stopped_by = outcome.finished, outcome.is_halted, outcome.stopped_by
    if as_json:
        print_json(_summary(finished))
    else:
        show(*finished.pages)
        click.echo(f"kept in {finished.folder}")
    if is_halted:
        click.get_current_context().exit(_HALTED)
    if stopped_by:
        click.get_current_context().exit(_INTERRUPTED[signal.Signals(stopped_by)])


def _backtest(composed: ComposedRun, runs: Path, has_bands: bool) -> Finished:
    from tradekit.engine.run import execute, make_ready

    with waiting("reading and checking"):
        ready = make_ready(composed)
    name = composed.config.run.name
    with progress_bar(name) as progress, progress_bar(f"{name}, bands", "runs") as bands:
        return execute(ready, runs, progress, bands if has_bands else None)


def _summary(finished: Finished) -> dict[str, object]:
    """Return the figures with what they rest on; one is never shown without the other."""
    result = finished.result
    return {
        "id": finished.folder.name,
        "folder": str(finished.folder),
        "name": result.name,
        "status": result.status,
        "plan": result.plan,
        "metrics": dict(result.metrics),
        "assumptions": list(result.assumptions),
        "notes": list(result.notes),
        **({} if result.bands is None else {"bands": dict(result.bands)}),
    }
