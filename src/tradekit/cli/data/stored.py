"""`tradekit data list` and `show`: what is in the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tradekit.cli.arguments import store_option
from tradekit.cli.data.arguments import data_set_argument
from tradekit.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from tradekit.data.store.dataset import DataSet
    from tradekit.data.store.kinds import Kept

__all__ = ["list_command", "show_command"]


@click.command("list")
@store_option
@json_option
def list_command(store: Path, as_json: bool) -> None:
    """List what the store keeps."""
    from tradekit.data.store.folder import Store

    kept = Store(store)
    keys = kept.keys()
    found = [_listed(kept.open(key)) for key in keys]
    if as_json:
        print_json(found)
    elif found:
        print_table(["DATA SET", "ROWS", "FIRST", "LAST", "REVISION", "SIZE"], map(_row, found))
    else:
        click.echo(f"nothing is kept in {store}; 'tradekit data import' and 'tradekit data fetch' change that")


def _row(one: Mapping[str, Any]) -> list[str]:
    size = f"{one['size'] / 1e6:,.2f} MB"
    return [one["data_set"], f"{one['rows']:,}", one["first"] or "", one["last"] or "", str(one["revision"]), size]


def _listed(data_set: DataSet) -> dict[str, Any]:
    from tradekit.data.interval import time_text

    manifest, key = data_set.manifest, data_set.key
    parts = list(manifest.parts(manifest.newest).values())
    files = {part.file: part.size for revision in manifest.revisions for part in revision.months.values() if part is not None}
    return {
        "data_set": str(key),
        "venue": key.venue,
        "symbol": key.symbol,
        "kind": key.kind,
        "interval": key.interval,
        "rows": sum(part.rows for part in parts),
        "first": time_text(parts[0].first) if parts else None,
        "last": time_text(parts[-1].last) if parts else None,
        "revision": manifest.newest,
        "size": sum(files.values()),
    }


@click.command("show")
@data_set_argument
@click.option("--head", type=click.IntRange(0), default=5, show_default=True, help="How many of the first and of the last rows.")
@store_option
@json_option
def show_command(words: tuple[str, ...], head: int, store: Path, as_json: bool) -> None:
    """Show a data set: its revisions, what is known about the instrument, and its first and last rows.

    DATA_SET is its name, or some words of it that no other has.
    """
    from tradekit.data.interval import time_text
    from tradekit.data.store.folder import Store

    kept = Store(store)
    data_set = kept.open(kept.find(words))
    manifest, listed = data_set.manifest, _listed(data_set)
    revisions = [_revision(data_set, revision.number) for revision in manifest.revisions]
    covered = [[time_text(start), time_text(end)] for start, end in data_set.covered()]
    facts = dict(manifest.instrument(manifest.newest))
    if as_json:
        print_json({**listed, "revisions": revisions, "covered": covered, "instrument": facts})
        return
    click.echo(f"{data_set.key}: {listed['rows']:,} rows in {data_set.folder}")
    click.echo("covered    " + ("\n           ".join(" to ".join(span) for span in covered) or "nothing"))
    click.echo("instrument " + (", ".join(f"{name} = {value}" for name, value in facts.items()) or "nothing is known"))
    click.echo()
    rows = [[str(one["revision"]), one["made_at"], one["source"], f"{one['rows']:,}", one["why"]] for one in revisions]
    print_table(["REVISION", "MADE", "SOURCE", "ROWS", "WHY"], rows)
    if ends := _ends(data_set, head):
        click.echo()
        print_table([name.upper() for name in data_set.layout.columns], ends)


def _revision(data_set: DataSet, number: int) -> dict[str, Any]:
    revision = data_set.manifest.revision(number)
    return {
        "revision": number,
        "made_at": revision.made_at,
        "source": revision.source,
        "why": revision.why,
        "months": sorted(revision.months),
        "rows": sum(part.rows for part in data_set.manifest.parts(number).values()),
        "content": revision.content,
    }


def _ends(data_set: DataSet, count: int) -> list[list[str]]:
    """Return the first and the last rows as text; only the months that they are in are read."""
    parts = list(data_set.manifest.parts(data_set.revision).values())
    if not parts or not count:
        return []
    total = sum(part.rows for part in parts)
    head = _cells(data_set, data_set.read(parts[0].first, parts[0].last + 1))[:count]
    rest = total - len(head)
    if rest <= count:
        return _cells(data_set, data_set.read())
    tail = _cells(data_set, data_set.read(parts[-1].first, parts[-1].last + 1))[-count:]
    return [*head, ["..."] + [""] * (len(head[0]) - 1), *tail]


def _cells(data_set: DataSet, rows: Kept) -> list[list[str]]:
    from tradekit.data.interval import time_text

    columns = []
    for name in data_set.layout.columns:
        values = getattr(rows, name).tolist()
        columns.append([time_text(value) for value in values] if name.endswith("time") else [f"{value:.15g}" for value in values])
    return [list(row) for row in zip(*columns, strict=True)]
