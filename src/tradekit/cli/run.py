"""`tradekit run`: from a run file to a page worth reading, and a folder that keeps it."""

from __future__ import annotations

import signal
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import file_argument, runs_option, set_option
from tradekit.cli.output import json_option, print_json, show
from tradekit.cli.progress import progress_bar, waiting

if TYPE_CHECKING:
    from tradekit.engine.run import Finished

__all__ = ["run_command"]

_INTERRUPTED = {signal.SIGINT: 130, signal.SIGTERM: 143}


@click.command("run")
@file_argument
@set_option
@runs_option
@json_option
@click.pass_context
def run_command(ctx: click.Context, file: Path, overrides: tuple[str, ...], runs: Path, as_json: bool) -> None:
    """Run FILE, print the result and keep it.

    FILE is a run file (TOML). Ctrl-C ends the run after the current bar: what was done until then is kept, and marked as
    interrupted.
    """
    from tradekit.engine.compose import compose_file
    from tradekit.engine.run import execute, make_ready

    # With --json, what a strategy prints must not get into what a program reads.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        with waiting("reading and checking"):
            ready = make_ready(compose_file(file, overrides))
        with progress_bar(ready.composed.config.run.name) as progress:
            finished = execute(ready, runs, progress)
    if as_json:
        print_json(_summary(finished))
    else:
        show(*finished.pages)
        click.echo(f"kept in {finished.folder}")
    if finished.stopped_by:
        ctx.exit(_INTERRUPTED[signal.Signals(finished.stopped_by)])


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
    }
