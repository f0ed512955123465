"""`tradekit replay`: why a run on live data differs from the backtest."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import gather, runs_option, set_option
from tradekit.cli.output import json_option, print_json, show
from tradekit.cli.progress import waiting

if TYPE_CHECKING:
    from tradekit.engine.decisions import Difference
    from tradekit.engine.replay.run import Replay, Replayed

__all__ = ["replay_command"]

_SIDES = ("RUN", "REPLAY")
_FEW = 5


@click.command("replay")
@click.argument("run")
@set_option
@gather(
    [
        (
            ("--file",),
            {"type": click.Path(path_type=Path), "help": "Take the settings of this run file, such as that of a backtest."},
        ),
        (
            ("--data",),
            {"help": "Take other bars of the same time: a CSV or Parquet file, a TOML file with [data], or a data source."},
        ),
        (
            ("--fills",),
            {
                "type": click.Choice(["simulated", "venue"]),
                "default": "simulated",
                "show_default": True,
                "help": "Who fills the orders of a live run: the simulator, or the venue, as it did.",
            },
        ),
        (("-v", "--verbose"), {"is_flag": True, "help": "Show all that either side knew, and all that is another."}),
    ]
)
@runs_option
@json_option
@click.pass_context
def replay_command(ctx: click.Context, run: str, overrides: tuple[str, ...], runs: Path, as_json: bool) -> None:
    """Replay RUN through the backtest, and tell where the two part and why.

    RUN is a paper, shadow or live run: an id, the beginning of one, a path, or 'last'. The bars are those that it was told, the
    settings its own. Exit code 1 if a decision differs, or what became of an order.
    """
    from tradekit.engine.replay.run import replay

    # With --json, what a strategy prints must not get into what a program reads.
    with redirect_stdout(sys.stderr) if as_json else nullcontext(), waiting("replaying"):
        asked = {name: ctx.obj[name] for name in ("file", "data", "fills")}
        found = replay(run, overrides=overrides, runs=runs, **asked)
    if as_json:
        print_json(found.as_json())
    else:
        _print(found, ctx.obj["verbose"])
    if not found.is_same:
        ctx.exit(1)


def _print(found: Replay, is_verbose: bool) -> None:
    from tradekit.data.interval import time_text

    first, last = (time_text(time) for time in found.span)
    click.echo(f"{found.mode} run {found.run}: {_count(found.found.decisions)} on {found.bars:,} bars, {first} to {last}")
    _print_replayed(found.found, is_verbose)
    if found.with_venue is not None:
        click.echo("\nwith the venue's own fills:")
        _print_replayed(found.with_venue, is_verbose)
    for title, lines in _lists(found, is_verbose):
        click.echo(f"\n{title}")
        show(*(f"  {line}" for line in lines), is_list=True)
    if not is_verbose and not found.is_same:
        click.echo("\n-v shows all that either side knew, and all that is another")


def _print_replayed(one: Replayed, is_verbose: bool) -> None:
    if one.is_same:
        click.echo(f"equal: the replay takes the same {_count(one.decisions)}, and the same comes of them")
        return
    show(*_parting(one), is_list=True)
    click.echo()
    for cause in one.causes:
        show(f"cause: {cause.kind}: {cause.text}", is_list=True)
    _print_facts(one, is_verbose)


def _parting(one: Replayed) -> Iterator[str]:
    from tradekit.data.interval import time_text

    if one.difference is None:
        yield f"the replay takes the same {_count(one.decisions)}"
    elif one.same:
        yield f"the first {one.same} of {_count(one.decisions)} are the same, and number {one.difference.number} is not"
    else:
        yield "the very first decision is not the same"
    if one.order is not None:
        order = one.order
        bar = f"the bar of {order.symbol} that opened at {time_text(order.time)}"
        what = "what was paid" if order.order is None else f"what became of order {order.order}"
        yield f"{what} differs first, in {bar}"


def _print_facts(one: Replayed, is_verbose: bool) -> None:
    from tradekit.cli.difference import print_difference, print_pairs

    if one.order is not None:
        click.echo()
        print_pairs("PAID" if one.order.order is None else f"ORDER {one.order.order}", one.order.facts, _SIDES)
    if one.difference is not None:
        click.echo()
        shown = one.difference if is_verbose else _brief(one.difference)
        print_difference(shown, _SIDES)
    if is_verbose:
        for side, verdicts in zip(_SIDES, one.verdicts, strict=True):
            for verdict in verdicts:
                click.echo(f"{side.lower()}: {verdict}")
        click.echo(f"equity at the end: {one.equity[0]:.12g} of the run, {one.equity[1]:.12g} of the replay")


def _brief(found: Difference) -> Difference:
    """Return a difference with only those values that differ."""
    from tradekit.engine.decisions import is_same

    return replace(found, values={name: pair for name, pair in found.values.items() if not is_same(*pair)})


def _lists(found: Replay, is_verbose: bool) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield what is told besides, each with its title; without `is_verbose`, only a few of each."""
    if found.session:
        yield "what happened in the session", _few(found.session, is_verbose)
    changes = [f"{one.kind}: {text}" for one in found.changes for text in one.texts if one.name != "venue"]
    if changes and (is_verbose or found.is_same):
        yield "what is another in the replay", _few(changes, is_verbose)
    if found.bars_changed and is_verbose:
        yield "bars that differ", [str(one) for one in found.bars_changed]


def _few(lines: Sequence[str], is_verbose: bool) -> Sequence[str]:
    return lines if is_verbose or len(lines) <= _FEW else [*lines[:_FEW], f"and {len(lines) - _FEW} more (-v)"]


def _count(number: int) -> str:
    return f"{number:,} decision{'' if number == 1 else 's'}"
