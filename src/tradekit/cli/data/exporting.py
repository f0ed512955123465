"""`tradekit data export`: out of the store into a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from tradekit.cli.arguments import gather, store_option
from tradekit.cli.data.arguments import MOMENT, data_set_argument, nanoseconds

__all__ = ["export_command"]

_OPTIONS: Sequence[tuple[tuple[str, ...], Mapping[str, Any]]] = (
    (("--start",), {"type": MOMENT, "metavar": "TIME", "help": "From when on, UTC. Default: all."}),
    (("--end",), {"type": MOMENT, "metavar": "TIME", "help": "Up to when, UTC, that itself left out."}),
    (("--revision",), {"type": int, "help": "Which revision. Default: the newest."}),
)


@click.command("export")
@data_set_argument
@click.option("--to", "file", type=click.Path(path_type=Path), required=True, help="A file: .csv, .csv.gz or .parquet.")
@gather(_OPTIONS)
@store_option
@click.pass_context
def export_command(ctx: click.Context, words: tuple[str, ...], file: Path, store: Path) -> None:
    """Write a data set, or a range of it, to one file.

    DATA_SET is its name, or some words of it that no other has. What is written can be imported again, and is the same.
    """
    from tradekit.data.store.exporting import export
    from tradekit.data.store.folder import Store

    asked, kept = ctx.obj, Store(store)
    data_set = kept.open(kept.find(words))
    rows = data_set.read(nanoseconds(asked["start"]), nanoseconds(asked["end"]), asked["revision"])
    export(rows, data_set.key.kind, file)
    click.echo(f"{len(rows):,} rows of {rows.origin} written to {file}")
