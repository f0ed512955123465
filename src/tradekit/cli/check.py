"""`tradekit check`: find everything that is wrong with a run before it is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import file_argument, set_option
from tradekit.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from tradekit.engine.run import Ready

__all__ = ["check_command"]


@click.command("check")
@file_argument
@set_option
@json_option
def check_command(file: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check FILE and what it needs; run nothing.

    Reads the run file, finds its components and checks their options, loads and checks the data, computes the indicators and
    chooses the driver. Whatever is wrong is said as 'tradekit run' would say it, with the same exit code.
    """
    from tradekit.engine.compose import compose_file
    from tradekit.engine.run import make_ready

    ready = make_ready(compose_file(file, overrides))
    if as_json:
        print_json(_facts(ready))
        return
    print_table(
        ["KIND", "NAME", "PACKAGE", "OPTIONS"],
        [[use.kind, use.name, f"{use.package} {use.version}", _options(use.options)] for use in ready.composed.uses],
    )
    click.echo()
    print_table(
        ["INSTRUMENT", "BARS", "FIRST", "LAST", "FROM"],
        [[str(fact[key]) for key in ("symbol", "rows", "first", "last", "origin")] for fact in ready.loaded.facts],
    )
    click.echo(f"\n{ready.plan.driver} driver: {ready.plan.reason}; warm-up {ready.prepared.setup.warmup} bars")
    for note in ready.loaded.notes:
        click.echo(f"note: {note}")
    click.echo(f"{file} is ready to run")


def _options(options: object) -> str:
    assert isinstance(options, dict)
    return ", ".join(f"{name}={value}" for name, value in options.items() if value is not None)


def _facts(ready: Ready) -> dict[str, object]:
    return {
        "config": ready.composed.settings(),
        "components": [
            {"kind": use.kind, "name": use.name, "package": use.package, "version": use.version} for use in ready.composed.uses
        ],
        "data": [dict(fact) for fact in ready.loaded.facts],
        "notes": list(ready.loaded.notes),
        "driver": ready.plan.driver,
        "reason": ready.plan.reason,
        "warmup": ready.prepared.setup.warmup,
    }
