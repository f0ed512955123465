"""`tradekit data verify` and `prune`: whether the store is what was written, and away with what nobody needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tradekit.cli.arguments import runs_option, store_option
from tradekit.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from tradekit.data.store.prune import Pruned
    from tradekit.data.store.strays import Strays
    from tradekit.data.store.verify import Verified

__all__ = ["prune_command", "verify_command"]


@click.command("verify")
@store_option
@json_option
@click.pass_context
def verify_command(ctx: click.Context, store: Path, as_json: bool) -> None:
    """Check that the store is what was written to it.

    Looked at are each file's SHA-256, rows and their order, and what the manifests say. The exit code is 1 if anything is wrong.
    Files that nothing needs are told, and no fault.
    """
    from tradekit.data.store.folder import Store
    from tradekit.data.store.strays import outside
    from tradekit.data.store.verify import verify

    found, others = list(verify(Store(store))), outside(store)
    if as_json:
        print_json({"data_sets": [_verified(one) for one in found], "outside": _strays(others)})
    else:
        rows = [[one.name, str(one.revisions), str(one.files), f"{one.rows:,}", _state(one)] for one in found]
        print_table(["DATA SET", "REVISIONS", "FILES", "ROWS", ""], rows)
        for line in _lines(found, others):
            click.echo(line)
    if any(one.problems for one in found):
        ctx.exit(1)


def _state(one: Verified) -> str:
    if one.problems:
        return "wrong"
    if one.revisions:
        return "good"
    return "unfinished fetch" if one.staged else "nothing in it"


def _lines(found: list[Verified], others: Strays) -> Iterator[str]:
    from tradekit.data.quality.finding import counted

    yield from (f"! {one.name}: {problem}" for one in found for problem in one.problems)
    left = [path for strays in (*(one.strays for one in found), others) for path in strays.left]
    foreign = [path for strays in (*(one.strays for one in found), others) for path in strays.foreign]
    begun = sum(not one.revisions and bool(one.staged) for one in found)
    if begun:
        yield f"{counted(begun, 'data set')} that a fetch has begun; the same 'tradekit data fetch' goes on with it"
    empty = sum(not (one.revisions or one.staged or one.problems) for one in found)
    if empty:
        yield f"{counted(empty, 'data set')} in which nothing is; 'tradekit data prune' removes it"
    if left:
        yield f"{counted(len(left), 'file')} that nobody needs any more; 'tradekit data prune' removes them"
    yield from (f"{path} is none of the store's" for path in foreign)
    wrong = sum(bool(one.problems) for one in found)
    yield (
        f"{wrong} of {len(found)} data sets are not what was written"
        if wrong
        else f"all {len(found)} data sets are what was written"
    )


def _verified(one: Verified) -> dict[str, Any]:
    return {
        "data_set": one.name,
        "revisions": one.revisions,
        "files": one.files,
        "rows": one.rows,
        "staged": one.staged,
        "problems": list(one.problems),
        **_strays(one.strays),
    }


def _strays(strays: Strays) -> dict[str, list[str]]:
    return {"left": [str(path) for path in strays.left], "foreign": [str(path) for path in strays.foreign]}


@click.command("prune")
@click.option("--keep", type=click.IntRange(1), metavar="N", help="Drop all but the newest N revisions. Default: drop none.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would be done, and do nothing.")
@runs_option
@store_option
@json_option
def prune_command(keep: int | None, is_dry: bool, runs: Path, store: Path, as_json: bool) -> None:
    """Remove what nobody needs any more from the store.

    That is what processes that died or failed have left behind, caches of old revisions, and with --keep old revisions themselves,
    but none that a run in --runs has used.
    """
    from tradekit.data.quality.finding import counted
    from tradekit.data.store.folder import Store
    from tradekit.data.store.prune import prune
    from tradekit.engine.used import revisions_used

    used = revisions_used(runs) if keep is not None else {}
    kept = Store(store)
    keys = sorted([*kept.keys(), *kept.remnants()])
    done = [prune(kept.create(key), keep, used.get(str(key), ()), is_dry) for key in keys]
    if as_json:
        print_json([_pruned(one) for one in done])
        return
    for one in done:
        for number in one.held:
            click.echo(f"{one.name}: revision {number} stays, because a run in {runs} has used it")
        for number in one.revisions:
            click.echo(f"{one.name}: revision {number} {'would go' if is_dry else 'is gone'}")
        if one.is_gone:
            click.echo(f"{one.name}: nothing is in it; it {'would go' if is_dry else 'is gone'}")
    count, size = sum(len(one.files) for one in done), sum(one.size for one in done)
    done_to_them = "would be" if is_dry else "was" if count == 1 else "were"
    click.echo(f"{counted(count, 'file')}, {size / 1e6:,.2f} MB, {done_to_them} removed")


def _pruned(one: Pruned) -> dict[str, Any]:
    return {
        "data_set": one.name,
        "revisions": list(one.revisions),
        "held": list(one.held),
        "files": [str(path) for path in one.files],
        "size": one.size,
        "gone": one.is_gone,
    }
