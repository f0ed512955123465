"""`tradekit snapshot`: keep what a run decides, and find the first decision that an upgrade changes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import file_argument, set_option
from tradekit.cli.output import json_option, print_json, show
from tradekit.cli.progress import progress_bar, waiting
from tradekit.errors import ConfigError

if TYPE_CHECKING:
    from tradekit.engine.snapshot import Snapshot, SnapshotCheck

__all__ = ["snapshot_command"]


@click.command("snapshot")
@file_argument
@set_option
@click.option("--check", "is_check", is_flag=True, help="Compare with the snapshot; exit code 1 if a decision differs.")
@click.option("--update", is_flag=True, help="Replace the snapshot that is there.")
@click.option("--output", type=click.Path(path_type=Path), help="The snapshot; without, NAME.snapshot.jsonl beside FILE.")
@json_option
def snapshot_command(
    file: Path, overrides: tuple[str, ...], is_check: bool, update: bool, output: Path | None, as_json: bool
) -> None:
    """Record what FILE decides, or compare with what was recorded.

    FILE is a run file. The snapshot holds every decision with the values behind it, and what it was made with: data, settings,
    code and installed versions. The run itself is not kept, and not counted as a trial.
    """
    from tradekit.engine.snapshot import check_snapshot, default_path, read_snapshot, write_snapshot

    if is_check and update:
        raise click.UsageError("--check changes nothing and --update does; give one of them", click.get_current_context())
    path = output or default_path(file)
    kept = read_snapshot(path) if is_check else None
    if path.exists() and not is_check and not update:
        raise ConfigError(f"there is a snapshot {str(path)!r} already; --check compares with it, --update replaces it")
    now = _taken(file, overrides, as_json)
    if kept is None:
        write_snapshot(now, path)
        if as_json:
            print_json({"snapshot": str(path), "decisions": len(now.decisions)})
        else:
            click.echo(f"{_count(len(now.decisions))} kept in {path}")
        return
    found = check_snapshot(kept, now)
    if as_json:
        print_json({"snapshot": str(path), "decisions": len(kept.decisions), **found.as_json()})
    else:
        _print_check(path, kept, found)
    if not found.is_same:
        click.get_current_context().exit(1)


def _taken(file: Path, overrides: tuple[str, ...], as_json: bool) -> Snapshot:
    from tradekit.engine.compose import compose_file
    from tradekit.engine.run import make_ready
    from tradekit.engine.snapshot import take

    # With --json, what a strategy prints must not get into what a program reads.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        with waiting("reading and checking"):
            ready = make_ready(compose_file(file, overrides))
        with progress_bar(ready.composed.config.run.name) as progress:
            return take(ready, progress)


def _print_check(path: Path, kept: Snapshot, found: SnapshotCheck) -> None:
    from tradekit.cli.difference import print_difference, print_pairs

    if found.difference is None:
        click.echo(f"the same {_count(len(kept.decisions))} as in {path}")
    else:
        click.echo(f"decision {found.difference.number} of {len(kept.decisions)} in {path} is not the same")
        click.echo()
        print_difference(found.difference, ("SNAPSHOT", "NOW"))
        if found.upcoming:
            following = kept.decisions[found.difference.number - 1]
            click.echo(f"\nThe snapshot's next decision is {following}; behind it:")
            print_pairs("VALUE", found.upcoming, ("SNAPSHOT", "NOW"))
        click.echo()
    show(*_told(found), is_list=True)


def _told(found: SnapshotCheck) -> Iterator[str]:
    from tradekit.cli.difference import plain_value
    from tradekit.data.interval import time_text

    if found.drift is not None:
        drift = found.drift
        when = f"{time_text(drift.decision.time)} {drift.decision.symbol}".strip()
        was, now = plain_value(drift.first), plain_value(drift.second)
        yield f"! {drift.name} differs since the decision of {when}: it was {was}, is {now}"
    for name, (was, now) in found.outcome.items() if found.is_same else ():
        yield f"! {name} at the end was {plain_value(was)}, is {plain_value(now)}"
    yield from (f"! {reason}" for reason in found.reasons)
    if not found.is_same and not found.reasons:
        yield "! data, settings, code and versions are the same; what is left is chance without a seed, a clock, or another file"
    if not found.is_same:
        yield "If this is as it should be, --update keeps the new decisions."


def _count(number: int) -> str:
    return f"{number} decision{'' if number == 1 else 's'}"
