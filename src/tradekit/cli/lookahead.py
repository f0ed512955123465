"""`tradekit lookahead`: prove that no decision of a run depends on what comes after it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import file_argument, set_option
from tradekit.cli.difference import print_difference
from tradekit.cli.output import json_option, print_json, print_table, show
from tradekit.cli.progress import progress_bar, waiting
from tradekit.data.interval import time_text

if TYPE_CHECKING:
    from tradekit.engine.lookahead.search import LookAhead, Verdict

__all__ = ["lookahead_command"]

_FOUND = 1


@click.command("lookahead")
@file_argument
@click.option(
    "--moments", type=click.IntRange(min=1), default=50, show_default=True, help="After how many bars all later data is replaced."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides what replaces it, and some of the moments.")
@set_option
@json_option
@click.pass_context
def lookahead_command(ctx: click.Context, file: Path, moments: int, seed: int, overrides: tuple[str, ...], as_json: bool) -> None:
    """Replace all data after a moment by other data, at many moments: nothing decided before it may change.

    FILE is a run file (TOML), on bars or on ticks. Each form of its strategy is run anew for each moment, from an unused state. The
    first decision that is another one is shown, and the indicators that moved; the exit code is then 1, and also where the strategy
    opens the run's data by itself. No run is kept, and none counts as a trial.
    """
    from tradekit.engine.compose import compose_file
    from tradekit.engine.lookahead.reading import data_among, noting_opened
    from tradekit.engine.lookahead.search import search
    from tradekit.engine.market import load_market

    # With --json, what a strategy prints must not get into what a program reads.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        with waiting("reading and checking"):
            with noting_opened() as opened:
                composed = compose_file(file, overrides)
            market = load_market(composed)
        with progress_bar(composed.config.run.name, "moments") as progress:
            verdict = search(composed, market, moments, seed, progress)
    read = tuple(dict.fromkeys((*data_among(opened, composed.source), *verdict.read)))
    verdict = replace(verdict, read=read)
    if as_json:
        print_json(_facts(verdict))
    else:
        if verdict.found is not None:
            _print_found(verdict.found)
        elif not verdict.read:
            show(*_silent(verdict), is_list=True)
        if verdict.read:
            show(*_read(verdict), is_list=True)
    if verdict.found is not None or verdict.read:
        ctx.exit(_FOUND)


def _silent(verdict: Verdict) -> Iterator[str]:
    yield f"no look into the future: {verdict.decisions:,} decisions stayed the same with other data after them"
    yield f"{verdict.moments:,} moments, by {_methods(verdict.calls)}"
    yield f"indicators that stayed: {', '.join(verdict.indicators)}" if verdict.indicators else "no indicators are declared"
    if not verdict.decisions:
        yield "! nothing was decided before any of these moments, so nothing is proven of decisions"


def _read(verdict: Verdict) -> Iterator[str]:
    here = Path.cwd()
    files = (Path(file).relative_to(here) if Path(file).is_relative_to(here) else file for file in verdict.read)
    yield f"! the strategy opens the run's data by itself: {', '.join(map(str, files))}"
    yield "what comes later is in there, and no other data can be put in its place; use what it is called with"


def _methods(calls: Sequence[str]) -> str:
    return " and ".join(f"{name}()" for name in calls)


def _print_found(found: LookAhead) -> None:
    later = f"with other data after {time_text(found.changed_after)}"
    looks = "looks" if len(found.calls) == 1 else "look"
    show(f"! {_methods(found.calls)} {looks} into the future", is_list=True)
    if found.error:
        show(f"{later} the run fails: {found.error}", is_list=True)
        return
    if found.difference is None:
        show(f"{later} no decision before is another one, but what it reads is", is_list=True)
    else:
        show(f"{later} a decision before it is another one, number {found.difference.number}:", is_list=True)
        print_difference(found.difference, ("AS IT IS", "WITH OTHER DATA"))
    click.echo()
    if not found.moved:
        show("no declared indicator moved: the strategy itself reads what comes later", is_list=True)
        show("(or it remembers an earlier run, in its class or its module)", is_list=True)
        return
    rows = [[one.name, one.symbol, time_text(one.time), f"{one.first:.8g}", f"{one.second:.8g}"] for one in found.moved]
    print_table(["INDICATOR THAT MOVED", "INSTRUMENT", "FIRST AT", "AS IT IS", "WITH OTHER DATA"], rows)


def _facts(verdict: Verdict) -> dict[str, object]:
    found = verdict.found
    told: dict[str, object] = {
        "looks_ahead": found is not None or bool(verdict.read),
        "calls": list(verdict.calls),
        "moments": verdict.moments,
        "decisions": verdict.decisions,
        "indicators": list(verdict.indicators),
        "read": list(verdict.read),
    }
    if found is not None:
        told |= {
            "found_in": list(found.calls),
            "changed_after": time_text(found.changed_after),
            "error": found.error or None,
            "difference": None if found.difference is None else found.difference.as_json(),
            "moved": [asdict(one) | {"time": time_text(one.time), **_finite(one.first, one.second)} for one in found.moved],
        }
    return told


def _finite(first: float, second: float) -> dict[str, float | None]:
    """Return two values as JSON has them: NaN, which warming up is, as nothing."""
    return {name: value if value == value else None for name, value in (("first", first), ("second", second))}
